package loomagent.plugin;

import java.net.URL;
import java.net.URLClassLoader;

/**
 * The classes of one handler jar: the JDK's and the public API's from the agent, all others from
 * the jar itself. Two jars may so bring two versions of one library, and a jar that brings its own
 * copy of the API still implements the agent's.
 */
final class HandlerLoader extends URLClassLoader {
  private static final String API = "loomagent.";

  static {
    registerAsParallelCapable();
  }

  private final ClassLoader agent;

  HandlerLoader(String name, URL jar, ClassLoader agent) {
    super(name, new URL[] {jar}, ClassLoader.getPlatformClassLoader());
    this.agent = agent;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    boolean api = name.startsWith(API) && name.indexOf('.', API.length()) < 0;
    return api ? agent.loadClass(name) : super.loadClass(name, resolve);
  }
}
