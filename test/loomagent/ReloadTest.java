package loomagent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import loomagent.plugin.JarMaker;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built jar, whose handlers are changed while it runs. */
class ReloadTest {
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir Path folder;
  private Simulator simulator;
  private AgentProcess agent;
  private int published;

  @BeforeEach
  void open() throws IOException {
    simulator = Simulator.start(Settings.defaults());
    Files.createDirectory(folder.resolve("handlers"));
  }

  @AfterEach
  void close() {
    if (agent != null) {
      agent.close();
    }
    simulator.close();
  }

  private void configure(String... lines) throws IOException {
    List<String> all =
        new ArrayList<>(
            List.of(
                "loom.url = " + simulator.url(), "token = " + simulator.token(), "events = app.a"));
    all.addAll(List.of(lines));
    Files.write(folder.resolve("agent.properties"), all);
  }

  private void start() {
    agent = AgentProcess.start(folder.resolve("agent.properties"));
    agent.awaitErr("Ready", SOON);
  }

  private String reload() {
    long before = reloads();
    agent.signal("HUP");
    return agent.awaitErr(line -> isReload(line) && reloads() > before, SOON);
  }

  private long reloads() {
    return agent.err().lines().filter(ReloadTest::isReload).count();
  }

  private static boolean isReload(String line) {
    return line.contains("Reloaded: ") || line.contains("Not reloaded");
  }

  private void publish(int count) {
    for (int i = 0; i < count; i++) {
      simulator.publish("{\"id\":\"id-%05d\",\"name\":\"app.a\"}".formatted(published++));
    }
  }

  /** Appends {@code word id} to a file, a line an event. */
  private JarMaker writer(String word, String more) {
    return new JarMaker(folder.resolve("scratch"))
        .handler(
            "acme.MisHandler",
            """
            public void handle(Event event) throws Exception {
              %s
              java.nio.file.Files.writeString(
                  java.nio.file.Path.of("taken"), "%s " + event.id() + "\\n",
                  java.nio.file.StandardOpenOption.CREATE, java.nio.file.StandardOpenOption.APPEND);
            }
            """
                .formatted(more, word));
  }

  private Path mis() {
    return folder.resolve("handlers/mis.jar");
  }

  private List<String> taken() {
    try {
      Path file = folder.resolve("taken");
      return Files.exists(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException unreadable) {
      throw new AssertionError(unreadable);
    }
  }

  private void awaitTaken(int count) {
    Pasture.await(() -> taken().size() == count, agent);
  }

  private void end() {
    agent.signal("TERM");
    assertEquals(0, agent.exitWithin(SOON), agent::err);
    assertEquals(1, simulator.dials());
  }

  @Test
  void handlersAreAddedChangedAndRemovedWhileTheSubscriptionGoesOn() throws Exception {
    configure("handler.one.type = log", "handler.two.type = log");
    start();
    publish(1);
    Pasture.await(() -> agent.out().lines().count() == 2, agent);
    configure("handler.two.type = log", "handler.two.format = json", "handler.three.type = log");
    String line = reload();
    assertTrue(
        line.endsWith("Reloaded: added three, changed two, removed one, 0 handlers as before"),
        line);
    publish(1);
    Pasture.await(() -> agent.out().lines().count() == 4, agent);
    List<String> out = agent.out().lines().toList();
    assertEquals(
        List.of("- app.a id-00001 -", "{\"id\":\"id-00001\",\"name\":\"app.a\"}"),
        out.subList(2, 4).stream().sorted().toList());
    assertTrue(reload().endsWith("Reloaded: 2 handlers as before"));
    end();
  }

  @Test
  void aWrongConfigurationLeavesWhatRunsInForceAndSaysWhy() throws Exception {
    configure("handler.log.format = line");
    start();
    configure("handler.log.format = line", "handler.log.retry.first = soon", "colour = red");
    assertTrue(reload().contains("Not reloaded"), agent::err);
    assertTrue(agent.err().contains("agent.properties:6: unknown key \"colour\""), agent::err);
    assertTrue(agent.err().contains("handler.log.retry.first is \"soon\""), agent::err);
    try (AgentProcess status =
        AgentProcess.start(folder.resolve("agent.properties"), "status", "--json")) {
      assertEquals(0, status.exitWithin(SOON), status::err);
      assertTrue(status.out().contains("\"state\":\"live\""), status.out());
    }
    configure("handler.log.format = xml");
    assertTrue(reload().contains("Not reloaded"), agent::err);
    assertTrue(
        agent.err().contains("handler log: format is \"xml\"; write line or json"), agent::err);
    configure("handler.mis.type = none");
    assertTrue(reload().contains("Not reloaded"), agent::err);
    assertTrue(agent.err().contains("handler mis is of the type none"), agent::err);
    publish(1);
    agent.awaitOut("app.a id-00000", SOON);
    end();
  }

  @Test
  void whatIsNoHandlersCountsLaterAndIsNamed() throws Exception {
    configure("handler.log.type = log", "stale-after = 10s");
    start();
    configure("handler.log.type = log", "stale-after = 20s", "log.format = json");
    reload();
    String line =
        agent.awaitErr("stale-after changed as well, and will count after a restart", SOON);
    assertTrue(line.startsWith("{"), line); // how it is logged counts at once
    end();
  }

  @Test
  void nothingIsLostOrTakenTwiceByReloadsUnderLoad() throws Exception {
    writer("v", "").write(mis());
    configure("handler.mis.events = app.*");
    start();
    for (int i = 0; i < 10; i++) {
      publish(150);
      configure("handler.mis.events = app.*", "handler.mis.round = " + i);
      agent.signal("HUP");
      publish(150);
      int made = i + 1; // or several signals would be one reload
      Pasture.await(() -> reloads() == made, agent);
    }
    awaitTaken(3_000);
    assertEquals(IntStream.range(0, 3_000).mapToObj("v id-%05d"::formatted).toList(), taken());
    end();
  }

  @Test
  void aJarIsTakenInReplacedAndLetGoByItself() throws Exception {
    configure("handler.log.type = log");
    start();
    writer("one", "").write(mis());
    agent.awaitErr("Reloaded: added mis, 1 handler as before", SOON);
    publish(1);
    awaitTaken(1);
    byte[] two = Files.readAllBytes(writer("two", "").write(folder.resolve("two.jar")));
    Files.write(mis(), two, StandardOpenOption.TRUNCATE_EXISTING); // in place, as cp does
    agent.awaitErr("Reloaded: changed mis, 1 handler as before", SOON);
    publish(1);
    awaitTaken(2);
    Files.write(mis(), Arrays.copyOf(two, two.length / 2));
    agent.awaitErr("handler jar mis.jar: what was loaded of it before goes on", SOON);
    publish(1);
    awaitTaken(3);
    Files.delete(mis());
    agent.awaitErr("Reloaded: removed mis, 1 handler as before", SOON);
    publish(1);
    agent.awaitOut("id-00003", SOON);
    assertEquals(List.of("one id-00000", "two id-00001", "two id-00002"), taken());
    try (Stream<Path> copies = Files.list(folder.resolve("data/jars"))) {
      assertEquals(0, copies.count());
    }
    end();
  }

  @Test
  void oneThatDoesNotEndIsLeftToItselfAndItsEventComesAgain() throws Exception {
    writer(
            "old",
            "while (acme.MisHandler.class != null) {"
                + " java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);"
                + " Thread.interrupted(); }")
        .write(mis());
    configure("handler.log.type = log", "shutdown.timeout = 200ms");
    start();
    publish(1);
    agent.awaitOut("id-00000", SOON);
    writer("new", "").write(mis());
    agent.awaitErr("handler mis heeds no interrupt: it is left to itself", SOON);
    agent.awaitErr("Reloaded: changed mis", SOON);
    publish(1);
    awaitTaken(2);
    assertEquals(List.of("new id-00000", "new id-00001"), taken());
    assertFalse(agent.err().contains("Exception"), agent::err);
    end();
  }

  /** A handler that says when it is opened, closed or given an event, and waits for {@code go}. */
  private JarMaker waiter(String when) {
    String says =
        "static void say(String word) throws Exception { java.nio.file.Files.writeString("
            + "java.nio.file.Path.of(\"seen\"), word, java.nio.file.StandardOpenOption.CREATE,"
            + " java.nio.file.StandardOpenOption.APPEND); }";
    return new JarMaker(folder.resolve("scratch"))
        .handler(
            "acme.MisHandler",
            says
                + """
                public void open(HandlerContext context) throws Exception { say("opened,"); }
                public void close() throws Exception { say("closed,"); }
                public void handle(Event event) throws Exception {
                  say("given,");
                  while (%s && !java.nio.file.Files.exists(java.nio.file.Path.of("go"))) {
                    java.util.concurrent.locks.LockSupport.parkNanos(10_000_000);
                  }
                  java.nio.file.Files.writeString(
                      java.nio.file.Path.of("taken"), event.id() + "\\n",
                      java.nio.file.StandardOpenOption.CREATE,
                      java.nio.file.StandardOpenOption.APPEND);
                }
                """
                    .formatted(when));
  }

  private void awaitSeen(String words) {
    Path seen = folder.resolve("seen");
    Pasture.await(
        () -> {
          try {
            return Files.exists(seen) && Files.readString(seen).startsWith(words);
          } catch (IOException unreadable) {
            throw new AssertionError(unreadable);
          }
        },
        agent);
  }

  @Test
  void aStopDuringAReloadWaitsForTheEventInHand() throws Exception {
    waiter("true").write(mis());
    configure("log.level = debug", "handler.mis.events = app.*");
    start();
    publish(1);
    awaitSeen("opened,given,");
    configure("log.level = debug", "handler.mis.events = app.a");
    agent.signal("HUP");
    awaitSeen("opened,given,opened,closed,"); // tried out, so that the one at work is to end now
    agent.signal("TERM");
    agent.awaitErr("stopping: handlers have", SOON);
    Files.createFile(folder.resolve("go"));
    assertEquals(0, agent.exitWithin(SOON), agent::err);
    assertEquals(List.of("id-00000"), taken());
    assertFalse(agent.err().contains("left to itself"), agent::err);
    assertEquals("opened,given,opened,closed,closed,", Files.readString(folder.resolve("seen")));
  }

  @Test
  void aReplayGoesOnWithTheHandlerThatFollows() throws Exception {
    waiter("event.replayed()").write(mis());
    configure("handler.mis.events = app.*");
    start();
    publish(3);
    awaitTaken(3);
    Path config = folder.resolve("agent.properties");
    AgentProcess replay = AgentProcess.start(config, "replay", "--handler", "mis", "--since", "1h");
    awaitSeen("opened,given,given,given,given,");
    configure("handler.mis.events = app.a");
    agent.signal("HUP");
    awaitSeen("opened,given,given,given,given,opened,closed,");
    Files.createFile(folder.resolve("go"));
    assertEquals(0, replay.exitWithin(SOON), replay::err);
    assertTrue(replay.out().contains("3 events delivered to mis"), replay::out);
    assertTrue(status().contains("\"delivered\":6"), this::status); // counted on
    end();
    assertEquals(6, taken().size());
  }

  private String status() {
    AgentProcess status =
        AgentProcess.start(folder.resolve("agent.properties"), "status", "--json");
    assertEquals(0, status.exitWithin(SOON), status::err);
    return status.out();
  }

  @Test
  void oneThatTheDiskDidNotLetBeginBeginsWithTheNextReload() throws Exception {
    writer("v", "").write(mis());
    configure("handler.mis.events = app.*");
    start();
    publish(1);
    awaitTaken(1);
    Path cursor = folder.resolve("data/cursors/mis");
    Files.move(cursor, folder.resolve("aside"));
    Files.createDirectory(cursor);
    configure("handler.mis.events = app.a");
    reload();
    assertTrue(agent.err().contains("handler mis could not be begun"), agent::err);
    publish(1);
    Files.delete(cursor);
    Files.move(folder.resolve("aside"), cursor);
    assertTrue(reload().endsWith("Reloaded: changed mis, 0 handlers as before"), agent::err);
    awaitTaken(2);
    assertEquals(List.of("v id-00000", "v id-00001"), taken());
    end();
  }

  @Test
  void aJarWhoseHandlerIsNotConfiguredRightKeepsNoOtherFromChanging() throws Exception {
    configure("handler.log.type = log");
    start();
    new JarMaker(folder.resolve("scratch"))
        .handler(
            "acme.BadHandler",
            "public void open(HandlerContext context) {"
                + " throw new IllegalArgumentException(\"url is missing; set handler.bad.url\"); }")
        .write(folder.resolve("handlers/bad.jar"));
    assertTrue(reload().endsWith("Reloaded: added bad, 1 handler as before"), agent::err);
    assertTrue(agent.err().contains("url is missing; set handler.bad.url"), agent::err);
    writer("v", "").write(mis());
    assertTrue(reload().endsWith("Reloaded: added mis, 2 handlers as before"), agent::err);
    publish(1);
    awaitTaken(1);
    end();
  }

  @Test
  void aJarThatIsBrokenASecondTimeIsSaidASecondTime() throws Exception {
    byte[] whole = Files.readAllBytes(writer("v", "").write(mis()));
    configure("handler.log.type = log");
    start();
    for (int times = 1; times <= 2; times++) {
      Files.write(mis(), Arrays.copyOf(whole, 10));
      reload();
      reload();
      long said = agent.err().lines().filter(line -> line.contains("is not a whole jar")).count();
      assertEquals(times, said, agent::err);
      Files.write(mis(), whole);
      reload();
    }
    end();
  }
}
