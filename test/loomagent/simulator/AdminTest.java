package loomagent.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import loomagent.json.Json;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class AdminTest {
  private Simulator simulator;

  @BeforeEach
  void start() throws IOException {
    simulator = Simulator.start(Settings.defaults());
  }

  @AfterEach
  void stop() {
    simulator.close();
  }

  private String post(String path, String host, String more, String body) throws IOException {
    try (Client client = new Client(simulator)) {
      String head =
          client.request(
              "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n%s\r\n%s"
                  .formatted(
                      path,
                      host,
                      body.getBytes(UTF_8).length,
                      more,
                      new String(
                          body.getBytes(UTF_8), java.nio.charset.StandardCharsets.ISO_8859_1)));
      return head.substring(9, 12) + " " + client.rest().strip();
    }
  }

  private String post(String path, String body) throws IOException {
    return post(path, "localhost:" + simulator.url().getPort(), "", body);
  }

  @Test
  void aPostedEventIsMadeWholeAndPublished() throws Exception {
    try (Client client = Client.live(simulator)) {
      String posted = "{\n \"name\": \"a.b\", \"payload\": {\"n\": 1.50, \"€\": \"\\u20ac\"} }\n";
      assertEquals("202 1 reached", post("/admin/events", posted));
      String text = client.nextButPings().text();
      assertTrue(text.contains("\"n\": 1.50, \"€\": \"\\u20ac\"} }"), text);
      Map<?, ?> event = (Map<?, ?>) ((Map<?, ?>) Json.parse(text)).get("message");
      UUID.fromString((String) event.get("id"));
      Instant.parse((String) event.get("timestamp"));
      Instant.parse((String) event.get("received_at"));
      assertEquals("Org/837ebb91-2d4b-4818-a19b-04fea7be8cde", event.get("subject"));
      assertEquals("1.0", event.get("version"));
    }
  }

  @Test
  void whatAnEventHasIsKept() throws Exception {
    String whole =
        "{\"id\":7,\"timestamp\":null,\"name\":\"a.b\",\"received_at\":\"\","
            + "\"version\":2,\"subject\":\"Per/1\"}";
    try (Client client = Client.live(simulator)) {
      post("/admin/events", whole);
      client.expect(Faults.envelope(Client.IDENTIFIER, whole));
    }
  }

  @Test
  void whatIsNoEventIsRefused() throws IOException {
    for (String body :
        new String[] {
          "", " \n", "[]", "{}", "{\"name\":\"\"}", "{\"name\":\"a\"}\n{}", "nonsense"
        }) {
      String answer = post("/admin/events", body);
      assertTrue(answer.startsWith("400 "), body + ": " + answer);
    }
  }

  @Test
  void aWebPageIsRefused() throws IOException {
    String event = "{\"name\":\"a.b\"}";
    String own = "127.0.0.1:" + simulator.url().getPort();
    for (String origin : new String[] {"http://example.com", "null", "http://" + own}) {
      String answer = post("/admin/events", own, "Origin: " + origin + "\r\n", event);
      assertTrue(answer.startsWith("403 "), answer);
    }
    for (String host : new String[] {"example.com", "127.0.0.1.example.com:80", "localhost.x"}) {
      assertTrue(post("/admin/drop", host, "", "").startsWith("403 "), host);
    }
    assertTrue(post("/admin/events", "[::1]:80", "", event).startsWith("202 "));
  }

  @Test
  void bodiesAreBounded() throws Exception {
    try (Client client = new Client(simulator)) {
      String head = "POST /admin/events HTTP/1.1\r\nHost: localhost\r\n";
      String answer = client.request(head + "Content-Length: 9000000\r\n\r\n");
      assertTrue(answer.contains(" 413 "), answer);
    }
    String none = post("/admin/events", "localhost", "Transfer-Encoding: chunked\r\n", "");
    assertTrue(none.startsWith("400 "), none);
  }

  @Test
  void onlyPostAndOnlyWhatThereIs() throws IOException {
    assertTrue(post("/admin/nothing", "").startsWith("404 "));
    try (Client client = new Client(simulator)) {
      String answer = client.request("GET /admin/drop HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertTrue(answer.contains(" 405 "), answer);
    }
    assertEquals(0, simulator.dials());
  }

  @Test
  void disconnectIsPassedOn() throws Exception {
    try (Client client = Client.live(simulator)) {
      String answer = post("/admin/disconnect?reason=a%20b%22&reconnect=false", "");
      assertEquals("202 1 disconnected", answer);
      client.expect("{\"type\":\"disconnect\",\"reason\":\"a b\\\"\",\"reconnect\":false}");
      client.expectClose(1000);
    }
    assertTrue(post("/admin/disconnect?reason=%zz", "").startsWith("400 "));
    try (Client client = Client.live(simulator)) {
      post("/admin/disconnect", "");
      client.expect("{\"type\":\"disconnect\",\"reason\":\"remote\",\"reconnect\":true}");
    }
  }

  @Test
  void awayCutsAndRefusesWhileEventsGoOn() throws Exception {
    try (Client client = Client.live(simulator)) {
      String answer = post("/admin/away?for=1h", "");
      assertEquals("202 1 dropped, and none let in for a while", answer);
      client.expectEnd();
    }
    simulator.next(Faults.refuse(404)); // for a dial that is let in
    try (Client client = new Client(simulator)) {
      String answer = client.request(Client.upgrade(simulator, ""));
      assertTrue(answer.startsWith("HTTP/1.1 503 "), answer);
    }
    assertEquals(2, simulator.dials());
    assertEquals("202 0 reached", post("/admin/events", "{\"name\":\"a.b\"}"));
    try (Client client = new Client(simulator)) {
      String answer = client.request("GET /api/v1/events HTTP/1.1\r\n\r\n");
      assertTrue(answer.startsWith("HTTP/1.1 401 "), answer);
    }
    post("/admin/away?for=0s", "");
    try (Client client = new Client(simulator)) {
      String answer = client.request(Client.upgrade(simulator, ""));
      assertTrue(answer.startsWith("HTTP/1.1 404 "), answer);
    }
    Client.live(simulator).close();
  }

  @Test
  void awayEndsByItselfAndCutsWhoeverSlipsIn() throws Exception {
    simulator.next(
        peer -> {
          simulator.away(Duration.ofMillis(300)); // between the look at it and the upgrade
          peer.accept();
          peer.welcome();
        });
    try (Client client = new Client(simulator)) {
      client.raw(Client.upgrade(simulator, "").getBytes(UTF_8));
      String rest = client.rest();
      assertTrue(!rest.contains("welcome"), rest);
    }
    assertTrue(simulator.await(s -> !s.isAway(), Duration.ofSeconds(5)));
    Client.live(simulator).close();
  }

  @Test
  void awayHasToKnowForHowLong() throws Exception {
    for (String query :
        new String[] {"", "?for=", "?for=5", "?for=-1s", "?for=999999h", "?for=1d"}) {
      String answer = post("/admin/away" + query, "");
      assertTrue(answer.startsWith("400 Say for how long"), answer);
    }
    Client.live(simulator).close();
  }

  @Test
  void dropCutsWithoutAWord() throws Exception {
    try (Client client = Client.live(simulator)) {
      assertEquals("202 1 dropped", post("/admin/drop", ""));
      client.expectEnd();
      assertTrue(simulator.await(s -> s.connections() == 0, Duration.ofSeconds(5)));
    }
  }
}
