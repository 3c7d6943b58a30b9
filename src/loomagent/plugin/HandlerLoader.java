package loomagent.plugin;

import java.io.IOException;
import java.io.InputStream;
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
  private static final String DRIVER = "META-INF/services/java.sql.Driver";

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

  /** Lets go of the jars, and of what has tied their classes to the JDK's. */
  @Override
  public void close() throws IOException {
    try {
      if (findResource(DRIVER) != null) {
        departure().run();
      }
    } catch (IOException | ReflectiveOperationException | RuntimeException | LinkageError stay) {
      // some memory is lost, and nothing else
    }
    super.close();
  }

  private Runnable departure() throws IOException, ReflectiveOperationException {
    String name = Departure.class.getName();
    Class<?> own = findLoadedClass(name);
    if (own == null) {
      try (InputStream in = Departure.class.getResourceAsStream("Departure.class")) {
        byte[] bytes = in.readAllBytes();
        own = defineClass(name, bytes, 0, bytes.length);
      }
    }
    return (Runnable) own.getConstructor().newInstance();
  }
}
