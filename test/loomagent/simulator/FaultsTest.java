package loomagent.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.http.WebSocketHandshakeException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class FaultsTest {
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final String WELCOME = "{\"type\":\"welcome\"}";
  private static final String EVENT = "{\"id\":\"1\",\"name\":\"a.b\",\"x\":\"€\"}";
  private static final String CONFIRMED = Faults.confirmation(Client.IDENTIFIER);
  private static final String EVENT_FRAME = Faults.envelope(Client.IDENTIFIER, EVENT);

  private Simulator simulator;

  @BeforeEach
  void start() throws IOException {
    simulator = Simulator.start(Settings.defaults().withPingEvery(Duration.ofMillis(50)));
  }

  @AfterEach
  void stop() {
    simulator.close();
  }

  private String refused() throws IOException {
    try (Client client = new Client(simulator)) {
      return client.request(Client.upgrade(simulator, "")) + client.rest();
    }
  }

  private Client subscribing(Script script) throws IOException {
    simulator.next(script);
    Client client = Client.upgraded(simulator);
    client.expect(WELCOME);
    client.send(Client.SUBSCRIBE);
    return client;
  }

  private Client live() throws IOException {
    return Client.live(simulator);
  }

  private static void assertSilent(Client client) throws IOException {
    client.socket.setSoTimeout(200);
    assertThrows(SocketTimeoutException.class, client::next);
  }

  @Test
  void scriptsPlayInTurnAndThenTheUsualOne() throws Exception {
    simulator.always(Faults.refuse(503));
    simulator.next(Faults.refuse(401), Faults.retryAfter(429, "7"));
    assertTrue(refused().startsWith("HTTP/1.1 401 "));
    String later = refused();
    assertTrue(later.startsWith("HTTP/1.1 429 ") && later.contains("Retry-After: 7\r\n"), later);
    assertTrue(refused().startsWith("HTTP/1.1 503 "));
    simulator.always(Script.RAILS);
    live().close();
    assertEquals(4, simulator.dials());
  }

  @Test
  void theJdksClientSeesTheStatusAndTheRedirectIsWhole() throws Exception {
    simulator.next(Faults.redirect(302, "http://127.0.0.1:1/"));
    CompletionException e =
        assertThrows(CompletionException.class, () -> new JavaClient().connect(simulator));
    var answer = ((WebSocketHandshakeException) e.getCause()).getResponse();
    assertEquals(302, answer.statusCode());
    assertEquals("http://127.0.0.1:1/", answer.headers().firstValue("Location").orElseThrow());
  }

  @Test
  void theJdksClientRefusesWhatIsWrongInTheUpgrade() {
    simulator.next(
        Faults.wrongAcceptKey(),
        Faults.unofferedSubprotocol(),
        Faults.unofferedExtension(),
        Faults.keepAliveUpgrade());
    for (int i = 0; i < 4; i++) {
      assertThrows(CompletionException.class, () -> new JavaClient().connect(simulator));
    }
    assertEquals(4, simulator.dials());
    new JavaClient().connect(simulator).abort();
  }

  @Test
  void anUpgradeCanStayUnanswered() throws Exception {
    simulator.next(Faults.neverAnswer());
    try (Client client = new Client(simulator)) {
      client.raw(Client.upgrade(simulator, "").getBytes(UTF_8));
      assertTrue(simulator.await(s -> s.dials() == 1, SOON));
      client.socket.setSoTimeout(200);
      assertThrows(SocketTimeoutException.class, client::head);
    }
    assertTrue(simulator.await(s -> s.connections() == 0, SOON));
  }

  @Test
  void anUpgradeCanBeFollowedByNothing() throws Exception {
    simulator.next(Faults.silentAfterUpgrade());
    try (Client client = Client.upgraded(simulator)) {
      client.send(Client.SUBSCRIBE);
      assertSilent(client);
    }
  }

  @Test
  void pingsCanComeWithoutAWelcome() throws Exception {
    simulator.next(Faults.pingsWithoutWelcome(Duration.ofMillis(5)));
    try (Client client = Client.upgraded(simulator)) {
      for (int i = 0; i < 20; i++) {
        assertTrue(client.next().text().startsWith("{\"type\":\"ping\""));
      }
    }
    assertTrue(simulator.await(s -> s.connections() == 0, SOON));
  }

  @Test
  void aPingOrAConfirmationCanComeBeforeTheWelcome() throws Exception {
    simulator.next(Faults.pingBeforeWelcome(), Faults.confirmationBeforeWelcome(Client.IDENTIFIER));
    try (Client client = Client.upgraded(simulator)) {
      assertTrue(client.next().text().startsWith("{\"type\":\"ping\""));
      client.expect(WELCOME);
    }
    try (Client client = Client.upgraded(simulator)) {
      client.expect(CONFIRMED);
      client.expect(WELCOME);
      client.send(Client.SUBSCRIBE);
      client.expect(CONFIRMED);
    }
  }

  @Test
  void aConfirmationCanStayAwayOrComeLate() throws Exception {
    try (Client client = subscribing(Faults.neverConfirm())) {
      client.send(Client.SUBSCRIBE);
      assertTrue(simulator.await(s -> s.commands().size() == 2, SOON));
      assertEquals(0, simulator.publish(EVENT));
      assertTrue(client.next().text().startsWith("{\"type\":\"ping\""));
    }
    try (Client client = subscribing(Faults.confirmLate(2))) {
      client.send(Client.SUBSCRIBE);
      client.send(Client.SUBSCRIBE);
      client.expect(CONFIRMED);
    }
  }

  @Test
  void aConfirmationCanComeTwice() throws Exception {
    try (Client client = subscribing(Faults.confirmTwice())) {
      client.expect(CONFIRMED);
      client.expect(CONFIRMED);
      simulator.publish(EVENT);
      client.expect(EVENT_FRAME);
    }
  }

  @Test
  void aConfirmationCanHaveAnotherText() throws Exception {
    assertConfirmedAs(
        "{\"events\":\"a.b,c.d\",\"channel\":\"EventChannel\"}", Faults.confirmInOtherKeyOrder());
    assertConfirmedAs(
        "{ \"channel\" : \"EventChannel\", \"events\" :\"a.b,c.d\"}", Faults.confirmWithSpaces());
    assertConfirmedAs(
        "{\"channel\":\"EventChannel\",\"events\":\"a.b,e.f\"}",
        Faults.confirmOtherEvents("a.b,e.f"));
  }

  private void assertConfirmedAs(String identifier, Script script) throws Exception {
    try (Client client = subscribing(script)) {
      client.expect(Faults.confirmation(identifier));
      assertEquals(1, simulator.publish(EVENT));
      client.expect(Faults.envelope(identifier, EVENT));
    }
    assertTrue(simulator.await(s -> s.connections() == 0, SOON));
  }

  @Test
  void aSubscriptionCanBeRejectedAndAnEventComeFirst() throws Exception {
    try (Client client = subscribing(Faults.reject())) {
      client.expect(CONFIRMED.replace("confirm_", "reject_"));
    }
    try (Client client = subscribing(Faults.eventBeforeConfirmation(EVENT))) {
      client.expect(EVENT_FRAME);
      client.expect(CONFIRMED);
    }
  }

  @Test
  void aConnectionCanFallSilentAndStayOpen() throws Exception {
    try (Client scripted = subscribing(Faults.silentOnceLive());
        Client live = live()) {
      scripted.expect(CONFIRMED);
      Faults.silence(simulator);
      assertEquals(0, simulator.publish(EVENT));
      live.frame(true, Frames.PING, new byte[0]);
      live.frame(true, Frames.CLOSE, new byte[0]);
      assertSilent(scripted);
      live.socket.setSoTimeout(200);
      assertThrows(SocketTimeoutException.class, live::nextButPings);
      assertEquals(2, simulator.connections());
    }
    assertTrue(simulator.await(s -> s.connections() == 0, SOON));
  }

  @Test
  void aConnectionCanBeResetOrEndWithoutAClose() throws Exception {
    simulator.next(Faults.resetAfterWelcome(), Faults.finAfterWelcome());
    try (Client client = Client.upgraded(simulator)) {
      client.expect(WELCOME);
      assertThrows(SocketException.class, client::next);
    }
    try (Client client = Client.upgraded(simulator)) {
      client.expect(WELCOME);
      client.expectEnd();
    }
    try (Client client = live()) {
      Faults.reset(simulator);
      assertThrows(SocketException.class, client::nextButPings);
    }
    assertTrue(simulator.await(s -> s.connections() == 0, SOON));
    try (Client client = live()) {
      Faults.fin(simulator);
      assertThrows(java.io.EOFException.class, client::nextButPings);
    }
  }

  @Test
  void aFrameCanBeCutInTheMiddle() throws Exception {
    try (Client client = subscribing(Faults.cutInsideFrame(EVENT))) {
      client.expect(CONFIRMED);
      assertThrows(SocketException.class, client::nextButPings);
    }
  }

  @Test
  void bytesCanDripAndEventsComeInFragments() throws Exception {
    simulator.next(Faults.drip(EVENT, Duration.ofMillis(1)), Faults.fragmentedEvent(EVENT, 7));
    for (int i = 0; i < 2; i++) {
      JavaClient client = new JavaClient();
      var socket = client.connect(simulator);
      assertEquals(WELCOME, client.next());
      socket.sendText(Client.SUBSCRIBE, true).join();
      assertEquals(CONFIRMED, client.next());
      assertEquals(EVENT_FRAME, client.next());
      assertTrue(simulator.await(s -> s.subscriptions().size() == 1, SOON));
      simulator.publish(EVENT);
      assertEquals(EVENT_FRAME, client.next());
      socket.abort();
      assertTrue(simulator.await(s -> s.connections() == 0, SOON));
    }
  }

  @Test
  void fragmentsHaveAPingBetween() throws Exception {
    try (Client client = live()) {
      Faults.sendRaw(simulator, Faults.fragments("abcde", 3));
      Client.Received first = client.nextButPings();
      assertEquals("abc" + Frames.TEXT + false, first.text() + first.opcode() + first.fin());
      assertEquals(Frames.PING, client.next().opcode());
      Client.Received last = client.next();
      assertEquals("de" + Frames.CONTINUATION + true, last.text() + last.opcode() + last.fin());
    }
  }

  @Test
  void anythingCanBeSentToLiveConnections() throws Exception {
    try (Client client = live()) {
      Faults.sendText(simulator, "garbage");
      client.expect("garbage");
      Faults.sendRaw(simulator, Faults.oversized(1_000_000));
      assertEquals(1_000_000, client.nextButPings().payload().length);
      Faults.sendRaw(simulator, Faults.invalidUtf8());
      assertArrayEquals(new byte[] {'"', (byte) 0xc3, '"'}, client.nextButPings().payload());
    }
  }

  @Test
  void theJdksClientDropsInvalidUtf8AndMaskedFrames() throws Exception {
    for (byte[] bytes : new byte[][] {Faults.invalidUtf8(), Faults.masked("x")}) {
      JavaClient client = new JavaClient();
      client.connect(simulator);
      assertEquals(WELCOME, client.next());
      Faults.sendRaw(simulator, bytes);
      String end = client.next();
      assertTrue(end.startsWith("error "), end);
      assertTrue(simulator.await(s -> s.connections() == 0, SOON));
    }
  }

  @Test
  void aCloseCanBeIgnored() throws Exception {
    try (Client client = subscribing(Faults.ignoreClose())) {
      client.expect(CONFIRMED);
      client.frame(true, Frames.CLOSE, new byte[0]);
      assertTrue(client.next().text().startsWith("{\"type\":\"ping\""));
      assertEquals(1, simulator.publish(EVENT));
    }
  }

  @Test
  void aScriptThatFailsEndsItsConnectionAndNoOther() throws Exception {
    simulator.next(
        peer -> {
          peer.accept();
          throw new IllegalStateException("meant");
        });
    try (Client client = Client.upgraded(simulator)) {
      client.expectEnd();
    }
    live().close();
    assertFalse(simulator.url().toString().isEmpty());
  }
}
