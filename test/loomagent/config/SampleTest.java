package loomagent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds the sample agent.properties and the code together. */
final class SampleTest {
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
      } else if (line.contains(" = ")) {
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
          !key.required(), lines.stream().anyMatch(l -> l.startsWith("#" + written + " = ")));
      if (!key.standard().isEmpty()) {
        assertEquals(key.standard().replace("<name>", "log"), values.get(written), written);
      }
    }
    assertEquals("line", values.get("handler.log.format"), "the built-in handler's own setting");
    assertEquals(Key.all().size() + 1, keys.size(), "nothing else is in it");
  }

  @Test
  void itsLinesFitAScreen() {
    lines.forEach(line -> assertTrue(line.length() <= 100, line));
  }

  @Test
  void itLoadsAsItIsAndWithEverythingUncommented(@TempDir Path folder) throws Exception {
    Source source =
        new Source(
            Optional.of(Path.of("agent.properties")),
            folder,
            List.of(),
            Map.of("LOOM_TOKEN", "tok-of-the-sample", "LOOM_EVENT_PASSWORD", "pw-of-the-sample"));
    Configuration asItIs = Configuration.load(source);
    Path open =
        Files.writeString(
            folder.resolve("open.properties"),
            String.join("\n", lines).replaceAll("(?m)^#(?=[a-z])", ""));
    Configuration all =
        Configuration.load(new Source(Optional.of(open), folder, List.of(), source.environment()));
    assertEquals(List.of(), all.warnings());
    assertEquals(List.of("mission_control.job_added", "mission_control.job_updated"), all.events());
    assertEquals("tok-of-the-sample", all.token().resolve());
    assertEquals(1, all.handlers().size());
    assertEquals(Map.of("format", "line"), Map.copyOf(all.handlers().get(0).settings()));
    // The defaults as they are written are the defaults as they are.
    assertEquals(summary(asItIs, Path.of("").toAbsolutePath()), summary(all, folder));
    assertEquals(
        summary(HandlerSettings.byDefault("log")), summary(all.handlers().get(0)), "of a handler");
    assertEquals("pw-of-the-sample", all.backfillPassword().orElseThrow().resolve());
    for (Key<?> key : Key.all()) {
      boolean mayBeAbsent = !key.required() && key.standard().isEmpty();
      assertEquals(
          mayBeAbsent || key.name().contains(Key.NAME),
          key.among(asItIs.values(), "log") == null,
          key.name());
    }
  }

  @Test
  void aKeyIsAVariableToo() {
    assertEquals("LOOM_AGENT_STALE_AFTER", Key.variable("stale-after"));
    Set<String> variables = new TreeSet<>();
    Key.names().forEach(key -> variables.add(Key.variable(key)));
    assertEquals(Key.names().size(), variables.size(), "no two keys share one");
  }

  private static List<Object> summary(Configuration c, Path folder) {
    return List.of(
        c.get(Key.ENVIRONMENT),
        c.url(),
        c.events(),
        c.loomApi(),
        c.reconnectFirst(),
        c.reconnectLongest(),
        c.staleAfter(),
        c.backfillMargin(),
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
