package loomagent.plugin;

import java.io.IOException;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;

/**
 * What the agent has, and behind it the bundles that bring no handler, such as database drivers:
 * the context class loader of the built-in handlers. Each bundle keeps its own versions of
 * everything.
 */
final class Libraries extends ClassLoader {
  static {
    registerAsParallelCapable();
  }

  private final List<HandlerLoader> bundles;

  Libraries(ClassLoader agent, List<HandlerLoader> bundles) {
    super("libraries", agent);
    this.bundles = List.copyOf(bundles);
  }

  /** Whether these are the same bundles, loaded once. */
  boolean of(List<HandlerLoader> others) {
    return bundles.equals(others);
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    for (HandlerLoader bundle : bundles) {
      try {
        return bundle.loadClass(name);
      } catch (ClassNotFoundException elsewhere) {
        // the next one's, perhaps
      }
    }
    throw new ClassNotFoundException(name);
  }

  @Override
  protected URL findResource(String name) {
    for (HandlerLoader bundle : bundles) {
      URL found = bundle.findResource(name);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  @Override
  protected Enumeration<URL> findResources(String name) throws IOException {
    List<URL> found = new ArrayList<>();
    for (HandlerLoader bundle : bundles) {
      found.addAll(Collections.list(bundle.findResources(name)));
    }
    return Collections.enumeration(found);
  }
}
