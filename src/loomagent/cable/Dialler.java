package loomagent.cable;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import loomagent.base.Secret;
import loomagent.net.ClientThread;

/**
 * Opens websockets with one HttpClient for the whole process: a client that is thrown away leaves
 * threads and descriptors behind until a garbage collection. Any thread.
 */
public final class Dialler {

  private final String userAgent;
  private final Limits limits;
  private volatile HttpClient client;

  /**
   * A dialler with a client of its own.
   *
   * @param userAgent what to call the agent, such as {@code loom-agent/1.0}
   */
  public Dialler(String userAgent) {
    this(userAgent, Limits.STANDARD);
  }

  Dialler(String userAgent, Limits limits) {
    this.userAgent = userAgent;
    this.limits = limits;
    this.client = newClient();
  }

  /**
   * Starts a dial, with the name looked up anew on the calling thread. What comes of it reaches the
   * socket.
   */
  void dial(URI url, Secret token, Socket socket) {
    if (ClientThread.isDead(client, Duration.ZERO)) {
      replaceClient();
    }
    CompletableFuture<?> unused =
        client
            .newWebSocketBuilder()
            .connectTimeout(limits.upgrade())
            .header("Authorization", "Bearer " + token.reveal())
            .header("Origin", origin(url))
            .header("User-Agent", userAgent)
            .subprotocols("actioncable-v1-json", "actioncable-unsupported")
            .buildAsync(url, socket)
            .whenComplete(
                (WebSocket opened, Throwable error) -> {
                  if (error != null) {
                    socket.failed(error);
                  }
                });
    socket.dialled();
  }

  /**
   * Goes on with a new client. A dial that outlives all of a client's own limits means that its
   * selector thread is dead, as after an answer that filled the heap.
   */
  void replaceClient() {
    client = newClient();
  }

  /** The address as Rails compares it: with the scheme of a page, and no default port. */
  static String origin(URI url) {
    boolean secure = url.getScheme().equalsIgnoreCase("wss");
    int port = url.getPort();
    String origin = (secure ? "https://" : "http://") + url.getHost();
    return port == -1 || port == (secure ? 443 : 80) ? origin : origin + ":" + port;
  }

  private HttpClient newClient() {
    return HttpClient.newBuilder()
        .connectTimeout(limits.connect())
        .followRedirects(HttpClient.Redirect.NEVER)
        .executor(new ClientThread())
        .build();
  }
}
