package loomagent.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients that hang, and what the status server does meanwhile. */
final class DawdlersTest extends StatusScene {
  private static final int MANY = 200;
  private static final Duration QUICK = Duration.ofSeconds(5);

  private final List<Socket> sockets = new ArrayList<>();

  @AfterEach
  void hangUp() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  private void many(StatusServer server, String beginning) throws IOException {
    for (int i = 0; i < MANY; i++) {
      sockets.add(raw(server, beginning));
    }
  }

  @Test
  void whoSaysNothingKeepsNobodyWaiting() throws Exception {
    StatusServer server = listen();
    many(server, "");
    healthy(server);
    assertTrue(threads("http-").size() <= 2, () -> threads("http-").toString());
  }

  @Test
  void whoSendsHalfARequestKeepsNobodyWaiting() throws Exception {
    StatusServer server = listen();
    many(server, "GET /healthz HTTP/1.1\r\nHost: local");
    healthy(server);
    assertTrue(threads("http-").size() <= Crew.MOST + 1, () -> threads("http-").toString());
  }

  @Test
  void whoSendsHalfACommandKeepsNobodyWaiting() throws Exception {
    StatusServer server = listen();
    String begun =
        "POST /command HTTP/1.1\r\n"
            + "Host: localhost\r\n"
            + "X-Loom-Token: %s\r\n"
            + "Content-Length: 99\r\n\r\n"
            + "{";
    many(server, begun.formatted(token(server)));
    healthy(server);
    assertEquals(List.of(), List.copyOf(commands));
  }

  @Test
  void whoReadsNothingKeepsNobodyWaitingNorTheEnd() throws Exception {
    shop.handlers.add(Map.of("name", "x".repeat(12 << 20))); // more than the kernel's buffers take
    StatusServer server = listen();
    for (int i = 0; i < 2 * Crew.MOST; i++) {
      sockets.add(raw(server, "GET /status.json HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    }
    healthy(server);
    long start = System.nanoTime();
    server.close();
    assertTrue(System.nanoTime() - start < QUICK.toNanos(), "the end waits for nobody");
  }

  @Test
  void aCommandIsNotCutOffByThem() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    service =
        (words, out, err) -> {
          end.await();
          out.accept("done");
          return 0;
        };
    StatusServer server = listen("127.0.0.1", Optional.empty(), LIMIT);
    String token = token(server);
    CompletableFuture<HttpResponse<String>> answer =
        ControlScene.later(() -> command(server, token, "dead-retry", "mis", ""));
    ControlScene.await(() -> !threads("http-command").isEmpty());
    many(server, "GET /hea");
    healthy(server);
    assertFalse(answer.isDone());
    end.countDown();
    assertStatus(200, answer.get(LIMIT.toSeconds(), TimeUnit.SECONDS));
  }

  @Test
  void endlessHeadersAreCutOff() throws Exception {
    StatusServer server = listen();
    Socket socket = raw(server, "GET / HTTP/1.1\r\nX: ");
    sockets.add(socket);
    byte[] some = "x".repeat(8 << 10).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    long sent = 0;
    try {
      while (sent < 64 << 20) {
        socket.getOutputStream().write(some);
        sent += some.length;
      }
    } catch (IOException cutOff) {
      // that is what is wanted
    }
    assertTrue(sent < 64 << 20, "all of it was taken");
    healthy(server);
  }

  @Test
  void nothingRunsOnWhenItIsClosed() throws Exception {
    List<String> before = threads("HTTP-Dispatcher");
    StatusServer server = listen();
    many(server, "GET /");
    Thread dispatcher =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().equals("HTTP-Dispatcher"))
            .findAny()
            .orElseThrow();
    assertTrue(dispatcher.isDaemon(), "it would hold the process");
    server.close();
    ControlScene.await(() -> threads("http-").isEmpty());
    ControlScene.await(() -> threads("HTTP-Dispatcher").size() <= before.size());
    server.close(); // once more does no harm
  }

  private void healthy(StatusServer server) throws Exception {
    long start = System.nanoTime();
    assertStatus(200, get(server, "/healthz"));
    long took = System.nanoTime() - start;
    assertTrue(took < QUICK.toNanos(), "it took " + took / 1_000_000 + " ms");
    System.getLogger("dawdlers").log(System.Logger.Level.DEBUG, "healthz after {0} ms", took / 1e6);
  }

  private static List<String> threads(String start) {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith(start))
        .toList();
  }
}
