package loomagent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built jar behind a real proxy, in front of a server whose authority is a private one. */
class ProxyTest {
  private static final Duration SOON = Duration.ofSeconds(30); // a Java start on a busy machine
  private static final String PASSWORD = "proxy-password-5f4dcc3b";

  @TempDir static Path made;
  private static Path jar;
  private static Simulator simulator;
  private static TlsRelay relay;
  private static TinyProxy open;
  private static TinyProxy asking;

  @TempDir Path folder;

  @BeforeAll
  static void start() throws IOException {
    Optional<Path> built = AgentProcess.jar();
    assumeTrue(built.isPresent(), "No jar to test: set -Dloomagent.jar=build/loom-agent.jar");
    assertTrue(TinyProxy.isInstalled(), "tinyproxy is not installed: apt-get install tinyproxy");
    jar = built.orElseThrow();
    Certificates certificates = new Certificates(made);
    certificates.authority("Corp-Proxy-CA");
    certificates.signed(
        "Corp-Proxy-CA", "server", "ec", "DNS:localhost,IP:127.0.0.1", Certificates.VALID);
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
  void aPlainWebsocketGoesByTheProxyAsWell() throws IOException {
    try (AgentProcess agent =
        run(
            asking.url().toString(),
            "proxy.user = agent",
            "proxy.password = " + PASSWORD,
            "loom.url = " + simulator.url())) {
      agent.awaitErr("Ready", SOON);
      asking.awaitTunnel("127.0.0.1", simulator.url().getPort());
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

  /** Lines that come later count; a key without a value is left out. */
  private AgentProcess run(String proxy, String... lines) throws IOException {
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
    Path file = Files.writeString(folder.resolve("agent.properties"), text);
    return AgentProcess.start(jar, file, "run");
  }
}
