package loomagent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built jar in a heap of 48 MB, for longer than the other tests have it run. */
class EnduranceTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int DROPS = 1_000;
  private static final int EVENTS = 200_000;

  /** What may be on its way: some 6 MB of text, of which the agent's queue holds the most. */
  private static final int AHEAD = 10_000;

  private static final String FILLER = "x".repeat(400);

  @TempDir Path folder;

  @BeforeAll
  static void canBeMeasured() {
    assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "Linux alone tells what is measured");
  }

  @Test
  void aThousandLostConnectionsLeaveNothingBehind() throws Exception {
    try (Simulator simulator = Simulator.start(Settings.defaults());
        AgentProcess agent = AgentProcess.start(builder(simulator, "log.level = info"))) {
      agent.awaitErr("Ready: ", SOON);
      long threads = 0;
      long descriptors = 0;
      for (int lost = 1; lost <= DROPS; lost++) {
        if (lost % 2 == 0) {
          simulator.drop();
        } else {
          simulator.disconnect("server_restart", true);
        }
        agent.awaitErr("Ready again", SOON);
        if (lost == DROPS / 10) {
          threads = threads(agent.pid());
          descriptors = descriptors(agent.pid());
        }
      }
      String figures =
          "threads %d, then %d; descriptors %d, then %d"
              .formatted(threads, threads(agent.pid()), descriptors, descriptors(agent.pid()));
      // The JVM starts and ends compiler and collector threads of its own as it sees fit.
      assertTrue(threads(agent.pid()) <= threads + 6, figures);
      assertTrue(descriptors(agent.pid()) <= descriptors + 6, figures);
      agent.signal("TERM");
      assertEquals(0, agent.exitWithin(SOON), agent::err);
    }
  }

  @Test
  void twoHundredThousandEventsArriveInOrderInLittleMemory() throws Exception {
    Path log = folder.resolve("log");
    ProcessBuilder builder;
    try (Simulator simulator = Simulator.start(Settings.defaults())) {
      builder = builder(simulator, "handler.log.format = json").redirectError(log.toFile());
      Process agent = builder.start();
      try {
        assertTrue(simulator.await(loom -> !loom.subscriptions().isEmpty(), SOON));
        Semaphore room = new Semaphore(AHEAD);
        CompletableFuture<long[]> read =
            CompletableFuture.supplyAsync(() -> read(agent, room)); // RSS, half way and at the end
        long start = System.nanoTime();
        for (int i = 0; i < EVENTS; i++) {
          if (!room.tryAcquire(SOON.toSeconds(), TimeUnit.SECONDS) || read.isDone()) {
            break; // what was read says why
          }
          simulator.publish("app.a", event(i));
        }
        long[] rss = read.get(SOON.toSeconds(), TimeUnit.SECONDS);
        double seconds = (System.nanoTime() - start) / 1e9;
        String figures =
            "%,.0f events/s through an agent with -Xmx48m; RSS %d MB after %,d, %d MB after %,d"
                .formatted(EVENTS / seconds, rss[0] >> 10, EVENTS / 2, rss[1] >> 10, EVENTS);
        System.out.println(figures);
        // The heap cannot grow; the compiler's own memory does for a while, the more so under load.
        assertTrue(rss[1] <= rss[0] + (32 << 10), figures);
        agent.destroy();
        assertTrue(agent.waitFor(SOON.toSeconds(), TimeUnit.SECONDS));
        assertEquals(0, agent.exitValue(), () -> text(log));
        assertTrue(text(log).contains("log: " + EVENTS + " delivered"), () -> text(log));
      } catch (Exception | AssertionError e) {
        throw new AssertionError(text(log), e);
      } finally {
        agent.destroyForcibly();
      }
    }
  }

  /** Reads every event, and gives its room to another. Keeps none: a test has a heap, too. */
  private static long[] read(Process agent, Semaphore room) {
    long[] rss = new long[2];
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(agent.getInputStream(), StandardCharsets.UTF_8))) {
      for (int i = 0; i < EVENTS; i++) {
        assertEquals(event(i), lines.readLine());
        room.release();
        if (i + 1 == EVENTS / 2) {
          rss[0] = status(agent.pid(), "VmRSS");
        }
      }
      rss[1] = status(agent.pid(), "VmRSS");
      return rss;
    } catch (IOException e) {
      throw new AssertionError("the events cannot be read", e);
    }
  }

  private ProcessBuilder builder(Simulator simulator, String line) throws IOException {
    Files.writeString(
        folder.resolve("agent.properties"),
        """
        loom.url = %s
        token = %s
        events = app.a
        reconnect.first = 10ms
        reconnect.longest = 10ms
        %s
        """
            .formatted(simulator.url(), simulator.token(), line));
    ProcessBuilder builder = AgentProcess.builder(folder);
    builder.environment().put("JDK_JAVA_OPTIONS", "-Xmx48m -XX:+ExitOnOutOfMemoryError");
    return builder;
  }

  private static String event(int number) {
    return "{\"id\":\""
        + number
        + "\",\"name\":\"app.a\",\"payload\":{\"text\":\""
        + FILLER
        + "\"}}";
  }

  private static long threads(long pid) throws IOException {
    return status(pid, "Threads");
  }

  private static long descriptors(long pid) throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      return open.count();
    }
  }

  /** A number of {@code /proc/PID/status}; sizes are in KB. */
  private static long status(long pid, String name) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
      if (line.startsWith(name + ":")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("no " + name + " of " + pid);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "(no log: " + e + ")";
    }
  }
}
