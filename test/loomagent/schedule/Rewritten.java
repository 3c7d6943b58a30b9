package loomagent.schedule;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Loads the agent, and the world that tests make for it, so that they live by a {@link Schedule}.
 */
public final class Rewritten extends ClassLoader {
  private static final String OWN = Rewritten.class.getPackageName() + ".";

  /**
   * Wait for nobody. The one remembers over all runs what would count as steps in the first, the
   * other must not be killed between what it does and its note of it.
   */
  private static final Set<String> AS_IT_IS =
      Set.of("loomagent.base.Secret", "loomagent.base.LossyDisk");

  private static final Map<String, byte[]> SOUND = new ConcurrentHashMap<>();

  private final List<Mutant> mutants;

  static {
    registerAsParallelCapable();
  }

  /** A loader of its own classes, with faults in some of them. */
  public Rewritten(List<Mutant> mutants) {
    super(Rewritten.class.getClassLoader());
    this.mutants = mutants;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    synchronized (getClassLoadingLock(name)) {
      Class<?> known = findLoadedClass(name);
      if (known != null) {
        return known;
      }
      if (!name.startsWith("loomagent.") || name.startsWith(OWN)) {
        return super.loadClass(name, resolve);
      }
      byte[] bytes = bytes(name);
      return defineClass(name, bytes, 0, bytes.length);
    }
  }

  private byte[] bytes(String name) throws ClassNotFoundException {
    String internal = name.replace('.', '/');
    List<Mutant> here = mutants.stream().filter(mutant -> mutant.isIn(internal)).toList();
    if (!here.isEmpty()) {
      return Rewriter.rewritten(compiled(name), here);
    }
    byte[] known = SOUND.get(name);
    if (known == null) {
      byte[] compiled = compiled(name);
      known =
          AS_IT_IS.contains(name.replaceFirst("\\$.*", ""))
              ? compiled
              : Rewriter.rewritten(compiled, List.of());
      SOUND.put(name, known);
    }
    return known;
  }

  private byte[] compiled(String name) throws ClassNotFoundException {
    try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      return in.readAllBytes();
    } catch (IOException unreadable) {
      throw new ClassNotFoundException(name, unreadable);
    }
  }
}
