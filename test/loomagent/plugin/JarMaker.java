package loomagent.plugin;

import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import loomagent.EventHandler;

/**
 * Makes handler jars out of source text, as a team's own build would.
 *
 * <pre>
 * new JarMaker(temp)
 *     .handler("acme.JobTicketHandler", "public void handle(Event event) { … }")
 *     .write(handlers.resolve("acme.jar"));
 * </pre>
 */
public final class JarMaker {
  private static final String SERVICE = "META-INF/services/" + EventHandler.class.getName();

  private final Path scratch;
  private final Map<String, String> sources = new LinkedHashMap<>();
  private final Map<String, byte[]> entries = new LinkedHashMap<>();
  private final List<String> providers = new ArrayList<>();
  private final Set<String> left = new TreeSet<>();
  private String version = "";
  private int major;

  /** Compiles in new folders below {@code scratch}. */
  public JarMaker(Path scratch) {
    this.scratch = scratch;
  }

  /** A class, by its full name, and the text of its file. */
  public JarMaker source(String name, String text) {
    sources.put(name, text);
    return this;
  }

  /**
   * A public class that implements {@code EventHandler} and is named in the provider file. Its file
   * imports the public API.
   *
   * @param members what stands between the braces; {@code handle} is added if it is missing
   */
  public JarMaker handler(String name, String members) {
    int dot = name.lastIndexOf('.');
    String handle = members.contains(" handle(") ? "" : "public void handle(Event event) {} ";
    return source(
            name,
            "package %s; import loomagent.*; public class %s implements EventHandler { %s%s }"
                .formatted(name.substring(0, dot), name.substring(dot + 1), handle, members))
        .provider(name);
  }

  /** A line of {@code META-INF/services/loomagent.EventHandler}. */
  public JarMaker provider(String line) {
    providers.add(line);
    return this;
  }

  /** A file that is no class. */
  public JarMaker entry(String path, String text) {
    return entry(path, text.getBytes(StandardCharsets.UTF_8));
  }

  /** A file of any kind. */
  public JarMaker entry(String path, byte[] bytes) {
    entries.put(path, bytes);
    return this;
  }

  /** Compiles this class, and leaves it out of the jar. */
  public JarMaker without(String name) {
    left.add(name.replace('.', '/') + ".class");
    return this;
  }

  /** The {@code Implementation-Version} of the manifest. */
  public JarMaker version(String text) {
    version = text;
    return this;
  }

  /** Marks all classes as of another Java, such as 65 for Java 21. */
  public JarMaker classFileVersion(int number) {
    major = number;
    return this;
  }

  /** Compiles, packs, and gives back {@code jar}, whose folder is made if need be. */
  public Path write(Path jar) throws IOException {
    if (!sources.isEmpty()) {
      compile();
    }
    if (!providers.isEmpty()) {
      entry(SERVICE, String.join("\n", providers) + "\n");
    }
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    if (!version.isEmpty()) {
      manifest.getMainAttributes().put(Attributes.Name.IMPLEMENTATION_VERSION, version);
    }
    Files.createDirectories(jar.toAbsolutePath().getParent());
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file, manifest)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        out.putNextEntry(new JarEntry(entry.getKey()));
        out.write(entry.getValue());
      }
    }
    return jar;
  }

  private void compile() throws IOException {
    Path classes = Files.createTempDirectory(Files.createDirectories(scratch), "classes");
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter complaints = new StringWriter();
    List<String> options =
        List.of("--release", "17", "-proc:none", "-cp", api(), "-d", classes.toString());
    List<JavaFileObject> files = new ArrayList<>();
    sources.forEach((name, text) -> files.add(new Source(name, text)));
    if (!compiler.getTask(complaints, null, null, options, null, files).call()) {
      throw new IllegalArgumentException(complaints.toString());
    }
    try (Stream<Path> made = Files.walk(classes)) {
      for (Path file : made.filter(Files::isRegularFile).sorted().toList()) {
        String path = classes.relativize(file).toString().replace('\\', '/');
        if (!left.contains(path)) {
          entry(path, marked(Files.readAllBytes(file)));
        }
      }
    }
  }

  /** The major version of a class file is its bytes 6 and 7. */
  private byte[] marked(byte[] bytes) {
    if (major > 0) {
      bytes[6] = (byte) (major >> 8);
      bytes[7] = (byte) major;
    }
    return bytes;
  }

  /** Where the public API lies: the agent's jar, or its folder of classes. */
  private static String api() throws IOException {
    try {
      return Path.of(EventHandler.class.getProtectionDomain().getCodeSource().getLocation().toURI())
          .toString();
    } catch (URISyntaxException impossible) {
      throw new IOException(impossible);
    }
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String name, String text) {
      super(URI.create("string:///" + name.replace('.', '/') + ".java"), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}
