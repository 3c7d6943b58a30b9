package loomagent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds the sample agent.properties and the code together. */
final class SampleTest {
  /** The built-in handlers' own settings, which their own tests hold the sample against. */
  private static final String OTHERS = "handler\\.(?!log\\.)";

  private final List<String> lines = new ArrayList<>();

  /** The comment above each setting, and the setting's value. */
  private final Map<String, String> comments = new HashMap<>();

  private final Map<String, String> values = new HashMap<>();
  private final List<String> keys = new ArrayList<>();

  @BeforeEach
  void read() throws Exception {
    lines.addAll(Files.readAllLines(Path.of("agent.properties")));
    StringBuilder comment = new StringBuilder();
    for (String line : lines) {
      if (line.isEmpty()) {
        comment.setLength(0);
      } else if (line.startsWith("# ")) {
        comment.append(line.substring(1));
      } else if (line.contains(" = ") && !line.startsWith("#connection.")) {
        String[] pair = line.replaceFirst("^#", "").split(" = ", 2);
        keys.add(pair[0]);
        values.put(pair[0], pair[1]);
        comments.put(pair[0], comment.toString());
      }
    }
  }

  @Test
  void everyKeyIsThereOnceWithItsDefaultAndMeaning() {
    for (Key<?> key : Key.all()) {
      String written = key.of("log");
      assertEquals(1, keys.stream().filter(written::equals).count(), written);
      assertTrue(
          comments.get(written).contains(key.meaning() + ": " + key.form().words()), written);
      assertEquals(
          !key.required() && !written.equals("token"),
          lines.stream().anyMatch(l -> l.startsWith("#" + written + " = ")));
      if (!key.standard().isEmpty()) {
        assertEquals(key.standard().replace("<name>", "log"), values.get(written), written);
      }
    }
    assertEquals("line", values.get("handler.log.format"), "the built-in handler's own setting");
    long ofBuiltIns = keys.stream().filter(key -> key.matches(OTHERS + ".*")).count();
    assertEquals(Key.all().size() + 1 + ofBuiltIns, keys.size(), "nothing else is in it");
  }

  @Test
  void itsLinesFitAScreen() {
    lines.forEach(line -> assertTrue(line.length() <= 100, line));
  }

  @Test
  void itLoadsAsItIsAndWithEverythingUncommented(@TempDir Path folder) throws Exception {
    Configuration asItIs = load(Path.of("agent.properties"), folder);
    Configuration all = uncommented(folder, "oauth|connection|handler.log.connection");
    ConnectionSettings one = all.connections().get(0);
    assertEquals(List.of("mission_control.job_added", "mission_control.job_updated"), one.events());
    assertEquals("tok-of-the-sample", one.token().orElseThrow().resolve());
    assertEquals(1, all.handlers().size());
    assertEquals(Map.of("format", "line"), Map.copyOf(all.handlers().get(0).settings()));
    // The defaults as they are written are the defaults as they are.
    assertEquals(summary(asItIs, Path.of("").toAbsolutePath()), summary(all, folder));
    assertEquals(
        summary(HandlerSettings.byDefault("log")), summary(all.handlers().get(0)), "of a handler");
    assertEquals("pw-of-the-sample", one.backfillPassword().orElseThrow().resolve());
    for (Key<?> key : Key.all()) {
      boolean mayBeAbsent = !key.required() && key.standard().isEmpty();
      assertEquals(
          mayBeAbsent && !key.name().equals("token")
              || key.name().contains(Key.NAME)
              || Key.own().contains(key.name()) && key.standard().length() > 0,
          key.among(asItIs.values(), "log") == null,
          key.name());
    }
  }

  @Test
  void itsOtherWaysToATokenAreRightToo(@TempDir Path folder) throws Exception {
    List<ConnectionSettings> both = uncommented(folder, "token|oauth.refresh-token").connections();
    assertEquals(List.of("berlin", "munich"), both.stream().map(c -> c.name()).toList());
    for (ConnectionSettings each : both) {
      assertTrue(each.oauth().orElseThrow().clientCredentials() && each.token().isEmpty());
      assertEquals(2, each.oauth().orElseThrow().scopes().size());
    }
    assertEquals(List.of("mission_control.job_added"), both.get(1).events());
    String all = "token|connection|handler.log.connection";
    ConnectionSettings.OAuth chain = uncommented(folder, all).connections().get(0).oauth().get();
    assertEquals("file-of-the-sample", chain.refreshToken().orElseThrow().resolve());
  }

  /** With all that is commented out uncommented, but for keys that begin so. */
  private Configuration uncommented(Path folder, String without) throws Exception {
    for (String name : all("\\$\\{file:([a-z-]+)}|= ([a-z-]+\\.pem)")) {
      Files.writeString(folder.resolve(name), "file-of-the-sample\n");
      Files.setPosixFilePermissions(
          folder.resolve(name), PosixFilePermissions.fromString("rw-------"));
    }
    String text = String.join("\n", lines).replaceAll("(?m)^#(?=[a-z])", "");
    String keys = text.replaceAll("(?m)^(" + OTHERS + "|" + without + ").* = .*$", "");
    Configuration read = load(Files.writeString(folder.resolve("open.properties"), keys), folder);
    assertEquals(List.of(), read.warnings());
    return read;
  }

  private static Configuration load(Path file, Path folder) throws Exception {
    Map<String, String> environment =
        Map.of("LOOM_TOKEN", "tok-of-the-sample", "LOOM_EVENT_PASSWORD", "pw-of-the-sample");
    return Configuration.load(new Source(Optional.of(file), folder, List.of(), environment));
  }

  private List<String> all(String regex) {
    return lines.stream()
        .filter(line -> line.startsWith("#") && !line.startsWith("# "))
        .flatMap(line -> Pattern.compile(regex).matcher(line).results())
        .map(found -> Optional.ofNullable(found.group(1)).orElseGet(() -> found.group(2)))
        .toList();
  }

  @Test
  void aKeyIsAVariableToo() {
    assertEquals("LOOM_AGENT_STALE_AFTER", Naming.variable("stale-after"));
    Set<String> variables = new TreeSet<>();
    Key.names().forEach(key -> variables.add(Naming.variable(key)));
    assertEquals(Key.names().size(), variables.size(), "no two keys share one");
  }

  private static List<Object> summary(Configuration c, Path folder) {
    ConnectionSettings one = c.connections().get(0);
    return List.of(
        one.url(),
        one.events(),
        one.loomApi(),
        one.hub(),
        one.backfillMargin(),
        one.standby(),
        c.reconnectFirst(),
        c.reconnectLongest(),
        c.staleAfter(),
        c.journalKeep(),
        c.journalMaxSize(),
        folder.relativize(c.dataDir()),
        folder.relativize(c.handlersDir()),
        c.logLevel(),
        c.logFormat(),
        c.shutdownTimeout());
  }

  private static List<Object> summary(HandlerSettings h) {
    return List.of(
        h.type(),
        h.events().toString(),
        h.enabled(),
        h.start(),
        h.retry(),
        h.timeout(),
        h.lanes().count());
  }
}
