package loomagent.plugin;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import loomagent.EventHandler;
import loomagent.base.Words;

/**
 * Every handler that can be had: those of the agent, those of its class path, and those of the jars
 * in {@code handlers.dir}, each jar with a class loader of its own. A jar or a provider that cannot
 * be used is told by name, and harms no other.
 */
public final class Handlers {

  /**
   * Something that cannot be used.
   *
   * @param source the jar's name
   * @param text what is wrong, and what to do
   */
  public record Fault(String source, String text) {
    /** One line. */
    @Override
    public String toString() {
      return source + ": " + text;
    }
  }

  /** One jar's: who has read these knows what is wrong, and a log is not filled by one file. */
  static final int MOST_FAULTS = 10;

  private static final String CLASS_PATH = "class path";

  private final List<HandlerType> types = new ArrayList<>();
  private final List<Fault> faults = new ArrayList<>();

  private Handlers() {}

  /**
   * Looks for handlers.
   *
   * @param folder {@code handlers.dir}; it need not exist
   * @return what was found, and what is wrong with the rest
   */
  public static Handlers find(Path folder) {
    Handlers found = new Handlers();
    ClassLoader agent = EventHandler.class.getClassLoader();
    found.collect(agent, CLASS_PATH, "");
    for (Path jar : found.jars(folder)) {
      found.open(jar, agent);
    }
    return found;
  }

  /**
   * The types found, built-in ones first, then by jar.
   *
   * @return each type once
   */
  public List<HandlerType> types() {
    return List.copyOf(types);
  }

  /**
   * What could not be used.
   *
   * @return by jar
   */
  public List<Fault> faults() {
    return List.copyOf(faults);
  }

  private List<Path> jars(Path folder) {
    List<Path> jars = new ArrayList<>();
    if (!Files.isDirectory(folder)) {
      if (Files.exists(folder)) {
        fault(folder.toString(), "is a file. Set handlers.dir to the folder of the jars");
      }
      return jars;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, Handlers::named)) {
      files.forEach(jars::add);
    } catch (IOException | DirectoryIteratorException unreadable) {
      fault(
          folder.toString(),
          "cannot be listed (" + Advice.kind(unreadable) + "). Check its rights");
    }
    jars.sort(null);
    return jars;
  }

  private static boolean named(Path file) {
    return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".jar");
  }

  // The loader stays open: its handlers load classes for as long as they run.
  @SuppressWarnings("resource")
  private void open(Path jar, ClassLoader agent) {
    String source = jar.getFileName().toString();
    if (!Files.isRegularFile(jar) || !Files.isReadable(jar)) {
      fault(source, unusable(jar));
      return;
    }
    int before = types.size() + faults.size();
    try (JarFile file = new JarFile(jar.toFile())) {
      if (file.getEntry(Advice.SERVICE) == null) {
        return; // a library, such as a database driver
      }
      ClassLoader loader = new HandlerLoader(source, jar.toUri().toURL(), agent);
      collect(loader, source, version(file.getManifest()));
    } catch (IOException | SecurityException broken) {
      fault(source, "is not a whole jar (" + Advice.words(broken) + "). Copy or build it again");
    }
    if (types.size() + faults.size() == before) {
      fault(source, Advice.SERVICE + " names no handler of the jar's own. Write its class there");
    }
  }

  private static String unusable(Path jar) {
    if (Files.isDirectory(jar)) {
      return "is a folder. Put the jar itself here";
    }
    return Files.exists(jar)
        ? "may not be read by this user. Check its owner and rights"
        : "is a link that leads nowhere. Put the jar itself here";
  }

  private static String version(Manifest manifest) {
    String version =
        manifest == null
            ? null
            : manifest.getMainAttributes().getValue(Attributes.Name.IMPLEMENTATION_VERSION);
    return version == null ? "" : Words.line(version, 40);
  }

  /** The iterator goes on after a fault where {@code stream()} would stop. */
  private void collect(ClassLoader loader, String source, String version) {
    Iterator<EventHandler> providers = ServiceLoader.load(EventHandler.class, loader).iterator();
    int most = faults.size() + MOST_FAULTS;
    while (faults.size() < most) {
      try {
        if (!providers.hasNext()) {
          return;
        }
        add(providers.next(), source, version);
      } catch (Throwable broken) {
        fault(source, Advice.on(broken));
      }
    }
    fault(source, "has more wrong than that; the rest was not looked at. Correct these first");
  }

  private void add(EventHandler handler, String source, String version) {
    Class<? extends EventHandler> implementation = handler.getClass();
    boolean agents = implementation.getPackageName().startsWith("loomagent.");
    if (agents && !source.equals(CLASS_PATH)) {
      return; // of a copy of the agent that was packed into the jar
    }
    String name = implementation.getName();
    String type;
    try {
      type = handler.type();
    } catch (Throwable broken) {
      fault(
          source, name + " throws in type(): " + Advice.kind(broken) + ". Return a constant there");
      return;
    }
    if (type == null || !type.matches("[a-z0-9][a-z0-9_-]{0,63}")) {
      String shown = type == null ? "null" : "\"" + Words.line(type, 80) + "\"";
      String advice = ". Return lower-case letters, digits, - and _, at most 64, from type()";
      fault(source, name + " calls its type " + shown + advice);
      return;
    }
    for (HandlerType known : types) {
      if (known.type().equals(type)) {
        String used = ", as does one from " + known.source() + ", which is used. ";
        String advice = "Remove one of them, or return another name from type()";
        fault(source, name + " calls its type " + type + used + advice);
        return;
      }
    }
    String from = agents ? HandlerType.BUILT_IN : source;
    types.add(new HandlerType(type, implementation, from, version));
  }

  private void fault(String source, String text) {
    faults.add(new Fault(Words.line(source, 200), text));
  }
}
