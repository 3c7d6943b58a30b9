package loomagent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import loomagent.plugin.JarMaker;
import loomagent.simulator.Events;
import loomagent.simulator.Faults;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The built jar as a process: {@code run}, {@code demo} and {@code simulate}. */
class RunTest {
  private static final String TOKEN = "run-token-8277e0910d750195";
  private static final Duration SOON = Duration.ofSeconds(30); // a Java start on a busy machine
  private static final Duration PROMPT = Duration.ofSeconds(5); // 2 s, on a machine with time

  @TempDir Path folder;
  private final List<ChildProcess> processes = new ArrayList<>();
  private Simulator simulator;

  @BeforeEach
  void startSimulator() throws IOException {
    simulator = Simulator.start(Settings.defaults().withTokens(Set.of(TOKEN)));
  }

  @AfterEach
  void stopAll() {
    processes.forEach(ChildProcess::close);
    simulator.close();
  }

  @Test
  void withNoHandlerEventsAreLoggedOnceItIsReady() throws IOException {
    AgentProcess agent = agent();
    agent.awaitErr("Ready: subscribed to app.a, app.b at ", SOON);
    agent.awaitErr("no handler is configured", SOON);
    assertEquals("", agent.out());
    simulator.publish(event("1", "app.a", "x"));
    assertEquals(
        "2023-07-23T22:04:46Z app.a 1 Org/" + Events.ORGANIZATION, agent.awaitOut(1, SOON).get(0));
    stop(agent);
    agent.awaitErr("Received 1 event.", SOON);
    agent.awaitErr("log: 1 delivered", SOON);
    assertTrue(agent.err().lines().findFirst().orElse("").contains("Ready"), agent.err());
  }

  @Test
  void theNameOfTheServerIsLookedUpAnewAtEachDial() throws IOException {
    Path hosts = Files.writeString(folder.resolve("hosts"), "127.0.0.2 localhost\n");
    Path config = folder.resolve("named.properties");
    Files.writeString(
        config,
        """
        loom.url = ws://localhost:%d/websocket
        token = %s
        events = app.a
        reconnect.first = 50ms
        reconnect.longest = 200ms
        """
            .formatted(simulator.url().getPort(), TOKEN));
    ProcessBuilder builder = AgentProcess.builder(folder, "run", "--config", config.toString());
    builder.environment().put("JDK_JAVA_OPTIONS", "-Djdk.net.hosts.file=" + hosts);
    AgentProcess agent = AgentProcess.start(builder);
    processes.add(agent);
    agent.awaitErr("connection refused", SOON); // nobody listens at the first address
    Files.writeString(hosts, "127.0.0.1 localhost\n");
    agent.awaitErr("Ready", Duration.ofSeconds(10)); // Java's own cache would keep it for 30 s
    stop(agent);
  }

  @Test
  void anEventInJsonIsTheExactTextInUtf8WhateverTheLocale() throws IOException {
    AgentProcess agent = ready(agent("handler.log.format = json"));
    String event = event("1", "app.a", "Grüße 印刷 😀 \\u00fc \\/ 1.0").replace(",", " , ");
    simulator.publish(event);
    assertEquals(event, agent.awaitOut(1, SOON).get(0));
    stop(agent);
  }

  @Test
  void sigtermEndsItPromptlyWithStatusZeroAndASummary() throws IOException {
    AgentProcess agent = ready(agent());
    for (int i = 0; i < 10; i++) {
      simulator.publish(event("" + i, "app.b", ""));
    }
    agent.awaitOut(10, SOON);
    stop(agent);
    assertTrue(agent.err().contains("log: 10 delivered"), agent.err());
  }

  @Test
  void eachHandlerGetsTheEventsOfItsPatterns() throws IOException {
    jar("keep.jar", "acme.KeepHandler", KEEP);
    AgentProcess agent =
        ready(
            agent(
                "handler.one.type = keep",
                "handler.one.events = *.a",
                "handler.two.type = keep",
                "handler.two.events = app.*,!app.a",
                "handler.log.format = line"));
    simulator.publish(event("1", "app.a", ""));
    simulator.publish(event("2", "app.b", ""));
    agent.awaitOut(2, SOON);
    awaitFile("data/handlers/one/ids");
    awaitFile("data/handlers/two/ids");
    stop(agent);
    assertEquals("1\n", Files.readString(folder.resolve("data/handlers/one/ids")));
    assertEquals("2\n", Files.readString(folder.resolve("data/handlers/two/ids")));
  }

  @Test
  void aHandlerThatHangsHarmsNobodyAndTheDeadlineHolds() throws IOException {
    jar("hang.jar", "acme.HangHandler", HANG);
    AgentProcess agent = ready(agent("shutdown.timeout = 1s", "handler.log.format = line"));
    for (int i = 0; i < 5; i++) {
      simulator.publish(event("" + i, "app.a", ""));
    }
    agent.awaitOut(5, SOON);
    agent.awaitErr("it hangs now", SOON);
    stop(agent);
    agent.awaitErr("handler hang did not end within 1s", SOON);
    agent.awaitErr("5 events for hang on disk for the next start", SOON);
    assertTrue(agent.err().contains("log: 5 delivered"), agent.err());
  }

  @Test
  void aSecondSignalEndsItAtOnce() throws IOException {
    jar("hang.jar", "acme.HangHandler", HANG);
    AgentProcess agent = ready(agent("shutdown.timeout = 60s", "log.level = debug"));
    simulator.publish(event("1", "app.a", ""));
    agent.awaitErr("it hangs now", SOON);
    agent.signal("TERM");
    agent.awaitErr("stopping", SOON);
    agent.signal("TERM");
    assertEquals(128 + 15, agent.exitWithin(PROMPT), agent::err);
  }

  @Test
  void aHandlerThatThrowsIsSaidAndTheOthersGetEverything() throws IOException {
    jar(
        "throw.jar",
        "acme.ThrowHandler",
        "public void handle(Event e) { throw new IllegalStateException(\"no \" + e.id()); }");
    AgentProcess agent =
        ready(agent("handler.log.format = line", "handler.throw.retry.attempts = 1"));
    for (int i = 1; i <= 3; i++) {
      simulator.publish(event("" + i, "app.a", ""));
      String said = agent.awaitErr("dead list", SOON);
      assertTrue(said.contains("no " + i), said);
    }
    agent.awaitOut(3, SOON);
    stop(agent);
    assertFalse(agent.err().contains("\tat "), agent.err());
    assertTrue(agent.err().contains("throw: 0 delivered, 3 dead"), agent.err());
  }

  @Test
  void aBrokenJarIsNamedAndTheRestRuns() throws IOException {
    Files.createDirectories(folder.resolve("handlers"));
    Files.writeString(folder.resolve("handlers/broken.jar"), "no jar");
    jar("keep.jar", "acme.KeepHandler", KEEP);
    AgentProcess agent = agent("handler.log.format = line");
    agent.awaitErr("handler jar broken.jar: ", SOON);
    ready(agent);
    simulator.publish(event("1", "app.a", ""));
    agent.awaitOut(1, SOON);
    awaitFile("data/handlers/keep/ids");
    stop(agent);
    assertEquals("1\n", Files.readString(folder.resolve("data/handlers/keep/ids")));
  }

  @Test
  void everyMistakeInTheConfigurationIsSaidAtOnce() throws IOException {
    AgentProcess agent = agent("stale-after = 5", "evnts = 1", "handler.log.events =");
    assertEquals(78, agent.exitWithin(SOON));
    for (String words : List.of(":6: stale-after", ":7: unknown key \"evnts\"", ":8: ")) {
      assertTrue(agent.err().contains("agent.properties" + words), agent.err());
    }
    assertFalse(agent.err().contains("\tat "), agent.err());
    assertEquals("", agent.out());
    assertEquals(0, simulator.dials());
  }

  @Test
  void aWrongSettingOfABuiltInHandlerIsAWrongConfiguration() throws IOException {
    AgentProcess agent = agent("handler.log.format = xml");
    assertEquals(78, agent.exitWithin(SOON));
    assertTrue(agent.err().contains("format is \"xml\"; write line or json"), agent.err());
    assertEquals(0, simulator.dials());
  }

  @Test
  void aFolderThatAnotherAgentHoldsIsADiskFault() throws IOException {
    AgentProcess first = ready(agent());
    AgentProcess second = agent();
    assertEquals(74, second.exitWithin(SOON));
    assertTrue(second.err().contains("is held by another agent. Stop it, or"), second.err());
    stop(first);
    stop(ready(agent()));
  }

  @Test
  void aFileInPlaceOfTheFolderIsADiskFault() throws IOException {
    Files.writeString(folder.resolve("data"), "");
    AgentProcess agent = agent();
    assertEquals(74, agent.exitWithin(SOON));
    assertTrue(agent.err().contains("is a file, not a folder"), agent.err());
    assertFalse(agent.err().contains("\tat "), agent.err());
  }

  @Test
  void whatIsNoEventIsKeptAside() throws IOException {
    AgentProcess agent = ready(agent());
    String identifier = simulator.subscriptions().get(0);
    Faults.sendText(simulator, Faults.envelope(identifier, "[\"no event\"]"));
    agent.awaitErr("Kept in aside.ndjson", SOON);
    simulator.publish(event("1", "app.a", ""));
    agent.awaitOut(1, SOON);
    stop(agent);
    List<String> aside = Files.readAllLines(folder.resolve("data/aside.ndjson"));
    assertEquals(1, aside.size());
    assertTrue(aside.get(0).contains("no event"), aside.get(0));
  }

  @Test
  void theDemoPrintsItsEventsAndLeavesNothingBehind() throws IOException {
    ChildProcess demo = start("demo", "--events", "3");
    assertEquals(0, demo.exitWithin(SOON), demo::err);
    List<String> lines = demo.out().lines().toList();
    assertEquals(5, lines.size(), demo.out());
    for (String line : lines.subList(0, 3)) {
      assertTrue(line.matches("\\S+Z mission_control\\.job_\\w+ \\S+ Org/\\S+"), line);
    }
    assertEquals(List.of("Received 3 events.", "  log: 3 delivered"), lines.subList(3, 5));
    assertEquals(List.of("temporary"), names(folder));
    assertEquals(List.of(), names(folder.resolve("temporary")));
  }

  @Test
  void aDemoThatIsInterruptedLeavesNothingBehind() throws IOException {
    ChildProcess demo = start("demo");
    demo.awaitErr("Ready", SOON);
    demo.awaitOut("mission_control", SOON);
    demo.signal("INT");
    assertEquals(0, demo.exitWithin(PROMPT), demo::err);
    assertTrue(demo.out().contains("Received "), demo.out());
    assertEquals(List.of(), names(folder.resolve("temporary")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"(?!oauth|hub).*", "(?!token).*"})
  void theSimulatorPrintsTheSettingsThatAnAgentRunsWith(String wanted) throws Exception {
    String first = event("1", "mission_control.job_added", "ü").replace(":", " : ");
    String second = event("2", "mission_control.job_updated", "\\u00fc");
    Files.writeString(folder.resolve("events.ndjson"), first + "\n\n" + second + "\n");
    ChildProcess loom =
        start("simulate", "--port", "0", "--rate", "100", "--file", "events.ndjson");
    loom.awaitOut("Ctrl-C ends it", SOON);
    List<String> settings =
        loom.out()
            .lines()
            .filter(line -> line.matches("(# )?[a-z.-]+ = .*"))
            .map(line -> line.replaceFirst("^# ", ""))
            .filter(line -> line.matches(wanted))
            .toList();
    Path config = folder.resolve("pasted.properties");
    Files.writeString(config, String.join("\n", settings) + "\nhandler.log.format = json\n");
    AgentProcess agent = ready(keep(AgentProcess.start(config)));
    assertEquals(List.of(first, second), agent.awaitOut(2, SOON));
    URI url = URI.create(settings.get(0).substring("loom.url = ".length()));
    URI admin = URI.create("http://127.0.0.1:" + url.getPort() + "/admin/events");
    String posted = event("3", "mission_control.job_added", "posted");
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(admin)
                    .POST(HttpRequest.BodyPublishers.ofString(posted))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertEquals(202, answer.statusCode(), answer.body());
    assertEquals(posted, agent.awaitOut(1, SOON).get(0));
    stop(agent);
    loom.signal("TERM");
    assertEquals(0, loom.exitWithin(PROMPT), loom::err);
  }

  private void awaitFile(String name) {
    long end = System.nanoTime() + SOON.toNanos();
    while (Files.notExists(folder.resolve(name))) {
      assertTrue(System.nanoTime() - end < 0, name);
      LockSupport.parkNanos(5_000_000);
    }
  }

  private static final String KEEP =
      """
      private java.nio.file.Path file;
      public void open(HandlerContext context) throws Exception {
        file = context.directory().resolve("ids");
      }
      public void handle(Event event) throws Exception {
        java.nio.file.Files.writeString(file, event.id() + "\\n",
            java.nio.file.StandardOpenOption.CREATE, java.nio.file.StandardOpenOption.APPEND);
      }
      """;

  private static final String HANG =
      """
      private System.Logger log;
      public void open(HandlerContext context) { log = context.logger(); }
      public void handle(Event event) throws Exception {
        log.log(System.Logger.Level.INFO, "it hangs now");
        new java.util.concurrent.CountDownLatch(1).await();
      }
      """;

  private void jar(String name, String handler, String members) throws IOException {
    new JarMaker(folder.resolve("made"))
        .handler(handler, members)
        .write(folder.resolve("handlers").resolve(name));
  }

  /** An agent for this test's simulator; its own lines begin with the sixth of the file. */
  private AgentProcess agent(String... lines) throws IOException {
    Files.writeString(
        folder.resolve("agent.properties"),
        """
        loom.url = %s
        token = ${env:LOOM_TOKEN}
        events = app.a,app.b
        reconnect.first = 100ms
        data.dir = data
        %s
        """
            .formatted(simulator.url(), String.join("\n", lines)));
    ProcessBuilder builder = AgentProcess.builder(folder);
    builder.environment().put("LOOM_TOKEN", TOKEN);
    return keep(AgentProcess.start(builder));
  }

  /** Another command, with a folder for temporary files that is its own. */
  private ChildProcess start(String... words) throws IOException {
    Path temporary = Files.createDirectories(folder.resolve("temporary"));
    ProcessBuilder builder = AgentProcess.builder(folder, words);
    builder.environment().put("JDK_JAVA_OPTIONS", "-Djava.io.tmpdir=" + temporary);
    return keep(AgentProcess.start(builder));
  }

  private AgentProcess keep(AgentProcess process) {
    processes.add(process);
    return process;
  }

  private static AgentProcess ready(AgentProcess agent) {
    agent.awaitErr("Ready", SOON);
    return agent;
  }

  private static void stop(AgentProcess agent) {
    assertTrue(agent.isAlive(), () -> "it ended by itself\n" + agent.err());
    agent.signal("TERM");
    assertEquals(0, agent.exitWithin(PROMPT), agent::err);
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static String event(String id, String name, String text) {
    return """
    {"id":"%s","name":"%s","timestamp":"2023-07-23T22:04:46Z","version":"1.0","received_at":\
    "2023-07-23T22:04:46Z","subject":"Org/%s","payload":{"text":"%s"}}\
    """
        .formatted(id, name, Events.ORGANIZATION, text);
  }
}
