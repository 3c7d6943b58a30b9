package loomagent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import loomagent.config.Configuration;
import loomagent.config.ConfigurationException;
import loomagent.config.Source;
import loomagent.plugin.JarMaker;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows is what there is. */
class ReadmeTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static String readme;

  @TempDir Path folder;

  @BeforeAll
  static void read() throws IOException {
    readme = Files.readString(Path.of("README.md"));
  }

  @Test
  void everyHandlerShownCompilesAndTakesAnEvent() throws IOException {
    List<String> handlers =
        blocks("java").stream().filter(block -> block.startsWith("package ")).toList();
    assertFalse(handlers.isEmpty());
    for (String handler : handlers) {
      takesAnEvent(handler);
    }
  }

  @Test
  void everyConfigurationShownIsRight() throws IOException, ConfigurationException {
    List<String> shown = blocks("properties");
    assertFalse(shown.isEmpty());
    for (String file :
        List.of("proxy-password", "company-ca.pem", "webhook-secret", "db-password")) {
      Path made = Files.writeString(folder.resolve(file), "readme-content-1");
      Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rw-------"));
    }
    for (String properties : shown) {
      Path file = Files.writeString(folder.resolve("agent.properties"), properties);
      Configuration read =
          Configuration.load(
              new Source(
                  Optional.of(file),
                  file,
                  List.of(),
                  Map.of("LOOM_TOKEN", "readme-token-1", "LOOM_CLIENT_SECRET", "readme-secret-1")));
      assertEquals(List.of(), read.warnings(), properties);
    }
  }

  @Test
  void everyKeyInTheTableIsInTheSample() throws IOException {
    String sample = Files.readString(Path.of("agent.properties"));
    String properties = section("Every property").replaceFirst("(?s)\n### .*", ""); // not handlers'
    for (String row : all("(?m)^\\| (`[a-z.-]+`(?:, `[a-z.-]+`)*) \\|", properties)) {
      for (String key : all("`([a-z.-]+)`", row)) {
        assertTrue(sample.matches("(?s).*\\n#?" + Pattern.quote(key) + " = .*"), key);
      }
    }
  }

  @Test
  void theHandlerShownRunsInTheDemoAsShown() throws IOException {
    String source = blocks("java").get(0);
    String name = only("package ([a-z.]+);", source) + "." + only("class (\\w+)", source);
    new JarMaker(folder)
        .source(name, source)
        .provider(name)
        .write(folder.resolve("handlers/tickets.jar"));
    String shown = only("java -jar build/loom-agent.jar (demo --set .*)", readme) + " --events 2";
    try (AgentProcess demo = AgentProcess.start(AgentProcess.builder(folder, shown.split(" ")))) {
      assertEquals(0, demo.exitWithin(SOON), demo::err);
      assertTrue(demo.out().contains("job-ticket: 2 delivered"), demo.out());
    }
    try (Stream<Path> tickets = Files.list(folder.resolve("tickets"))) {
      assertEquals(2, tickets.count());
    }
  }

  @Test
  void everyCommandShownIsKnown() {
    Set<String> commands =
        new TreeSet<>(all("java -jar (?:build/)?loom-agent\\.jar ([a-z]+)", readme));
    commands.addAll(all("(?m)^\\| `([a-z]+)\\b[^|]*\\|", section("The commands")));
    assertTrue(commands.contains("check"), commands.toString());
    for (String command : commands) {
      try (AgentProcess help = help(command)) {
        assertEquals(0, help.exitWithin(SOON), () -> command + "\n" + help.err());
      }
    }
  }

  private AgentProcess help(String command) {
    return AgentProcess.start(AgentProcess.builder(folder, "help", command));
  }

  /** The handler is called job-ticket and needs a path, which its text says. */
  private void takesAnEvent(String source) throws IOException {
    String name = only("package ([a-z.]+);", source) + "." + only("class (\\w+)", source);
    new JarMaker(folder)
        .source(name, source)
        .provider(name)
        .write(folder.resolve("handlers/h.jar"));
    Path config = folder.resolve("agent.properties");
    try (Simulator simulator = Simulator.start(Settings.defaults())) {
      Files.writeString(
          config,
          """
          loom.url = %s
          token = %s
          events = app.a
          handler.job-ticket.path = %s
          handler.log.format = json
          """
              .formatted(simulator.url(), simulator.token(), folder.resolve("tickets")));
      try (AgentProcess agent = AgentProcess.start(config)) {
        agent.awaitErr("Ready", SOON);
        simulator.publish("{\"id\":\"id-1\",\"name\":\"app.a\",\"payload\":{\"job_id\":\"J-7\"}}");
        agent.awaitOut("id-1", SOON);
        agent.signal("TERM");
        assertEquals(0, agent.exitWithin(SOON), agent::err);
        assertTrue(agent.err().contains("job-ticket: 1 delivered"), agent.err());
      }
    }
    assertTrue(Files.readString(folder.resolve("tickets/id-1.txt")).contains("J-7"));
  }

  private static String section(String title) {
    String text = only("(?s)\\n## " + title + "\\n(.*?)\\n## ", readme);
    assertTrue(text.contains("| --- |"), text);
    return text;
  }

  private static List<String> blocks(String language) {
    return all("(?s)```" + language + "\\n(.*?)```", readme);
  }

  private static String only(String regex, String text) {
    Matcher matcher = Pattern.compile(regex).matcher(text);
    assertTrue(matcher.find(), regex);
    return matcher.group(1);
  }

  private static List<String> all(String regex, String text) {
    return Pattern.compile(regex).matcher(text).results().map(found -> found.group(1)).toList();
  }
}
