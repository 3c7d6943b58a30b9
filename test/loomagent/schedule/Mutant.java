package loomagent.schedule;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.JumpInsnNode;
import org.objectweb.asm.tree.LabelNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.VarInsnNode;

/** A fault that is put into a class, so as to see it found. */
public final class Mutant {
  private final String name;
  private final String type;
  private final String method;
  private final Consumer<MethodNode> change;

  private Mutant(String name, String type, String method, Consumer<MethodNode> change) {
    this.name = name;
    this.type = "loomagent/" + type;
    this.method = method;
    this.change = change;
  }

  /** What is wrong with it, in words. */
  @Override
  public String toString() {
    return name;
  }

  /**
   * A call is left out, wherever the method has it; what it would have given is 0, false or null.
   */
  public static Mutant without(String name, String type, String method, String call) {
    return new Mutant(name, type, method, in -> calls(in, call).forEach(each -> drop(in, each)));
  }

  /** A method that returns nothing does nothing. */
  public static Mutant idle(String name, String type, String method) {
    return new Mutant(
        name,
        type,
        method,
        in -> {
          in.instructions.clear();
          in.tryCatchBlocks.clear();
          in.localVariables.clear();
          in.instructions.add(new InsnNode(Opcodes.RETURN));
        });
  }

  /** A number that the method is given is one more. */
  public static Mutant oneMore(String name, String type, String method, int local) {
    return new Mutant(
        name,
        type,
        method,
        in -> {
          InsnList more = new InsnList();
          more.add(new VarInsnNode(Opcodes.LLOAD, local));
          more.add(new InsnNode(Opcodes.LCONST_1));
          more.add(new InsnNode(Opcodes.LADD));
          more.add(new VarInsnNode(Opcodes.LSTORE, local));
          in.instructions.insert(more);
        });
  }

  /** A method does nothing where an {@code int} that it is given is more than 1. */
  public static Mutant onlyFirst(String name, String type, String method, int local) {
    return new Mutant(
        name,
        type,
        method,
        in -> {
          LabelNode first = new LabelNode();
          InsnList check = new InsnList();
          check.add(new VarInsnNode(Opcodes.ILOAD, local));
          check.add(new InsnNode(Opcodes.ICONST_1));
          check.add(new JumpInsnNode(Opcodes.IF_ICMPLE, first));
          check.add(new InsnNode(Opcodes.RETURN));
          check.add(first);
          check.add(Rewriter.frame("loomagent/" + type, in.desc));
          in.instructions.insert(check);
        });
  }

  /** Before a call, another method of the object is called with the method's only argument. */
  public static Mutant early(String name, String type, String method, String call, String early) {
    return new Mutant(
        name,
        type,
        method,
        in -> {
          for (MethodInsnNode each : calls(in, call)) {
            InsnList first = new InsnList();
            String owner = "loomagent/" + type;
            first.add(new VarInsnNode(Opcodes.ALOAD, 0));
            first.add(new VarInsnNode(Opcodes.ALOAD, 1));
            String desc = "(" + Type.getArgumentTypes(in.desc)[0].getDescriptor() + ")V";
            first.add(new MethodInsnNode(Opcodes.INVOKEVIRTUAL, owner, early, desc, false));
            AbstractInsnNode start = each;
            while (start.getPrevious().getType() != AbstractInsnNode.LABEL) {
              start = start.getPrevious();
            }
            in.instructions.insertBefore(start, first);
          }
        });
  }

  boolean isIn(String internalName) {
    return type.equals(internalName);
  }

  void apply(ClassNode node) {
    List<MethodNode> found =
        node.methods.stream().filter(each -> each.name.equals(method)).toList();
    if (found.isEmpty()) {
      throw new IllegalStateException(name + ": there is no " + type + "." + method);
    }
    found.forEach(change);
  }

  private static List<MethodInsnNode> calls(MethodNode in, String call) {
    List<MethodInsnNode> calls =
        Arrays.stream(in.instructions.toArray())
            .filter(MethodInsnNode.class::isInstance)
            .map(MethodInsnNode.class::cast)
            .filter(each -> each.name.equals(call))
            .toList();
    if (calls.isEmpty()) {
      throw new IllegalStateException(in.name + " calls no " + call);
    }
    return calls;
  }

  private static void drop(MethodNode in, MethodInsnNode call) {
    InsnList instead = new InsnList();
    Type[] arguments = Type.getArgumentTypes(call.desc);
    for (int i = arguments.length - 1; i >= 0; i--) {
      instead.add(new InsnNode(arguments[i].getSize() == 2 ? Opcodes.POP2 : Opcodes.POP));
    }
    if (call.getOpcode() != Opcodes.INVOKESTATIC) {
      instead.add(new InsnNode(Opcodes.POP));
    }
    switch (Type.getReturnType(call.desc).getSort()) {
      case Type.VOID -> {}
      case Type.LONG -> instead.add(new InsnNode(Opcodes.LCONST_0));
      case Type.OBJECT, Type.ARRAY -> instead.add(new InsnNode(Opcodes.ACONST_NULL));
      default -> instead.add(new InsnNode(Opcodes.ICONST_0));
    }
    in.instructions.insert(call, instead);
    in.instructions.remove(call);
  }
}
