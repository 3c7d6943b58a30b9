package loomagent.cable;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import loomagent.base.Secret;

/**
 * Opens websockets with one HttpClient for the whole process: a client that is thrown away leaves
 * threads and descriptors behind until a garbage collection. Any thread.
 */
public final class Dialler {

  private final String userAgent;
  private final Limits limits;
  private volatile Client client;

  /** A client, and the thread without which it does nothing, nor says so. */
  private static final class Client implements Executor {
    final HttpClient http;
    private volatile Thread selector; // null until it has had something to do

    // The executor is the caller: what the agent does on HttpClient's threads is to hand over, and
    // a pool in between costs half of the speed.
    Client(Limits limits) {
      http =
          HttpClient.newBuilder()
              .connectTimeout(limits.connect())
              .followRedirects(HttpClient.Redirect.NEVER)
              .executor(this)
              .build();
    }

    @Override
    public void execute(Runnable task) {
      if (selector == null && Thread.currentThread().getName().endsWith("-SelectorManager")) {
        selector = Thread.currentThread();
      }
      task.run();
    }

    boolean isDead() {
      return selector != null && !selector.isAlive();
    }
  }

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
    this.client = new Client(limits);
  }

  /**
   * Starts a dial, with the name looked up anew on the calling thread. What comes of it reaches the
   * socket.
   */
  void dial(URI url, Secret token, Socket socket) {
    if (client.isDead()) { // for want of memory, or by a handler that interrupts every thread
      replaceClient();
    }
    CompletableFuture<?> unused =
        client
            .http
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
    client = new Client(limits);
  }

  /** The address as Rails compares it: with the scheme of a page, and no default port. */
  static String origin(URI url) {
    boolean secure = url.getScheme().equalsIgnoreCase("wss");
    int port = url.getPort();
    String origin = (secure ? "https://" : "http://") + url.getHost();
    return port == -1 || port == (secure ? 443 : 80) ? origin : origin + ":" + port;
  }
}
