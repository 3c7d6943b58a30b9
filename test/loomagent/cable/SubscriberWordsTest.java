package loomagent.cable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import loomagent.base.LogLines;
import loomagent.base.Secret;
import loomagent.base.Token;
import loomagent.net.Network;
import loomagent.simulator.Faults;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a subscriber says of itself: to who asks, and in the log. */
@Timeout(60)
final class SubscriberWordsTest {
  private static final String NAME = "mission_control.job_added";
  private static final Instant NOW = Instant.parse("2026-03-04T05:06:07Z");

  /** As the real ones, but for a dial: that is soon taken for one that hangs. */
  private static final Limits HASTY =
      new Limits(
          Duration.ofMillis(10),
          Duration.ofMillis(20),
          Limits.STANDARD.welcome(),
          Limits.STANDARD.confirm(),
          Limits.STANDARD.resend(),
          Limits.STANDARD.stable());

  private final Recorder recorder = new Recorder();
  private final LogLines log = new LogLines();
  private final AtomicInteger asked = new AtomicInteger();
  private final CountDownLatch released = new CountDownLatch(1);
  private Simulator simulator;
  private Subscriber subscriber;

  @BeforeEach
  void start() throws IOException {
    simulator = Simulator.start(Settings.defaults().withPingEvery(Duration.ofMillis(100)));
  }

  @AfterEach
  void stop() {
    released.countDown();
    subscriber.close();
    simulator.close();
  }

  private Token token(Optional<Instant> end, Optional<Instant> renew) {
    return new Token(new Secret(simulator.token()), end, renew);
  }

  private void make(boolean standby, Limits limits, Connection.Tokens tokens) {
    Duration first = Duration.ofMillis(20);
    Connection.Settings settings =
        new Connection.Settings(
            "default", simulator.url(), List.of(NAME), first, first, Duration.ofSeconds(5));
    subscriber =
        new Subscriber(
            settings,
            standby,
            limits,
            tokens,
            new Dialler("loom-agent/test", Network.direct(log)),
            recorder,
            Clock.fixed(NOW, ZoneOffset.UTC),
            SplittableRandom::new,
            log);
  }

  private void await(BooleanSupplier what) throws InterruptedException {
    assertTrue(simulator.await(loom -> what.getAsBoolean(), Duration.ofSeconds(20)), log::toString);
  }

  @Test
  void whoeverAsksIsToldOfTheTokenAndOfTheLastSignOfLife() throws Exception {
    List<Optional<Instant>> ends =
        List.of(Optional.of(NOW.plusSeconds(3_600)), Optional.of(NOW.plusSeconds(7_200)));
    make(
        true, Limits.STANDARD, fresh -> token(ends.get(asked.getAndIncrement()), Optional.empty()));
    assertEquals(Optional.empty(), subscriber.token());
    assertEquals(Optional.empty(), subscriber.lastHeard());
    assertEquals(0, subscriber.live());
    subscriber.start();
    await(() -> subscriber.live() == 2);
    assertEquals(ends.get(1), subscriber.token().orElseThrow().expiresAt(), "that ends last");
    Instant heard = subscriber.lastHeard().orElseThrow();
    Duration ago = Duration.between(heard, NOW); // it may just be coming
    assertTrue(ago.abs().compareTo(Duration.ofSeconds(5)) < 0, ago::toString);
    assertEquals(Optional.empty(), subscriber.fault());
  }

  @Test
  void aTokenThatIsGoodForEverCountsAsTheOneThatEndsLast() throws Exception {
    List<Optional<Instant>> ends = List.of(Optional.empty(), Optional.of(NOW.plusSeconds(7_200)));
    make(
        true, Limits.STANDARD, fresh -> token(ends.get(asked.getAndIncrement()), Optional.empty()));
    subscriber.start();
    await(() -> subscriber.live() == 2);
    assertEquals(Optional.empty(), subscriber.token().orElseThrow().expiresAt());
  }

  @Test
  void theTokenOfALiveConnectionComesBeforeThatOfADial() throws Exception {
    List<Optional<Instant>> ends =
        List.of(Optional.of(NOW.plusSeconds(3_600)), Optional.of(NOW.plusSeconds(7_200)));
    make(
        true,
        Limits.STANDARD,
        fresh -> {
          int number = asked.getAndIncrement();
          if (number == 1) {
            released.await();
          }
          return token(ends.get(number), Optional.empty());
        });
    subscriber.start();
    await(() -> subscriber.live() == 1);
    simulator.always(Faults.neverConfirm());
    released.countDown();
    await(() -> simulator.connections() == 2);
    assertEquals(ends.get(0), subscriber.token().orElseThrow().expiresAt());
  }

  @Test
  void theTokenOfADialIsKnownBeforeItIsLive() throws Exception {
    simulator.always(Faults.neverConfirm());
    make(false, Limits.STANDARD, fresh -> token(Optional.of(NOW), Optional.empty()));
    subscriber.start();
    await(() -> subscriber.token().isPresent());
    assertEquals(0, subscriber.live());
  }

  @Test
  void dialsThatHangAreAFault() throws Exception {
    make(
        false,
        HASTY,
        fresh -> {
          released.await();
          return token(Optional.empty(), Optional.empty());
        });
    subscriber.start();
    await(() -> subscriber.fault().isPresent());
    assertTrue(subscriber.fault().orElseThrow().startsWith("10 earlier dials still wait"));
  }

  @Test
  void whatIsNoEventIsPassedOn() throws Exception {
    make(false, Limits.STANDARD, fresh -> token(Optional.empty(), Optional.empty()));
    subscriber.start();
    recorder.live();
    simulator.publish(NAME, "[1]");
    recorder.await(String.class, "aside: [1]"::equals);
  }

  @Test
  void thatThereIsNoNextTokenIsSaidAndTheConnectionStays() throws Exception {
    make(
        false,
        Limits.STANDARD,
        fresh -> {
          if (asked.incrementAndGet() > 1) {
            throw new IOException("the file\nis gone");
          }
          return token(Optional.empty(), Optional.of(NOW));
        });
    subscriber.start();
    recorder.live();
    await(() -> asked.get() == 2);
    assertEquals(
        "WARNING no next token: the file\\u000ais gone. The connection stays as long as the old"
            + " one is good",
        log.await("no next token"));
    assertEquals(1, subscriber.live());
    assertEquals(1, simulator.dials());
  }

  @Test
  void aTokenThatIsGoodForLongNeedsNoSuccessorYet() throws Exception {
    Optional<Instant> end = Optional.of(NOW.plusSeconds(300)); // five minutes
    make(
        false,
        Limits.STANDARD,
        fresh -> {
          asked.incrementAndGet();
          return token(end, Optional.of(NOW));
        });
    subscriber.start();
    await(() -> asked.get() == 3);
    assertEquals(List.of(), log.all());
    assertEquals(1, simulator.dials());
  }

  @Test
  void aReplacementIsToldStepByStepToWhoeverLooksCloser() throws Exception {
    log.collectAll();
    try (Simulator strict = Simulator.start(Settings.defaults().withTokens(Set.of("t-1", "t-2")))) {
      Duration first = Duration.ofMillis(20);
      subscriber =
          new Subscriber(
              new Connection.Settings(
                  "default", strict.url(), List.of(NAME), first, first, Duration.ofSeconds(5)),
              false,
              fresh -> {
                boolean second = asked.incrementAndGet() > 1;
                return new Token(
                    new Secret(second ? "t-2" : "t-1"),
                    Optional.of(NOW.plusSeconds(second ? 7_200 : 60)),
                    Optional.of(NOW).filter(now -> !second));
              },
              new Dialler("loom-agent/test", Network.direct(log)),
              recorder,
              Clock.fixed(NOW, ZoneOffset.UTC),
              SplittableRandom::new,
              log);
      subscriber.start();
      log.await("DEBUG connection 1 was alive when another became live");
      assertTrue(log.says("DEBUG connection 1: LIVE: confirmed"), log::toString);
      assertTrue(log.says("DEBUG a second connection with the next token"), log::toString);
      assertTrue(
          log.says(
              "DEBUG subscribed with the next token, good until 2026-03-04T07:06:07Z; the"
                  + " connection with the old one is closed"),
          log::toString);
      await(() -> strict.connections() == 1);
      subscriber.close();
    }
  }

  @Test
  void howASecondConnectionFailsIsSaidInPowersOfTwoWhileTheOtherIsLive() throws Exception {
    make(true, Limits.STANDARD, fresh -> token(Optional.empty(), Optional.empty()));
    subscriber.start();
    await(() -> subscriber.live() == 2);
    simulator.always(Faults.refuse(503));
    Faults.cut(simulator.peers().get(1));
    await(() -> simulator.dials() >= 11); // it failed nine times at least
    List<String> said =
        log.withLevels().stream().filter(line -> line.contains("the second connection")).toList();
    assertTrue(said.size() >= 4 && said.size() <= 5, said::toString);
    for (String line : said) {
      assertTrue(line.startsWith("WARNING the second connection: "), line);
      assertTrue(line.matches(".*[.] Next try (now|in \\S+); the other one is live"), line);
    }
    assertEquals(1, recorder.count(Subscription.State.LIVE));
  }

  @Test
  void aStopEndsAllConnectionsAndAClosingWaitsForThat() throws Exception {
    make(true, Limits.STANDARD, fresh -> token(Optional.empty(), Optional.empty()));
    subscriber.start();
    await(() -> subscriber.live() == 2);
    assertEquals(2, threads());
    subscriber.stop();
    await(() -> simulator.connections() == 0 && threads() == 0);
    make(true, Limits.STANDARD, fresh -> token(Optional.empty(), Optional.empty()));
    subscriber.start();
    await(() -> subscriber.live() == 2);
    subscriber.close();
    assertEquals(0, threads());
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().matches("connection-default(-2)?"))
        .count();
  }
}
