package loomagent.delivery;

import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import loomagent.base.Words;
import loomagent.delivery.Outstanding.Item;

/**
 * Between the journal and one handler's threads: which event comes next, and who has which in hand.
 * One lock guards it all; no handler's code runs under it.
 */
final class Dispatch implements Watch.Watched {

  private static final Duration SHORT_OF_MEMORY = Duration.ofSeconds(1);
  static final long NEVER = Long.MAX_VALUE / 4; // nanoseconds that may be added to a time

  private final boolean keyed;
  private final Optional<Feed> feed;
  private final Watch watch;
  private final Tally tally;
  private final System.Logger log;
  private final long timeout; // nanoseconds

  private final Gate gate = new Gate();

  // Under the lock:
  private final List<Worker> workers = new ArrayList<>(); // without the abandoned ones
  private final Outstanding outstanding;
  private final Overdue overdue;
  private Consumer<Worker> replace = worker -> {};

  private final Outcomes outcomes;

  Dispatch(
      Delivery.Target target,
      Optional<Feed> feed,
      DeadLetters dead,
      Clock clock,
      Watch watch,
      RandomGenerator random,
      Tally tally) {
    System.Logger log = target.context().logger();
    this.feed = feed;
    this.watch = watch;
    this.tally = tally;
    this.log = log;
    this.keyed = !target.policy().key().isEmpty();
    this.timeout = target.policy().timeout().toNanos();
    this.overdue = new Overdue(target.policy().timeout(), log);
    this.outstanding = new Outstanding(feed.map(Feed::position).orElse(1L));
    this.outcomes =
        new Outcomes(target, gate, outstanding, feed, dead, clock, watch.nanos(), random, tally);
    feed.ifPresent(from -> tally.low.set(from.low(outstanding)));
  }

  /** Says how a lane gets another thread. */
  void onHang(Consumer<Worker> replacement) {
    replace = replacement;
  }

  /** A thread that will ask for events; false if there is no more use for one. */
  boolean join(Worker worker) {
    return gate.locked(() -> !draining() && workers.add(worker));
  }

  /** A thread that has ended. */
  void leave(Worker worker) {
    gate.run(
        () -> {
          if (worker.abandoned) {
            overdue.ended();
          }
          workers.remove(worker);
        });
  }

  /** Waits for what to give to the handler next; empty when the thread should end. */
  List<Item> next(Worker worker) {
    gate.lock();
    try {
      while (!draining() && !worker.abandoned) {
        long now = now();
        List<Item> items = outcomes.paused() ? List.of() : outstanding.take(now, worker.batch);
        if (!items.isEmpty()) {
          begin(worker, items, now);
          return items;
        }
        long end = feed.map(Feed::end).orElse(0L);
        if (outcomes.paused()) {
          gate.await(Long.MAX_VALUE, () -> false);
        } else if (feed.isPresent() && feed.get().fill(outstanding, now)) {
          tally.low.lazySet(feed.get().low(outstanding));
        } else {
          idle(now, end);
        }
      }
      return List.of();
    } finally {
      gate.unlock();
    }
  }

  private void begin(Worker worker, List<Item> items, long now) {
    Thread.interrupted(); // what was meant for anything before does not hurt this delivery
    worker.hand = items;
    worker.began = now;
    worker.overdue = false;
    worker.hung = false;
    worker.deadline = now + (items.get(0).owed.isEmpty() ? timeout : NEVER);
    watch.begun(worker.deadline);
    if (gate.anyIdle() && outstanding.hasReady()) {
      gate.change();
    }
  }

  private void idle(long now, long end) {
    long wait = outstanding.untilDue(now);
    if (feed.isPresent()) {
      long untilRead = feed.get().untilRead(now);
      wait = untilRead > 0 ? Math.min(wait, untilRead) : wait;
      sayIfFull(feed.get());
    }
    gate.await(wait, () -> feed.isPresent() && feed.get().end() != end);
  }

  private void sayIfFull(Feed from) {
    boolean full =
        keyed
            && outstanding.retrying() > 0
            && from.enough(outstanding)
            && workers.stream().allMatch(worker -> worker.hand.isEmpty());
    if (full) {
      outcomes.full();
    }
  }

  /**
   * Something went wrong here, a full heap most likely: what the thread had in hand comes again.
   */
  void recover(Worker worker) {
    gate.lock();
    try {
      tally.lastError = "the agent is short of memory";
      if (!worker.abandoned && !worker.hand.isEmpty()) {
        boolean out = outstanding.isOut(worker.hand.get(0));
        if (out && worker.hand.size() > 1) {
          outstanding.takeBack(worker.hand);
        } else if (out) {
          outstanding.park(worker.hand.get(0), now() + SHORT_OF_MEMORY.toNanos());
        }
        worker.hand = List.of();
      }
    } finally {
      gate.unlock();
    }
  }

  @Override
  public long check(long now) {
    return gate.locked(
        () -> {
          long wait = Long.MAX_VALUE;
          for (Worker worker : List.copyOf(workers)) {
            if (!worker.hand.isEmpty()) {
              wait = Math.min(wait, overdue.check(worker, now, this::abandon));
            } else if (!worker.start()) {
              wait = Math.min(wait, SHORT_OF_MEMORY.toNanos());
            }
          }
          return wait;
        });
  }

  private void abandon(Worker worker) {
    List<Item> items = worker.hand;
    outcomes.late(items);
    worker.hand = List.of();
    workers.remove(worker);
    try {
      replace.accept(worker);
    } catch (OutOfMemoryError full) { // as it was, until there is memory for another thread
      workers.add(worker);
      worker.hand = items;
      throw full;
    }
  }

  /** Called when the journal has more. */
  void wake() {
    if (gate.anyIdle()) {
      gate.change();
    }
  }

  /** Lets threads that wait look again, such as at the clock. */
  void look() {
    gate.change();
    watch.wake();
  }

  /** Waits for a time, or for the end. */
  void pause(Duration wait) {
    gate.run(
        () -> {
          long end = now() + wait.toNanos();
          for (long left = wait.toNanos(); left > 0 && !draining(); left = end - now()) {
            gate.await(left, () -> false);
          }
        });
  }

  /** What becomes of what was given. */
  Outcomes outcomes() {
    return outcomes;
  }

  boolean draining() {
    return outcomes.draining();
  }

  /** Interrupts what the handler is at. */
  void interrupt() {
    gate.run(() -> workers.forEach(worker -> worker.thread.interrupt()));
  }

  /** What the threads do is of no account any more. */
  void abandonAll() {
    gate.run(
        () -> {
          for (Worker worker : workers) {
            worker.abandoned = true;
            worker.thread.interrupt();
            worker.hand.forEach(
                item -> item.request.ifPresent(outcomes::refuse)); // whoever waits for a replay
          }
          workers.clear();
        });
  }

  /** Puts the cursor on disk; true if no thread is left, so that it stays there. */
  boolean settle() {
    return gate.locked(
        () -> {
          feed.ifPresent(Feed::force);
          if (workers.isEmpty()) {
            outcomes.drain();
            feed.ifPresent(Feed::release);
          }
          return workers.isEmpty();
        });
  }

  /**
   * Opening or closing it failed.
   *
   * @param same how often with these words: said the 1st, 2nd, 4th, 8th … time
   */
  void note(String what, Throwable failure, String words, long same) {
    tally.lastError = words;
    if (Long.bitCount(same) == 1) {
      String counted = same == 1 ? "" : ", failure " + same + " of this kind";
      log.log(Level.ERROR, "{0}{1}: {2}", what, counted, words);
      log.log(Level.DEBUG, "the whole of it", failure);
    }
  }

  /** It is open, which it was not before. */
  void opened(long failures) {
    log.log(Level.INFO, "is open after {0}", Words.count(failures, "failure"));
  }

  long waiting() {
    return gate.locked(() -> outstanding.size() + feed.map(Feed::unread).orElse(0L));
  }

  /** When the journal took the first event that waits and was read; empty if none is known. */
  Optional<Instant> waitingSince() {
    return gate.locked(outstanding::first).map(Item::taken).map(Instant::ofEpochMilli);
  }

  /** Where an event of the journal stands. */
  Standing standing(long sequence) {
    return gate.locked(
        () -> {
          Optional<Item> item = outstanding.find(sequence);
          if (item.isPresent()) {
            return item.get().failures > 0 ? Standing.RETRYING : Standing.WAITING;
          }
          return feed.map(from -> from.standing(sequence)).orElse(Standing.DONE);
        });
  }

  /** What hinders it that only a restart mends: a lane without a thread, or with one that hangs. */
  Optional<String> fault(int lanes) {
    return gate.locked(
        () ->
            workers.stream()
                .map(overdue::fault)
                .flatMap(Optional::stream)
                .findFirst()
                .or(
                    () ->
                        draining() || workers.size() >= lanes
                            ? Optional.empty()
                            : Optional.of("a lane has no thread")));
  }

  int retrying() {
    return gate.locked(outstanding::retrying);
  }

  private long now() {
    return watch.nanos().getAsLong();
  }
}
