package loomagent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import loomagent.simulator.Events;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The built jar under load, killed with SIGKILL at random moments, against a simulator with a pull
 * API. Its log handler writes each event to a pipe at once, so that what is in there was handled.
 */
class KillTest {
  private static final Duration SOON = Duration.ofSeconds(90);

  /** Slow enough that the simulator, the test and the agent share two cores for a long run. */
  private static final int EVENTS_A_SECOND = 1_000;

  /** In milliseconds: from before the connection is made to long after. */
  private static final int LONGEST_LIFE = 2_500;

  /** Of one length, so that an event's text is as long at any time. */
  private static final DateTimeFormatter MILLIS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  @TempDir Path folder;
  private final Map<String, Integer> handled = new HashMap<>(); // this test's thread
  private int agents;

  @Test
  void killedAFewTimesItLosesNothing() throws Exception {
    rounds(6, 1);
  }

  @Test
  @Tag("torture")
  void killedHundredsOfTimesItLosesNothing() throws Exception {
    rounds(Integer.getInteger("rounds", 300), System.nanoTime());
  }

  private void rounds(int rounds, long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    AtomicInteger sent = new AtomicInteger();
    AtomicBoolean enough = new AtomicBoolean();
    Settings settings = Settings.defaults();
    // Loom keeps events for weeks, and so they may all be pulled after the last kill.
    settings = settings.withPull(settings.pull().withRemembered(2_000_000));
    try (Simulator simulator = Simulator.start(settings)) {
      configure(simulator);
      // The first life sees an event, or there would be nothing to pull back to.
      Process first = agent(0);
      assertTrue(simulator.await(loom -> !loom.subscriptions().isEmpty(), SOON));
      Thread publisher = new Thread(() -> publish(simulator, sent, enough), "publisher");
      publisher.start();
      read(first, 1);
      kill(first);
      for (int round = 1; round <= rounds; round++) {
        Process agent = agent(round);
        agent.waitFor(random.nextInt(LONGEST_LIFE), TimeUnit.MILLISECONDS);
        kill(agent);
      }
      enough.set(true);
      publisher.join();
      Process last = agent(rounds + 1);
      read(last, sent.get());
      last.destroy(); // SIGTERM
      assertTrue(last.waitFor(SOON.toSeconds(), TimeUnit.SECONDS), this::log);
      assertEquals(0, last.exitValue(), this::log);
    }
    String figures =
        "seed %d: %,d events, %d kills, %d events handled twice"
            .formatted(seed, sent.get(), rounds + 1, twice());
    System.out.println(figures);
    assertEquals(
        List.of(),
        IntStream.range(0, sent.get())
            .mapToObj(KillTest::id)
            .filter(id -> !handled.containsKey(id))
            .limit(10)
            .toList(),
        () -> "never handled; " + figures + "\n" + log());
    assertEquals(sent.get(), handled.size(), figures);
    // At each kill one event may have been in hand.
    assertTrue(twice() <= rounds + 1, () -> figures + "\n" + log());
  }

  private int twice() {
    return handled.values().stream().mapToInt(times -> times - 1).sum();
  }

  private static void publish(Simulator simulator, AtomicInteger sent, AtomicBoolean enough) {
    long start = System.nanoTime();
    while (!enough.get()) {
      long due = (System.nanoTime() - start) / (1_000_000_000 / EVENTS_A_SECOND);
      while (sent.get() < due) {
        simulator.publish(event(sent.get()));
        sent.incrementAndGet();
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  private Process agent(int number) throws IOException {
    ProcessBuilder builder = AgentProcess.builder(folder, "run");
    builder.environment().put("JDK_JAVA_OPTIONS", "-Xmx64m -XX:TieredStopAtLevel=1 -Xshare:auto");
    agents = number + 1;
    return builder.redirectError(folder.resolve("log." + number).toFile()).start();
  }

  /** What a killed process had written is still in its pipe. */
  private void kill(Process agent) throws Exception {
    agent.toHandle().destroyForcibly(); // unlike Process', leaves the pipe open
    read(agent, Integer.MAX_VALUE);
    assertTrue(agent.waitFor(SOON.toSeconds(), TimeUnit.SECONDS));
  }

  /** Reads until so many different events were handled, or to the end. */
  private void read(Process agent, int different) throws IOException {
    Thread guard = new Thread(() -> giveUp(agent), "guard");
    guard.setDaemon(true);
    guard.start();
    // The same one for each call: what it has buffered was handled.
    BufferedReader lines = agent.inputReader(StandardCharsets.UTF_8);
    while (handled.size() < different) {
      String line = lines.readLine();
      if (line == null) {
        break;
      }
      // A line that was cut by the kill was not handled to its end.
      if (line.endsWith("}}")) {
        Event event = Event.parse(line);
        int number = Integer.parseInt(event.id().substring(24));
        assertEquals(event(number).length(), line.length(), line);
        handled.merge(event.id(), 1, Integer::sum);
      }
    }
    guard.interrupt();
  }

  private static void giveUp(Process agent) {
    try {
      if (!agent.waitFor(SOON.toSeconds() * 2, TimeUnit.SECONDS)) {
        agent.destroyForcibly();
      }
    } catch (InterruptedException done) {
      Thread.currentThread().interrupt();
    }
  }

  private void configure(Simulator simulator) throws IOException {
    Files.writeString(
        folder.resolve("agent.properties"), Pasture.configuration(simulator, "100ms"));
  }

  private static String id(int number) {
    return "00000000-0000-4000-8000-%012d".formatted(number);
  }

  private static String event(int number) {
    return """
    {"id":"%s","name":"app.a","subject":"Org/%s","received_at":"%s","payload":{"number":"%012d"}}\
    """
        .formatted(id(number), Events.ORGANIZATION, MILLIS.format(Instant.now()), number);
  }

  /** What the last agents said. */
  private String log() {
    StringBuilder all = new StringBuilder();
    try {
      for (int number = Math.max(0, agents - 3); number < agents; number++) {
        all.append(Files.readString(folder.resolve("log." + number)));
      }
    } catch (IOException e) {
      all.append(e);
    }
    return all.toString();
  }
}
