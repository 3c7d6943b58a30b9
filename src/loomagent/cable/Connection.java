package loomagent.cable;

import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import loomagent.base.Backoff;
import loomagent.base.Token;
import loomagent.base.Words;
import loomagent.json.Envelope;
import loomagent.json.JsonException;

/**
 * Drives one {@link Subscription} over {@code java.net.http.WebSocket}. Its thread owns the state
 * machine and calls the listener; HttpClient's threads only put what arrives into the inbox.
 */
public final class Connection implements AutoCloseable {

  /**
   * What a connection needs to know.
   *
   * @param name the connection's name
   * @param url where the websocket is
   * @param events the names to subscribe to
   * @param first the bound of the first wait before dialling again
   * @param longest the bound of the longest
   * @param staleAfter silence that counts as a dead connection
   */
  public record Settings(
      String name,
      URI url,
      List<String> events,
      Duration first,
      Duration longest,
      Duration staleAfter) {}

  /** Where tokens come from. */
  public interface Tokens {
    /**
     * The token for the next dial. Called on a thread that may wait.
     *
     * @param fresh whether the last one was refused
     * @return a token
     * @throws Exception if there is none now; the dial counts as failed
     */
    Token token(boolean fresh) throws Exception;
  }

  /** What a connection tells. All calls come from its thread; what they take delays the reading. */
  public interface Listener {
    /**
     * An event arrived.
     *
     * @param frame its frame, until this method returns
     */
    void event(Envelope frame);

    /**
     * A message arrived that is no event.
     *
     * @param text the message, exactly
     * @param reason what is wrong with it
     */
    void aside(String text, String reason);

    /**
     * The state changed.
     *
     * @param state where the subscription stands now
     * @param reason why, in words
     */
    void became(Subscription.State state, String reason);

    /**
     * There is no subscription, and why. The state {@code DOWN} follows.
     *
     * @param failure what happened
     * @param next how long until the next dial
     * @param silence how long ago anything last arrived
     */
    void failed(Failure failure, Duration next, Duration silence);

    /**
     * One of several connections was lost, and may have been dead before the one that is live now
     * was live: then nobody has listened in between.
     *
     * @param failure what happened
     * @param silence how long ago that began
     */
    default void missed(Failure failure, Duration silence) {}

    /** The token of the live connection is to be replaced. Must return at once. */
    default void due() {}

    /**
     * What {@link Connection#prove} asked for: all that the server had sent by then has arrived.
     *
     * @param then the time that was asked for
     */
    default void proven(long then) {}
  }

  /** How long a server may take to answer a close; nothing depends on it. */
  private static final Duration GOODBYE_LIMIT = Duration.ofMillis(500);

  /** How long to wait for whoever has filled the heap; nanoseconds. */
  static final long SHORT_OF_MEMORY = 100_000_000;

  private final Dials dials;
  private final Listener listener;
  private final System.Logger log;
  private final Inbox inbox = new Inbox();
  private final Thread thread;
  private final Pulse pulse = new Pulse();
  private volatile boolean stopping;

  // The connection's thread only:
  private final Proof proof;
  private final Renewal renewal;
  private final Hands hands;
  private final Subscription subscription;
  private final Envelope envelope = new Envelope();
  private Queue<Inbox.Item> batch = new ArrayDeque<>();
  private int ended = -1; // the last socket that has, by itself or after our close

  /**
   * A connection that has not begun.
   *
   * @param settings what to connect to
   * @param number of the connections of this name, from 1
   * @param limits how long each step may take
   * @param tokens where tokens come from
   * @param dialler what opens sockets
   * @param listener who is told
   * @param clock the time, for the ends of tokens
   * @param random the jitter of the backoff
   * @param log where it says what an operator wants to know
   */
  Connection(
      Settings settings,
      int number,
      Limits limits,
      Tokens tokens,
      Dialler dialler,
      Listener listener,
      Clock clock,
      RandomGenerator random,
      System.Logger log) {
    String name = settings.name() + (number == 1 ? "" : "-" + number);
    this.dials = new Dials("dial-" + name, settings.url(), tokens, dialler);
    this.listener = listener;
    this.log = log;
    this.proof = new Proof(listener::proven);
    this.renewal = new Renewal(clock);
    this.hands = new Hands(dials, inbox, proof, renewal, listener, () -> stopping, log);
    this.subscription =
        new Subscription(
            settings.events(),
            settings.staleAfter(),
            limits,
            new Backoff(settings.first(), settings.longest(), random),
            hands);
    this.thread = new Thread(this::run, "connection-" + name);
  }

  /** Begins to dial. Returns at once. */
  void start() {
    thread.setDaemon(true);
    thread.start();
  }

  /** The token of the current socket. Any thread. */
  Optional<Token> token() {
    return hands.socket().token();
  }

  /** When anything last arrived, by {@link System#nanoTime}. Any thread. */
  OptionalLong lastHeard() {
    return hands.lastHeard();
  }

  /**
   * Why it cannot go on by itself. Any thread.
   *
   * @return words; empty if all is well, however bad the network may be
   */
  Optional<String> fault() {
    return fault(System.nanoTime());
  }

  Optional<String> fault(long now) {
    if (stopping || thread.getState() == Thread.State.NEW) {
      return Optional.empty();
    }
    return pulse.fault(thread, now).or(dials::fault);
  }

  /** Dials now, if it only waits for the next try. Any thread. */
  void hurry() {
    inbox.add(new Inbox.Hurry());
  }

  /** Says once more that the token is to be replaced, after a while. Any thread. */
  void dueIn(Duration wait) {
    inbox.add(new Inbox.Due(wait));
  }

  /**
   * Has the server show that this connection was alive at a time, and not half-open: {@link
   * Listener#proven}. Any thread.
   *
   * @param then by {@link System#nanoTime}, not in the future
   */
  void prove(long then) {
    inbox.add(new Inbox.Prove(then | 1));
  }

  /** Begins to end the subscription. Its last events are still handed over. Any thread. */
  void retire() {
    stopping = true;
    inbox.add(new Inbox.Wake());
  }

  /** Whether nothing more comes. Any thread. */
  boolean hasEnded() {
    return !thread.isAlive();
  }

  /** Ends the subscription, and returns once its last event has been handed over. Prompt. */
  @Override
  public void close() {
    retire();
    try {
      thread.join(GOODBYE_LIMIT.toMillis() * 4);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!stopping) {
      try {
        step();
      } catch (InterruptedException handlers) {
        // Some handler interrupts every thread there is. Only close() ends this one.
      } catch (RuntimeException | Error shortOfMemory) {
        LockSupport.parkNanos(SHORT_OF_MEMORY);
      }
    }
    try {
      subscription.stop(System.nanoTime());
      awaitGoodbye();
    } catch (InterruptedException interrupted) {
      hands.socket().drop();
    }
  }

  // Nobody watches: whatever a fault in here is, the agent must be connected again afterwards.
  private void step() throws InterruptedException {
    try {
      if (hands.socket().number() == 0) {
        subscription.start(System.nanoTime());
      }
      long until = renewal.or(subscription.deadline());
      pulse.waits(until);
      takeUntil(until);
      pulse.busy(System.nanoTime());
      handle(batch);
      Socket socket = hands.socket();
      subscription.alive(socket.number(), socket.lastLife());
      subscription.tick(System.nanoTime());
      if (renewal.due()) {
        listener.due();
      }
      proof.look(hands.socket());
    } catch (RuntimeException | Error fault) {
      startOver(fault);
    }
  }

  // Short of memory, even these lines may fail; the loop goes on all the same.
  private void startOver(Throwable fault) {
    Socket socket = hands.socket();
    try {
      socket.drop();
      log.log(Level.ERROR, "a fault in the agent; it connects anew and goes on", fault);
      Failure failure = Failure.unreachable("a fault in the agent: " + fault);
      subscription.failed(socket.number(), failure, System.nanoTime());
    } catch (RuntimeException | Error again) {
      socket.drop();
    }
  }

  private void awaitGoodbye() throws InterruptedException {
    Socket socket = hands.socket();
    long end = System.nanoTime() + GOODBYE_LIMIT.toNanos();
    while (ended != socket.number() && System.nanoTime() - end < 0) {
      takeUntil(end);
      handle(batch);
    }
    socket.drop();
  }

  // A batch is not empty after a fault: what was received comes first.
  private void takeUntil(long end) throws InterruptedException {
    if (batch.isEmpty()) {
      batch = inbox.take(batch, end - System.nanoTime());
    }
  }

  /** Empties a batch. Time that the listener took is not counted as the server's silence. */
  private void handle(Queue<Inbox.Item> items) {
    long bytes = 0;
    int messages = 0;
    for (Inbox.Item item = items.poll(); item != null; item = items.poll()) {
      if (item instanceof Inbox.Text text) {
        read(text);
        if (text.socket() == hands.socket()) {
          bytes += text.utf8().length;
          messages++;
        }
      } else if (item instanceof Inbox.Binary binary) {
        subscription.garbled(binary.socket().number(), "a binary frame", System.nanoTime());
        binary.socket().processed(0, 1);
      } else if (item instanceof Inbox.Opened opened) {
        subscription.opened(opened.socket().number(), System.nanoTime());
      } else if (item instanceof Inbox.Due due) {
        renewal.in(due.delay());
      } else if (item instanceof Inbox.Prove asked
          && subscription.state() == Subscription.State.LIVE) {
        proof.seek(hands.socket(), asked.then());
      } else if (item instanceof Inbox.Pong pong && pong.socket() == hands.socket()) {
        proof.answered(pong.then());
      } else if (item instanceof Inbox.Hurry) {
        subscription.hurry(System.nanoTime());
      } else if (item instanceof Inbox.Ended end) {
        ended = Math.max(ended, end.socket());
        subscription.failed(end.socket(), end.failure(), System.nanoTime());
      }
    }
    if (messages > 0) {
      Socket socket = hands.socket();
      socket.processed(bytes, messages);
      subscription.alive(socket.number(), System.nanoTime());
    }
  }

  private void read(Inbox.Text text) {
    long now = System.nanoTime();
    pulse.busy(now);
    int from = text.socket().number();
    try {
      while (!understood(text.utf8())) {
        LockSupport.parkNanos(SHORT_OF_MEMORY);
      }
      subscription.frame(from, envelope, now);
    } catch (JsonException noJson) {
      String frame = new String(text.utf8(), StandardCharsets.UTF_8);
      subscription.garbled(
          from,
          "a frame that is not JSON (" + noJson.getMessage() + "): " + Words.line(frame, 60),
          now);
    }
  }

  /** False if there was no memory, and may be. */
  private boolean understood(byte[] utf8) {
    try {
      envelope.read(utf8, 0, utf8.length);
      return true;
    } catch (OutOfMemoryError full) {
      if (stopping) {
        throw full;
      }
      return false;
    }
  }
}
