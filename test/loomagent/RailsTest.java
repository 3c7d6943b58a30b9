package loomagent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built jar against a real Rails Action Cable server with request-forgery protection on. */
@Tag("rails")
class RailsTest {
  private static final String TOKEN = "good-token-9f86d081884c7d65";
  private static final String WRONG_TOKEN = "wrong-token-60303ae22b998861";
  private static final String ADDED = "mission_control.job_added";
  private static final String UPDATED = "mission_control.job_updated";
  private static final String FORBIDDEN = "forbidden.job_deleted";
  private static final Duration SOON =
      Duration.ofSeconds(20); // a Java start on a busy machine, and a few dials

  @TempDir static Path serverFolder;
  private static RailsServer server;

  @TempDir Path folder;
  private final List<AgentProcess> agents = new ArrayList<>();

  @BeforeAll
  static void startRails() {
    assumeTrue(
        RailsServer.isInstalled(),
        "Rails is not installed: apt-get install ruby-actioncable ruby-railties puma");
    server = RailsServer.start(serverFolder, TOKEN);
  }

  @AfterAll
  static void stopRails() {
    if (server != null) {
      server.close();
    }
  }

  @AfterEach
  void stopAgents() {
    agents.forEach(AgentProcess::close);
  }

  @Test
  void eventsArriveExactlyAsPublished() throws IOException {
    List<String> payloads =
        List.of(
            "{\"text\":\"Grüße, 印刷, مطبعة, e\u0301, 😀👩‍🔧, \u2028|\u2029|\u00a0|\ufeff|\uffff\"}",
            "{\"text\":\"</script> & \\\"quoted\\\" \\\\ / \\n"
                + "\\r"
                + "\\t\\b\\f\\u0001\\u001f \\u0000\"}",
            "{\"big\":123456789012345678901234567890,\"exact\":9007199254740993,\"low\":-9223372036854775809,"
                + "\"share\":0.1,\"whole\":1.0,\"none\":null,\"yes\":true,\"no\":false,\"\":[]}",
            nested(255),
            "{}");
    AgentProcess agent = ready(agent(TOKEN, ADDED + "," + UPDATED));
    Set<String> expected = new HashSet<>();
    for (String payload : payloads) {
      for (String name : List.of(ADDED, UPDATED)) {
        String event = event(expected.size(), name, payload);
        server.publish(event);
        expected.add(asRailsWritesIt(event));
      }
    }
    // In any order: Rails hands broadcasts to a pool of threads, and Loom promises none.
    assertEquals(expected, new HashSet<>(agent.awaitOut(expected.size(), SOON)));
    stop(agent);
    assertEquals(expected.size(), agent.out().lines().count());
  }

  @Test
  void onlyTheNamesSubscribedToAreDelivered() throws IOException {
    AgentProcess agent = ready(agent(TOKEN, UPDATED));
    server.publish(event(1, ADDED, "{}"));
    String wanted = event(2, UPDATED, "{}");
    server.publish(wanted);
    assertEquals(wanted, agent.awaitOut(line -> true, SOON));
    stop(agent);
    assertEquals(wanted + "\n", agent.out());
  }

  @Test
  void aWrongTokenIsSaidAndTriedAgain() throws IOException {
    AgentProcess agent = agent(WRONG_TOKEN, ADDED);
    agent.awaitErr("unauthorized", SOON);
    for (int refusal = 1; refusal <= 3; refusal++) {
      server.awaitLog("unauthorized connection attempt", SOON);
    }
    stop(agent);
    assertFalse(agent.err().contains(WRONG_TOKEN), agent.err());
    assertEquals("", agent.out());
  }

  @Test
  void aRejectedSubscriptionIsSaidWithItsEventNames() throws IOException {
    AgentProcess agent = agent(TOKEN, ADDED + "," + FORBIDDEN);
    List<String> words = List.of("rejected", ADDED, FORBIDDEN);
    agent.awaitErr(line -> words.stream().allMatch(line::contains), SOON);
    stop(agent);
    assertFalse(agent.err().contains("Ready"), agent.err());
  }

  @Test
  void aServerRestartIsSurvived() throws IOException {
    AgentProcess agent = ready(agent(TOKEN, ADDED));
    deliver(agent, 1);
    server.restartActionCable();
    deliver(ready(agent), 2);
    stop(agent);
  }

  @Test
  void aRemoteDisconnectIsSurvived() throws IOException {
    AgentProcess agent = ready(agent(TOKEN, ADDED));
    deliver(agent, 1);
    server.disconnectAll();
    deliver(ready(agent), 2);
    stop(agent);
  }

  @Test
  void aKilledServerIsFoundAgain() throws IOException {
    AgentProcess agent = ready(agent(TOKEN, ADDED));
    deliver(agent, 1);
    server.kill();
    server.boot();
    deliver(ready(agent), 2);
    stop(agent);
  }

  @Test
  void pingsAloneKeepTheConnection() throws IOException {
    AgentProcess agent = ready(agent(TOKEN, ADDED));
    int accepted = server.accepted();
    agent.neverErr("Ready", Duration.ofSeconds(16)); // stale-after is 10 s
    assertEquals(accepted, server.accepted());
    deliver(agent, 1);
    stop(agent);
  }

  @Test
  void aCheckFindsEverythingRight() throws IOException {
    AgentProcess check = agent(TOKEN, ADDED + "," + UPDATED, "check");
    assertEquals(0, check.exitWithin(SOON), () -> check.out() + check.err());
    assertSaysNothingOf(TOKEN, check);
  }

  @Test
  void aCheckFindsAWrongToken() throws IOException {
    AgentProcess check = agent(WRONG_TOKEN, ADDED, "check");
    assertEquals(77, check.exitWithin(SOON), () -> check.out() + check.err());
    assertSaysNothingOf(WRONG_TOKEN, check);
  }

  @Test
  void aCheckFindsARejectedSubscription() throws IOException {
    AgentProcess check = agent(TOKEN, ADDED + "," + FORBIDDEN, "check");
    assertEquals(77, check.exitWithin(SOON), () -> check.out() + check.err());
    assertTrue((check.out() + check.err()).contains(FORBIDDEN), () -> check.out() + check.err());
  }

  @Test
  void aCheckFindsAServerThatIsDown() throws IOException {
    try (Socket held = new Socket()) {
      // Bound, but nobody listens: a port that surely refuses.
      held.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      AgentProcess check = start(held.getLocalPort(), TOKEN, ADDED, "check");
      assertEquals(69, check.exitWithin(SOON), () -> check.out() + check.err());
    }
  }

  /**
   * Else this server would be more lenient than Rails is by default, and the tests above would mean
   * little.
   */
  @Test
  void theServerRefusesAForeignOrigin() throws IOException {
    String own = "http://127.0.0.1:" + server.port();
    assertEquals("HTTP/1.1 101 Switching Protocols", upgrade("Origin: " + own + "\r\n"));
    assertEquals("HTTP/1.1 404 Not Found", upgrade("Origin: http://example.com\r\n"));
    assertEquals("HTTP/1.1 404 Not Found", upgrade("Origin: https" + own.substring(4) + "\r\n"));
    assertEquals("HTTP/1.1 404 Not Found", upgrade(""));
  }

  private AgentProcess agent(String token, String events, String... arguments) throws IOException {
    return start(server.port(), token, events, arguments);
  }

  private AgentProcess start(int port, String token, String events, String... arguments)
      throws IOException {
    Path config = folder.resolve("agent.properties");
    Files.createDirectories(folder.resolve("handlers"));
    Files.writeString(
        config,
        """
        loom.url = ws://127.0.0.1:%d/websocket
        token = %s
        events = %s
        data.dir = data
        handlers.dir = handlers
        handler.out.type = log
        handler.out.format = json
        reconnect.first = 100ms
        reconnect.longest = 1s
        """
            .formatted(port, token, events));
    AgentProcess agent = AgentProcess.start(config, arguments);
    agents.add(agent);
    return agent;
  }

  private static AgentProcess ready(AgentProcess agent) {
    agent.awaitErr("Ready", SOON);
    return agent;
  }

  private static void deliver(AgentProcess agent, int number) {
    String event = event(number, ADDED, "{\"number\":" + number + "}");
    server.publish(event);
    assertEquals(event, agent.awaitOut(line -> true, SOON));
  }

  private static void stop(AgentProcess agent) {
    assertTrue(agent.isAlive(), () -> "it ended by itself\n" + agent.err());
    agent.signal("TERM");
    assertEquals(0, agent.exitWithin(Duration.ofSeconds(5)), agent::err);
    assertSaysNothingOf(TOKEN, agent);
  }

  private static void assertSaysNothingOf(String token, AgentProcess agent) {
    assertFalse((agent.out() + agent.err()).contains(token), () -> agent.out() + agent.err());
  }

  private static String event(int number, String name, String payload) {
    return """
    {"id":"bd6b9b7f-5ea2-4015-a07a-%012d","timestamp":"2023-07-23T22:04:46.000Z","name":"%s","version":"1.0",\
    "payload":%s,"link":"https://mc.sandbox.zaikio.com/api/v1/jobs/9e11ad29-7729-46a4-b8a3-937c64ff9cd5",\
    "received_at":"2023-07-23T22:04:46.474Z","subject":"Org/837ebb91-2d4b-4818-a19b-04fea7be8cde","unknown":[{}]}\
    """
        .formatted(number, name, payload);
  }

  /** Objects in objects, serialized in exactly {@code size} bytes: Loom's rule is under 256. */
  private static String nested(int size) {
    String empty = "{\"a\":".repeat(20) + "\"\"" + "}".repeat(20);
    return "{\"a\":".repeat(20) + "\"" + "x".repeat(size - empty.length()) + "\"" + "}".repeat(20);
  }

  /**
   * Rails parses and writes again; of what is published here it changes these characters only, into
   * their escapes.
   */
  private static String asRailsWritesIt(String event) {
    return event
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029");
  }

  /** Asks for the websocket with the right token, and returns the answer's status line. */
  private static String upgrade(String origin) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout((int) SOON.toMillis());
      String request =
          "GET /websocket HTTP/1.1\r\nHost: 127.0.0.1:"
              + server.port()
              + "\r\n"
              + origin
              + "Authorization: Bearer "
              + TOKEN
              + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
              + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      InputStreamReader answer =
          new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII);
      return new BufferedReader(answer).readLine();
    }
  }
}
