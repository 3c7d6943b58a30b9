package loomagent.plugin;

import java.net.URL;
import java.net.URLClassLoader;
import java.util.List;

/**
 * The classes of one bundle of jars: the JDK's and the public API's from the agent, all others from
 * the jars themselves. Two bundles may so bring two versions of one library, and one that brings
 * its own copy of the API still implements the agent's.
 */
final class HandlerLoader extends URLClassLoader {
  private static final String API = "loomagent.";

  static {
    registerAsParallelCapable();
  }

  private final ClassLoader agent;

  HandlerLoader(String name, List<URL> jars, ClassLoader agent) {
    super(name, jars.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
    this.agent = agent;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    boolean api = name.startsWith(API) && name.indexOf('.', API.length()) < 0;
    return api ? agent.loadClass(name) : super.loadClass(name, resolve);
  }
}
