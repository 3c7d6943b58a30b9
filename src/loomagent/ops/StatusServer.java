package loomagent.ops;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import loomagent.net.Loopback;

/**
 * How the agent is, over HTTP, for browsers, monitors and Prometheus.
 *
 * <pre>
 * /              the status page
 * /healthz       200, or 503 and what of the agent itself does not work
 * /readyz        200 {"ready":true}, or 503 {"ready":false,"reasons":[{"subject":"…","reason":"…"}]}
 * /metrics       Prometheus' text format
 * /status.json   {@link Insight#overview}
 * /command       POST {"words":["…"]} with X-Loom-Token: {"exit":0,"out":["…"],"err":["…"]}
 * </pre>
 *
 * Only the last changes anything, and only for whoever holds a token of {@link #unlock}. Secrets
 * are masked in every answer. Threads: {@code HTTP-Dispatcher} and two timers of the JDK's, {@code
 * http-N} while somebody asks, {@code http-command-N}; all are daemons. Any thread may call this.
 */
public final class StatusServer implements AutoCloseable {
  /** Of the kernel's: those who wait to be taken. */
  private static final int BACKLOG = 50;

  /** How long {@link #close} waits for what the JDK's server waits for. */
  private static final Duration FAREWELL = Duration.ofSeconds(1);

  static {
    // The JDK's server waits for ever unless told otherwise before its first class is loaded. Not
    // maxRspTime: its timer would wait for the very client that it gives up, and all others with
    // it.
    Map.of(
            "sun.net.httpserver.maxReqTime", "10", // seconds, for all of a request
            "sun.net.httpserver.timerMillis", "5000", // how often that is looked at
            "sun.net.httpserver.idleInterval", "30", // seconds between two requests
            "sun.net.httpserver.maxIdleConnections", "50",
            "jdk.httpserver.maxConnections", "500", // so that descriptors are left for the agent
            "sun.net.httpserver.maxReqHeaders", "100",
            "sun.net.httpserver.maxReqHeaderSize", "32768", // bytes; browsers send 1,000
            "sun.net.httpserver.drainAmount", "4096", // bytes of a request that nobody wants
            "sun.net.httpserver.nodelay", "true")
        .forEach(StatusServer::unlessSet);
  }

  private final HttpServer server;
  private final String host;
  private final Unlocks unlocks;
  private final Desk desk;
  private final Crew crew;

  private StatusServer(HttpServer server, String host, Unlocks unlocks, Desk desk, Crew crew) {
    this.server = server;
    this.host = host;
    this.unlocks = unlocks;
    this.desk = desk;
    this.crew = crew;
  }

  /** Gives the password as it is now. */
  @FunctionalInterface
  public interface Password {
    /**
     * Called for each request, from any thread.
     *
     * @throws IOException in words, without the password; nobody is let in then
     */
    String read() throws IOException;
  }

  /**
   * Starts to listen.
   *
   * @param address as {@code http.listen} has it, looked up here if need be; with port 0 any
   * @param insight asked for each request
   * @param commands what carries {@code pause H}, {@code resume H}, {@code reload} and {@code
   *     dead-retry H ID} out ("" is every handler, or every letter); called on a thread of the
   *     command's own, which is never interrupted
   * @param password asked of everyone; must be there unless the address is loopback
   * @param log told what an operator should know
   * @throws IOException in words; the agent can do without
   */
  public static StatusServer listen(
      InetSocketAddress address,
      Insight insight,
      Control.Service commands,
      Optional<Password> password,
      System.Logger log)
      throws IOException {
    return listen(
        address,
        insight,
        commands,
        password,
        log,
        Clock.systemUTC(),
        System::nanoTime,
        Desk.PATIENCE);
  }

  static StatusServer listen(
      InetSocketAddress address,
      Insight insight,
      Control.Service commands,
      Optional<Password> password,
      System.Logger log,
      Clock clock,
      LongSupplier nanos,
      Duration patience)
      throws IOException {
    String host = address.getHostString();
    if (!Loopback.is(host) && password.isEmpty()) {
      throw new IllegalArgumentException(host + " is not loopback, and there is no password");
    }
    Page page = Page.load();
    HttpServer server;
    try {
      server = HttpServer.create(bindable(address), BACKLOG);
    } catch (IOException e) {
      throw new IOException(
          "the status page cannot be shown at %s:%d (%s). Set http.listen to an address of this machine and a port that is free"
              .formatted(host, address.getPort(), e.getMessage()),
          e);
    }
    Crew crew = new Crew();
    Unlocks unlocks = new Unlocks(clock);
    Desk desk = new Desk(commands, patience, log);
    Optional<Doorman> doorman = password.map(given -> new Doorman(given, nanos, log));
    server.createContext("/", new Site(host, insight, page, unlocks, desk, doorman, crew, log));
    server.setExecutor(crew);
    daemon("http-start", server::start); // the JDK's thread is a daemon if the one it is made on is
    return new StatusServer(server, host, unlocks, desk, crew);
  }

  /** The port it listens at. */
  public int port() {
    return server.getAddress().getPort();
  }

  /** Where the page is, for a browser. */
  public String address() {
    boolean all = server.getAddress().getAddress().isAnyLocalAddress();
    return "http://" + (all ? "127.0.0.1" : host) + ":" + port() + "/";
  }

  /**
   * Lets whoever is told the answer change something.
   *
   * @return the page's address with a new token behind a {@code #}, where neither a server's log
   *     nor a Referer has it; good for 15 minutes. It is masked as a secret once it was used, so
   *     that it can be told before
   */
  public String unlock() {
    return address() + "#" + unlocks.make();
  }

  /**
   * Stops listening and cuts everyone off, within about a second. A command that is at work fails
   * at its next line.
   */
  @Override
  public void close() {
    desk.close();
    crew.cut(Duration.ZERO);
    // The JDK closes what it buffered for each client first, and would wait for one that reads
    // nothing.
    daemon("http-stop", () -> server.stop(0));
    crew.shutdown();
  }

  /** Runs something on a daemon thread, and waits for it, for a while. */
  private static void daemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
    try {
      thread.join(FAREWELL.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Localhost is never looked up: it was taken for loopback by its name. */
  private static InetSocketAddress bindable(InetSocketAddress address) {
    String host = address.getHostString();
    return host.equalsIgnoreCase("localhost")
        ? new InetSocketAddress(InetAddress.getLoopbackAddress(), address.getPort())
        : new InetSocketAddress(host, address.getPort());
  }

  private static void unlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
