package loomagent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The built jar in a heap of 64 MB, with a handler in a dropped-in jar that does what no handler
 * should, beside the {@code log} handler, which gets every event all the same.
 *
 * <p>What no agent can help: a handler that calls {@code System.exit} or {@code halt} ends the
 * process, since Java has no longer a way to forbid it; systemd starts it again, and nothing is
 * lost by it.
 */
class WildHandlersTest {
  private static final String ONCE = "handler.wild.retry.attempts = 1";
  private static final String QUICKLY = "handler.wild.retry.first = 50ms";

  /** A dead HttpClient shows in silence alone. */
  private static final String NOTICE = "stale-after = 5s";

  @TempDir Path folder;
  private Pasture pasture;

  @BeforeEach
  void open() throws IOException {
    pasture = new Pasture(folder);
  }

  @AfterEach
  void close() {
    pasture.close();
  }

  @Test
  void whatOneThrowsIsItsOwnAffair() throws IOException {
    pasture.wild(
        """
        private int calls;
        public void handle(Event event) throws Exception {
          switch (calls++ % 5) {
            case 0 -> throw new java.io.IOException("a full house");
            case 1 -> handle(event, 1);
            case 2 -> throw new OutOfMemoryError("it says");
            case 3 -> throw new NoClassDefFoundError("acme/Gone");
            default -> throw new RuntimeException() {
              @Override public String getMessage() { throw new IllegalStateException(); }
            };
          }
        }
        private long handle(Event event, long depth) { return handle(event, depth + 1) + 1; }
        """);
    pasture.configure(ONCE);
    AgentProcess agent = pasture.ready();
    pasture.publish(50, 100);
    pasture.awaitAll(agent);
    pasture.awaitDead(50, agent);
    String dead = Files.readString(pasture.data().resolve("dead/wild.ndjson"));
    for (String kind : List.of("a full house", "StackOverflowError", "it says", "acme/Gone")) {
      assertTrue(dead.contains(kind), kind);
    }
    Pasture.stop(agent);
    assertEquals(0, pasture.twice());
  }

  @Test
  void oneThatHangsAndHeedsNoInterruptIsLeftToItself() throws IOException {
    pasture.wild(
        """
        private static int calls;
        public void handle(Event event) {
          if (calls++ < 2) {
            while (true) {
              java.util.concurrent.locks.LockSupport.parkNanos(10_000_000);
              Thread.interrupted();
            }
          }
        }
        """);
    pasture.configure(ONCE, "handler.wild.timeout = 300ms");
    AgentProcess agent = pasture.ready();
    pasture.publish(20, 100);
    pasture.awaitAll(agent);
    Pasture.await(() -> Long.valueOf(18).equals(pasture.handler("wild").get("delivered")), agent);
    pasture.awaitDead(2, agent);
    agent.awaitErr("does not heed an interrupt", Pasture.SOON);
    Pasture.stop(agent);
    assertEquals(0, pasture.twice());
  }

  @Test
  void oneThatRunsForAnHourKeepsItsEventForTheNextStart() throws IOException {
    pasture.wild(
        """
        public void handle(Event event) throws Exception {
          java.util.concurrent.TimeUnit.HOURS.sleep(1);
        }
        """);
    pasture.configure("handler.wild.timeout = 2h", "shutdown.timeout = 500ms");
    AgentProcess agent = pasture.ready();
    pasture.publish(20, 100);
    pasture.awaitAll(agent);
    Pasture.stop(agent);
    agent.awaitErr("20 events for wild on disk for the next start", Pasture.SOON);
  }

  @Test
  void oneThatFillsTheHeapAndLetsGoIsADeadLetter() throws IOException {
    pasture.wild(
        """
        public void handle(Event event) {
          java.util.List<byte[]> all = new java.util.ArrayList<>();
          while (true) {
            all.add(new byte[10_000]);
          }
        }
        """);
    pasture.configure(ONCE);
    AgentProcess agent = pasture.ready();
    for (int i = 0; i < 10; i++) {
      pasture.publish(20, 1_000);
      pasture.awaitAll(agent);
    }
    Pasture.await(() -> pasture.handler("wild").get("dead") instanceof Long n && n >= 3, agent);
    assertTrue(agent.err().contains("OutOfMemoryError"), agent::err);
    Pasture.stop(agent);
  }

  @Test
  void oneThatKeepsTheHeapFullForSecondsHoldsUpTheOthersNoLongerThanThat() throws IOException {
    pasture.wild(
        """
        public void handle(Event event) throws Exception {
          if (event.json().contains("\\"number\\":5,")) {
            fill(new Object[] {null}, System.nanoTime() + 4_000_000_000L);
          }
        }
        private void fill(Object[] all, long end) {
          int size = 1 << 20;
          while (System.nanoTime() < end) {
            try {
              all = new Object[] {all, new byte[size]};
            } catch (OutOfMemoryError full) {
              size = Math.max(16, size / 2);
            }
          }
        }
        """);
    pasture.configure(NOTICE);
    AgentProcess agent = pasture.ready();
    long end = System.nanoTime() + Duration.ofSeconds(6).toNanos();
    while (System.nanoTime() < end) {
      pasture.publish(5, 2_000);
      LockSupport.parkNanos(20_000_000);
    }
    pasture.awaitAll(agent);
    Pasture.await(
        () -> Long.valueOf(pasture.sent()).equals(pasture.handler("wild").get("delivered")), agent);
    Pasture.stop(agent);
    assertEquals(0, pasture.twice());
  }

  @Test
  void whatOnePrintsIsReadAndForgotten() throws IOException {
    pasture.wild(
        """
        public void handle(Event event) {
          String much = "y".repeat(1 << 16);
          for (int i = 0; i < 1 << 9; i++) {
            System.out.print(much);
            System.err.print(much);
          }
          System.out.println();
          System.err.println();
        }
        """);
    pasture.configure();
    AgentProcess agent = pasture.ready();
    pasture.publish(3, 100);
    pasture.awaitAll(agent);
    Pasture.stop(agent);
  }

  @Test
  void childrenThatOutliveTheAgentDoNotKeepItFromEnding() throws IOException {
    pasture.wild(
        """
        public void handle(Event event) throws Exception {
          Process child = new ProcessBuilder("sleep", "1000").inheritIO().start();
          System.err.println("child " + child.pid());
        }
        """);
    pasture.configure();
    AgentProcess agent = pasture.ready();
    pasture.publish(3, 100);
    pasture.awaitAll(agent);
    Pasture.await(() -> Long.valueOf(3).equals(pasture.handler("wild").get("delivered")), agent);
    List<ProcessHandle> children =
        agent
            .err()
            .lines()
            .filter(line -> line.startsWith("child "))
            .flatMap(line -> ProcessHandle.of(Long.parseLong(line.substring(6))).stream())
            .toList();
    try {
      assertEquals(3, children.size(), agent::err);
      agent.signal("TERM");
      Pasture.awaitEnd(agent);
      assertTrue(children.stream().allMatch(ProcessHandle::isAlive), agent::err);
    } finally {
      children.forEach(ProcessHandle::destroyForcibly);
    }
    assertEquals(0, agent.exitWithin(Pasture.SOON), agent::err);
  }

  @Test
  void oneThatEndsTheProcessGetsItsEventAgainAndTheOthersMissNothing() throws IOException {
    for (String end : List.of("System.exit(3)", "Runtime.getRuntime().halt(3)")) {
      pasture.wild(
          """
          public void handle(Event event) throws Exception {
            if (event.json().contains("\\"number\\":%d,")) {
              java.nio.file.Path before = java.nio.file.Path.of("ended%d");
              if (java.nio.file.Files.notExists(before)) {
                java.nio.file.Files.createFile(before);
                %s;
              }
              System.err.println("it came again");
            }
          }
          """
              .formatted(pasture.sent() + 5, pasture.sent(), end));
      pasture.configure();
      AgentProcess agent = pasture.ready();
      int before = pasture.twice();
      pasture.publish(100, 100);
      assertEquals(3, agent.exitWithin(Pasture.SOON), agent::err);
      pasture.publish(10, 100);
      AgentProcess next = pasture.ready();
      pasture.awaitAll(next);
      Pasture.await(() -> Long.valueOf(0).equals(pasture.handler("wild").get("waiting")), next);
      Pasture.stop(next);
      assertTrue(next.err().contains("it came again"), next::err);
      assertTrue(pasture.twice() <= before + 1, "only the event in hand may come twice");
    }
  }

  @Test
  void oneThatInterruptsEveryThreadLosesNobodyAnything() throws IOException {
    pasture.wild(
        """
        public void handle(Event event) {
          if (event.json().contains("00,\\"text\\"")) {
            Thread.getAllStackTraces().keySet().forEach(Thread::interrupt);
          }
        }
        """);
    pasture.configure(QUICKLY, NOTICE);
    AgentProcess agent = pasture.ready();
    for (int i = 0; i < 100; i++) {
      pasture.publish(10, 500);
      LockSupport.parkNanos(10_000_000);
    }
    pasture.awaitAll(agent);
    Pasture.await(() -> Long.valueOf(0).equals(pasture.handler("wild").get("waiting")), agent);
    Pasture.await(() -> "live".equals(pasture.status(pasture.data()).get("state")), agent);
    Pasture.stop(agent);
    assertEquals(0, pasture.twice(), agent::err);
    assertFalse(agent.err().contains("\tat "), agent::err);
  }
}
