package loomagent.cable;

import static loomagent.cable.Subscription.State.LIVE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import loomagent.base.LogLines;
import loomagent.base.Secret;
import loomagent.base.Token;
import loomagent.json.Json;
import loomagent.net.Network;
import loomagent.simulator.Faults;
import loomagent.simulator.Request;
import loomagent.simulator.Script;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The driver over real sockets: the server says X, the agent does Y. */
@Timeout(60)
final class ConnectionTest {
  private static final String NAME = "mission_control.job_added";
  private static final Duration STALE_AFTER = Duration.ofMillis(900);

  /** As the real ones, a tenth as long. */
  private static final Limits LIMITS =
      new Limits(
          Duration.ofMillis(600),
          Duration.ofSeconds(3),
          Duration.ofMillis(700),
          Duration.ofMillis(900),
          Duration.ofMillis(300),
          Duration.ofSeconds(3));

  private final Recorder recorder = new Recorder();
  private final LogLines log = new LogLines();
  private final Dialler dialler = new Dialler("loom-agent/test", Network.direct(log), LIMITS);
  private final CountDownLatch hanging = new CountDownLatch(1);
  private Simulator simulator;
  private Connection connection;

  @BeforeEach
  void start() throws IOException {
    simulator = Simulator.start(Settings.defaults().withPingEvery(Duration.ofMillis(100)));
  }

  @AfterEach
  void stop() {
    hanging.countDown();
    if (connection != null) {
      connection.close();
    }
    simulator.close();
  }

  private static String event(String id, String name) {
    return "{\"id\":\"" + id + "\",\"name\":\"" + name + "\"}";
  }

  private static String event(String id) {
    return event(id, NAME);
  }

  private static Token token(String text) {
    return new Token(new Secret(text), Optional.empty(), Optional.empty());
  }

  private void connect() {
    connect(simulator.url(), attempt -> simulator.token());
  }

  private void connect(URI url, IntFunction<String> tokens) {
    AtomicInteger attempts = new AtomicInteger();
    connectWith(fresh -> token(tokens.apply(attempts.getAndIncrement())), url);
  }

  private void connectWith(Connection.Tokens tokens, URI url) {
    Connection.Settings settings =
        new Connection.Settings(
            "default",
            url,
            List.of(NAME, "a.b"),
            Duration.ofMillis(20),
            Duration.ofMillis(200),
            STALE_AFTER);
    connection =
        new Connection(
            settings, 1, LIMITS, tokens, dialler, recorder, Clock.systemUTC(), new Random(7), log);
    connection.start();
  }

  private void live() throws Exception {
    connect();
    recorder.live();
  }

  /** Plays a fault for the first dial, then expects the agent to heal and to receive. */
  private Failure heals(Script fault) throws Exception {
    simulator.next(fault);
    connect();
    Failure failure = recorder.failure();
    receives("healed");
    return failure;
  }

  private void receives(String id) throws Exception {
    recorder.untilLive();
    simulator.publish(event(id));
    recorder.event(id);
  }

  // --- dial ---

  @Test
  void aRefusedDialIsRepeatedUntilThereIsAnAnswer() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    Settings settings = Settings.defaults().withPort(port).withTokens(Set.of("t-o-k-e-n"));
    connect(URI.create("ws://127.0.0.1:" + port + "/websocket"), attempt -> "t-o-k-e-n");
    for (int i = 0; i < 3; i++) {
      assertTrue(recorder.failure().text().contains("refused"), recorder.all::toString);
    }
    try (Simulator late = Simulator.start(settings)) {
      recorder.live();
      assertEquals(1, late.connections());
      connection.close();
    }
  }

  @Test
  void anUpgradeThatIsNeverAnsweredIsGivenUpInTime() throws Exception {
    assertTrue(heals(Faults.neverAnswer()).text().contains("not answered"));
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 307})
  void aRedirectIsNotFollowedAndNoTokenGoesThere(int status) throws Exception {
    try (Simulator elsewhere = Simulator.start(Settings.defaults())) {
      String there = "http://127.0.0.1:" + elsewhere.url().getPort() + "/websocket";
      Failure failure = heals(Faults.redirect(status, there));
      assertTrue(failure.text().contains("not followed"), failure::text);
      assertTrue(failure.text().contains(there), failure::text);
      assertEquals(0, elsewhere.dials());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403})
  void aRefusedTokenIsFollowedByAFreshOneAtOnceAndThenSlowly(int status) throws Exception {
    List<Boolean> asked = new CopyOnWriteArrayList<>();
    simulator.next(Faults.refuse(status), Faults.refuse(status), Faults.refuse(status));
    connectWith(
        fresh -> {
          asked.add(fresh);
          return token(simulator.token());
        },
        simulator.url());
    recorder.live();
    // Each time first whether there is a new one anyway, as another connection may have brought it.
    assertEquals(List.of(false, false, true, false, true, false, true), asked);
    List<Object> waits = recorder.all.stream().filter(Duration.class::isInstance).toList();
    assertEquals(Duration.ZERO, waits.get(0));
    assertTrue(((Duration) waits.get(1)).toMillis() >= 100, "half of the longest wait");
    assertTrue(recorder.all.toString().contains("refused the token (" + status));
  }

  @Test
  void aTokenThatRailsRefusesAfterTheUpgradeIsReplacedToo() throws Exception {
    connect(simulator.url(), attempt -> attempt == 0 ? "stale-token" : simulator.token());
    Failure failure = recorder.failure();
    assertEquals(Failure.Kind.UNAUTHORISED, failure.kind());
    assertTrue(failure.text().contains("unauthorized"), failure::text);
    receives("after");
  }

  @Test
  void notFoundSaysThatPathOrOriginMayBeWrong() throws Exception {
    String text = heals(Faults.refuse(404)).text();
    assertTrue(text.contains("path") && text.contains("Origin"), text);
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 503})
  void aServerThatAsksToWaitIsLeftAlone(int status) throws Exception {
    long start = System.nanoTime();
    Failure failure = heals(Faults.retryAfter(status, "1"));
    assertTrue(System.nanoTime() - start >= 1_000_000_000L);
    assertTrue(failure.text().contains("asks to wait 1s"), failure::text);
  }

  @Test
  void aResetTimeInUnixSecondsIsHonoured() throws Exception {
    long reset = System.currentTimeMillis() / 1000 + 2;
    long start = System.nanoTime();
    heals(Faults.refuse(429, Map.of("RateLimit-Reset", String.valueOf(reset)), "later"));
    assertTrue(System.nanoTime() - start >= 900_000_000L);
  }

  @Test
  void aWrongAcceptKeyIsRefusedWithTheReason() throws Exception {
    String text = heals(Faults.wrongAcceptKey()).text();
    assertTrue(text.contains("Sec-WebSocket-Accept"), text);
  }

  @Test
  void anUnofferedSubprotocolIsRefusedWithTheReason() throws Exception {
    String text = heals(Faults.unofferedSubprotocol()).text();
    assertTrue(text.contains("breaks the protocol"), text);
    assertTrue(text.toLowerCase(Locale.ROOT).contains("subprotocol"), text);
  }

  @Test
  void anUnofferedExtensionIsRefusedWithTheReason() throws Exception {
    assertTrue(heals(Faults.unofferedExtension()).text().contains("breaks the protocol"));
  }

  @Test
  void anUpgradeThatSomethingOnTheWayChangedIsSaidInWords() throws Exception {
    assertTrue(heals(Faults.keepAliveUpgrade()).text().contains("proxy"));
  }

  @Test
  void theTokenIsNewAtEveryDial() throws Exception {
    Set<String> tokens = Set.of("token-0", "token-1", "token-2");
    try (Simulator strict = Simulator.start(Settings.defaults().withTokens(tokens))) {
      connect(strict.url(), attempt -> "token-" + attempt);
      for (int i = 0; i < 3; i++) {
        recorder.live();
        strict.drop();
      }
      List<String> sent = new ArrayList<>();
      for (Request request : strict.requests()) {
        sent.add(request.header("Authorization").orElseThrow());
      }
      assertEquals(
          List.of("Bearer token-0", "Bearer token-1", "Bearer token-2"), sent.subList(0, 3));
      connection.close();
    }
  }

  @Test
  void aTokenSourceThatFailsIsAnOrdinaryFailure() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    connectWith(
        fresh -> {
          if (attempts.incrementAndGet() < 4) {
            throw new IOException("token needs ${file:token}, but there is none");
          }
          return token(simulator.token());
        },
        simulator.url());
    for (int i = 0; i < 3; i++) {
      Failure failure = recorder.failure();
      assertEquals(Failure.Kind.UNREACHABLE, failure.kind());
      assertTrue(failure.text().contains("there is no token: "), failure::text);
    }
    receives("after");
  }

  @Test
  void aTokenSourceThatHangsIsGivenUpInTime() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    connectWith(
        fresh -> {
          if (attempts.incrementAndGet() == 1) {
            awaitUninterruptibly(hanging);
          }
          return token(simulator.token());
        },
        simulator.url());
    assertTrue(recorder.failure().text().contains("no answer to the dial"));
    receives("after");
  }

  @Test
  void anUnknownNameIsSaidAsSuch() throws Exception {
    connect(URI.create("ws://no-such-host.invalid/websocket"), attempt -> "token");
    String text = recorder.failure().text();
    assertTrue(text.contains("name of the server was not found"), text);
  }

  @Test
  void railsWithForgeryProtectionAndAServerLikeTheSampleBothAccept() throws Exception {
    for (boolean strict : new boolean[] {true, false}) {
      Settings settings = Settings.defaults().withStrictOrigin(strict);
      try (Simulator server = Simulator.start(settings)) {
        connect(server.url(), attempt -> server.token());
        recorder.live();
        Request request = server.requests().get(0);
        String origin = "http://127.0.0.1:" + server.url().getPort();
        assertEquals(origin, request.header("Origin").orElseThrow());
        assertEquals("loom-agent/test", request.header("User-Agent").orElseThrow());
        connection.close();
      }
    }
  }

  // --- handshake ---

  @Test
  void aSocketThatIsOpenAndSilentForEverIsReplaced() throws Exception {
    assertTrue(heals(Faults.silentAfterUpgrade()).text().contains("never welcomed"));
  }

  @Test
  void pingsWithoutAWelcomeDoNotKeepItWaiting() throws Exception {
    Script fault = Faults.pingsWithoutWelcome(Duration.ofMillis(50));
    assertTrue(heals(fault).text().contains("never welcomed"));
  }

  @Test
  void aPingOrConfirmationBeforeTheWelcomeIsIgnored() throws Exception {
    simulator.next(Faults.pingBeforeWelcome());
    live();
    connection.close();
    simulator.next(Faults.confirmationBeforeWelcome(Faults.STRANGE));
    live();
    receives("after");
    assertEquals(2, simulator.commands().size(), "one subscribe each");
  }

  @Test
  void aConfirmationThatIsNeverSentCostsTheConnection() throws Exception {
    Failure failure = heals(Faults.neverConfirm());
    assertTrue(failure.text().contains("never confirmed"), failure::text);
    assertTrue(simulator.commands().size() >= 3, "asked again, and on the next connection");
  }

  @Test
  void aLostSubscribeIsSentAgain() throws Exception {
    simulator.next(Faults.confirmLate(1));
    live();
    assertEquals(1, simulator.dials());
    assertEquals(2, simulator.commands().size());
  }

  @Test
  void confirmationsInOtherWordsOrTwiceAreAccepted() throws Exception {
    List<Script> scripts =
        List.of(
            Faults.confirmTwice(),
            Faults.confirmInOtherKeyOrder(),
            Faults.confirmWithSpaces(),
            Faults.confirmOtherEvents("mission_control.job_added,mission_control.job_changed"));
    for (Script script : scripts) {
      simulator.next(script);
      live();
      receives("event");
      connection.close();
    }
    assertEquals(scripts.size(), recorder.count(LIVE));
    assertEquals(scripts.size(), simulator.dials());
  }

  @Test
  void aRejectionIsSaidWithTheNames() throws Exception {
    Failure failure = heals(Faults.reject());
    assertEquals(Failure.Kind.REJECTED, failure.kind());
    assertTrue(failure.text().contains(NAME), failure::text);
  }

  @Test
  void anEventBeforeTheConfirmationArrives() throws Exception {
    simulator.next(Faults.eventBeforeConfirmation(event("early")));
    connect();
    recorder.event("early");
    recorder.live();
  }

  // --- live ---

  @Test
  void silenceIsReplaced() throws Exception {
    Failure failure = heals(Faults.silentOnceLive());
    assertTrue(failure.text().contains("silent"), failure::text);
  }

  @Test
  void pingsAloneKeepItAlive() throws Exception {
    live();
    assertFalse(
        simulator.await(some -> some.dials() > 1, STALE_AFTER.multipliedBy(3)), "dialled again");
    receives("after");
  }

  @Test
  void aHalfOpenPeerIsNoticed() throws Exception {
    live();
    Faults.silence(simulator); // no frame, no FIN: as packets that are dropped
    assertTrue(recorder.failure().text().contains("silent"));
    receives("after");
  }

  @Test
  void aSlowLineIsNoFalseAlarm() throws Exception {
    String large = event("slow").replace("}", ",\"x\":\"" + "y".repeat(1_000) + "\"}");
    simulator.next(Faults.drip(large, Duration.ofMillis(2))); // 2 s for this one frame
    live();
    assertEquals(large, recorder.event("slow").json());
    assertEquals(1, recorder.count(LIVE));
  }

  @Test
  void aFrameThatIsCutMidwayIsNotHalfDelivered() throws Exception {
    heals(Faults.cutInsideFrame(event("half")));
    assertTrue(recorder.all.stream().noneMatch(told -> told.toString().contains("half")));
  }

  @Test
  void aResetAndABareFinAreHealed() throws Exception {
    simulator.next(Faults.resetAfterWelcome(), Faults.finAfterWelcome());
    live();
    receives("first");
    Faults.reset(simulator);
    recorder.live();
    Faults.fin(simulator);
    recorder.live();
    receives("last");
  }

  @Test
  void aPingOfTheWebsocketIsAnsweredWithItsPayload() throws Exception {
    try (PongServer server = new PongServer("are you there")) {
      connect(server.url(), attempt -> "token");
      assertEquals("10 are you there", server.answer().get(10, TimeUnit.SECONDS));
    }
  }

  @Test
  void fragmentsWithAPingBetweenAreJoined() throws Exception {
    String text = event("fragments").replace("}", ",\"x\":\"" + "ü€😀".repeat(400) + "\"}");
    simulator.next(Faults.fragmentedEvent(text, 7));
    connect();
    assertEquals(text, recorder.event("fragments").json());
  }

  @Test
  void aMessageOf150KilobytesIsDelivered() throws Exception {
    live();
    String large = event("large").replace("}", ",\"x\":\"" + "y".repeat(150_000) + "\"}");
    simulator.publish(large);
    assertEquals(large, recorder.event("large").json());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aMessageOverTheBoundIsRefusedWholeOrInFragments(boolean whole) throws Exception {
    live();
    String large = event("large").replace("}", ",\"x\":\"" + "y".repeat(3_000_000) + "\"}");
    Faults.sendRaw(
        simulator, whole ? Faults.oversized(3_000_000) : Faults.fragments(large, 10_000));
    assertTrue(recorder.failure().text().contains("more than 1 MiB"));
    receives("after");
  }

  @Test
  void invalidTextAndMaskedFramesCloseTheConnection() throws Exception {
    live();
    Faults.sendRaw(simulator, Faults.invalidUtf8());
    recorder.failure();
    receives("after invalid text");
    Faults.sendRaw(simulator, Faults.masked(event("masked")));
    recorder.failure();
    receives("after a masked frame");
    assertTrue(recorder.all.stream().noneMatch(told -> told.toString().contains("masked\"")));
  }

  @Test
  void garbageIsLoggedOnceAndTheConnectionKept() throws Exception {
    live();
    for (int i = 0; i < 20; i++) {
      for (String garbage :
          List.of("", "garbage", "[]", "7", "{\"type\":\"news\"}", "{\"a\":", "{}")) {
        Faults.sendText(simulator, garbage);
      }
      Faults.sendRaw(simulator, new byte[] {(byte) 0x82, 2, 1, 2}); // a binary frame
      Faults.sendText(simulator, Faults.envelope(Faults.STRANGE, event("strange")));
    }
    receives("after");
    assertEquals(1, simulator.dials());
    assertTrue(log.all().size() <= 8, log::toString);
    assertTrue(recorder.all.stream().noneMatch(told -> told.toString().contains("strange")));
  }

  @Test
  void whatIsNoEventIsKeptAsideExactly() throws Exception {
    live();
    for (String odd : List.of("[1, 2]", "{\"name\":\"mission_control.job_added\"}", "\"text\"")) {
      simulator.publish(NAME, odd);
      recorder.await(String.class, ("aside: " + odd)::equals);
    }
    receives("after");
  }

  @Test
  void exactTextArrivesWhateverStandsInIt() throws Exception {
    live();
    String text =
        "{ \"id\":\"x\",\"name\":\"a.b\", \"s\":\"\\u0000 \\ud800 \\ud83d\\ude00 😀 \\/ é\",\r\n"
            + "\"n\":123456789012345678901234567890.1200e-3, \"t\":true,\"t\":null}";
    simulator.publish(text);
    String arrived = recorder.event("x").json();
    assertEquals(text, arrived);
    assertEquals("\0 \ud800 \ud83d\ude00 😀 / é", ((Map<?, ?>) Json.parse(arrived)).get("s"));
  }

  @Test
  void aThousandEventsInOneWriteArriveInOrder() throws Exception {
    live();
    for (int i = 0; i < 1_000; i++) {
      simulator.publish(event("e" + i, i % 2 == 0 ? NAME : "a.b"));
    }
    recorder.event("e999");
    List<Object> events = recorder.all.stream().filter(Recorder.Arrived.class::isInstance).toList();
    for (int i = 0; i < 1_000; i++) {
      assertEquals("e" + i, ((Recorder.Arrived) events.get(i)).id());
    }
  }

  // --- disconnect ---

  @ParameterizedTest
  @ValueSource(strings = {"server_restart", "remote", "idle_timeout", "too_slow", ""})
  void aDisconnectIsFollowedByANewSubscription(String reason) throws Exception {
    live();
    simulator.disconnect(reason, true);
    assertTrue(recorder.failure().text().contains("disconnected"), recorder.all::toString);
    receives("after");
  }

  @Test
  void aServerThatAsksNotToComeBackIsAskedAgain() throws Exception {
    live();
    simulator.disconnect("maintenance", false);
    Failure failure = recorder.failure();
    assertEquals(Failure.Kind.UNWELCOME, failure.kind());
    assertTrue(failure.text().contains("maintenance"), failure::text);
    receives("after");
  }

  @Test
  void welcomeThenDropOverAndOverIsAskedLessAndLess() throws Exception {
    simulator.always(Faults.finAfterWelcome());
    connect();
    List<Duration> waits = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      waits.add(recorder.await(Duration.class, any -> true));
    }
    long early = waits.subList(0, 3).stream().mapToLong(Duration::toMillis).sum();
    long late = waits.subList(6, 12).stream().mapToLong(Duration::toMillis).sum() / 2;
    assertTrue(late > early, waits::toString);
  }

  // --- stop ---

  @Test
  void toStopIsPromptWhateverTheConnectionIsDoing() throws Exception {
    Map<String, Script> scripts =
        Map.of(
            "dial", Faults.neverAnswer(),
            "welcome", Faults.silentAfterUpgrade(),
            "confirmation", Faults.neverConfirm(),
            "live", Script.RAILS,
            "backoff", Faults.retryAfter(503, "100"),
            "a server that ignores the close", Faults.ignoreClose());
    for (Map.Entry<String, Script> script : scripts.entrySet()) {
      long dials = simulator.dials();
      simulator.next(script.getValue());
      connect();
      assertTrue(simulator.await(some -> some.dials() > dials, Duration.ofSeconds(10)));
      long start = System.nanoTime();
      connection.close();
      long millis = (System.nanoTime() - start) / 1_000_000;
      assertTrue(millis < 1_500, script.getKey() + " took " + millis + " ms");
      assertTrue(
          simulator.await(some -> some.connections() == 0, Duration.ofSeconds(5)),
          script.getKey() + " left a connection");
    }
  }

  @Test
  void whatArrivedBeforeTheStopIsHandedOver() throws Exception {
    CountDownLatch first = new CountDownLatch(1);
    CountDownLatch stopping = new CountDownLatch(1);
    recorder.atEvent =
        id -> {
          first.countDown();
          awaitUninterruptibly(stopping);
        };
    live();
    simulator.drop();
    recorder.live(); // the goodbye of an earlier socket is not that of this one
    for (int i = 0; i < 100; i++) {
      simulator.publish(event("e" + i));
    }
    first.await();
    Thread stopper = new Thread(connection::close);
    stopper.start();
    while (stopper.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait(); // until close() waits for the connection's thread
    }
    stopping.countDown();
    stopper.join();
    assertEquals(100, arrived().size(), "in the inbox, or on the way before the server's goodbye");
  }

  @Test
  void aFaultAtOneEventCostsNoOther() throws Exception {
    recorder.atEvent =
        id -> {
          if (id.equals("e7")) {
            throw new IllegalStateException("a fault made by the test");
          }
        };
    live();
    for (int i = 0; i < 100; i++) {
      simulator.publish(event("e" + i));
    }
    recorder.event("e99");
    assertEquals(99, arrived().size());
    assertEquals(1, recorder.count("aside: " + event("e7")), "its text is kept");
    assertEquals(1, simulator.dials());
    assertTrue(log.says("e7"), log::toString);
  }

  @Test
  void anErrorAtAnEventCostsNoOtherEither() throws Exception {
    AtomicInteger errors = new AtomicInteger();
    recorder.atEvent =
        id -> {
          if (id.equals("e7") && errors.incrementAndGet() == 1) {
            throw new StackOverflowError("made by the test");
          }
        };
    live();
    for (int i = 0; i < 100; i++) {
      simulator.publish(event("e" + i));
    }
    recorder.event("e99");
    assertEquals(99, arrived().size());
    receives("after");
  }

  @Test
  void anEventWaitsWhileTheHeapIsFull() throws Exception {
    AtomicInteger errors = new AtomicInteger();
    recorder.atEvent =
        id -> {
          if (id.equals("e7") && errors.incrementAndGet() < 4) {
            throw new OutOfMemoryError("made by the test");
          }
        };
    live();
    for (int i = 0; i < 10; i++) {
      simulator.publish(event("e" + i));
    }
    recorder.event("e9");
    assertEquals(10, arrived().size());
    assertEquals(4, errors.get());
  }

  private List<Object> arrived() {
    return recorder.all.stream().filter(Recorder.Arrived.class::isInstance).toList();
  }

  @Test
  void aListenerThatBlocksTheThreadIsAFaultAndABadNetworkIsNone() throws Exception {
    live();
    long later = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    assertTrue(connection.lastHeard().isPresent());
    assertEquals(Optional.empty(), connection.fault());
    Semaphore released = new Semaphore(0);
    recorder.atEvent = frame -> released.acquireUninterruptibly();
    simulator.publish(event("1"));
    while (!released.hasQueuedThreads()) {
      Thread.onSpinWait();
    }
    String fault = connection.fault(later).orElseThrow();
    assertTrue(fault.contains("connection-default has been at one thing for "), fault);
    assertTrue(fault.contains("acquireUninterruptibly"), fault);
    released.release();
    recorder.event("1");
    simulator.close();
    recorder.failure();
    assertEquals(Optional.empty(), connection.fault());
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
