package loomagent.simulator;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Zaikio Loom on 127.0.0.1: Action Cable over RFC 6455, as Rails speaks it, the pull API, which
 * remembers what was published, and the Hub's token endpoint. Tests make it misbehave with a {@link
 * Script} for the dials, pulls or token requests to come, or through the {@link Peer} of a live
 * connection. All methods may be called from any thread.
 *
 * <p>Threads: one accepts, one pings, one makes events up; each connection has one that reads and
 * one that writes. All are daemons named {@code simulator-…}, and end with {@link #close()}.
 */
public final class Simulator implements AutoCloseable {
  /** Ten times the largest crowd it is tested with; each one costs two threads. */
  static final int MAX_CONNECTIONS = 1_000;

  private final Settings settings;
  private final ServerSocket server;
  private final Admin admin = new Admin(this);
  private final Scripts dials = new Scripts(Script.RAILS);
  private final Scripts pulls = new Scripts(Script.PULL);
  private final Hub hub;
  private final Published published;
  private volatile long awayUntil = System.nanoTime();
  private final Set<Peer> peers = ConcurrentHashMap.newKeySet();
  private final BlockingQueue<String> commands = new ArrayBlockingQueue<>(Scripts.KEPT);
  private final ExecutorService threads = Executors.newCachedThreadPool(Simulator::daemon);
  // What comes too late for it is dropped: close() has cut that connection already.
  private final ScheduledExecutorService clock =
      new ScheduledThreadPoolExecutor(1, Simulator::daemon, new ThreadPoolExecutor.DiscardPolicy());

  private Simulator(Settings settings) throws IOException {
    this.settings = settings;
    Settings.Pull pull = settings.pull();
    published = new Published(pull.remembered(), Published.MAX_TEXT, pull.foreign());
    // Loopback only, always: whoever reaches the port may make up events.
    InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    try {
      server = new ServerSocket(settings.port(), MAX_CONNECTIONS, loopback);
    } catch (IOException e) {
      String message = "127.0.0.1:%d: %s. Choose another port, or 0 for any.";
      throw new IOException(message.formatted(settings.port(), e.getMessage()), e);
    }
    hub = new Hub(api(), settings);
  }

  /**
   * Starts listening.
   *
   * @throws IOException when the port is taken
   */
  public static Simulator start(Settings settings) throws IOException {
    Simulator simulator = new Simulator(settings.withSecretsMadeUp());
    simulator.run();
    return simulator;
  }

  /** Where the websocket is: {@code ws://127.0.0.1:PORT/websocket}. */
  public URI url() {
    return URI.create("ws://127.0.0.1:" + server.getLocalPort() + Rails.PATH);
  }

  /** A token that is accepted: the one made up at start, or one of those set. */
  public String token() {
    return settings.tokens().iterator().next();
  }

  /** Where the pull API is, as {@code loom.api} wants it: {@code http://127.0.0.1:PORT}. */
  public URI api() {
    return URI.create("http://127.0.0.1:" + server.getLocalPort());
  }

  /** The app's technical name, the user of the pull API. */
  public String app() {
    return settings.pull().app();
  }

  /** The app's event password: the one made up at start, or the one set. */
  public String eventPassword() {
    return settings.pull().password();
  }

  /** The Hub, on the same port. */
  public Hub hub() {
    return hub;
  }

  /**
   * Sends an event, its text as it is, to everyone subscribed to its name whose token is for its
   * Organization or for none, having remembered it for the pull API first: whoever subscribes
   * meanwhile gets it there, if not here. Waits while a client that still reads has no room; one
   * that reads nothing for {@link Settings#patience} is dropped. What one thread publishes arrives
   * in order.
   *
   * @return how many subscriptions it was queued for
   * @throws IllegalArgumentException when it is no JSON object with a name
   */
  public int publish(String event) {
    return publish(Events.name(event), event);
  }

  /**
   * The same for a text that is not looked at: any JSON value, or what is no JSON at all. Only an
   * object with an id can be pulled.
   */
  public int publish(String name, String message) {
    published.add(name, message);
    int reached = 0;
    String subject = null; // read only once somebody gets no more than one's events
    for (Peer peer : peers) {
      if (!peer.subject().isEmpty() && !peer.subscriptions().isEmpty()) {
        subject = subject == null ? Events.subject(message) : subject;
        if (!subject.equalsIgnoreCase(peer.subject())) {
          continue;
        }
      }
      for (Subscription subscription : peer.subscriptions()) {
        if (subscription.names().contains(name) && peer.event(subscription.frame(message))) {
          reached++;
        }
      }
    }
    return reached;
  }

  /** These scripts play the next dials, one each, in turn. */
  public void next(Script... scripts) {
    dials.next(scripts);
  }

  /** This script plays every dial that {@link #next} does not; {@link Script#RAILS} at first. */
  public void always(Script script) {
    dials.always(script);
  }

  /** These scripts play the next requests to the pull API, one each, in turn. */
  public void nextPull(Script... scripts) {
    pulls.next(scripts);
  }

  /** This script plays every pull that {@link #nextPull} does not; {@link Script#PULL} at first. */
  public void alwaysPull(Script script) {
    pulls.always(script);
  }

  /** Every open connection that was upgraded. */
  public List<Peer> peers() {
    return peers.stream().filter(Peer::upgraded).toList();
  }

  /** Tells every client to go, as Rails does; returns how many there were. */
  public int disconnect(String reason, boolean reconnect) {
    List<Peer> told = peers();
    told.forEach(peer -> peer.disconnect(reason, reconnect));
    return told.size();
  }

  /** Cuts every websocket without a word; returns how many there were. */
  public int drop() {
    List<Peer> dropped = peers();
    dropped.forEach(Peer::cut);
    return dropped.size();
  }

  /**
   * Cuts every websocket without a word and answers 503 to each new one for so long, while events
   * and the pull API go on. The latest call counts; zero ends it.
   *
   * @return how many websockets there were
   */
  public int away(Duration span) {
    awayUntil = System.nanoTime() + span.toNanos();
    return drop();
  }

  /** How many TCP connections are open, in whatever state. */
  public int connections() {
    return peers.size();
  }

  /** How many requests there were so far, those to the websocket alone. */
  public long dials() {
    return dials.count();
  }

  /** The last thousand of those, oldest first. */
  public List<Request> requests() {
    return dials.requests();
  }

  /** How many requests to {@code /api/} there were so far. */
  public long pulls() {
    return pulls.count();
  }

  /** The last thousand of those, oldest first. */
  public List<Request> pullRequests() {
    return pulls.requests();
  }

  /** The last thousand text messages from clients, oldest first. */
  public List<String> commands() {
    return List.copyOf(commands);
  }

  /** The identifier of every live subscription. */
  public List<String> subscriptions() {
    return subscribed().map(Subscription::identifier).toList();
  }

  /**
   * Waits until a condition on what the simulator shows holds.
   *
   * @return whether it held within the limit
   */
  public boolean await(Predicate<Simulator> condition, Duration limit) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.test(this)) {
      if (System.nanoTime() > end) {
        return false;
      }
      MILLISECONDS.sleep(1);
    }
    return true;
  }

  /** Cuts every connection and stops listening; within a few seconds no thread is left. */
  @Override
  public void close() {
    try {
      threads.shutdownNow();
      clock.shutdownNow();
      server.close();
      peers.forEach(Peer::cut);
      threads.awaitTermination(5, SECONDS);
      clock.awaitTermination(5, SECONDS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  Settings settings() {
    return settings;
  }

  Published published() {
    return published;
  }

  /** Does something at a time to come, unless that is after the end of this. */
  void at(Instant time, Runnable task) {
    var unused =
        clock.schedule(task, Duration.between(Instant.now(), time).toMillis(), MILLISECONDS);
  }

  boolean isAway() {
    return System.nanoTime() - awayUntil < 0;
  }

  void received(String command) {
    Scripts.keep(commands, command);
  }

  /** A client that has not answered a close or a FIN in two seconds never will. */
  void cutSoon(Peer peer) {
    var unused = clock.schedule(peer::cut, 2, SECONDS);
  }

  private void run() {
    long every = settings.pingEvery().toNanos();
    var unused =
        clock.scheduleAtFixedRate(() -> peers.forEach(Peer::beat), every, every, NANOSECONDS);
    threads.execute(this::accept);
    if (settings.rate() > 0) {
      threads.execute(new Making(settings, this::subscribed, this::publish));
    }
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        admit(server.accept());
      } catch (IOException e) {
        // Closing, or out of descriptors: no reason to spin until some are free again.
        LockSupport.parkNanos(50_000_000);
      }
    }
  }

  private void admit(Socket socket) throws IOException {
    if (peers.size() >= MAX_CONNECTIONS) {
      settings.log().accept("a client is turned away: " + peers.size() + " are here");
      socket.close();
      return;
    }
    socket.setTcpNoDelay(true);
    Peer peer = new Peer(socket, this);
    peers.add(peer);
    try {
      threads.execute(peer.outbox());
      threads.execute(() -> talk(peer));
    } catch (RejectedExecutionException e) {
      peers.remove(peer);
      peer.cut();
    }
  }

  private void talk(Peer peer) {
    try {
      answer(peer);
    } catch (IOException e) {
      // The client left in the middle of something, as clients do.
    } catch (RuntimeException e) {
      settings.log().accept(peer + ": the script failed: " + e);
    } finally {
      peer.end();
      peers.remove(peer);
    }
  }

  private void answer(Peer peer) throws IOException {
    try {
      peer.readRequest();
      String path = peer.request().path();
      if (path.startsWith(Admin.PATH)) {
        admin.answer(peer);
      } else if (path.startsWith(PullApi.PREFIX)) {
        pulls.heard(peer.request());
        pulls.take().run(peer);
      } else if (path.startsWith(TokenEndpoint.PREFIX)) {
        hub.answer(peer);
      } else {
        dials.heard(peer.request());
        if (isAway()) {
          throw new Refused(503, "Loom is away for a while");
        }
        dials.take().run(peer);
      }
    } catch (Refused e) {
      peer.respond(e.code(), Map.of(), e.getMessage() + "\n");
    }
  }

  private Stream<Subscription> subscribed() {
    return peers.stream().flatMap(peer -> peer.subscriptions().stream());
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task);
    thread.setName("simulator-" + thread.getId());
    thread.setDaemon(true);
    return thread;
  }
}
