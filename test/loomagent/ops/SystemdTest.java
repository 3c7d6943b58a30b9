package loomagent.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import loomagent.base.LogLines;
import loomagent.base.Secret;
import org.junit.jupiter.api.Test;

final class SystemdTest {
  private static final long SECOND = 1_000_000_000;
  private static final long WATCHDOG = 90 * SECOND;

  private final List<String> sent = new ArrayList<>();
  private final LogLines log = new LogLines();
  private final Agent agent = new Agent();
  private Optional<IOException> broken = Optional.empty();
  private long now = -50 * SECOND; // nanoTime may be anything

  private final Systemd systemd = new Systemd(this::send, WATCHDOG, () -> now, log);

  /** Says of itself what the test wants. */
  private static final class Agent implements Insight {
    private boolean settled;
    private String words = "connecting";
    private Supplier<List<String>> faults = List::of;

    @Override
    public List<Problem> problems() {
      return List.of();
    }

    @Override
    public List<String> faults() {
      return faults.get();
    }

    @Override
    public String words() {
      return words;
    }

    @Override
    public boolean settled() {
      return settled;
    }

    @Override
    public Map<String, Object> overview() {
      return Map.of();
    }

    @Override
    public List<Metric> metrics() {
      return List.of();
    }
  }

  private void send(String assignments) throws IOException {
    if (broken.isPresent()) {
      throw broken.get();
    }
    sent.add(assignments.replace('\n', ' '));
  }

  /** What is said when it looks around after so many seconds. */
  private List<String> after(double seconds) {
    sent.clear();
    now += (long) (seconds * SECOND);
    long unused = systemd.lookAround();
    return List.copyOf(sent);
  }

  private void ready() {
    agent.settled = true;
    agent.words = "live";
    systemd.watch(agent);
    assertEquals(List.of("READY=1 STATUS=live WATCHDOG=1"), after(0));
  }

  @Test
  void readyIsSaidOnceAndWhenEverythingHasSettled() {
    assertEquals(List.of("STATUS=starting"), after(0));
    systemd.watch(agent);
    assertEquals(List.of("STATUS=connecting"), after(1));
    agent.settled = true;
    agent.words = "live";
    assertEquals(List.of("READY=1 STATUS=live WATCHDOG=1"), after(1));
    assertEquals(List.of(), after(1));
  }

  @Test
  void aStartThatTakesLongAsksForMoreTimeAndNotForEver() {
    assertEquals(List.of("STATUS=starting"), after(0));
    assertEquals(List.of(), after(9));
    assertEquals(List.of("EXTEND_TIMEOUT_USEC=30000000"), after(1));
    assertEquals(List.of(), after(9));
    systemd.watch(agent);
    assertEquals(List.of("STATUS=connecting EXTEND_TIMEOUT_USEC=30000000"), after(1));
    assertEquals(List.of(), after(7200), "hangs");
  }

  @Test
  void theWatchdogIsFedThreeTimesInItsTime() {
    ready();
    assertEquals(List.of(), after(29));
    assertEquals(List.of("WATCHDOG=1"), after(1));
    assertEquals(List.of(), after(29));
    assertEquals(List.of("WATCHDOG=1"), after(1));
    assertEquals(30 * SECOND, systemd.lookAround());
  }

  @Test
  void aFaultIsSaidOnceAndStarvesTheWatchdogUntilItIsGone() {
    ready();
    agent.faults = () -> List.of("the disk is full\n  at a stack");
    assertEquals(List.of("STATUS=the disk is full; live"), after(30));
    assertEquals(List.of(), after(30));
    assertEquals(
        List.of(
            "ERROR the disk is full\n  at a stack",
            "ERROR systemd restarts the agent if that stays so"),
        log.withLevels());
    agent.faults = List::of;
    assertEquals(List.of("STATUS=live WATCHDOG=1"), after(1));
    assertTrue(log.says("INFO the agent works again"), log::toString);
  }

  @Test
  void aFaultThatIsOverIsNoticedBeforeTheWatchdogBites() {
    ready();
    agent.faults = () -> List.of("journal: the disk has not answered for 21s");
    List<String> unused = after(30);
    assertTrue(systemd.lookAround() <= 5 * SECOND, "two looks of 30 s would use up the 90");
    agent.faults = () -> List.of("journal: the disk has not answered for 51s");
    assertEquals(List.of("STATUS=journal: the disk has not answered for 51s; live"), after(30));
    assertEquals(1, log.count("has not answered"), "it is the same fault");
  }

  @Test
  void anAgentThatCannotSayHowItIsDoesNotFeedTheWatchdog() {
    ready();
    agent.faults =
        () -> {
          throw new IllegalStateException("confused");
        };
    assertEquals(List.of(), after(30));
    agent.faults =
        () -> {
          throw new OutOfMemoryError("of the test's making");
        };
    assertEquals(List.of(), after(30));
    assertTrue(systemd.lookAround() < SECOND, "it is tried again soon");
    agent.faults = List::of;
    assertEquals(List.of("WATCHDOG=1"), after(0));
    assertEquals(1, log.count("confused"));
  }

  @Test
  void statusIsSaidWhenItHasChangedButNotEachMoment() {
    ready();
    agent.words = "one";
    assertEquals(List.of(), after(0.4));
    agent.words = "two";
    assertEquals(List.of("STATUS=two"), after(0.6));
    agent.words = "three";
    sent.clear();
    assertEquals(SECOND, systemd.lookAround());
    agent.words = "two";
    assertEquals(List.of(), after(20));
  }

  @Test
  void statusIsOneShortLineWithoutSecrets() {
    Secret secret = new Secret("hunter2hunter2");
    agent.words = "live" + '\n' + "READY=1 " + secret.reveal() + "x".repeat(1000);
    systemd.watch(agent);
    String said = after(0).get(0);
    assertTrue(said.startsWith("STATUS=live\\u000aREADY=1 "), said);
    assertTrue(!said.contains("hunter2") && said.length() < 600, said);
  }

  @Test
  void aReloadIsSaidFromItsBeginningToItsEnd() {
    ready();
    systemd.reloading();
    assertEquals(List.of("RELOADING=1 MONOTONIC_USEC=" + (now + 2 * SECOND) / 1000), after(2));
    systemd.reloaded();
    assertEquals(List.of("READY=1"), after(1));
    systemd.reloading();
    systemd.reloaded();
    assertEquals(List.of(), after(1), "over before anybody knew of it");
  }

  @Test
  void aReloadDuringTheStartDoesNotMakeItReady() {
    systemd.watch(agent);
    systemd.reloading();
    systemd.reloaded();
    assertEquals(List.of("STATUS=connecting"), after(1));
  }

  @Test
  void anEndIsSaidWithTheTimeItTakesAndIsNoFault() {
    ready();
    systemd.reloading();
    systemd.stopping(Duration.ofSeconds(20));
    systemd.reloaded();
    agent.faults = () -> List.of("the socket's thread is gone");
    assertEquals(
        List.of(
            "STOPPING=1 EXTEND_TIMEOUT_USEC=30000000"
                + " STATUS=stopping: handlers have 20s to finish"),
        after(1));
    assertEquals(List.of("WATCHDOG=1"), after(30));
    assertEquals(List.of(), log.withLevels());
  }

  @Test
  void whatCouldNotBeSaidIsSaidLaterAndTheFailureSeldom() {
    agent.settled = true;
    systemd.watch(agent);
    broken = Optional.of(new IOException("sendto failed with error 111"));
    for (int i = 0; i < 5; i++) {
      assertEquals(List.of(), after(5));
    }
    assertEquals(5, systemd.failures());
    assertEquals(
        List.of(
            "WARNING systemd could not be told how the agent is: sendto failed with error 111",
            "WARNING systemd could not be told how the agent is: sendto failed with error 111 (2"
                + " times so far)",
            "WARNING systemd could not be told how the agent is: sendto failed with error 111 (4"
                + " times so far)"),
        log.withLevels());
    broken = Optional.empty();
    assertEquals(List.of("READY=1 STATUS=connecting WATCHDOG=1"), after(5));
  }

  @Test
  void withoutASystemdThereIsNoThreadAndNothingIsSaid() {
    try (Systemd none = Systemd.in(Map.of("WATCHDOG_USEC", "1000"), log)) {
      none.watch(agent);
      none.reloading();
      none.stopping(Duration.ZERO);
      assertEquals(List.of(), log.all());
      assertEquals(0, threads());
    }
  }

  @Test
  void anAddressOfAnotherKindIsRefusedInWords() {
    try (Systemd none = Systemd.in(Map.of("NOTIFY_SOCKET", "vsock:2:9999"), log)) {
      none.watch(agent);
      assertEquals(0, threads());
      assertEquals(
          List.of(
              "WARNING systemd is told nothing: NOTIFY_SOCKET is vsock:2:9999, and has to be a"
                  + " path, or a name behind @. Without it, the unit needs Type=exec"),
          log.withLevels());
    }
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("systemd"))
        .count();
  }
}
