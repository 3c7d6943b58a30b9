package loomagent.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.WebSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import loomagent.json.Json;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class CableTest {
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final String EVENT = "{\"name\":\"a.b\",\"x\":\"\\ud800 \\u00e9 €\", \"n\":1.50}";

  private Simulator simulator;

  @BeforeEach
  void start() throws IOException {
    simulator = Simulator.start(Settings.defaults().withPingEvery(Duration.ofMillis(30)));
  }

  @AfterEach
  void stop() {
    simulator.close();
  }

  @Test
  void theJdksClientIsWelcomedSubscribedAndServed() throws Exception {
    JavaClient client = new JavaClient();
    WebSocket socket = client.connect(simulator);
    assertEquals("{\"type\":\"welcome\"}", client.next());
    socket.sendText(Client.SUBSCRIBE, true).join();
    assertEquals(Faults.confirmation(Client.IDENTIFIER), client.next());
    assertEquals(1, simulator.publish(EVENT));
    assertEquals(Faults.envelope(Client.IDENTIFIER, EVENT), client.next());
    socket.sendClose(1000, "done").join();
    assertEquals("closed 1000", client.next());
    assertTrue(simulator.await(s -> s.connections() == 0, SOON));
    assertEquals(List.of(), simulator.subscriptions());
    assertEquals(List.of(Client.SUBSCRIBE), simulator.commands());
    assertEquals(1, simulator.dials());
  }

  @Test
  void pingsCarryTheTimeAndBeginAfterTheWelcome() throws Exception {
    try (Client client = Client.upgraded(simulator)) {
      assertEquals("{\"type\":\"welcome\"}", client.next().text());
      for (int i = 0; i < 3; i++) {
        Map<?, ?> ping = (Map<?, ?>) Json.parse(client.next().text());
        assertEquals("ping", ping.get("type"));
        long behind = Instant.now().getEpochSecond() - ((Number) ping.get("message")).longValue();
        assertTrue(behind >= 0 && behind < 5, () -> "behind by " + behind);
      }
    }
  }

  @Test
  void onlyTheNamesAskedForAreSent() throws Exception {
    try (Client client = Client.live(simulator)) {
      assertEquals(0, simulator.publish("{\"name\":\"a.bc\"}"));
      assertEquals(0, simulator.publish("{\"name\":\"a\"}"));
      assertEquals(1, simulator.publish("{\"name\":\"c.d\"}"));
      client.expect(Faults.envelope(Client.IDENTIFIER, "{\"name\":\"c.d\"}"));
    }
  }

  @Test
  void aTextThatIsNoEventCanBePublishedByName() throws Exception {
    try (Client client = Client.live(simulator)) {
      assertThrows(IllegalArgumentException.class, () -> simulator.publish("[1]"));
      assertThrows(IllegalArgumentException.class, () -> simulator.publish("{\"id\":\"1\"}"));
      assertEquals(1, simulator.publish("a.b", "[1"));
      client.expect(Faults.envelope(Client.IDENTIFIER, "[1"));
    }
  }

  @Test
  void everyClientWithTheNameIsReached() throws Exception {
    String other = "{\"events\":\"a.b\",\"channel\":\"EventChannel\"}";
    try (Client one = Client.live(simulator);
        Client two = Client.live(simulator);
        Client three = Client.upgraded(simulator)) {
      three.expect("{\"type\":\"welcome\"}");
      three.send("{\"command\":\"subscribe\",\"identifier\":" + Json.write(other) + "}");
      three.expect(Faults.confirmation(other));
      assertEquals(3, simulator.publish("a.b", "1"));
      one.expect(Faults.envelope(Client.IDENTIFIER, "1"));
      two.expect(Faults.envelope(Client.IDENTIFIER, "1"));
      three.expect(Faults.envelope(other, "1"));
      assertEquals(3, simulator.subscriptions().size());
    }
  }

  @Test
  void aRepeatedSubscribeIsNotConfirmedAgain() throws Exception {
    try (Client client = Client.live(simulator)) {
      client.send(Client.SUBSCRIBE);
      client.frame(true, Frames.PING, new byte[0]);
      assertEquals(Frames.PONG, client.nextButPings().opcode());
      assertEquals(1, simulator.publish("a.b", "1"));
      client.expect(Faults.envelope(Client.IDENTIFIER, "1"));
    }
  }

  @Test
  void anUnsubscribeIsObeyedInSilenceAndMayBeTakenBack() throws Exception {
    try (Client client = Client.live(simulator)) {
      client.send(Client.SUBSCRIBE.replace("\"subscribe\"", "\"unsubscribe\""));
      assertTrue(simulator.await(s -> s.subscriptions().isEmpty(), SOON));
      assertEquals(0, simulator.publish("a.b", "1"));
      client.send(Client.SUBSCRIBE);
      client.expect(Faults.confirmation(Client.IDENTIFIER));
    }
  }

  @Test
  void aSubscriptionToNothingIsRejectedEachTime() throws Exception {
    String identifier = "{\"channel\":\"EventChannel\", \"events\":\" ,\"}";
    try (Client client = Client.upgraded(simulator)) {
      client.expect("{\"type\":\"welcome\"}");
      for (int i = 0; i < 2; i++) {
        client.send("{\"command\":\"subscribe\",\"identifier\":" + Json.write(identifier) + "}");
        client.expect(
            "{\"identifier\":" + Json.write(identifier) + ",\"type\":\"reject_subscription\"}");
      }
    }
  }

  @Test
  void whatRailsWouldOnlyLogGetsNoAnswer() throws Exception {
    try (Client client = Client.live(simulator)) {
      client.send("garbage");
      client.send("[]");
      client.send("{\"command\":\"pong\"}");
      client.send("{\"command\":\"subscribe\",\"identifier\":\"garbage\"}");
      client.send("{\"command\":\"subscribe\",\"identifier\":" + Json.write(Faults.STRANGE) + "}");
      client.frame(true, Frames.BINARY, "x".getBytes(UTF_8));
      client.frame(true, Frames.PING, "here?".getBytes(UTF_8));
      Client.Received pong = client.nextButPings();
      assertEquals(Frames.PONG, pong.opcode());
      assertArrayEquals("here?".getBytes(UTF_8), pong.payload());
    }
  }

  @Test
  void subscriptionsOfOneClientAreBounded() throws Exception {
    try (Client client = Client.live(simulator)) {
      for (int i = 1; i <= 100; i++) {
        String identifier = "{\"channel\":\"EventChannel\",\"events\":\"n." + i + "\"}";
        client.send("{\"command\":\"subscribe\",\"identifier\":" + Json.write(identifier) + "}");
        String answer = client.nextButPings().text();
        assertTrue(answer.contains(i < 100 ? "confirm_subscription" : "reject_sub"), answer);
      }
    }
  }

  @Test
  void disconnectSaysWhyAndCloses() throws Exception {
    JavaClient client = new JavaClient();
    client.connect(simulator);
    assertEquals("{\"type\":\"welcome\"}", client.next());
    assertEquals(1, simulator.disconnect("server_restart", true));
    assertEquals(
        "{\"type\":\"disconnect\",\"reason\":\"server_restart\",\"reconnect\":true}",
        client.next());
    assertEquals("closed 1000", client.next());
    assertTrue(simulator.await(s -> s.connections() == 0, SOON));
  }

  @Test
  void nothingFollowsTheCloseAndAClientThatNeverAnswersIsCut() throws Exception {
    try (Client client = Client.live(simulator)) {
      simulator.disconnect("remote", true);
      assertEquals(0, simulator.publish("a.b", "1"));
      client.expect("{\"type\":\"disconnect\",\"reason\":\"remote\",\"reconnect\":true}");
      client.expectClose(1000);
      client.expectEnd();
    }
  }

  @Test
  void aClientThatClosedIsNotSubscribedThoughItsSocketIsOpen() throws Exception {
    try (Client client = Client.live(simulator)) {
      client.frame(true, Frames.CLOSE, new byte[0]);
      assertTrue(simulator.await(s -> s.subscriptions().isEmpty(), Duration.ofSeconds(1)));
      assertEquals(0, simulator.publish("a.b", "1"));
    }
  }

  @Test
  void requestsAreKeptForTheTestToSee() throws Exception {
    try (Client client = Client.live(simulator)) {
      Request request = simulator.requests().get(0);
      assertEquals("/websocket", request.path());
      assertEquals("Bearer " + simulator.token(), request.header("authorization").orElseThrow());
      assertEquals(List.of(Client.IDENTIFIER), simulator.subscriptions());
      assertTrue(client.socket.isConnected());
    }
  }
}
