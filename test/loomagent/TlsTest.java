package loomagent;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import loomagent.base.LogLines;
import loomagent.net.Failures;
import loomagent.net.Network;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Websockets over TLS, with certificates made here, and none that this Java trusts by itself. */
class TlsTest {
  private static final String OPEN = "open";
  private static final String LOCAL = "DNS:localhost,IP:127.0.0.1";
  private static final Optional<Path> NONE = Optional.empty();

  @TempDir static Path made;
  private static Certificates certificates;
  private static Simulator simulator;

  @TempDir Path folder;
  private final LogLines log = new LogLines();

  @BeforeAll
  static void start() throws IOException {
    simulator = Simulator.start(Settings.defaults());
    certificates = new Certificates(made);
    certificates.authority("corp");
    certificates.authority("other");
    certificates.signed("corp", "ec", "ec", LOCAL, Certificates.VALID);
    certificates.signed("corp", "rsa", "rsa", LOCAL, Certificates.VALID);
    certificates.signed("corp", "expired", "ec", LOCAL, Certificates.EXPIRED);
    certificates.signed("corp", "early", "ec", LOCAL, Certificates.EARLY);
    certificates.signed(
        "corp", "elsewhere", "ec", "DNS:a.example,DNS:b.example", Certificates.VALID);
    certificates.signed("other", "stranger", "ec", "DNS:stranger", Certificates.VALID);
  }

  @AfterAll
  static void stop() {
    simulator.close();
  }

  @ParameterizedTest
  @CsvSource({"ec, TLSv1.3", "rsa, TLSv1.3", "ec, TLSv1.2", "rsa, TLSv1.2"})
  void anAuthorityOfOnesOwnIsTrusted(String server, String protocol) throws Exception {
    try (TlsRelay relay = relay(server, NONE, protocol)) {
      assertEquals(OPEN, dial(network(file("corp.pem"), NONE, NONE), relay));
    }
  }

  @Test
  void anUnknownAuthorityIsNamedWithWhereToPutIt() throws Exception {
    try (TlsRelay relay = relay("ec", NONE, "TLSv1.3")) {
      assertEquals(
          "the server's certificate is signed by CN=corp, an authority that this Java does not"
              + " trust. If it is right, such as that of a proxy that looks into connections, put"
              + " its certificate into the PEM file tls.ca",
          dial(network(file("other.pem"), NONE, NONE), relay));
    }
  }

  @Test
  void anotherNameIsRefusedAlthoughTheAuthorityIsTrusted() throws Exception {
    try (TlsRelay relay = relay("elsewhere", NONE, "TLSv1.3")) {
      assertEquals(
          "the server's certificate is for another name: a.example, b.example. Check loom.url",
          dial(network(file("corp.pem"), NONE, NONE), relay));
    }
  }

  @Test
  void aCertificateOutOfItsTimeIsToldWithItsDate() throws Exception {
    Network network = network(file("corp.pem"), NONE, NONE);
    try (TlsRelay relay = relay("expired", NONE, "TLSv1.3")) {
      String words = dial(network, relay);
      assertTrue(words.startsWith("the server's certificate has expired on 2021-01-01T"), words);
    }
    try (TlsRelay relay = relay("early", NONE, "TLSv1.3")) {
      String words = dial(network, relay);
      assertTrue(words.contains("is valid only from 2098-01-01T00:00:00Z. Check this"), words);
    }
  }

  @ParameterizedTest
  @CsvSource({"ec, TLSv1.3", "rsa, TLSv1.3", "ec, TLSv1.2", "rsa, TLSv1.2"})
  void aServerGetsTheCertificateThatItAsksFor(String client, String protocol) throws Exception {
    try (TlsRelay relay = relay("ec", file("corp.pem"), protocol)) {
      Network network = network(file("corp.pem"), file(client + ".pem"), file(client + ".key"));
      assertEquals(OPEN, dial(network, relay));
      assertEquals(List.of("CN=" + client), relay.clients());
    }
  }

  @ParameterizedTest
  @CsvSource({"TLSv1.3", "TLSv1.2"})
  void aCertificateThatIsMissingOrNotAcceptedIsToldAsSuch(String protocol) throws Exception {
    try (TlsRelay relay = relay("ec", file("corp.pem"), protocol)) {
      String none = dial(network(file("corp.pem"), NONE, NONE), relay);
      // By TLS 1.2 the server may say only that it failed, or be gone before it is heard why.
      String asks = protocol.equals("TLSv1.2") ? ".*asks for a" : "the server asks for a";
      assertTrue(
          none.matches(asks + " client certificate.* [Ss]et tls.client-certificate and .*key"),
          none);
      String other =
          dial(network(file("corp.pem"), file("stranger.pem"), file("stranger.key")), relay);
      assertTrue(other.contains("not accept the certificate of tls.client-certificate"), other);
      assertEquals(List.of(), relay.clients());
    }
  }

  @Test
  void aServerThatSpeaksNoTlsIsToldAsSuch() throws Exception {
    try (ServerSocket plain = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      URI url = URI.create("wss://localhost:" + plain.getLocalPort() + "/websocket");
      CompletableFuture<String> words =
          CompletableFuture.supplyAsync(() -> dial(Network.direct(log), url));
      try (Socket client = plain.accept()) {
        client.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(US_ASCII));
        assertEquals(
            "the server does not speak TLS there. Check the port of loom.url",
            words.get(20, TimeUnit.SECONDS));
      }
    }
  }

  @Test
  void aRenewedFileCountsAtTheNextConnectionAndABrokenOneChangesNothing() throws Exception {
    Path ca = folder.resolve("ca.pem");
    Path certificate = folder.resolve("client.pem");
    Path key = folder.resolve("client.key");
    replace(ca, "other.pem");
    replace(certificate, "ec.pem");
    replace(key, "ec.key");
    Network network = network(Optional.of(ca), Optional.of(certificate), Optional.of(key));
    try (TlsRelay relay = relay("ec", file("corp.pem"), "TLSv1.3")) {
      assertTrue(dial(network, relay).contains("is signed by CN=corp"));
      replace(ca, "corp.pem");
      assertEquals(OPEN, dial(network, relay));
      assertEquals(network.client(), network.client());

      replace(certificate, "rsa.pem"); // and its key comes a moment later
      assertEquals(OPEN, dial(network, relay));
      assertEquals(OPEN, dial(network, relay));
      assertEquals(1, log.all().size(), log::toString);
      assertTrue(log.all().get(0).contains("tls.client-key does not belong to"), log.all().get(0));
      assertTrue(log.all().get(0).endsWith("What was read before stays in force"));

      replace(key, "rsa.key");
      assertEquals(OPEN, dial(network, relay));
      assertEquals(List.of("CN=ec", "CN=ec", "CN=ec", "CN=rsa"), relay.clients());
      assertEquals(1, log.all().size(), log::toString);
    }
  }

  @Test
  void aFileThatIsNoneIsToldWithWhatToDo() throws Exception {
    certificates.openssl("rsa -traditional -in rsa.key -out pkcs1.key");
    certificates.openssl("ec -in ec.key -out sec1.key");
    certificates.openssl("pkey -in ec.key -aes128 -passout pass:secret -out encrypted.key");
    certificates.openssl("x509 -in ec.pem -outform der -out ec.der");
    certificates.openssl("genpkey -algorithm ed25519 -out ed.key");
    Files.writeString(made.resolve("empty"), "\n");
    Files.writeString(
        made.resolve("damaged.pem"),
        Files.readString(made.resolve("ec.pem")).replaceFirst("\n....", "\nAAAA"));
    Files.writeString(
        made.resolve("long.pem"), "-----BEGIN CERTIFICATE-----\n" + "A".repeat(5 << 20));

    assertEquals(
        "tls.client-key (%s) is not in PKCS#8, which Java needs. Convert it by: openssl pkcs8 -topk8 -nocrypt -in %1$s -out new.pem"
            .formatted(made.resolve("pkcs1.key")),
        unusable(NONE, file("rsa.pem"), file("pkcs1.key")));
    String told = unusable(NONE, file("ec.pem"), file("sec1.key"));
    assertTrue(told.contains("openssl pkcs8 -topk8 -nocrypt"), told);
    told = unusable(NONE, file("ec.pem"), file("encrypted.key"));
    assertTrue(told.contains("Take it off by: openssl pkey -in "), told);
    told = unusable(NONE, file("ec.pem"), file("ed.key"));
    assertTrue(told.endsWith("holds a key that is neither RSA nor EC"), told);
    told = unusable(NONE, file("ec.pem"), file("ec.pem"));
    assertTrue(told.contains("ec.pem) holds no private key in PEM"), told);
    told = unusable(NONE, file("ec.pem"), file("stranger.key"));
    assertTrue(told.contains("does not belong to the first certificate in"), told);
    told = unusable(file("ec.der"), NONE, NONE);
    assertTrue(told.contains("openssl x509 -inform der -in " + made.resolve("ec.der")), told);
    told = unusable(file("empty"), NONE, NONE);
    assertTrue(told.startsWith("tls.ca (" + made.resolve("empty") + ") is empty"), told);
    told = unusable(file("damaged.pem"), NONE, NONE);
    assertTrue(told.endsWith("certificate 1 in it is damaged"), told);
    told = unusable(file("long.pem"), NONE, NONE);
    assertTrue(told.contains("larger than 4 MB"), told);
    told = unusable(file("gone.pem"), NONE, NONE);
    assertTrue(told.endsWith("gone.pem) is not there"), told);
    told = unusable(Optional.of(made), NONE, NONE);
    assertTrue(told.contains("cannot be read: Is a directory"), told);
  }

  @Test
  void aBundleMayHoldItsCertificatesInAnyOrderAndTextBetweenThem() throws Exception {
    String own = Files.readString(made.resolve("ec.pem"));
    String corp = Files.readString(made.resolve("corp.pem"));
    String other = Files.readString(made.resolve("other.pem"));
    String key = Files.readString(made.resolve("ec.key"));
    Path bundle = folder.resolve("bundle.pem");
    Files.writeString(bundle, "subject=x\n" + own + "\nroot:\n" + other + corp + key);
    Optional<Path> file = Optional.of(bundle);
    try (TlsRelay relay = relay("ec", file("corp.pem"), "TLSv1.3")) {
      assertEquals(OPEN, dial(network(file, file, file), relay));
    }
  }

  @Test
  void aCertificateOfOnesOwnThatHasExpiredIsSaidAndUsed() throws Exception {
    network(NONE, file("expired.pem"), file("expired.key"));
    assertEquals(
        List.of(
            "tls.client-certificate: the certificate of CN=expired has expired on"
                + " 2021-01-01T00:00:00Z. Renew it"),
        log.all());
  }

  private static Optional<Path> file(String name) {
    return Optional.of(made.resolve(name));
  }

  private void replace(Path file, String by) throws IOException {
    Path next = folder.resolve("next");
    Files.copy(made.resolve(by), next, StandardCopyOption.REPLACE_EXISTING);
    Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
    Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
  }

  private Network network(Optional<Path> ca, Optional<Path> certificate, Optional<Path> key)
      throws IOException {
    return Network.open(
        new Network.Settings(Optional.empty(), List.of(), ca, certificate, key), log);
  }

  private String unusable(Optional<Path> ca, Optional<Path> certificate, Optional<Path> key) {
    return assertThrows(IOException.class, () -> network(ca, certificate, key)).getMessage();
  }

  private static TlsRelay relay(String server, Optional<Path> clients, String protocol)
      throws IOException {
    return TlsRelay.start(certificates.store(server), clients, protocol, simulator.url().getPort());
  }

  private static String dial(Network network, TlsRelay relay) {
    return dial(network, URI.create("wss://localhost:" + relay.port() + "/websocket"));
  }

  private static String dial(Network network, URI url) {
    try {
      network
          .client()
          .newWebSocketBuilder()
          .header("Authorization", "Bearer " + simulator.token())
          .buildAsync(url, new WebSocket.Listener() {})
          .get(20, TimeUnit.SECONDS)
          .abort();
      return OPEN;
    } catch (ExecutionException refused) {
      return Failures.words(refused, "loom.url");
    } catch (InterruptedException | TimeoutException hung) {
      throw new AssertionError(hung);
    }
  }
}
