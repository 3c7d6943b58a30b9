package loomagent.handlers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Authenticator;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import loomagent.Event;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Receivers that misbehave, and what stands between. */
@Timeout(60) // an answer that is waited for in vain must not stop the suite
class WebhookFaultsTest {
  private static final Event EVENT = Event.parse("{\"id\":\"1\"}");
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  private final Optional<ProxySelector> selector = Optional.ofNullable(ProxySelector.getDefault());

  @AfterEach
  void restore() {
    ProxySelector.setDefault(selector.orElse(null));
    Authenticator.setDefault(null);
  }

  private static WebhookHandler open(String url) {
    WebhookHandler handler = new WebhookHandler();
    handler.open(new Place(Map.of("url", url, "secret", "x"), Path.of("")));
    return handler;
  }

  private static String failure(WebhookHandler handler) {
    return assertThrows(IOException.class, () -> handler.handle(EVENT)).getMessage();
  }

  @Test
  void aConnectionThatIsDroppedBeforeTheStatusIsARetry() throws Exception {
    for (String part : List.of("", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\nContent-Le")) {
      try (Wire wire =
          Wire.with(
              (socket, request) -> {
                Wire.say(socket, part);
                socket.close();
              })) {
        String words = failure(open(wire.url()));
        assertEquals(
            "http://127.0.0.1:" + wire.port() + " closed the connection without an answer", words);
      }
    }
    try (Wire wire =
        Wire.with(
            (socket, request) -> {
              socket.setSoLinger(true, 0);
              socket.close();
            })) {
      assertTrue(failure(open(wire.url())).contains(" the connection "));
    }
  }

  @Test
  void aConnectionThatIsDroppedBehindTheStatusHasDelivered() throws Exception {
    try (Wire wire =
        Wire.with(
            (socket, request) -> {
              Wire.say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
              socket.close();
            })) {
      WebhookHandler handler = open(wire.url());
      handler.handle(EVENT);
      handler.handle(EVENT);
      assertEquals(2, wire.connections.get());
    }
  }

  @Test
  void anIdleConnectionThatTheReceiverClosedIsReplaced() throws Exception {
    try (Wire wire =
        Wire.with(
            (socket, request) -> {
              Wire.say(socket, OK);
              socket.shutdownOutput();
            })) {
      WebhookHandler handler = open(wire.url());
      handler.handle(EVENT);
      wire.closed.poll(10, TimeUnit.SECONDS); // the client has seen the end
      handler.handle(EVENT);
      assertEquals(2, wire.connections.get());
    }
  }

  /** What the agent does to a delivery that takes too long. */
  private static Thread deliver(WebhookHandler handler, CompletableFuture<Throwable> outcome) {
    Thread lane =
        new Thread(
            () -> {
              try {
                handler.handle(EVENT);
                outcome.complete(new AssertionError("delivered"));
              } catch (Throwable thrown) {
                outcome.complete(thrown);
              }
            });
    lane.start();
    return lane;
  }

  @Test
  void anInterruptEndsTheWaitAndClosesTheConnection() throws Exception {
    CountDownLatch dripping = new CountDownLatch(3);
    List<Wire.Script> silences =
        List.of(
            (socket, request) -> {},
            (socket, request) -> Wire.say(socket, "HTTP/1.1 200 OK\r\nContent-"),
            (socket, request) -> {
              for (Wire.say(socket, "HTTP/1.1 200 OK\r\nX: "); dripping.getCount() >= 0; ) {
                Wire.say(socket, "y");
                dripping.countDown();
                drip();
              }
            });
    for (Wire.Script silence : silences) {
      try (Wire wire = Wire.with(silence)) {
        CompletableFuture<Throwable> outcome = new CompletableFuture<>();
        Thread lane = deliver(open(wire.url()), outcome);
        wire.next();
        if (silence.equals(silences.get(2))) {
          dripping.await();
        }
        lane.interrupt();
        Throwable thrown = outcome.get(5, TimeUnit.SECONDS);
        assertTrue(thrown instanceof InterruptedException, thrown.toString());
        assertEquals(1, wire.closed.poll(5, TimeUnit.SECONDS), "the connection is closed");
      }
    }
  }

  private static void drip() throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(5); // it is the receiver that is slow, not the test
  }

  @Test
  void anEndlessBodyIsBrokenOff() throws Exception {
    String block = "4000\r\n" + "x".repeat(0x4000) + "\r\n";
    try (Wire wire =
        Wire.with(
            (socket, request) -> {
              Wire.say(socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
              while (true) {
                Wire.say(socket, block);
              }
            })) {
      WebhookHandler handler = open(wire.url());
      long start = System.nanoTime();
      for (int i = 1; i <= 20; i++) {
        handler.handle(EVENT);
        assertEquals(i, wire.closed.poll(5, TimeUnit.SECONDS), "the connection is closed");
      }
      assertTrue(Duration.ofNanos(System.nanoTime() - start).toSeconds() < 10);
    }
  }

  @Test
  void aBodyThatDripsHoldsUpNothing() throws Exception {
    try (Wire wire =
        Wire.with(
            (socket, request) -> {
              Wire.say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
              while (true) {
                Wire.say(socket, "y");
                drip();
              }
            })) {
      long start = System.nanoTime();
      open(wire.url()).handle(EVENT);
      assertTrue(Duration.ofNanos(System.nanoTime() - start).toSeconds() < 5);
      assertEquals(1, wire.closed.poll(5, TimeUnit.SECONDS), "the connection is closed");
    }
  }

  @Test
  void whatDoesNotAnswerIsNamedWithWhatToLookAt() throws Exception {
    try (Socket held = new Socket()) {
      held.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)); // and nobody listens
      String to = "http://127.0.0.1:" + held.getLocalPort();
      assertEquals(
          to + " refused the connection, or cannot be reached from here. Check url",
          failure(open(to + "/s3cret")));
    }
    assertEquals(
        "http://mis.invalid: the name was not found. Check url and the machine's DNS",
        failure(open("http://mis.invalid/s3cret")));
    try (Wire wire = Wire.saying("SSH-2.0-OpenSSH_9.2\r\n")) {
      String words = failure(open(wire.url()));
      assertTrue(words.contains(" is no HTTP server ("), words);
    }
  }

  @Test
  void theProcesssProxyIsUsedButNotToLoopback() throws Exception {
    try (Wire wire = Wire.saying(OK);
        Wire proxy = Wire.saying(OK)) {
      ProxySelector.setDefault(through(proxy.port()));
      open("http://mis.example/hook").handle(EVENT);
      assertTrue(proxy.next().head().startsWith("POST http://mis.example/hook HTTP/1.1\r\n"));
      for (String host : List.of("127.0.0.1", "localhost", "LOCALHOST")) {
        open("http://" + host + ":" + wire.port() + "/").handle(EVENT);
        assertTrue(wire.next().head().startsWith("POST / HTTP/1.1\r\n"));
      }
      assertEquals(1, proxy.connections.get());
    }
    for (String host :
        List.of("mis.localhost", "LOCALHOST.", "127.9.8.7", "[::1]", "[0:0:0:0:0:0:0:1]")) {
      assertTrue(Receiver.isLoopback(host), host);
    }
    for (String host : List.of("localhost.example", "127.example", "128.0.0.1", "[2001:db8::1]")) {
      assertFalse(Receiver.isLoopback(host), host);
    }
  }

  @Test
  void theProxyIsToldWhoAsksAndTheReceiverIsNot() throws Exception {
    List<String> passwords = new ArrayList<>(List.of("one", "two"));
    Authenticator.setDefault(
        new Authenticator() {
          @Override
          protected PasswordAuthentication getPasswordAuthentication() {
            assertEquals(RequestorType.PROXY, getRequestorType());
            return new PasswordAuthentication("agent", passwords.remove(0).toCharArray());
          }
        });
    try (Wire wire = Wire.saying("HTTP/1.1 401 X\r\nContent-Length: 0\r\n\r\n");
        Wire proxy = Wire.saying("HTTP/1.1 407 X\r\nContent-Length: 0\r\n\r\n")) {
      ProxySelector.setDefault(through(proxy.port()));
      WebhookHandler far = open("http://mis.example/hook");
      assertEquals(
          "the proxy on the way to http://mis.example answered 407. Check proxy.user and"
              + " proxy.password",
          failure(far));
      assertEquals("Basic YWdlbnQ6b25l", proxy.next().header("Proxy-Authorization"));
      failure(far);
      assertEquals("Basic YWdlbnQ6dHdv", proxy.next().header("Proxy-Authorization"));
      Throwable dead = assertThrows(RuntimeException.class, () -> open(wire.url()).handle(EVENT));
      assertTrue(dead.getMessage().endsWith(" answered 401 (check secret and header.<Name>)"));
      assertEquals("", wire.next().header("Proxy-Authorization"));
    }
  }

  @Test
  void aProxyThatIsDownOrRefusesIsNamed() throws Exception {
    String way = "https://mis.example by the proxy 127.0.0.1:";
    try (Wire proxy = Wire.saying("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")) {
      ProxySelector.setDefault(through(proxy.port()));
      assertEquals(
          way
              + proxy.port()
              + ": the proxy did not connect (Tunnel failed, got: 403). Check url and proxy.url",
          failure(open("https://mis.example/")));
    }
    try (Socket held = new Socket()) {
      held.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)); // and nobody listens
      ProxySelector.setDefault(through(held.getLocalPort()));
      assertEquals(
          way
              + held.getLocalPort()
              + " refused the connection, or cannot be reached from here. Check url and proxy.url",
          failure(open("https://mis.example/")));
    }
  }

  private static ProxySelector through(int port) {
    return new ProxySelector() {
      @Override
      public List<Proxy> select(URI target) {
        return List.of(
            new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved("127.0.0.1", port)));
      }

      @Override
      public void connectFailed(URI target, SocketAddress address, IOException failure) {}
    };
  }

  @Test
  void aClientWhoseThreadWasEndedIsReplaced() throws Exception {
    try (Wire wire = Wire.saying(OK)) {
      WebhookHandler handler = open(wire.url());
      List<Thread> before = selectors();
      handler.handle(EVENT);
      List<Thread> own = new ArrayList<>(selectors());
      own.removeAll(before);
      assertEquals(1, own.size());
      own.get(0).interrupt(); // as a wild handler does
      own.get(0).join(10_000);
      handler.handle(EVENT);
      assertEquals(2, wire.connections.get());
    }
  }

  @Test
  void nothingIsLeftOfHandlersThatWereClosed() throws Exception {
    try (Wire wire = Wire.saying(OK)) {
      int before = selectors().size();
      for (int i = 1; i <= 50; i++) {
        WebhookHandler handler = open(wire.url());
        handler.handle(EVENT);
        handler.close();
      }
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (selectors().size() > before && System.nanoTime() < end) {
        System.gc();
        wire.closed.poll(100, TimeUnit.MILLISECONDS);
      }
      assertTrue(selectors().size() <= before, selectors()::toString);
    }
  }

  private static List<Thread> selectors() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("HttpClient-"))
        .toList();
  }
}
