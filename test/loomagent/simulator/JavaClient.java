package loomagent.simulator;

import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The JDK's own client: everything it hears, in order. */
final class JavaClient implements WebSocket.Listener {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
  private final StringBuilder parts = new StringBuilder(); // one listener call at a time

  static WebSocket.Builder dial(Simulator simulator) {
    return HTTP.newWebSocketBuilder().header("Authorization", "Bearer " + simulator.token());
  }

  WebSocket connect(Simulator simulator) {
    return dial(simulator).buildAsync(simulator.url(), this).join();
  }

  /** The next thing heard that is no cable ping. */
  String next() throws InterruptedException {
    for (long end = System.nanoTime() + 5_000_000_000L; System.nanoTime() < end; ) {
      String next = heard.poll(5, TimeUnit.SECONDS);
      if (next == null) {
        throw new AssertionError("heard nothing");
      }
      if (!next.startsWith("{\"type\":\"ping\"")) {
        return next;
      }
    }
    throw new AssertionError("heard nothing but pings");
  }

  @Override
  public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
    parts.append(data);
    if (last) {
      heard.add(parts.toString());
      parts.setLength(0);
    }
    socket.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
    heard.add("closed " + code);
    return null;
  }

  @Override
  public void onError(WebSocket socket, Throwable error) {
    heard.add("error " + error);
  }
}
