package loomagent.schedule;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.FieldNode;
import org.objectweb.asm.tree.FrameNode;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.InvokeDynamicInsnNode;
import org.objectweb.asm.tree.LabelNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.LineNumberNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TryCatchBlockNode;
import org.objectweb.asm.tree.TypeInsnNode;
import org.objectweb.asm.tree.VarInsnNode;

/**
 * Has a class live by a {@link Schedule}: its threads, locks, waits, clocks and dice are the
 * schedule's, and where another thread could notice something another may go on. What the class
 * does is otherwise as it was compiled.
 */
final class Rewriter {
  private static final String INSTEAD = Type.getInternalName(Instead.class);

  /** Classes of the JDK, and those that are made instead. */
  private static final Map<String, String> MADE =
      Map.of(
          "java/lang/Thread", Type.getInternalName(Fiber.class),
          "java/util/concurrent/locks/ReentrantLock", Type.getInternalName(SteppedLock.class),
          "java/util/concurrent/CountDownLatch", Type.getInternalName(SteppedLatch.class));

  /** Methods of the JDK, and those of {@link Instead}. */
  private static final Map<String, String> CALLED =
      Map.ofEntries(
          Map.entry("java/lang/System.nanoTime", "nanoTime"),
          Map.entry("java/lang/System.currentTimeMillis", "currentTimeMillis"),
          Map.entry("java/time/Instant.now", "instant"),
          Map.entry("java/time/Clock.systemUTC", "clock"),
          Map.entry("java/time/Clock.tickMillis", "tickMillis"),
          Map.entry("java/lang/Thread.sleep", "sleep"),
          Map.entry("java/lang/Thread.interrupted", "interrupted"),
          Map.entry("java/lang/Thread.isAlive", "isAlive"),
          Map.entry("java/lang/Thread.getState", "getState"),
          Map.entry("java/lang/Thread.join", "join"),
          Map.entry("java/util/concurrent/locks/LockSupport.park", "park"),
          Map.entry("java/util/concurrent/locks/LockSupport.parkNanos", "parkNanos"),
          Map.entry("java/util/concurrent/locks/LockSupport.unpark", "unpark"),
          Map.entry("java/lang/Object.wait", "wait"),
          Map.entry("java/lang/Object.notify", "notifyOne"),
          Map.entry("java/lang/Object.notifyAll", "notifyAll"),
          Map.entry("java/util/concurrent/CompletableFuture.get", "get"),
          Map.entry("java/util/concurrent/CompletableFuture.delayedExecutor", "delayedExecutor"));

  /** What the world has in place of the machine's own. */
  private static final String WORLD = "loomagent/whole/World";

  /** What must not be called: it would wait, or run, outside of the schedule. */
  private static final Set<String> UNKNOWN =
      Set.of(
          "java/util/concurrent/CompletableFuture.join",
          "java/util/concurrent/CompletableFuture.orTimeout",
          "java/util/concurrent/CompletableFuture.supplyAsync",
          "java/util/concurrent/CompletableFuture.runAsync",
          "java/util/concurrent/TimeUnit.sleep",
          "java/lang/Thread.onSpinWait");

  private static final Set<String> DICE = Set.of("java/util/Random", "java/util/SplittableRandom");

  private final ClassNode node = new ClassNode();
  private final Set<String> volatiles = new HashSet<>();

  private Rewriter(byte[] compiled) {
    new ClassReader(compiled).accept(node, ClassReader.EXPAND_FRAMES);
    for (FieldNode field : node.fields) {
      if ((field.access & Opcodes.ACC_VOLATILE) != 0) {
        volatiles.add(field.name);
      }
    }
  }

  /** A class, rewritten, after a fault was put into it. */
  static byte[] rewritten(byte[] compiled, List<Mutant> mutants) {
    Rewriter rewriter = new Rewriter(compiled);
    mutants.forEach(mutant -> mutant.apply(rewriter.node));
    List.copyOf(rewriter.node.methods).forEach(rewriter::method);
    ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
    rewriter.node.accept(writer);
    return writer.toByteArray();
  }

  private void method(MethodNode method) {
    passOn(method);
    for (AbstractInsnNode each : method.instructions.toArray()) {
      if (each instanceof MethodInsnNode call) {
        call(method, call);
      } else if (each instanceof TypeInsnNode type && type.getOpcode() == Opcodes.NEW) {
        type.desc = MADE.getOrDefault(type.desc, type.desc);
      } else if (each instanceof FieldInsnNode field) {
        if (field.getOpcode() == Opcodes.GETSTATIC
            && field.owner.equals("loomagent/base/Disk")
            && field.name.equals("REAL")) {
          String disk = "()Lloomagent/base/Disk;";
          method.instructions.set(
              each, new MethodInsnNode(Opcodes.INVOKESTATIC, WORLD, "disk", disk, false));
        } else if (field.owner.equals(node.name) && volatiles.contains(field.name)) {
          method.instructions.insertBefore(each, instead("step", "()V"));
        }
      } else if (each instanceof InvokeDynamicInsnNode lambda) {
        for (int i = 0; i < lambda.bsmArgs.length; i++) {
          lambda.bsmArgs[i] =
              lambda.bsmArgs[i] instanceof Handle handle ? handle(handle) : lambda.bsmArgs[i];
        }
      } else if (each.getOpcode() == Opcodes.MONITORENTER) {
        method.instructions.set(each, instead("enter", "(Ljava/lang/Object;)V"));
      } else if (each.getOpcode() == Opcodes.MONITOREXIT) {
        method.instructions.set(each, instead("exit", "(Ljava/lang/Object;)V"));
      }
    }
    if ((method.access & Opcodes.ACC_SYNCHRONIZED) != 0) {
      synchronize(method);
    }
  }

  private void call(MethodNode method, MethodInsnNode call) {
    String name = call.owner + "." + call.name;
    if (UNKNOWN.contains(name)) {
      throw new IllegalStateException(node.name + " calls " + name + ", which no schedule knows");
    }
    if (call.name.equals("<init>")) {
      if (DICE.contains(call.owner) && call.desc.equals("()V")) {
        method.instructions.insertBefore(call, instead("seed", "()J"));
        call.desc = "(J)V";
      }
      boolean its = node.superName.equals(call.owner); // super(…), or made
      call.owner = its ? call.owner : MADE.getOrDefault(call.owner, call.owner);
    } else if (name.equals("java/net/http/HttpClient.newBuilder")) {
      call.owner = WORLD;
    } else if (CALLED.containsKey(name)) {
      boolean fixed = call.getOpcode() == Opcodes.INVOKESTATIC;
      String desc = fixed ? call.desc : "(L" + call.owner + ";" + call.desc.substring(1);
      method.instructions.set(call, instead(CALLED.get(name), desc));
    } else if (call.owner.startsWith("java/util/concurrent/atomic/")) {
      method.instructions.insertBefore(call, instead("step", "()V"));
    }
  }

  private static Handle handle(Handle handle) {
    String name = handle.getOwner() + "." + handle.getName();
    if (handle.getTag() == Opcodes.H_NEWINVOKESPECIAL && DICE.contains(handle.getOwner())) {
      return new Handle(
          Opcodes.H_INVOKESTATIC,
          INSTEAD,
          "random",
          "()" + Type.getDescriptor(RandomGenerator.class),
          false);
    }
    if (CALLED.containsKey(name)) {
      boolean fixed = handle.getTag() == Opcodes.H_INVOKESTATIC;
      String desc =
          fixed ? handle.getDesc() : "(L" + handle.getOwner() + ";" + handle.getDesc().substring(1);
      return new Handle(Opcodes.H_INVOKESTATIC, INSTEAD, CALLED.get(name), desc, false);
    }
    return handle;
  }

  private static MethodInsnNode instead(String name, String desc) {
    return new MethodInsnNode(Opcodes.INVOKESTATIC, INSTEAD, name, desc, false);
  }

  /** What catches, or is to be done finally, is not for the dead. */
  private static void passOn(MethodNode method) {
    Set<LabelNode> done = new HashSet<>();
    for (TryCatchBlockNode block : method.tryCatchBlocks) {
      int handler = method.instructions.indexOf(block.handler);
      boolean itself =
          method.tryCatchBlocks.stream()
              .filter(other -> other.handler == block.handler)
              .anyMatch(
                  other ->
                      method.instructions.indexOf(other.start) <= handler
                          && handler < method.instructions.indexOf(other.end));
      if (!itself && done.add(block.handler)) {
        AbstractInsnNode at = block.handler;
        while (at.getNext() instanceof LabelNode
            || at.getNext() instanceof LineNumberNode
            || at.getNext() instanceof FrameNode) {
          at = at.getNext();
        }
        InsnList check = new InsnList();
        check.add(new InsnNode(Opcodes.DUP));
        check.add(instead("passOn", "(Ljava/lang/Throwable;)V"));
        method.instructions.insert(at, check);
      }
    }
  }

  /** A method that locks its object does so around one that does the work. */
  private void synchronize(MethodNode method) {
    boolean fixed = (method.access & Opcodes.ACC_STATIC) != 0;
    MethodNode outer =
        new MethodNode(
            method.access & ~Opcodes.ACC_SYNCHRONIZED,
            method.name,
            method.desc,
            method.signature,
            method.exceptions.toArray(new String[0]));
    method.name = method.name + "$locked";
    method.access = Opcodes.ACC_PRIVATE | Opcodes.ACC_SYNTHETIC | (fixed ? Opcodes.ACC_STATIC : 0);
    LabelNode start = new LabelNode();
    LabelNode end = new LabelNode();
    LabelNode handler = new LabelNode();
    InsnList code = outer.instructions;
    code.add(self(fixed));
    code.add(instead("enter", "(Ljava/lang/Object;)V"));
    code.add(start);
    int local = 0;
    if (!fixed) {
      code.add(new VarInsnNode(Opcodes.ALOAD, local++));
    }
    for (Type type : Type.getArgumentTypes(method.desc)) {
      code.add(new VarInsnNode(type.getOpcode(Opcodes.ILOAD), local));
      local += type.getSize();
    }
    code.add(
        new MethodInsnNode(
            fixed ? Opcodes.INVOKESTATIC : Opcodes.INVOKESPECIAL,
            node.name,
            method.name,
            method.desc,
            false));
    code.add(end);
    code.add(self(fixed));
    code.add(instead("exit", "(Ljava/lang/Object;)V"));
    code.add(new InsnNode(Type.getReturnType(method.desc).getOpcode(Opcodes.IRETURN)));
    code.add(handler);
    List<Object> locals = locals(fixed ? "" : node.name, method.desc);
    Object[] thrown = {"java/lang/Throwable"};
    code.add(new FrameNode(Opcodes.F_NEW, locals.size(), locals.toArray(), 1, thrown));
    code.add(self(fixed));
    code.add(instead("exit", "(Ljava/lang/Object;)V"));
    code.add(new InsnNode(Opcodes.ATHROW));
    outer.tryCatchBlocks.add(new TryCatchBlockNode(start, end, handler, null));
    node.methods.add(outer);
  }

  private AbstractInsnNode self(boolean fixed) {
    return fixed
        ? new LdcInsnNode(Type.getObjectType(node.name))
        : new VarInsnNode(Opcodes.ALOAD, 0);
  }

  /** What a method of an object, or else of a class, begins with. */
  private static List<Object> locals(String owner, String desc) {
    List<Object> locals = new ArrayList<>();
    if (!owner.isEmpty()) {
      locals.add(owner);
    }
    for (Type type : Type.getArgumentTypes(desc)) {
      locals.add(
          switch (type.getSort()) {
            case Type.LONG -> Opcodes.LONG;
            case Type.DOUBLE -> Opcodes.DOUBLE;
            case Type.FLOAT -> Opcodes.FLOAT;
            case Type.OBJECT, Type.ARRAY -> type.getInternalName();
            default -> Opcodes.INTEGER;
          });
    }
    return locals;
  }

  static FrameNode frame(String owner, String desc) {
    List<Object> locals = locals(owner, desc);
    return new FrameNode(Opcodes.F_NEW, locals.size(), locals.toArray(), 0, new Object[0]);
  }
}
