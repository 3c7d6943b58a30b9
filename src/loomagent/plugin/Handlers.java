package loomagent.plugin;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import loomagent.EventHandler;
import loomagent.base.Words;

/**
 * Every handler that can be had: those of the agent, those of its class path, and those in {@code
 * handlers.dir}, each jar, or folder with a jar and its libraries, with a class loader of its own.
 * What cannot be used is told by name, and harms no other.
 */
public final class Handlers {

  private static final String CLASS_PATH = "class path";

  /** What one bundle gave, and the copies that it is read from: kept while they stay the same. */
  private record Loaded(
      JarFolder.Bundle bundle, List<Path> jars, HandlerLoader loader, Providers providers) {}

  private final Map<String, Loaded> bundles = new LinkedHashMap<>();
  private final List<HandlerType> types = new ArrayList<>();
  private final List<Fault> faults = new ArrayList<>();
  private final List<Fault> notes = new ArrayList<>();
  private final Optional<Copies> copies;
  private final List<String> libraryNames = new ArrayList<>();
  private ClassLoader libraries = EventHandler.class.getClassLoader();

  private Handlers(Optional<Copies> copies) {
    this.copies = copies;
  }

  /**
   * Looks for handlers, and loads them from where they lie: for a command, which ends soon.
   *
   * @param folder {@code handlers.dir}; it need not exist
   * @return what was found, and what is wrong with the rest
   */
  public static Handlers find(Path folder) {
    return new Handlers(Optional.empty()).look(folder, Optional.empty());
  }

  /**
   * Looks for handlers, and loads them from copies: for an agent, beside which jars are replaced.
   *
   * @param folder {@code handlers.dir}; it need not exist
   * @param copies where the copies are; those of earlier runs are deleted
   * @return what was found, and what is wrong with the rest
   */
  public static Handlers find(Path folder, Copies copies) {
    return new Handlers(Optional.of(copies)).look(folder, Optional.empty());
  }

  /**
   * Looks again. What has not changed is the same as before, its classes included. Where a jar can
   * be used no more, what was loaded before goes on.
   *
   * @param folder {@code handlers.dir}
   * @return what there is now
   */
  public Handlers again(Path folder) {
    return new Handlers(copies).look(folder, Optional.of(this));
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

  /**
   * What works, and should be said all the same: who else may write to a jar, or a copy of the
   * agent in it.
   *
   * @return by jar
   */
  public List<Fault> notes() {
    return List.copyOf(notes);
  }

  /**
   * The jars that bring no handler, such as database drivers: the built-in handlers see them.
   *
   * @return their names, those of a folder with its name in front
   */
  public List<String> libraries() {
    return List.copyOf(libraryNames);
  }

  /**
   * Lets go of what is used no more, once the handlers of {@code before} that are not here have
   * ended.
   *
   * @param before what was in force
   * @throws IOException if a copy cannot be deleted
   */
  public void release(Handlers before) throws IOException {
    for (Loaded old : before.bundles.values()) {
      if (bundles.values().stream().noneMatch(each -> each.loader().equals(old.loader()))) {
        old.loader().close();
      }
    }
    clean();
  }

  private void clean() throws IOException {
    if (copies.isPresent()) {
      Set<Path> used = new HashSet<>();
      bundles.values().forEach(loaded -> used.addAll(loaded.jars()));
      copies.get().retain(used);
    }
  }

  private Handlers look(Path folder, Optional<Handlers> before) {
    JarFolder jars = JarFolder.read(folder);
    faults.addAll(jars.faults());
    notes.addAll(jars.notes());
    for (JarFolder.Bundle bundle : jars.bundles()) {
      load(bundle, jars, before);
      if (!bundle.provides()) {
        bundle.jars().forEach(jar -> libraryNames.add(folder.relativize(jar).toString()));
      }
    }
    before.ifPresent(old -> keepUnusable(folder, jars, old));
    seeLibraries(before);
    ClassLoader agent = EventHandler.class.getClassLoader();
    Providers own =
        before.isPresent()
            ? new Providers(before.get().agents(), List.of())
            : Providers.of(agent, CLASS_PATH, "", true, Providers.LIMIT);
    add(own);
    bundles.values().forEach(loaded -> add(loaded.providers()));
    if (before.isEmpty()) {
      try {
        clean();
      } catch (IOException unclean) {
        faults.add(new Fault(folder.toString(), "old copies stay: " + Advice.kind(unclean)));
      }
    }
    return this;
  }

  private List<HandlerType> agents() {
    return types.stream()
        .filter(type -> type.builtIn() || type.source().equals(CLASS_PATH))
        .toList();
  }

  private void load(JarFolder.Bundle bundle, JarFolder folder, Optional<Handlers> before) {
    Optional<Loaded> old = before.map(each -> each.bundles.get(bundle.name()));
    if (old.isPresent() && folder.hasUnusable(old.get().bundle().jars())) {
      keep(bundle.name(), old.get()); // without one of its jars it would fail at an event
      return;
    }
    try {
      List<Path> jars = new ArrayList<>();
      for (Path jar : bundle.jars()) {
        jars.add(copies.isPresent() ? copies.get().of(jar) : jar);
      }
      if (old.isPresent() && old.get().jars().equals(jars)) {
        bundles.put(bundle.name(), old.get());
        return;
      }
      Loaded loaded = load(bundle, jars);
      boolean worse = !loaded.providers().faults().isEmpty();
      if (worse && old.isPresent() && !gives(loaded, old.get())) {
        loaded.loader().close();
        faults.addAll(loaded.providers().faults());
        keep(bundle.name(), old.get());
      } else {
        bundles.put(bundle.name(), loaded);
      }
    } catch (IOException unreadable) {
      faults.add(
          new Fault(
              bundle.name(),
              "cannot be read or copied ("
                  + Advice.words(unreadable)
                  + "). Check its rights and the disk's room, then reload"));
      old.ifPresent(loaded -> keep(bundle.name(), loaded));
    }
  }

  private static Loaded load(JarFolder.Bundle bundle, List<Path> jars) throws IOException {
    List<URL> urls = new ArrayList<>();
    for (Path jar : jars) {
      urls.add(jar.toUri().toURL());
    }
    HandlerLoader loader =
        new HandlerLoader(bundle.name(), urls, EventHandler.class.getClassLoader());
    Providers providers = new Providers(List.of(), List.of());
    if (bundle.provides()) {
      providers = Providers.of(loader, bundle.name(), version(jars.get(0)), false, Providers.LIMIT);
      if (providers.types().isEmpty() && providers.faults().isEmpty()) {
        String text = Advice.SERVICE + " names no handler of the jar's own. Write its class there";
        providers = new Providers(List.of(), List.of(new Fault(bundle.name(), text)));
      }
    }
    return new Loaded(bundle, jars, loader, providers);
  }

  private static String version(Path jar) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      Manifest manifest = file.getManifest();
      String version =
          manifest == null
              ? null
              : manifest.getMainAttributes().getValue(Attributes.Name.IMPLEMENTATION_VERSION);
      return version == null ? "" : Words.line(version, 40);
    }
  }

  /** Whether all types of the old one are there. */
  private static boolean gives(Loaded loaded, Loaded old) {
    List<String> names = loaded.providers().types().stream().map(HandlerType::type).toList();
    return old.providers().types().stream().allMatch(type -> names.contains(type.type()));
  }

  /** What was removed is let go; what cannot be used, or seen, is not. */
  private void keepUnusable(Path folder, JarFolder jars, Handlers before) {
    boolean gone = Files.notExists(folder) && !before.bundles.isEmpty();
    if (gone) {
      String advice =
          "is there no more. Put it back; to remove handlers, take their jars out of it";
      faults.add(new Fault(folder.toString(), advice));
    }
    for (Loaded old : before.bundles.values()) {
      String name = old.bundle().name();
      if (!bundles.containsKey(name) && (gone || jars.hasUnusable(old.bundle().jars()))) {
        keep(name, old);
      }
    }
  }

  private void keep(String name, Loaded old) {
    bundles.put(name, old);
    faults.add(new Fault(name, "what was loaded of it before goes on"));
  }

  private void seeLibraries(Optional<Handlers> before) {
    List<HandlerLoader> drivers =
        bundles.values().stream()
            .filter(loaded -> loaded.providers().types().isEmpty())
            .map(Loaded::loader)
            .toList();
    ClassLoader old = before.map(each -> each.libraries).orElse(libraries);
    if (old instanceof Libraries same && same.of(drivers)) {
      libraries = same;
    } else if (!drivers.isEmpty()) {
      libraries = new Libraries(EventHandler.class.getClassLoader(), drivers);
    }
  }

  private void add(Providers found) {
    for (HandlerType type : found.types()) {
      Optional<HandlerType> known =
          types.stream().filter(each -> each.type().equals(type.type())).findFirst();
      if (known.isPresent()) {
        String used = ", as does one from " + known.get().source() + ", which is used. ";
        String advice = "Remove one of them, or return another name from type()";
        String name = type.implementation().getName();
        faults.add(
            new Fault(type.source(), name + " calls its type " + type.type() + used + advice));
      } else {
        types.add(type.builtIn() ? type.seeing(libraries) : type);
      }
    }
    faults.addAll(found.faults());
  }
}
