package loomagent.agent;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import loomagent.base.Words;
import loomagent.cable.Connection;
import loomagent.cable.Failure;
import loomagent.cable.Subscription.State;
import loomagent.journal.Journal;
import loomagent.json.Envelope;

/**
 * What a connection tells: events go into the journal, spans without a subscription to the gaps,
 * the rest becomes the log that an operator reads. Events come from the threads of one connection
 * or two at once, the rest from one at a time; a status asks from any.
 */
final class Intake implements Connection.Listener {

  /** Kinds of failure counted apart; a network with more of them says more. */
  private static final int MOST_KINDS = 16;

  /** How the connection stands, for a status. */
  record Standing(State state, Instant since, Optional<Instant> lastEventAt, String lastError) {}

  private final Connection.Settings settings;
  private final Journal journal;
  private final GapWatch gaps;
  private final DataFolder folder;
  private final Clock clock;
  private final System.Logger log;
  private final Consumer<State> watcher;

  private final AtomicLong received = new AtomicLong();
  private final AtomicLong duplicates = new AtomicLong();
  private final Map<String, AtomicLong> reconnects = new ConcurrentSkipListMap<>(); // by reason
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong aside = new AtomicLong();

  private volatile boolean settled; // live once, or failed for a reason that is known
  private long missed; // nanoseconds without a subscription, all but the current span; under lock
  private OptionalLong downFrom = OptionalLong.of(System.nanoTime()); // while it lasts; under lock
  private boolean wasLive;
  private volatile boolean live;
  private Instant downSince = Instant.EPOCH; // when anything last arrived before the first failure
  private long failures; // since the last time LIVE
  private final Map<String, Long> kinds = new LinkedHashMap<>(); // of failures, likewise, by words

  // Written by the connection's thread, read by any:
  private volatile State state = State.DOWN;
  private volatile Instant since;
  private volatile long lastEventAt; // milliseconds since 1970; 0 if there was none
  private volatile String lastError = "";

  Intake(Connection.Settings settings, GapWatch gaps, Link.Shared shared, System.Logger log) {
    this.settings = settings;
    this.journal = shared.journal();
    this.gaps = gaps;
    this.folder = shared.folder();
    this.clock = shared.clock();
    this.log = log;
    this.watcher = shared.watcher();
    this.since = clock.instant();
    // All of them: of what is not there before it rises, a monitor sees no rise.
    Failure.REASONS.forEach(reason -> reconnects.put(reason, new AtomicLong()));
  }

  long received() {
    return received.get();
  }

  long duplicates() {
    return duplicates.get();
  }

  long reconnects() {
    return reconnects.values().stream().mapToLong(AtomicLong::get).sum();
  }

  /** How often a live subscription was lost, by what for. */
  Map<String, Long> reconnectsByReason() {
    Map<String, Long> counts = new TreeMap<>();
    reconnects.forEach((reason, count) -> counts.put(reason, count.get()));
    return counts;
  }

  /** How long there was no subscription since the start, in all. */
  synchronized Duration missed() {
    long now = downFrom.stream().map(from -> System.nanoTime() - from).sum();
    return Duration.ofNanos(missed + now);
  }

  /** How long there has been none now. */
  synchronized Duration away() {
    return Duration.ofNanos(downFrom.stream().map(from -> System.nanoTime() - from).sum());
  }

  /** Whether it was live once, or has failed: there is no more to wait for at the start. */
  boolean settled() {
    return settled;
  }

  Standing standing() {
    return new Standing(
        state,
        since,
        Optional.of(lastEventAt).filter(at -> at > 0).map(Instant::ofEpochMilli),
        lastError);
  }

  // While the journal has no room this waits, and with it the connection's thread: nothing more is
  // read from the socket, and TCP slows the server down.
  @Override
  public void event(Envelope frame) {
    received.incrementAndGet();
    gaps.heard(frame.subject());
    int from = frame.messageStart();
    int to = frame.messageEnd();
    gaps.mend(frame.id(), frame.name(), frame.utf8(), from, to);
    Journal.Taken taken =
        journal.append(settings.name(), frame.id(), frame.name(), frame.utf8(), from, to);
    switch (taken) {
      case NEW -> lastEventAt = clock.millis();
      case DUPLICATE -> duplicates.incrementAndGet();
      case REFUSED -> {
        long count = refused.incrementAndGet();
        if (Long.bitCount(count) == 1) {
          log.log(
              Level.WARNING,
              "{0} arrived while the agent stops and could not be journaled; they are part of the"
                  + " gap until the next start",
              Words.count(count, "event"));
        }
      }
    }
  }

  @Override
  public void aside(String text, String reason) {
    long count = aside.incrementAndGet();
    try {
      if (folder.aside(text, reason, clock.instant())) {
        log.log(Level.WARNING, "a message is no event: {0}. Kept in aside.ndjson", reason);
      } else if (Long.bitCount(count) == 1) {
        log.log(
            Level.WARNING,
            "{0} so far were no events. aside.ndjson is full: look at it, then move it away",
            Words.count(count, "message"));
      }
    } catch (IOException disk) {
      log.log(
          Level.ERROR,
          "a message is no event: {0}. It could not be kept ({1}): {2}",
          reason,
          disk.getMessage(),
          Words.line(text, 500));
    }
  }

  @Override
  public void became(State next, String reason) {
    state = next;
    since = clock.instant();
    if (next == State.LIVE) {
      ready();
    }
    log.log(Level.DEBUG, "{0}: {1}", next, reason);
    watcher.accept(next);
  }

  @Override
  public void failed(Failure failure, Duration next, Duration silence) {
    failures++;
    lastError = failure.text();
    if (failures == 1) {
      downSince = clock.instant().minus(silence).truncatedTo(ChronoUnit.MILLIS);
    }
    if (live) {
      live = false;
      reconnects.get(failure.reason()).incrementAndGet();
      down(silence);
      gaps.lost(downSince, silence);
    }
    say(failure, next);
    settled = true;
  }

  @Override
  public void missed(Failure failure, Duration silence) {
    log.log(
        Level.WARNING,
        "{0}. It may have been so before the other connection was live, {1} ago: what came in"
            + " between is pulled",
        failure.text(),
        Words.of(silence));
    addMissed(silence);
    gaps.missed(clock.instant().minus(silence), silence);
  }

  private synchronized void addMissed(Duration silence) {
    missed += silence.toNanos();
  }

  private void say(Failure failure, Duration next) {
    if (kinds.size() == MOST_KINDS && !kinds.containsKey(failure.text())) {
      kinds.remove(kinds.keySet().iterator().next());
    }
    long same = kinds.merge(failure.text(), 1L, Long::sum);
    String line = failure.text() + ". Next try " + (next.isZero() ? "now" : "in " + Words.of(next));
    // Of what an operator has to mend: an error. Either is said the 1st, 2nd, 4th, 8th … time.
    boolean operators = failure.kind() != Failure.Kind.UNREACHABLE;
    Level level = operators ? Level.ERROR : Level.WARNING;
    log.log(
        Long.bitCount(same) == 1 ? level : Level.DEBUG,
        same == 1 ? line : line + ". That is failure " + same + " of this kind in a row");
  }

  private synchronized void down(Duration silence) {
    downFrom = OptionalLong.of(System.nanoTime() - silence.toNanos());
  }

  private synchronized void up() {
    downFrom.ifPresent(from -> missed += System.nanoTime() - from);
    downFrom = OptionalLong.empty();
  }

  /** The connection has ended: what follows, up to the next start, is a gap. */
  void stopped() {
    if (live) {
      gaps.lost(clock.instant());
    }
  }

  private void ready() {
    String what = String.join(", ", settings.events()) + " at " + settings.url();
    if (!wasLive) {
      log.log(Level.INFO, "Ready: subscribed to {0}", what);
    } else {
      log.log(
          Level.INFO,
          "Ready again after {0}: subscribed to {1}",
          Words.of(Duration.between(downSince, clock.instant())),
          what);
    }
    wasLive = true;
    live = true;
    settled = true;
    up();
    failures = 0;
    kinds.clear();
    lastError = "";
    gaps.live();
  }
}
