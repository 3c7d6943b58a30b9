package loomagent.cable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loomagent.base.LogLines;
import loomagent.base.Secret;
import loomagent.base.Token;
import loomagent.cable.Subscription.State;
import loomagent.json.Json;
import loomagent.net.Network;
import loomagent.simulator.Faults;
import loomagent.simulator.Peer;
import loomagent.simulator.Request;
import loomagent.simulator.Script;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two connections for one subscription: while a token is replaced, and on standby. */
@Timeout(60)
final class SubscriberTest {
  private static final String NAME = "mission_control.job_added";
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Set<String> TOKENS =
      IntStream.range(0, 9).mapToObj(number -> "token-" + number).collect(Collectors.toSet());

  private final Recorder recorder = new Recorder();
  private final LogLines log = new LogLines();
  private final AtomicInteger current = new AtomicInteger(); // the number of the token that is good
  private final AtomicInteger asked = new AtomicInteger();
  private Simulator simulator;
  private Subscriber subscriber;

  @BeforeEach
  void start() throws IOException {
    simulator =
        Simulator.start(
            Settings.defaults().withTokens(TOKENS).withPingEvery(Duration.ofMillis(100)));
  }

  @AfterEach
  void stop() {
    subscriber.close();
    simulator.close();
  }

  /** The first token is soon to be replaced, the others are good for ever. */
  private Token token(boolean fresh) {
    asked.incrementAndGet();
    int number = current.get();
    Optional<Instant> soon = Optional.of(Instant.now()).filter(now -> number == 0);
    return new Token(new Secret("token-" + number), soon.map(now -> now.plusSeconds(60)), soon);
  }

  private void subscribe(boolean standby) {
    Connection.Settings settings =
        new Connection.Settings(
            "default",
            simulator.url(),
            List.of(NAME),
            Duration.ofMillis(20),
            Duration.ofMillis(200),
            Duration.ofSeconds(5));
    subscriber =
        new Subscriber(
            settings,
            standby,
            this::token,
            new Dialler("loom-agent/test", Network.direct(log)),
            recorder,
            Clock.systemUTC(),
            SplittableRandom::new,
            log);
    subscriber.start();
  }

  private List<String> dialled() {
    return simulator.requests().stream()
        .map(request -> request.header("Authorization").orElse(""))
        .map(header -> header.substring("Bearer ".length()))
        .toList();
  }

  private static boolean has(Simulator loom, int subscriptions) {
    return loom.subscriptions().size() == subscriptions;
  }

  private void publish(String id) {
    simulator.publish("{\"id\":\"" + id + "\",\"name\":\"" + NAME + "\"}");
  }

  private long told(Object what) {
    return recorder.count(what);
  }

  private Set<String> arrived() {
    return recorder.all.stream()
        .filter(Recorder.Arrived.class::isInstance)
        .map(told -> ((Recorder.Arrived) told).id())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void theNextTokenIsLiveBeforeTheOldOneGoesAndUnderLoadNothingIsMissed() throws Exception {
    AtomicBoolean oldOneLeft = new AtomicBoolean();
    AtomicInteger sent = new AtomicInteger();
    subscribe(false);
    recorder.live();
    Peer first = simulator.peers().get(0);
    current.set(1);
    Thread load =
        new Thread(
            () -> {
              int after = 0;
              while (after < 500) { // also some after the old one has gone
                publish("e" + sent.getAndIncrement());
                LockSupport.parkNanos(100_000);
                oldOneLeft.set(simulator.peers().stream().noneMatch(first::equals));
                after += oldOneLeft.get() ? 1 : 0;
              }
            });
    load.start();
    load.join(SOON.toMillis());
    assertTrue(oldOneLeft.get(), log::toString);
    recorder.await(Recorder.Arrived.class, any -> arrived().size() == sent.get());
    assertEquals(List.of("token-0", "token-1"), dialled());
    assertEquals(1, told(State.LIVE));
    assertEquals(0, told(State.DOWN));
    assertTrue(recorder.all.stream().noneMatch(Failure.class::isInstance), recorder.all::toString);
  }

  private static void await(Callable<Boolean> what) {
    try {
      assertTrue(what.call());
    } catch (Exception closing) {
      Thread.currentThread().interrupt();
    }
  }

  /** A server whose first connection answers nothing until the second one is live. */
  private void behind(boolean standby, Script rest) throws Exception {
    simulator.next(
        peer -> {
          peer.accept();
          peer.text("{\"type\":\"welcome\"}"); // and no pings
          String command = peer.readText().orElseThrow();
          peer.confirm((String) ((Map<?, ?>) Json.parse(command)).get("identifier"));
          await(() -> simulator.await(loom -> has(loom, 2) && subscriber.live() == 2, SOON));
          rest.run(peer);
        },
        peer -> {
          await(() -> simulator.await(loom -> has(loom, 1), SOON));
          Script.RAILS.run(peer);
        });
    subscribe(standby);
    recorder.live();
    current.set(1);
  }

  @Test
  void whatIsStillOnItsWayOverTheOldConnectionIsWaitedFor() throws Exception {
    behind(
        false,
        peer -> {
          String identifier = simulator.subscriptions().get(0);
          peer.text(Faults.envelope(identifier, "{\"id\":\"late\",\"name\":\"" + NAME + "\"}"));
          peer.serve(); // answers the ping, and then the close
        });
    recorder.event("late");
    assertTrue(simulator.await(loom -> loom.connections() == 1, SOON));
    subscriber.close();
    assertTrue(recorder.all.stream().noneMatch(Recorder.Missed.class::isInstance));
  }

  @Test
  void anOldConnectionThatMayHaveBeenDeadBeforeTheNextOneWasLiveIsTold() throws Exception {
    behind(false, Peer::holdUntilClosed);
    Recorder.Missed told = recorder.await(Recorder.Missed.class, any -> true);
    assertTrue(told.silence().compareTo(SOON) < 0, told::toString);
    assertEquals(0, told(State.DOWN));
  }

  @Test
  void soIsOneOfTwoOnStandby() throws Exception {
    current.set(1); // none is to be replaced
    behind(true, Peer::holdUntilClosed);
    recorder.await(Recorder.Missed.class, any -> true);
    assertEquals(0, told(State.DOWN));
    assertTrue(recorder.all.stream().noneMatch(Failure.class::isInstance), recorder.all::toString);
  }

  @Test
  void closingIsPromptAlsoWhileTheOldConnectionIsWaitedFor() throws Exception {
    behind(false, Peer::holdUntilClosed);
    assertTrue(simulator.await(loom -> has(loom, 2), SOON));
    long start = System.nanoTime();
    subscriber.close();
    assertTrue(System.nanoTime() - start < Duration.ofSeconds(4).toNanos());
  }

  @Test
  void ifTheNewConnectionFailsTheOldOneStaysUntilAnotherTrySucceeds() throws Exception {
    subscribe(false);
    recorder.live();
    simulator.next(Faults.refuse(503), Faults.refuse(503), Faults.refuse(503));
    current.set(1);
    assertTrue(simulator.await(loom -> loom.dials() >= 5, SOON), log::toString);
    assertTrue(simulator.await(loom -> has(loom, 1) && loom.connections() == 1, SOON));
    publish("after");
    recorder.event("after");
    assertEquals(1, told(State.LIVE));
    assertEquals(0, told(State.DOWN));
    assertTrue(log.says("the second connection: "), log::toString);
    assertTrue(log.says("the other one is live"), log::toString);
    assertEquals("token-1", dialled().get(4));
  }

  @Test
  void ifTheOldOneDiesMeanwhileTheNewOneGoesOnAlone() throws Exception {
    subscribe(false);
    recorder.live();
    Peer first = simulator.peers().get(0);
    simulator.always(Faults.refuse(503));
    current.set(1);
    assertTrue(simulator.await(loom -> loom.dials() >= 2, SOON));
    Faults.cut(first);
    recorder.failure();
    simulator.always(Script.RAILS);
    recorder.live();
    publish("after");
    recorder.event("after");
    assertTrue(simulator.await(loom -> has(loom, 1), SOON));
    assertEquals(1, simulator.peers().size());
    assertEquals(2, told(State.LIVE));
  }

  @Test
  void ifTheOldOneDiesJustBeforeTheNewOneIsConfirmedThatIsToldAsWell() throws Exception {
    CountDownLatch subscribing = new CountDownLatch(1);
    CountDownLatch lost = new CountDownLatch(1);
    subscribe(false);
    recorder.live();
    Peer first = simulator.peers().get(0);
    simulator.next(
        peer -> {
          peer.accept();
          peer.text("{\"type\":\"welcome\"}");
          String command = peer.readText().orElseThrow();
          subscribing.countDown();
          await(() -> lost.await(SOON.toSeconds(), TimeUnit.SECONDS));
          peer.confirm((String) ((Map<?, ?>) Json.parse(command)).get("identifier"));
          peer.serve();
        });
    current.set(1);
    assertTrue(subscribing.await(SOON.toSeconds(), TimeUnit.SECONDS));
    Faults.cut(first);
    recorder.failure();
    lost.countDown();
    recorder.live();
    assertEquals(2, told(State.LIVE));
  }

  @Test
  void aTokenThatNobodyHasReplacedIsLookedAtAgainAndNotDialledWith() throws Exception {
    subscribe(false);
    recorder.live();
    assertTrue(simulator.await(loom -> asked.get() >= 3, SOON));
    assertEquals(1, simulator.dials());
    assertEquals(1, log.count("there is no newer one yet"), log::toString);
    current.set(1);
    assertTrue(simulator.await(loom -> loom.dials() == 2, SOON));
    assertTrue(simulator.await(loom -> has(loom, 1) && loom.connections() == 1, SOON));
    assertEquals(1, told(State.LIVE));
  }

  @Test
  void onStandbyOneOfTwoDiesAndNothingIsMissed() throws Exception {
    current.set(1);
    subscribe(true);
    assertTrue(simulator.await(loom -> subscriber.live() == 2, SOON));
    for (int round = 0; round < 4; round++) {
      Faults.cut(simulator.peers().get(0));
      publish("round " + round);
      recorder.event("round " + round);
      int dials = 3 + round;
      assertTrue(simulator.await(loom -> loom.dials() == dials && subscriber.live() == 2, SOON));
    }
    assertEquals(1, told(State.LIVE));
    assertEquals(0, told(State.DOWN));
    assertTrue(recorder.all.stream().noneMatch(Failure.class::isInstance), recorder.all::toString);
  }

  @Test
  void onStandbyBothTokensAreReplacedOneConnectionAfterTheOther() throws Exception {
    subscribe(true);
    assertTrue(simulator.await(loom -> has(loom, 2), SOON));
    current.set(1);
    assertTrue(
        simulator.await(
            loom ->
                has(loom, 2)
                    && loom.connections() == 2
                    && loom.peers().stream().allMatch(SubscriberTest::second),
            SOON),
        log::toString);
    assertEquals(1, told(State.LIVE));
    assertEquals(0, told(State.DOWN));
  }

  private static boolean second(Peer peer) {
    Request request = peer.request();
    return request.header("Authorization").orElse("").equals("Bearer token-1");
  }

  @Test
  void onStandbyTheLossOfBothIsToldAsOne() throws Exception {
    current.set(1);
    subscribe(true);
    assertTrue(simulator.await(loom -> subscriber.live() == 2, SOON));
    for (int round = 0; round < 6; round++) { // in whatever order the two notice it
      simulator.drop();
      recorder.failure();
      recorder.live();
      assertTrue(simulator.await(loom -> subscriber.live() == 2, SOON));
    }
    publish("after");
    recorder.event("after");
    assertEquals(7, told(State.LIVE));
  }

  @Test
  void aStopEndsEveryConnectionAndLeavesNoThread() throws Exception {
    subscribe(true);
    assertTrue(simulator.await(loom -> has(loom, 2), SOON));
    subscriber.close();
    assertTrue(simulator.await(loom -> loom.connections() == 0, SOON));
    assertTrue(simulator.await(loom -> threads().isEmpty(), SOON), () -> threads().toString());
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.matches("(connection|renew|dial)-default.*"))
        .toList();
  }
}
