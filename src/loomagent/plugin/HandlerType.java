package loomagent.plugin;

import java.lang.reflect.InvocationTargetException;
import loomagent.EventHandler;

/**
 * A kind of handler that ServiceLoader found.
 *
 * @param type what {@code handler.<name>.type} calls it
 * @param implementation its class
 * @param source the name of its jar or folder, {@code built in} or {@code class path}
 * @param version the {@code Implementation-Version} of its jar, or ""
 * @param loader what its threads are to have as their context class loader: a built-in handler sees
 *     the libraries in {@code handlers.dir}, others their own
 */
public record HandlerType(
    String type,
    Class<? extends EventHandler> implementation,
    String source,
    String version,
    ClassLoader loader) {

  static final String BUILT_IN = "built in";

  /**
   * Whether it comes with the agent, and so runs only when it is named.
   *
   * @return false for what a team dropped in
   */
  public boolean builtIn() {
    return source.equals(BUILT_IN);
  }

  HandlerType seeing(ClassLoader libraries) {
    return new HandlerType(type, implementation, source, version, libraries);
  }

  /**
   * A new handler of this type.
   *
   * @return an instance that was not opened yet
   * @throws Exception whatever its constructor throws; an error, too
   */
  public EventHandler make() throws Exception {
    try {
      return implementation.getConstructor().newInstance();
    } catch (InvocationTargetException inside) {
      if (inside.getCause() instanceof Exception cause) {
        throw cause;
      }
      if (inside.getCause() instanceof Error cause) {
        throw cause;
      }
      throw inside;
    }
  }
}
