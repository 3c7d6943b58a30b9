package loomagent.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.net.Authenticator;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import loomagent.base.LogLines;
import loomagent.base.Secret;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What handlers that ask Java for the way out are told. */
class LendTest {
  private static final Network.Login LOGIN =
      new Network.Login() {
        @Override
        public String user() {
          return "agent";
        }

        @Override
        public Secret password() {
          return new Secret("a-lent-password-1");
        }
      };

  private final ProxySelector selector = ProxySelector.getDefault();
  private final Authenticator authenticator = Authenticator.getDefault();

  @BeforeEach
  void lend() throws Exception {
    Network.open(
            new Network.Settings(
                Optional.of(
                    new Network.Proxy(URI.create("http://proxy.example:3128"), Optional.of(LOGIN))),
                List.of("intranet.example"),
                Optional.empty(),
                Optional.empty(),
                Optional.empty()),
            new LogLines())
        .lend();
  }

  @AfterEach
  void takeBack() {
    ProxySelector.setDefault(selector);
    Authenticator.setDefault(authenticator);
  }

  private static List<Proxy> way(String uri) {
    return ProxySelector.getDefault().select(URI.create(uri));
  }

  @Test
  void othersAreReachedByTheProxyAndThisMachineAndTheBypassedDirectly() {
    InetSocketAddress proxy = InetSocketAddress.createUnresolved("proxy.example", 3128);
    for (String uri : List.of("https://mis.example/in", "http://10.1.2.3:8080/")) {
      assertEquals(List.of(new Proxy(Proxy.Type.HTTP, proxy)), way(uri), uri);
    }
    for (String uri :
        List.of(
            "http://localhost:8080/",
            "http://127.0.0.1/",
            "http://127.8.9.10/",
            "http://[::1]:80/",
            "http://[0:0:0:0:0:0:0:1]:80/",
            "https://mis.intranet.example/",
            "socket://db.example:5432",
            "ftp://files.example/")) {
      assertEquals(List.of(Proxy.NO_PROXY), way(uri), uri);
    }
  }

  @Test
  void theProxyAloneIsToldWhoTheAgentIs() throws Exception {
    PasswordAuthentication told =
        ask("proxy.example", 3128, Authenticator.RequestorType.PROXY).orElseThrow();
    assertEquals("agent", told.getUserName());
    assertEquals("a-lent-password-1", new String(told.getPassword()));
    assertNull(ask("proxy.example", 3128, Authenticator.RequestorType.SERVER).orElse(null));
    assertNull(ask("proxy.example", 80, Authenticator.RequestorType.PROXY).orElse(null));
    assertNull(ask("evil.example", 3128, Authenticator.RequestorType.PROXY).orElse(null));
  }

  private static Optional<PasswordAuthentication> ask(
      String host, int port, Authenticator.RequestorType who) throws Exception {
    return Optional.ofNullable(
        Authenticator.requestPasswordAuthentication(
            Authenticator.getDefault(),
            host,
            (InetAddress) null,
            port,
            "http",
            "Who are you?",
            "Basic",
            URI.create("http://" + host + "/").toURL(),
            who));
  }
}
