package loomagent.cable;

import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import loomagent.base.Backoff;
import loomagent.base.Token;
import loomagent.base.Words;
import loomagent.cable.Subscription.State;
import loomagent.json.Envelope;

/**
 * Stays subscribed with one connection, or with two at all times. Before the token of a live
 * connection ends, a second one is made with the next token, and the old one is closed only once
 * the new one is live and the server has shown that the old one still was: nothing is missed, and
 * what comes over both is for the listener to tell by its id. If the new one fails, the old one
 * stays as long as it lives.
 *
 * <p>The listener is told of the subscription as a whole: live as long as any connection is. Its
 * calls come from the threads of the connections, {@code event} and {@code aside} from several at
 * once, the others one at a time.
 */
public final class Subscriber implements AutoCloseable {

  /** The waits between two questions for the next token. */
  private static final Duration ASK_FIRST = Duration.ofSeconds(5);

  private static final Duration ASK_LONGEST = Duration.ofMinutes(1);

  /** A token that ends within this should have a successor by now. */
  private static final Duration NEAR = Duration.ofMinutes(5);

  private final Connection.Settings settings;
  private final int wanted;
  private final Limits limits;
  private final Connection.Tokens tokens;
  private final Dialler dialler;
  private final Connection.Listener listener;
  private final Clock clock;
  private final Supplier<RandomGenerator> random;
  private final System.Logger log;

  // Guarded by this:
  private final List<Leg> legs = new ArrayList<>(); // those that are to stay, and their successors
  private final List<Leg> retired = new ArrayList<>(); // closed, and not ended yet
  private int made;
  private boolean closed;
  private State state = State.DOWN; // as the listener knows it

  /**
   * A subscriber that has not begun.
   *
   * @param settings what to subscribe to
   * @param standby whether to hold two connections at all times
   * @param tokens where tokens come from
   * @param dialler what opens sockets
   * @param listener who is told
   * @param clock the time, for the ends of tokens
   * @param random makes the jitter of a connection
   * @param log where it says what an operator wants to know
   */
  public Subscriber(
      Connection.Settings settings,
      boolean standby,
      Connection.Tokens tokens,
      Dialler dialler,
      Connection.Listener listener,
      Clock clock,
      Supplier<RandomGenerator> random,
      System.Logger log) {
    this(settings, standby, Limits.STANDARD, tokens, dialler, listener, clock, random, log);
  }

  Subscriber(
      Connection.Settings settings,
      boolean standby,
      Limits limits,
      Connection.Tokens tokens,
      Dialler dialler,
      Connection.Listener listener,
      Clock clock,
      Supplier<RandomGenerator> random,
      System.Logger log) {
    this.settings = settings;
    this.wanted = standby ? 2 : 1;
    this.limits = limits;
    this.tokens = tokens;
    this.dialler = dialler;
    this.listener = listener;
    this.clock = clock;
    this.random = random;
    this.log = log;
  }

  /** Begins to dial. Returns at once. */
  public synchronized void start() {
    for (int i = 0; i < wanted; i++) {
      add(Optional.empty());
    }
  }

  /**
   * The token in use: of a live connection, where there is one, and of these the one that ends
   * last.
   *
   * @return empty before the first dial
   */
  public synchronized Optional<Token> token() {
    Comparator<Token> end = Comparator.comparing(token -> token.expiresAt().orElse(Instant.MAX));
    Optional<Token> live =
        legs.stream()
            .filter(leg -> leg.state == State.LIVE)
            .flatMap(leg -> leg.connection.token().stream())
            .max(end);
    return live.or(() -> legs.stream().flatMap(leg -> leg.connection.token().stream()).max(end));
  }

  /**
   * How many connections are live.
   *
   * @return two on standby, when all is well; while a token is replaced one more
   */
  public synchronized int live() {
    return (int) legs.stream().filter(leg -> leg.state == State.LIVE).count();
  }

  /**
   * When anything last arrived from the server, a ping included.
   *
   * @return empty before the first time
   */
  public synchronized Optional<Instant> lastHeard() {
    long now = System.nanoTime();
    return legs.stream()
        .map(leg -> leg.connection.lastHeard())
        .flatMapToLong(OptionalLong::stream)
        .map(heard -> now - heard)
        .min()
        .stream()
        .mapToObj(ago -> clock.instant().minusNanos(ago))
        .findFirst();
  }

  /**
   * What of its threads does not work any more.
   *
   * @return one line; empty if all is well, however bad the network may be
   */
  public synchronized Optional<String> fault() {
    return legs.stream().map(leg -> leg.connection.fault()).flatMap(Optional::stream).findFirst();
  }

  /** Begins to end all connections. Returns at once. */
  public void stop() {
    synchronized (this) {
      closed = true;
    }
    all().forEach(leg -> leg.connection.retire());
  }

  /** Ends all connections, and returns once their last events have been handed over. Prompt. */
  @Override
  public void close() {
    stop();
    all().forEach(leg -> leg.connection.close());
  }

  private synchronized List<Leg> all() {
    List<Leg> all = new ArrayList<>(legs);
    all.addAll(retired);
    return all;
  }

  private void add(Optional<Leg> replaces) {
    if (!closed) {
      Leg leg = new Leg(++made, replaces);
      replaces.ifPresent(old -> old.successor = Optional.of(leg));
      legs.add(leg);
      leg.connection.start();
    }
  }

  private synchronized void retire(Leg leg) {
    retired.removeIf(earlier -> earlier.connection.hasEnded());
    legs.remove(leg);
    retired.add(leg);
    leg.successor.ifPresent(successor -> successor.replaces = Optional.empty());
    leg.connection.retire();
  }

  /** What the listener has to know of the whole, after something happened to one. */
  private void tell(String reason) {
    State best =
        legs.stream().map(leg -> leg.state).max(Comparator.naturalOrder()).orElse(State.STOPPED);
    if (!best.equals(state)) {
      state = best;
      listener.became(best, reason);
    }
  }

  /** Since when others are live without a break: the one that is so for longest. */
  private OptionalLong liveBeside(Leg leg) {
    long now = System.nanoTime();
    return legs.stream()
        .filter(other -> !other.equals(leg) && other.state == State.LIVE)
        .mapToLong(other -> now - other.liveSince)
        .max()
        .stream()
        .map(longest -> now - longest)
        .findFirst();
  }

  /** Asks for the next token. A thread of its own, as that may take its time. */
  private void renew(Leg leg) {
    Duration wait = ASK_FIRST;
    try {
      Token next = tokens.token(false);
      if (leg.connection.token().filter(held -> same(held, next)).isEmpty()) {
        replace(leg);
        return;
      }
      Instant now = clock.instant();
      wait = next.renewAt().map(at -> Duration.between(now, at)).orElse(ASK_LONGEST);
      leg.sayNothingNewer(next, now);
    } catch (InterruptedException handlers) {
      // Some handler interrupts every thread there is.
    } catch (Exception noToken) {
      wait = ASK_FIRST.plus(leg.asks.next());
      leg.sayNoToken(noToken);
    }
    leg.connection.dueIn(wait);
  }

  private static boolean same(Token one, Token other) {
    return one.secret().reveal().equals(other.secret().reveal());
  }

  private synchronized void replace(Leg leg) {
    if (legs.contains(leg) && leg.state == State.LIVE && leg.successor.isEmpty()) {
      log.log(Level.DEBUG, "a second connection with the next token");
      add(Optional.of(leg));
    }
  }

  /** One connection of those that make up the subscription. */
  private final class Leg implements Connection.Listener {
    private final int number;
    private final Connection connection;

    // Guarded by the subscriber:
    private State state = State.DOWN;
    private long liveSince; // nanoTime; of a live one
    private long provenAt; // likewise: it was not half-open then
    private Optional<Leg> replaces;
    private Optional<Leg> successor = Optional.empty();
    private long failures; // beside a live one, since it was last live itself

    private final Backoff asks = new Backoff(ASK_FIRST, ASK_LONGEST, random.get());
    private boolean saidNothingNewer; // as asks: by one thread after the other

    Leg(int number, Optional<Leg> replaces) {
      this.number = number;
      this.replaces = replaces;
      this.connection =
          new Connection(settings, number, limits, tokens, dialler, this, clock, random.get(), log);
    }

    @Override
    public void event(Envelope frame) {
      listener.event(frame);
    }

    @Override
    public void aside(String text, String reason) {
      listener.aside(text, reason);
    }

    @Override
    public void became(State next, String reason) {
      synchronized (Subscriber.this) {
        if (!legs.contains(this)) {
          return;
        }
        state = next;
        log.log(Level.DEBUG, "connection {0}: {1}: {2}", number, next, reason);
        if (next == State.LIVE) {
          live();
        }
        tell(reason);
      }
    }

    private void live() {
      failures = 0;
      liveSince = System.nanoTime() | 1;
      provenAt = liveSince;
      legs.stream()
          .filter(other -> !other.equals(this) && other.state == State.LIVE)
          .forEach(other -> other.connection.prove(liveSince));
      if (replaces.isPresent()) {
        log.log(
            Level.DEBUG,
            "subscribed with the next token{0}; the connection with the old one is closed",
            connection
                .token()
                .flatMap(Token::expiresAt)
                .map(end -> ", good until " + end)
                .orElse(""));
      }
    }

    @Override
    public void proven(long then) {
      synchronized (Subscriber.this) {
        provenAt = then;
        log.log(Level.DEBUG, "connection {0} was alive when another became live", number);
        boolean relieved =
            successor
                .filter(heir -> heir.state == State.LIVE && then - heir.liveSince >= 0)
                .isPresent();
        if (relieved && legs.contains(this)) {
          retire(this);
        }
      }
    }

    @Override
    public void failed(Failure failure, Duration next, Duration silence) {
      synchronized (Subscriber.this) {
        if (!legs.contains(this)) {
          return;
        }
        OptionalLong others = liveBeside(this);
        boolean beside = others.isPresent();
        boolean gap = state == State.LIVE && beside && others.getAsLong() - provenAt > 0;
        boolean lead = legs.get(0).equals(this) || state == State.LIVE;
        state = State.DOWN; // at once: the other one may be lost before this one says so
        if (!beside && lead) {
          listener.failed(failure, next, silence);
        } else {
          failures++;
          log.log(
              Long.bitCount(failures) == 1 ? Level.WARNING : Level.DEBUG,
              "the second connection: {0}. Next try {1}{2}",
              failure.text(),
              next.isZero() ? "now" : "in " + Words.of(next),
              beside ? "; the other one is live" : "");
        }
        if (gap) {
          long alone = System.nanoTime() - others.getAsLong();
          listener.missed(failure, Duration.ofNanos(Math.max(silence.toNanos(), alone)));
        }
        if (successor.isPresent()) { // it was to replace this one anyway
          Leg heir = successor.get();
          retire(this);
          heir.connection.hurry();
          tell(failure.text()); // what becomes of this one is told no more
        }
      }
    }

    @Override
    public void due() {
      Thread thread = new Thread(() -> renew(this), "renew-" + settings.name());
      thread.setDaemon(true);
      thread.start();
    }

    private void sayNothingNewer(Token token, Instant now) {
      Optional<Instant> end = token.expiresAt().filter(at -> at.isBefore(now.plus(NEAR)));
      if (end.isPresent() && !saidNothingNewer) {
        saidNothingNewer = true;
        log.log(
            Level.WARNING,
            "the token ends at {0}, and there is no newer one yet. It is looked for until there is"
                + " one",
            end.get());
      }
    }

    private void sayNoToken(Exception why) {
      log.log(
          Level.WARNING,
          "no next token: {0}. The connection stays as long as the old one is good",
          Words.line(String.valueOf(why.getMessage()), 300));
    }
  }
}
