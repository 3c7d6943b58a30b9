package loomagent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import loomagent.json.Json;
import loomagent.ops.Control;
import loomagent.plugin.JarMaker;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built jar with a handler that is down while events pile up on disk, in a heap of 64 MB. */
class BacklogTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  /** All of the heap is there from the start; the compiler's own memory moves by some of this. */
  private static final long NOISE = 32 << 10;

  /** Takes nothing until the file {@code open} is there, then everything, and checks the order. */
  private static final String GATE =
      """
      private java.nio.file.Path folder;
      private long next;
      public void open(HandlerContext context) throws Exception { folder = context.directory(); }
      public void handle(Event event) throws Exception {
        if (next == 0 && !java.nio.file.Files.exists(folder.resolve("open"))) {
          throw new RetryLater(java.time.Duration.ofMillis(100), "closed");
        }
        if (Long.parseLong(event.id()) != next++) {
          java.nio.file.Files.writeString(folder.resolve("wrong"), event.id() + " after " + next);
        }
        if (event.json().contains("last")) {
          java.nio.file.Files.writeString(folder.resolve("done"), "" + next);
        }
      }
      """;

  private static final String FILLER = "x".repeat(400);

  @TempDir Path folder;

  @BeforeAll
  static void canBeMeasured() {
    assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "Linux alone tells what is measured");
  }

  @Test
  void aHundredThousandWaitingEventsAreDeliveredInOrder() throws Exception {
    backlog(100_000);
  }

  @Test
  @Tag("torture")
  void tenMillionWaitingEventsAreDeliveredInOrder() throws Exception {
    backlog(Integer.getInteger("events", 10_000_000));
  }

  private void backlog(int events) throws Exception {
    try (Simulator simulator =
            Simulator.start(
                Settings.defaults().withPull(Settings.defaults().pull().withRemembered(0)));
        AgentProcess agent = AgentProcess.start(builder(simulator))) {
      agent.awaitErr("Ready: ", SOON);
      List<String> figures = new ArrayList<>();
      long start = System.nanoTime();
      long early = 0;
      for (int i = 0; i < events; i++) {
        simulator.publish("app.a", event(i, events));
        if (i == events / 10) {
          await(() -> journaled() >= events / 20, agent);
          early = rss(agent);
          figures.add("RSS " + (early >> 10) + " MB with a tenth waiting");
        }
      }
      await(() -> journaled() >= events, agent);
      long full = rss(agent);
      figures.add(rate(events, start) + " journaled/s; RSS " + (full >> 10) + " MB with all");
      start = System.nanoTime();
      Path own = folder.resolve("data/handlers/gate");
      Files.createFile(own.resolve("open"));
      await(() -> content(own.resolve("done")).equals("" + events), agent);
      long drained = rss(agent);
      figures.add(rate(events, start) + " delivered/s; RSS " + (drained >> 10) + " MB at the end");
      System.out.println(String.format("%,d events: ", events) + String.join("; ", figures));
      assertTrue(Files.notExists(own.resolve("wrong")), figures::toString);
      assertTrue(full <= early + NOISE && drained <= early + NOISE, figures::toString);
      agent.signal("TERM");
      assertEquals(0, agent.exitWithin(SOON), agent::err);
    }
  }

  private ProcessBuilder builder(Simulator simulator) throws IOException {
    new JarMaker(folder.resolve("made"))
        .handler("acme.GateHandler", GATE)
        .write(folder.resolve("handlers/gate.jar"));
    Files.writeString(
        folder.resolve("agent.properties"),
        """
        loom.url = %s
        token = %s
        events = app.a
        handler.gate.retry.attempts = 0
        """
            .formatted(simulator.url(), simulator.token()));
    ProcessBuilder builder = AgentProcess.builder(folder);
    builder
        .environment()
        .put("JDK_JAVA_OPTIONS", "-Xms64m -Xmx64m -XX:+AlwaysPreTouch -XX:+ExitOnOutOfMemoryError");
    return builder;
  }

  private static String event(int number, int events) {
    String what = number == events - 1 ? "last" : FILLER;
    return "{\"id\":\"" + number + "\",\"name\":\"app.a\",\"payload\":{\"text\":\"" + what + "\"}}";
  }

  private static String rate(int events, long start) {
    return String.format("%,.0f", events / ((System.nanoTime() - start) / 1e9));
  }

  /** What is in a file so far, if it is there. */
  private static String content(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private long journaled() {
    List<String> lines = new ArrayList<>();
    try {
      Control.ask(
          folder.resolve("data/agent.sock"), List.of("status", "json"), lines::add, lines::add);
    } catch (IOException e) {
      return -1;
    }
    Map<?, ?> status = (Map<?, ?>) Json.parse(lines.get(0));
    return (Long) ((Map<?, ?>) status.get("journal")).get("events");
  }

  /** A wait whose length nobody knows: as long as the agent lives, and up to an hour. */
  private static void await(BooleanSupplier condition, AgentProcess agent) {
    long end = System.nanoTime() + Duration.ofHours(1).toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(agent.isAlive() && System.nanoTime() - end < 0, agent::err);
      LockSupport.parkNanos(20_000_000);
    }
  }

  private static long rss(AgentProcess agent) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + agent.pid() + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("no VmRSS of " + agent.pid());
  }
}
