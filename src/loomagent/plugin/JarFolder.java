package loomagent.plugin;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * What lies in {@code handlers.dir}: jars, and folders with a jar and its libraries. What cannot be
 * used is told by name. A name that begins with a dot is nobody's yet: so copying programs call
 * what they have not finished.
 */
public final class JarFolder {

  /** {@code handlers.dir/<bundle>/lib/<jar>} is as deep as libraries are looked for. */
  private static final int DEPTH = 3;

  /** Of one folder: a handler with more libraries is a folder that was not meant to be here. */
  private static final int MOST_JARS = 500;

  /** In bytes. Each jar is copied before it is used. */
  private static final long LARGEST_JAR = 512L << 20;

  /**
   * What shares a class loader.
   *
   * @param name of the jar or the folder, or what libraries are called
   * @param jars those with a provider file first
   * @param provides whether there is a provider file in it
   */
  record Bundle(String name, List<Path> jars, boolean provides) {}

  private static final String LIBRARIES = "libraries";

  private final Path folder;
  private final List<Bundle> bundles = new ArrayList<>();
  private final List<Fault> faults = new ArrayList<>();
  private final List<Fault> notes = new ArrayList<>();
  private final Set<Path> unusable = new HashSet<>();

  private JarFolder(Path folder) {
    this.folder = folder;
  }

  /** Reads it as it is now. */
  static JarFolder read(Path folder) {
    JarFolder read = new JarFolder(folder);
    if (Files.isDirectory(folder)) {
      read.all();
    } else if (Files.exists(folder)) {
      read.unusable(
          folder, folder.toString(), "is a file. Set handlers.dir to the folder of the jars");
    }
    return read;
  }

  List<Bundle> bundles() {
    return bundles;
  }

  List<Fault> faults() {
    return faults;
  }

  List<Fault> notes() {
    return notes;
  }

  /**
   * Whether one of these is there, or may be, and cannot be used: while it is being copied, for
   * one.
   */
  boolean hasUnusable(List<Path> jars) {
    return unusable.contains(folder)
        || jars.stream().anyMatch(jar -> unusable.stream().anyMatch(jar::startsWith));
  }

  /**
   * How it looks from outside, to see by whether anything in it has changed. Opens no jar.
   *
   * @param folder {@code handlers.dir}; it need not exist
   * @return something about each jar, by its path; equal if nothing has changed
   */
  public static Map<String, String> look(Path folder) {
    Map<String, String> seen = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder, DEPTH, FileVisitOption.FOLLOW_LINKS)) {
      files
          .filter(JarFolder::aJar)
          .limit(MOST_JARS)
          .forEach(jar -> seen.put(jar.toString(), state(jar)));
    } catch (IOException | RuntimeException unreadable) {
      seen.put(folder.toString(), Files.exists(folder) ? Advice.kind(unreadable) : "");
    }
    return seen;
  }

  private static String state(Path jar) {
    try {
      BasicFileAttributes is = Files.readAttributes(jar, BasicFileAttributes.class);
      return is.size() + " " + is.lastModifiedTime() + " " + is.fileKey();
    } catch (IOException unreadable) {
      return Advice.kind(unreadable);
    }
  }

  private static boolean named(Path file) {
    String name = file.getFileName().toString();
    return name.toLowerCase(Locale.ROOT).endsWith(".jar") && !name.startsWith(".");
  }

  private static boolean aJar(Path file) {
    return named(file) && !Files.isDirectory(file);
  }

  private void all() {
    watchOver(folder, folder.toString());
    List<Path> libraries = new ArrayList<>();
    for (Path entry : list()) {
      String name = entry.getFileName().toString();
      if (Files.isDirectory(entry)) {
        if (!name.startsWith(".")) {
          watchOver(entry, name + "/");
          folder(entry, name + "/");
        }
      } else if (named(entry)) {
        usable(entry, name)
            .ifPresent(
                provides -> {
                  if (provides) {
                    bundles.add(new Bundle(name, List.of(entry), true));
                  } else {
                    libraries.add(entry);
                  }
                });
      }
    }
    if (!libraries.isEmpty()) {
      bundles.add(new Bundle(LIBRARIES, libraries, false));
    }
  }

  private List<Path> list() {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    } catch (IOException | RuntimeException unreadable) {
      unusable(
          folder,
          folder.toString(),
          "cannot be listed (" + Advice.kind(unreadable) + "). Check its rights");
      return List.of();
    }
  }

  private void folder(Path bundle, String name) {
    List<Path> jars;
    try (Stream<Path> files = Files.walk(bundle, DEPTH - 1, FileVisitOption.FOLLOW_LINKS)) {
      jars = files.filter(JarFolder::aJar).sorted().limit(MOST_JARS + 1).toList();
    } catch (IOException | RuntimeException unreadable) {
      unusable(
          bundle, name, "cannot be listed (" + Advice.kind(unreadable) + "). Check its rights");
      return;
    }
    if (jars.isEmpty() || jars.size() > MOST_JARS) {
      unusable(
          bundle,
          name,
          jars.isEmpty()
              ? "is a folder without a jar. Put a jar and its libraries in it, or remove it"
              : "has more than " + MOST_JARS + " jars. Put a handler and its libraries here");
      return;
    }
    List<Path> providers = new ArrayList<>();
    List<Path> libraries = new ArrayList<>();
    for (Path jar : jars) {
      usable(jar, name + bundle.relativize(jar))
          .ifPresent(provides -> (provides ? providers : libraries).add(jar));
    }
    boolean provides = !providers.isEmpty();
    providers.addAll(libraries);
    if (!providers.isEmpty()) {
      bundles.add(new Bundle(name, providers, provides));
    }
  }

  /** Whether a jar has a provider file; empty, and a fault, if it is none that can be used. */
  private Optional<Boolean> usable(Path jar, String name) {
    String wrong = unusable(jar);
    if (wrong.isEmpty()) {
      watchOver(jar, name);
      try (JarFile file = new JarFile(jar.toFile())) {
        if (file.getEntry(Advice.API_CLASS) != null) {
          notes.add(
              new Fault(
                  name,
                  "brings its own copy of loomagent, which is not used. Build it with the agent as"
                      + " a dependency that is provided"));
        }
        return Optional.of(file.getEntry(Advice.SERVICE) != null);
      } catch (IOException | SecurityException broken) {
        wrong = "is not a whole jar (" + Advice.words(broken) + "). Copy or build it again";
      }
    }
    unusable(jar, name, wrong);
    return Optional.empty();
  }

  private void unusable(Path path, String name, String text) {
    unusable.add(path);
    faults.add(new Fault(name, text));
  }

  private static String unusable(Path jar) {
    try {
      if (!Files.exists(jar)) {
        return "is a link that leads nowhere. Put the jar itself here";
      } else if (!Files.isRegularFile(jar)) {
        return "is no file. Put the jar itself here";
      } else if (!Files.isReadable(jar)) {
        return "may not be read by this user. Check its owner and rights";
      }
      return Files.size(jar) > LARGEST_JAR
          ? "is larger than " + (LARGEST_JAR >> 20) + " MB. Put a handler or its libraries here"
          : "";
    } catch (IOException unreadable) {
      return "cannot be read (" + Advice.words(unreadable) + "). Check it";
    }
  }

  /**
   * Whoever may write here runs code as the agent. That is right for root and for this user; a
   * group that is called as its owner is the owner's own.
   */
  private void watchOver(Path path, String name) {
    try {
      PosixFileAttributes is = Files.readAttributes(path, PosixFileAttributes.class);
      Set<PosixFilePermission> rights = is.permissions();
      String owner = is.owner().getName();
      boolean group =
          rights.contains(PosixFilePermission.GROUP_WRITE) && !is.group().getName().equals(owner);
      if (rights.contains(PosixFilePermission.OTHERS_WRITE) || group) {
        notes.add(
            new Fault(
                name,
                "others may write to it, and so have the agent run what they like. Let its owner"
                    + " alone do so (chmod go-w)"));
      } else if (!owner.equals("root") && !owner.equals(System.getProperty("user.name"))) {
        notes.add(
            new Fault(
                name,
                "is " + owner + "'s, who may so have the agent run anything. Give it to root"));
      }
    } catch (IOException | UnsupportedOperationException noSuchRights) {
      // Windows has other ones
    }
  }
}
