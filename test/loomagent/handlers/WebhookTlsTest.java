package loomagent.handlers;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import loomagent.Certificates;
import loomagent.Event;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Receivers over TLS: the process's own SSLContext decides whom to trust. */
class WebhookTlsTest {
  private static final String LOCAL = "DNS:localhost,IP:127.0.0.1";
  private static final char[] PASSWORD = "changeit".toCharArray();

  @TempDir static Path made;
  private static Certificates certificates;
  private static SSLContext before;

  @BeforeAll
  static void make() throws GeneralSecurityException {
    before = SSLContext.getDefault();
    certificates = new Certificates(made);
    certificates.authority("corp");
    certificates.signed("corp", "right", "ec", LOCAL, Certificates.VALID);
    certificates.signed("corp", "expired", "ec", LOCAL, Certificates.EXPIRED);
    certificates.signed("corp", "early", "ec", LOCAL, Certificates.EARLY);
    certificates.signed("corp", "elsewhere", "ec", "DNS:a.example", Certificates.VALID);
  }

  @AfterEach
  void restore() {
    SSLContext.setDefault(before);
  }

  @Test
  void whatTheProcessTrustsCountsAtTheNextConnection() throws Exception {
    HttpsServer server = server("right");
    try {
      WebhookHandler handler = open(server);
      String words = failure(handler);
      assertTrue(words.contains("an authority that this Java does not trust"), words);
      assertTrue(words.endsWith("put the authority's certificate into the PEM file tls.ca"), words);
      SSLContext.setDefault(trusting("corp"));
      handler.handle(Event.parse("{\"id\":\"1\"}"));
    } finally {
      server.stop(0);
    }
  }

  @Test
  void aCertificateThatIsNotRightIsNamed() throws Exception {
    SSLContext.setDefault(trusting("corp"));
    Map<String, String> says =
        Map.of(
            "expired", "the certificate has expired (NotAfter: ",
            "early", "the certificate is not valid yet (NotBefore: ",
            "elsewhere", "the certificate is for another name (No subject alternative ");
    for (Map.Entry<String, String> each : says.entrySet()) {
      HttpsServer server = server(each.getKey());
      try {
        String words = failure(open(server));
        String to = "https://127.0.0.1:" + server.getAddress().getPort() + ": ";
        assertTrue(words.startsWith(to + each.getValue()), words);
      } finally {
        server.stop(0);
      }
    }
  }

  private static WebhookHandler open(HttpsServer server) {
    WebhookHandler handler = new WebhookHandler();
    String url = "https://127.0.0.1:" + server.getAddress().getPort() + "/";
    handler.open(new Place(Map.of("url", url), Path.of("")));
    return handler;
  }

  private static String failure(WebhookHandler handler) {
    Event event = Event.parse("{\"id\":\"1\"}");
    return assertThrows(IOException.class, () -> handler.handle(event)).getMessage();
  }

  private static HttpsServer server(String name) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(certificates.store(name))) {
      store.load(in, PASSWORD);
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    server.start();
    return server;
  }

  private static SSLContext trusting(String authority) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, PASSWORD);
    try (InputStream in = Files.newInputStream(certificates.file(authority + ".pem"))) {
      Certificate trusted = CertificateFactory.getInstance("X.509").generateCertificate(in);
      store.setCertificateEntry(authority, trusted);
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }
}
