package loomagent.cable;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.CompletableFuture;
import loomagent.base.Secret;
import loomagent.net.Network;

/** Opens websockets with the process's one HttpClient. Any thread. */
public final class Dialler {

  private final String userAgent;
  private final Network network;
  private final Limits limits;
  private volatile HttpClient client; // that of the last dial

  /**
   * A dialler.
   *
   * @param userAgent what to call the agent, such as {@code loom-agent/1.0}
   * @param network how to reach servers
   */
  public Dialler(String userAgent, Network network) {
    this(userAgent, network, Limits.STANDARD);
  }

  Dialler(String userAgent, Network network, Limits limits) {
    this.userAgent = userAgent;
    this.network = network;
    this.limits = limits;
    this.client = network.client();
  }

  /**
   * Starts a dial, with the name looked up anew on the calling thread. What comes of it reaches the
   * socket.
   */
  void dial(URI url, Secret token, Socket socket) {
    HttpClient http = network.client();
    client = http;
    CompletableFuture<?> unused =
        http.newWebSocketBuilder()
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
    network.replace(client);
  }

  /** The address as Rails compares it: with the scheme of a page, and no default port. */
  static String origin(URI url) {
    boolean secure = url.getScheme().equalsIgnoreCase("wss");
    int port = url.getPort();
    String origin = (secure ? "https://" : "http://") + url.getHost();
    return port == -1 || port == (secure ? 443 : 80) ? origin : origin + ":" + port;
  }
}
