package loomagent;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import loomagent.net.Failures;
import loomagent.net.Network;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built jar behind a real proxy, in front of a server whose authority is a private one. */
class WayOutTest {
  private static final Duration SOON = Duration.ofSeconds(30); // a Java start on a busy machine
  private static final String PASSWORD = "proxy-password-5f4dcc3b";

  @TempDir static Path made;
  private static Simulator simulator;
  private static TlsRelay relay;
  private static TinyProxy open;
  private static TinyProxy asking;

  @TempDir Path folder;

  @BeforeAll
  static void start() throws IOException {
    assertTrue(TinyProxy.isInstalled(), "tinyproxy is not installed: apt-get install tinyproxy");
    Certificates certificates = new Certificates(made);
    certificates.authority("Corp-Proxy-CA");
    certificates.signed(
        "Corp-Proxy-CA", "server", "ec", "DNS:localhost,DNS:two.example", Certificates.VALID);
    simulator = Simulator.start(Settings.defaults());
    relay =
        TlsRelay.start(
            certificates.store("server"), Optional.empty(), "TLSv1.3", simulator.url().getPort());
    open = TinyProxy.start(made, "ConnectPort " + relay.port());
    asking = TinyProxy.start(made, "BasicAuth agent " + PASSWORD);
  }

  @AfterAll
  static void stop() throws IOException {
    asking.close();
    open.close();
    relay.close();
    simulator.close();
  }

  @Test
  void anEventComesThroughAProxyThatAsksForBasicAuthentication() throws IOException {
    try (AgentProcess agent =
        run(asking.url().toString(), "proxy.user = agent", "proxy.password = " + PASSWORD)) {
      agent.awaitErr("Ready", SOON);
      asking.awaitTunnel("localhost", relay.port());
      simulator.publish("{\"id\":\"through-the-proxy\",\"name\":\"app.a\"}");
      agent.awaitOut("through-the-proxy", SOON);
      agent.signal("TERM");
      assertEquals(0, agent.exitWithin(SOON), agent::err);
      assertFalse(agent.err().contains(PASSWORD), agent::err);
    }
  }

  @Test
  void theProxyIsNotToldTheTokenNorTheServerThePasswordOfTheProxy() throws IOException {
    try (Tap proxy = new Tap(asking.url().getPort());
        Tap server = new Tap(simulator.url().getPort());
        AgentProcess agent =
            run(
                "http://127.0.0.1:" + proxy.port(),
                "proxy.user = agent",
                "proxy.password = " + PASSWORD,
                "reconnect.longest = 100ms",
                "loom.url = ws://127.0.0.1:" + server.port() + "/websocket")) {
      asking.awaitTunnel("127.0.0.1", server.port());
      agent.awaitErr("connection default", SOON); // the simulator sees another Origin than its own
      String connect = proxy.heard().split("\r\n\r\n", 2)[0];
      assertTrue(connect.startsWith("CONNECT "), connect);
      assertTrue(connect.contains("\r\nProxy-Authorization: Basic "), connect);
      assertFalse(connect.contains("Bearer"), connect);
      assertTrue(server.heard().contains("\r\nAuthorization: Bearer " + simulator.token()));
      assertFalse(server.heard().contains("Proxy-"), server::heard);
    }
  }

  @Test
  void otherRequestsGoTheSameWay() throws Exception {
    URI events = URI.create("https://localhost:" + relay.port() + "/api/v1/events");
    HttpRequest request = HttpRequest.newBuilder(events).build();
    HttpResponse<String> answer = network(open).client().send(request, BodyHandlers.ofString());
    assertEquals(401, answer.statusCode()); // the simulator's: who asks is not told
    open.awaitTunnel("localhost", relay.port());
    assertEquals(
        "the proxy at 127.0.0.1:"
            + asking.url().getPort()
            + " wants authentication (407). Set proxy.user and proxy.password",
        Failures.words(
            assertThrows(
                ExecutionException.class,
                () -> network(asking).client().sendAsync(request, BodyHandlers.ofString()).get()),
            "loom.api"));
  }

  @Test
  void whereOnlyTheFirstAddressIsTriedItIsSaid() throws IOException {
    // Nobody listens at the first: the relay has 127.0.0.1 alone. With a file of hosts no Java asks
    // anybody else's resolver.
    Path hosts = folder.resolve("hosts");
    Files.writeString(hosts, "127.0.0.2 two.example\n127.0.0.1 two.example\n");
    ProcessBuilder builder =
        builder("", "loom.url = wss://two.example:" + relay.port() + "/websocket");
    builder.environment().put("JDK_JAVA_OPTIONS", "-Djdk.net.hosts.file=" + hosts);
    try (AgentProcess agent = AgentProcess.start(builder)) {
      String failure = agent.awaitErr("connection refused", SOON);
      assertTrue(failure.contains("Only the first of 2 addresses of two.example was"), failure);
    }
  }

  @Test
  void whatIsBypassedIsReachedDirectly() throws IOException {
    String dead = "http://proxy.invalid:3128";
    try (AgentProcess agent = run(dead, "proxy.bypass = localhost")) {
      agent.awaitErr("Ready", SOON);
    }
  }

  @Test
  void aProxyThatWantsAuthenticationIsToldAsSuch() throws IOException {
    fails("wants authentication (407). Set proxy.user and proxy.password", asking.url().toString());
  }

  @Test
  void aWrongPasswordIsCorrectedWithoutARestart() throws IOException {
    Path password = Files.writeString(folder.resolve("password"), "wrong");
    try (AgentProcess agent =
        run(
            asking.url().toString(),
            "proxy.user = agent",
            "proxy.password = ${file:password}",
            "reconnect.longest = 1s")) {
      // tinyproxy answers 401, where others answer 407 again
      agent.awaitErr("refused proxy.user and proxy.password (401)", SOON);
      Files.writeString(password, PASSWORD);
      agent.awaitErr("Ready", SOON);
    }
  }

  @Test
  void aPasswordThatCannotBeReadIsToldAsSuch() throws IOException {
    Path password = Files.writeString(folder.resolve("password"), PASSWORD);
    try (AgentProcess agent =
        run(
            "http://127.0.0.1:1",
            "proxy.user = agent",
            "proxy.password = ${file:password}",
            "reconnect.longest = 1s")) {
      agent.awaitErr("the proxy at 127.0.0.1:1 refused the connection", SOON);
      Files.delete(password);
      agent.awaitErr("proxy.password", SOON);
    }
  }

  @Test
  void aProxyThatDoesNotLetUsThereIsToldAsSuch() throws IOException {
    fails(
        "does not let the agent connect to localhost:9 (403). Ask whoever runs it, and check"
            + " loom.url",
        open.url().toString(),
        "loom.url = wss://localhost:9/websocket");
  }

  @Test
  void aServerThatTheProxyDoesNotReachIsToldAsSuch() throws IOException {
    fails(
        "got no connection to loom.invalid:443 (500). Check loom.url",
        asking.url().toString(),
        "proxy.user = agent",
        "proxy.password = " + PASSWORD,
        "loom.url = wss://loom.invalid/websocket");
  }

  @Test
  void aProxyThatIsDownIsToldAsSuch() throws IOException {
    try (Socket held = new Socket()) {
      // Bound, but nobody listens: a port that surely refuses.
      held.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      String url = "127.0.0.1:" + held.getLocalPort();
      fails("the proxy at " + url + " refused the connection", "http://" + url);
    }
  }

  @Test
  void aProxyWhoseNameIsUnknownIsToldAsSuch() throws IOException {
    fails(
        "the name of the proxy at proxy.invalid:3128 was not found. Check proxy.url",
        "http://proxy.invalid:3128");
  }

  @Test
  void whoSignsWithAnAuthorityThatNobodyKnowsIsNamed() throws IOException {
    fails("is signed by CN=Corp-Proxy-CA, an authority", open.url().toString(), "tls.ca =");
  }

  private void fails(String words, String proxy, String... lines) throws IOException {
    try (AgentProcess agent = run(proxy, lines)) {
      agent.awaitErr(words, SOON);
    }
  }

  private Network network(TinyProxy proxy) throws IOException {
    return Network.open(
        new Network.Settings(
            Optional.of(new Network.Proxy(proxy.url(), Optional.empty())),
            List.of(),
            Optional.of(made.resolve("Corp-Proxy-CA.pem")),
            Optional.empty(),
            Optional.empty()),
        System.getLogger("test"));
  }

  private AgentProcess run(String proxy, String... lines) throws IOException {
    return AgentProcess.start(builder(proxy, lines));
  }

  /** Lines that come later count; a key without a value is left out. */
  private ProcessBuilder builder(String proxy, String... lines) throws IOException {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("loom.url", "wss://localhost:" + relay.port() + "/websocket");
    settings.put("token", simulator.token());
    settings.put("events", "app.a");
    settings.put("tls.ca", made.resolve("Corp-Proxy-CA.pem").toString());
    settings.put("proxy.url", proxy);
    settings.put("reconnect.first", "10ms");
    settings.put("handler.log.format", "json");
    for (String line : lines) {
      String[] pair = line.split(" *= *", 2);
      settings.put(pair[0], pair[1]);
    }
    settings.values().removeIf(String::isEmpty);
    StringBuilder text = new StringBuilder();
    settings.forEach((key, value) -> text.append(key).append(" = ").append(value).append('\n'));
    Files.writeString(folder.resolve("agent.properties"), text);
    return AgentProcess.builder(folder, "run");
  }

  /** Passes on to a port, and remembers what the clients say. */
  private static final class Tap implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final StringBuffer heard = new StringBuffer();

    Tap(int port) throws IOException {
      start(
          () -> {
            while (true) {
              Socket client = server.accept();
              Socket behind = new Socket(InetAddress.getLoopbackAddress(), port);
              start(() -> copy(client, behind, true));
              start(() -> copy(behind, client, false));
            }
          });
    }

    int port() {
      return server.getLocalPort();
    }

    String heard() {
      return heard.toString();
    }

    @Override
    public void close() throws IOException {
      server.close();
    }

    private interface Work {
      void run() throws IOException;
    }

    private static void start(Work work) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  work.run();
                } catch (IOException closed) {
                  // the other end has closed, or the test has
                }
              },
              "tap");
      thread.setDaemon(true);
      thread.start();
    }

    private void copy(Socket from, Socket to, boolean remember) throws IOException {
      try (from;
          to) {
        byte[] bytes = new byte[8192];
        InputStream in = from.getInputStream();
        for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
          if (remember) {
            heard.append(new String(bytes, 0, n, ISO_8859_1));
          }
          to.getOutputStream().write(bytes, 0, n);
        }
      }
    }
  }
}
