package loomagent.cable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import loomagent.base.LogLines;
import loomagent.base.Secret;
import loomagent.base.Token;
import loomagent.net.Network;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a token is asked for and dialled with. Nobody answers the dials. */
@Timeout(60)
final class DialsTest {
  private final Network network = Network.direct(new LogLines());
  private final Dialler dialler = new Dialler("loom-agent/test", network);
  private final Inbox inbox = new Inbox();
  private final List<Boolean> asked = new CopyOnWriteArrayList<>();
  private final CountDownLatch released = new CountDownLatch(1);
  private ServerSocket server;

  @BeforeEach
  void open() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void close() throws IOException {
    released.countDown();
    server.close();
  }

  private Dials dials(Connection.Tokens tokens) {
    URI url = URI.create("ws://127.0.0.1:" + server.getLocalPort() + "/");
    return new Dials("dial-test", url, tokens, dialler);
  }

  private static Token token(String text) {
    return new Token(new Secret(text), Optional.empty(), Optional.empty());
  }

  private Socket dial(Dials dials, int number, boolean fresh) {
    Socket socket = new Socket(number, inbox);
    dials.dial(socket, fresh);
    return socket;
  }

  private static void until(Socket dialling) {
    while (!dialling.dialling()) {
      Thread.onSpinWait();
    }
  }

  private Failure failure() throws InterruptedException {
    Inbox.Item item = inbox.take(new ArrayDeque<>(), Duration.ofSeconds(30).toNanos()).remove();
    return assertInstanceOf(Inbox.Ended.class, item).failure();
  }

  @Test
  void aDialCarriesItsTokenAndIsUnderWayOnAThreadOfItsOwn() throws Exception {
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    Dials dials =
        dials(
            fresh -> {
              thread.complete(Thread.currentThread());
              return token("t");
            });
    Socket socket = dial(dials, 3, false);
    assertEquals("dial-test-3", thread.get().getName());
    assertTrue(thread.get().isDaemon());
    until(socket);
    assertEquals("t", socket.token().orElseThrow().secret().reveal());
  }

  @Test
  void aFreshTokenIsAskedForOnlyIfTheSourceStillHasTheRefusedOne() throws Exception {
    List<String> tokens = new CopyOnWriteArrayList<>(List.of("a", "a", "b", "b", "c"));
    Dials dials =
        dials(
            fresh -> {
              asked.add(fresh);
              return token(tokens.remove(0));
            });
    until(dial(dials, 1, true)); // the first: nothing was refused yet
    until(dial(dials, 2, true)); // the same again, so a fresh one
    until(dial(dials, 3, false));
    Socket last = dial(dials, 4, true); // a new one anyway
    until(last);
    assertEquals(List.of(false, false, true, false, false), asked);
    assertEquals("c", last.token().orElseThrow().secret().reveal());
  }

  @Test
  void whyThereIsNoTokenIsSaid() throws Exception {
    dial(
        dials(
            fresh -> {
              throw new IOException("no file");
            }),
        1,
        false);
    Failure ordinary = failure();
    assertEquals(Failure.Kind.UNREACHABLE, ordinary.kind());
    assertEquals("there is no token: java.io.IOException: no file", ordinary.text());
    dial(
        dials(
            fresh -> {
              throw new NoToken("refused", true, Duration.ofSeconds(5), new IOException("x"));
            }),
        1,
        false);
    Failure refused = failure();
    assertEquals(Failure.Kind.REJECTED, refused.kind());
    assertEquals(Duration.ofSeconds(5), refused.pause());
    dial(
        dials(
            fresh -> {
              throw new StackOverflowError("deep");
            }),
        1,
        false);
    assertTrue(failure().text().contains("StackOverflowError"));
  }

  @Test
  void tokensThatHangCostTenThreadsAndThenItIsAFault() throws Exception {
    CountDownLatch hanging = new CountDownLatch(10);
    Dials dials =
        dials(
            fresh -> {
              hanging.countDown();
              released.await();
              return token("t");
            });
    for (int i = 1; i <= 10; i++) {
      assertEquals(Optional.empty(), dials.fault());
      dial(dials, i, false);
    }
    hanging.await();
    String fault = dials.fault().orElseThrow();
    assertEquals("10 earlier dials still wait for a token or a name. Restart the agent", fault);
    dial(dials, 11, false);
    assertEquals(fault, failure().text());
    released.countDown();
    while (dials.fault().isPresent()) {
      Thread.onSpinWait();
    }
    for (int i = 0; i < 10; i++) { // all ten have ended, or these would not all begin
      until(dial(dials, 12 + i, false));
    }
  }

  @Test
  void aDialThatOutlivesItsLimitsCostsTheClientAndOthersDoNot() throws Exception {
    Dials dials = dials(fresh -> token("t"));
    HttpClient client = network.client();
    Socket never = new Socket(1, inbox);
    dials.giveUp(never);
    assertSame(client, network.client());
    Wire wire = new Wire();
    never.onOpen(wire);
    assertEquals(List.of("abort"), wire.news());
    Socket dialling = dial(dials, 2, false);
    until(dialling);
    assertFalse(dialling.opened());
    dials.giveUp(dialling);
    assertNotSame(client, network.client());
  }

  @Test
  void aDialThatNobodyTakesFails() throws Exception {
    Dials dials = dials(fresh -> token("t"));
    server.close();
    Socket socket = dial(dials, 1, false);
    assertTrue(failure().text().contains("refused"));
    assertFalse(socket.dialling());
  }

  @Test
  void anOriginIsThatOfAPageOnTheSameServer() {
    assertEquals("https://loom.example", Dialler.origin(URI.create("wss://loom.example/x")));
    assertEquals("https://loom.example", Dialler.origin(URI.create("WSS://loom.example:443/x")));
    assertEquals("https://loom.example:80", Dialler.origin(URI.create("wss://loom.example:80/x")));
    assertEquals("http://loom.example", Dialler.origin(URI.create("ws://loom.example:80/x")));
    assertEquals("http://loom.example:443", Dialler.origin(URI.create("ws://loom.example:443/")));
  }
}
