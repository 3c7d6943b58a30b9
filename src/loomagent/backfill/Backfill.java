package loomagent.backfill;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import loomagent.Event;
import loomagent.backfill.Trouble.Kind;
import loomagent.base.Secret;
import loomagent.base.Words;
import loomagent.net.Network;

/**
 * Closes the gaps of one connection by the pull API. Its thread, {@code backfill-<connection>},
 * begins with the first confirmation and is parked while there is nothing to pull. It goes on where
 * it stopped, in this process or another, and waits out whatever goes wrong, for ever.
 */
public final class Backfill implements AutoCloseable {

  /**
   * What to pull from where.
   *
   * @param connection the connection's name
   * @param api {@code loom.api}: an address with scheme and host
   * @param names the event names that are subscribed to, at least one
   * @param margin how far before the last event known to begin
   * @param userAgent what to call the agent
   */
  public record Settings(
      String connection, URI api, List<String> names, Duration margin, String userAgent) {
    public Settings {
      names = List.copyOf(names);
      if (names.isEmpty() || api.getHost() == null || margin.isNegative()) {
        throw new IllegalArgumentException("to pull " + names + " from " + api);
      }
    }
  }

  /** Who pulls. Asked at each request, so that a file that was rotated counts. */
  public interface Credentials {
    /**
     * {@code backfill.app}.
     *
     * @return the app's technical name
     * @throws IOException if it cannot be looked up, with words for an operator
     */
    String app() throws IOException;

    /**
     * {@code backfill.password}.
     *
     * @return the app's event password
     * @throws IOException as for {@link #app}
     */
    Secret password() throws IOException;
  }

  /** How the thread waits: so that a test need not. */
  interface Waiting {
    /** Returns after the time, or when the latch opens. */
    void pause(Duration time, CountDownLatch stop) throws InterruptedException;
  }

  /** "Several weeks", says Loom of how long it keeps events. */
  private static final Duration OLD = Duration.ofDays(21);

  private static final Duration SAY_EVERY = Duration.ofSeconds(30);
  private static final Duration END_LIMIT = Duration.ofSeconds(2);

  private final Settings settings;
  private final Supplier<Optional<String>> organization;
  private final Gaps gaps;
  private final Sink sink;
  private final Clock clock;
  private final Limits limits;
  private final Waiting waiting;
  private final System.Logger log;
  private final PullApi api;
  private final AtomicLong recovered = new AtomicLong();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;

  private boolean started; // guarded by this
  private boolean wanted; // guarded by this: a confirmation that the thread has not seen

  // The backfill's thread only:
  private final Patience patience;
  private long faults;

  /**
   * A backfill that has not begun.
   *
   * @param settings what to pull
   * @param credentials who pulls
   * @param organization the connection's own subject, {@code Org/<uuid>}, if it is known: {@link
   *     Organization}
   * @param gaps what to close
   * @param sink where the events go
   * @param network how to reach the pull API
   * @param clock the time
   * @param random the jitter between tries
   * @param log what an operator is told
   */
  public Backfill(
      Settings settings,
      Credentials credentials,
      Supplier<Optional<String>> organization,
      Gaps gaps,
      Sink sink,
      Network network,
      Clock clock,
      RandomGenerator random,
      System.Logger log) {
    this(
        settings,
        credentials,
        organization,
        gaps,
        sink,
        network,
        clock,
        random,
        log,
        Limits.STANDARD,
        (time, stop) -> {
          boolean unused = stop.await(time.toNanos(), TimeUnit.NANOSECONDS);
        });
  }

  Backfill(
      Settings settings,
      Credentials credentials,
      Supplier<Optional<String>> organization,
      Gaps gaps,
      Sink sink,
      Network network,
      Clock clock,
      RandomGenerator random,
      System.Logger log,
      Limits limits,
      Waiting waiting) {
    this.settings = settings;
    this.organization = organization;
    this.gaps = gaps;
    this.sink = sink;
    this.clock = clock;
    this.log = log;
    this.limits = limits;
    this.waiting = waiting;
    this.api = new PullApi(settings, credentials, network, clock, limits);
    this.patience = new Patience(random);
    this.thread = new Thread(this::run, "backfill-" + settings.connection());
    this.thread.setDaemon(true); // it may wait for a sink that takes nothing for now
  }

  /**
   * The time that an event tells us we had come to: whatever happened before is no later than any
   * of these by its own clock, and the margin is for the difference between the clocks.
   *
   * @param event the last event known of a connection
   * @param received when it came here
   * @return the earliest of {@code timestamp}, {@code received_at} and this
   */
  public static Instant lastKnown(Event event, Instant received) {
    return Stream.of(event.timestamp(), event.receivedAt(), Optional.of(received))
        .flatMap(Optional::stream)
        .min(Instant::compareTo)
        .orElse(received);
  }

  /**
   * The subscription is confirmed, and {@link Gaps#live} knows it: from now on gaps that have ended
   * are pulled. Had the pull begun earlier, what happens in between would be in neither. Any
   * thread; returns at once.
   */
  public synchronized void live() {
    wanted = true;
    if (!started && !stopped()) {
      started = true;
      thread.start();
    }
    notifyAll();
  }

  /**
   * How many events came by the pull alone.
   *
   * @return since the start
   */
  public long recovered() {
    return recovered.get();
  }

  /**
   * Whether nobody pulls any more.
   *
   * @return words; empty if all is well, whatever the server may say
   */
  public Optional<String> fault() {
    return thread.getState() == Thread.State.TERMINATED && !stopped()
        ? Optional.of("the thread " + thread.getName() + " has ended")
        : Optional.empty();
  }

  /**
   * Stops the pull, to go on another time, and waits a little for the thread. One that waits for
   * the sink ends when the sink refuses.
   */
  @Override
  public void close() {
    stop.countDown();
    api.cancel();
    synchronized (this) {
      notifyAll();
      if (!started) {
        return;
      }
    }
    try {
      thread.join(END_LIMIT.toMillis());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean stopped() {
    return stop.getCount() == 0;
  }

  private void run() {
    while (!stopped()) {
      try {
        if (awaitConfirmation()) {
          closeAll();
        }
      } catch (InterruptedException handlers) { // some handler interrupts every thread there is
        again();
      } catch (RuntimeException | Error fault) { // short of memory, most likely
        again();
        survive(fault);
      }
    }
  }

  private void closeAll() throws InterruptedException {
    List<Gap> open = gaps.open(settings.connection());
    while (!open.isEmpty() && closed(open)) {
      open = gaps.open(settings.connection());
    }
  }

  private synchronized void again() {
    wanted = true;
  }

  private void survive(Throwable fault) {
    try {
      faults++;
      if (Long.bitCount(faults) == 1) {
        log.log(Level.ERROR, "a fault while pulling missed events; it goes on", fault);
      }
      waiting.pause(Patience.PASSING_FIRST, stop);
    } catch (InterruptedException | RuntimeException | Error sooner) {
      // it is tried again all the same
    }
  }

  private synchronized boolean awaitConfirmation() throws InterruptedException {
    while (!wanted && !stopped()) {
      wait();
    }
    wanted = false;
    return !stopped();
  }

  /** False if that is all for now: the agent stops, or the pull would never end. */
  private boolean closed(List<Gap> open) throws InterruptedException {
    Pull pull = new Pull(open, settings, api, gaps, sink, limits.pages(), recovered);
    String note = age(pull);
    Instant said = clock.instant();
    while (!stopped()) {
      try {
        switch (page(pull)) {
          case MORE -> said = progress(pull, said);
          case DONE -> {
            pull.close(note);
            log.log(Level.INFO, "{0} closed: {1}", pull.what(), pull.events());
            return true;
          }
          case STOPPED -> {
            return false;
          }
        }
      } catch (Trouble trouble) {
        if (trouble.kind() == Kind.ENDLESS) {
          note(pull, trouble.getMessage());
          log.log(
              Level.ERROR,
              "{0} not closed: {1}. Tried again after the next confirmation",
              pull.what(),
              trouble.getMessage());
          return false;
        }
        waitOut(pull, trouble);
      }
    }
    return false;
  }

  private String age(Pull pull) {
    Gap oldest = pull.batch().get(0);
    if (oldest.from().isAfter(clock.instant().minus(OLD))) {
      return "";
    }
    String note =
        "it began "
            + Words.of(Duration.between(oldest.from(), clock.instant()))
            + " before it was pulled, and Loom keeps events for several weeks only: some may be"
            + " missing";
    log.log(Level.WARNING, "gap {0} is old: {1}", Long.toString(oldest.number()), note);
    return note;
  }

  private Pull.Step page(Pull pull) throws Trouble, InterruptedException {
    Pull.Step step;
    try {
      step = pull.page(subject());
    } catch (RuntimeException fault) { // such as a supplier's: it must not end the thread
      throw new Trouble(Kind.SETTING, "internal fault: " + Words.line(fault.toString(), 300));
    }
    patience.reset();
    return step;
  }

  private String subject() throws Trouble {
    return organization
        .get()
        .orElseThrow(
            () ->
                new Trouble(
                    Kind.SETTING,
                    "whose events to take is not known: the pull gives those of all Organizations,"
                        + " and the token does not say which one this is. Set organization"));
  }

  private Instant progress(Pull pull, Instant said) {
    Instant now = clock.instant();
    if (Duration.between(said, now).compareTo(SAY_EVERY) < 0) {
      return said;
    }
    log.log(Level.INFO, "pulling what was missed in {0}: {1}", pull.what(), pull.progress());
    return now;
  }

  private void waitOut(Pull pull, Trouble trouble) throws InterruptedException {
    if (stopped()) {
      return; // the request was cancelled
    }
    Patience.Wait wait = patience.with(trouble);
    note(pull, "not closed yet: " + trouble.getMessage());
    log.log(
        wait.level(),
        "{0} not closed yet: {1}. Next try in {2}{3}",
        pull.what(),
        trouble.getMessage(),
        Words.of(wait.time()),
        wait.counted());
    if (trouble.kind() == Kind.ODD) {
      pull.startOver();
    }
    waiting.pause(wait.time(), stop);
  }

  private void note(Pull pull, String words) {
    pull.batch().forEach(gap -> gaps.note(gap.number(), words));
  }
}
