package loomagent.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class HandshakeTest {
  private Simulator simulator;

  @BeforeEach
  void start() throws IOException {
    simulator = Simulator.start(Settings.defaults().withPatience(Duration.ofMillis(400)));
  }

  @AfterEach
  void stop() {
    simulator.close();
  }

  private String answer(String request) throws IOException {
    try (Client client = new Client(simulator)) {
      return client.request(request);
    }
  }

  private String changed(String from, String to) throws IOException {
    String request = Client.upgrade(simulator, "");
    assertTrue(request.contains(from), from);
    return answer(request.replace(from, to));
  }

  private static void assertStatus(int status, String head) {
    assertTrue(head.startsWith("HTTP/1.1 " + status + " "), head);
  }

  @Test
  void theAcceptKeyIsThatOfTheStandardsExample() throws IOException {
    String head = answer(Client.upgrade(simulator, ""));
    assertTrue(head.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), head);
    assertFalse(head.contains("Sec-WebSocket-Protocol"), head);
  }

  @Test
  void theSubprotocolIsAnsweredWhenItIsOffered() throws IOException {
    String offer = "Sec-WebSocket-Protocol: actioncable-unsupported, actioncable-v1-json\r\n";
    String head = answer(Client.upgrade(simulator, offer));
    assertTrue(head.contains("Sec-WebSocket-Protocol: actioncable-v1-json\r\n"), head);
    String other = answer(Client.upgrade(simulator, "Sec-WebSocket-Protocol: graphql-ws\r\n"));
    assertFalse(other.contains("Sec-WebSocket-Protocol"), other);
  }

  @Test
  void theJdksClientAgreesOnTheSubprotocol() throws Exception {
    var socket =
        JavaClient.dial(simulator)
            .subprotocols("actioncable-v1-json", "actioncable-unsupported")
            .buildAsync(simulator.url(), new JavaClient())
            .join();
    assertEquals("actioncable-v1-json", socket.getSubprotocol());
    socket.abort();
  }

  @Test
  void aWrongTokenIsUpgradedFirstAndSentAwayAfter() throws Exception {
    for (String line : new String[] {"Bearer nonsense", "Basic " + simulator.token(), "Bearer"}) {
      try (Client client = new Client(simulator)) {
        String request = Client.upgrade(simulator, "");
        assertStatus(101, client.request(request.replace("Bearer " + simulator.token(), line)));
        client.expect("{\"type\":\"disconnect\",\"reason\":\"unauthorized\",\"reconnect\":false}");
        client.expectClose(1000);
        client.frame(true, Frames.CLOSE, new byte[] {3, (byte) 0xe8});
        client.expectEnd();
      }
    }
  }

  @Test
  void aMissingTokenIsAWrongOne() throws Exception {
    try (Client client = new Client(simulator)) {
      String request = Client.upgrade(simulator, "");
      client.request(request.replaceFirst("Authorization: .*\r\n", ""));
      client.expect("{\"type\":\"disconnect\",\"reason\":\"unauthorized\",\"reconnect\":false}");
    }
  }

  @Test
  void whatIsNoUpgradeIsNotFoundAsRailsHasIt() throws IOException {
    assertStatus(404, changed("GET /websocket", "GET /cable"));
    assertStatus(404, changed("GET ", "POST "));
    assertStatus(404, changed("Upgrade: websocket", "Upgrade: h2c"));
    assertStatus(404, changed("Connection: Upgrade", "Connection: close"));
    assertStatus(404, changed("Version: 13", "Version: 8"));
    assertStatus(404, changed("Sec-WebSocket-Key", "X-Key"));
  }

  @Test
  void whatIsNoHttpIsRefused() throws IOException {
    assertStatus(400, answer("nonsense\r\n\r\n"));
    assertStatus(400, changed("HTTP/1.1", "HTTP/1.0"));
    assertStatus(400, changed("Upgrade: websocket", "Upgrade : websocket"));
  }

  @Test
  void aQueryAndOtherCaseAreNoMatter() throws IOException {
    assertStatus(101, changed("GET /websocket", "GET /websocket?a=b"));
    assertStatus(101, changed("Upgrade: websocket", "UPGRADE: WebSocket"));
    assertStatus(101, changed("Connection: Upgrade", "connection: keep-alive, upgrade"));
  }

  @Test
  void aForeignOriginIsRefusedAsRailsDoes() throws IOException {
    String own = "http://127.0.0.1:" + simulator.url().getPort();
    assertStatus(101, answer(Client.upgrade(simulator, "Origin: " + own + "\r\n")));
    String foreign = answer(Client.upgrade(simulator, "Origin: http://example.com\r\n"));
    assertStatus(404, foreign);
  }

  @Test
  void aMissingOriginIsRefusedWhenStrict() throws IOException {
    simulator.close();
    simulator = Simulator.start(Settings.defaults().withStrictOrigin(true));
    assertStatus(404, answer(Client.upgrade(simulator, "")));
    String own = "http://127.0.0.1:" + simulator.url().getPort();
    assertStatus(101, answer(Client.upgrade(simulator, "Origin: " + own + "\r\n")));
  }

  @Test
  void aHeadWithoutEndIsRefused() throws IOException {
    String long32k = "X: " + "y".repeat(Request.MAX_HEAD) + "\r\n";
    assertStatus(431, answer(Client.upgrade(simulator, long32k)));
  }

  @Test
  void aHeadThatDripsIsGivenUp() throws IOException {
    try (Client client = new Client(simulator)) {
      client.raw("GET /websocket HTT".getBytes(UTF_8));
      assertStatus(408, client.head());
    }
  }

  @Test
  void clientsAboveTheBoundAreTurnedAway() throws Exception {
    Client[] clients = new Client[Simulator.MAX_CONNECTIONS];
    try {
      simulator.close();
      simulator = Simulator.start(Settings.defaults());
      for (int i = 0; i < clients.length; i++) {
        clients[i] = new Client(simulator);
      }
      assertTrue(
          simulator.await(s -> s.connections() == clients.length, Duration.ofSeconds(5)),
          () -> simulator.connections() + " connections");
      try (Client late = new Client(simulator)) {
        late.expectEnd();
      }
      clients[0].close();
      assertTrue(
          simulator.await(s -> s.connections() == clients.length - 1, Duration.ofSeconds(5)));
      assertStatus(101, answer(Client.upgrade(simulator, "")));
    } finally {
      for (Client client : clients) {
        if (client != null) {
          client.close();
        }
      }
    }
  }
}
