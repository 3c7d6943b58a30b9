package loomagent.delivery;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import loomagent.Event;
import loomagent.base.Backoff;
import loomagent.delivery.Outstanding.Item;
import loomagent.delivery.Outstanding.Request;

/**
 * Between the journal and one handler's threads: which event comes next, what becomes of it, and
 * how far the cursor is. One lock guards it all; no handler's code runs under it.
 */
final class Dispatch implements Watch.Watched {

  private static final Duration FIRST_BURY_AGAIN = Duration.ofSeconds(1);
  private static final Duration LONGEST_BURY_AGAIN = Duration.ofMinutes(1);
  private static final Duration SHORT_OF_MEMORY = Duration.ofSeconds(1);
  private static final long NEVER = Long.MAX_VALUE / 4; // nanoseconds that may be added to a time

  private final boolean keyed;
  private final Optional<Feed> feed;
  private final DeadLetters dead;
  private final Clock clock;
  private final Watch watch;
  private final Tally tally;
  private final System.Logger log;
  private final long timeout; // nanoseconds

  private final Gate gate = new Gate();

  // Under the lock:
  private final List<Worker> workers = new ArrayList<>(); // without the abandoned ones
  private final Outstanding outstanding;
  private final Retry retry;
  private final Overdue overdue;
  private final Streak streak;
  private final Backoff buryAgain;
  private Consumer<Worker> replace = worker -> {};
  private boolean fullSaid;

  private volatile boolean draining; // written under the lock

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
    this.dead = dead;
    this.clock = clock;
    this.watch = watch;
    this.tally = tally;
    this.log = log;
    this.keyed = !target.policy().key().isEmpty();
    this.timeout = target.policy().timeout().toNanos();
    this.retry = new Retry(target.policy(), random);
    this.overdue = new Overdue(target.policy().timeout(), log);
    this.streak = new Streak(target.context().name(), log);
    this.buryAgain = new Backoff(FIRST_BURY_AGAIN, LONGEST_BURY_AGAIN, random);
    this.outstanding = new Outstanding(feed.map(Feed::position).orElse(1L));
    feed.ifPresent(from -> tally.low.set(from.low(outstanding)));
  }

  /** Says how a lane gets another thread. */
  void onHang(Consumer<Worker> replacement) {
    replace = replacement;
  }

  /** A thread that will ask for events; false if there is no more use for one. */
  boolean join(Worker worker) {
    return gate.locked(() -> !draining && workers.add(worker));
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
      while (!draining && !worker.abandoned) {
        long now = now();
        List<Item> items = outstanding.take(now, worker.batch);
        if (!items.isEmpty()) {
          begin(worker, items, now);
          return items;
        }
        long end = feed.map(Feed::end).orElse(0L);
        if (feed.isPresent() && feed.get().fill(outstanding, now)) {
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
    worker.overdue = false;
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
    if (full && !fullSaid) {
      streak.full(outstanding.size());
    }
    fullSaid |= full;
  }

  /** The handler has returned, or thrown. */
  void ended(Worker worker, List<Item> items, Optional<Throwable> failure) {
    if (items.size() > 1) {
      failure.ifPresent(thrown -> log.log(Level.DEBUG, "the whole of it", thrown));
      several(worker, items, failure.map(Streak::words));
    } else {
      ended(worker, items.get(0), failure);
    }
  }

  /** Several at once are taken together, or come again one by one: that shows which is at fault. */
  private void several(Worker worker, List<Item> items, Optional<String> failure) {
    gate.run(
        () -> {
          Thread.interrupted(); // what was meant for this delivery does not hurt the next one
          if (worker.abandoned) {
            return;
          }
          worker.hand = List.of();
          if (!outstanding.isOut(items.get(0))) {
            return; // the watch has seen to it
          }
          if (worker.overdue || failure.isPresent()) {
            streak.batchFailed(items.size(), worker.overdue ? overdue.words() : failure.get());
            outstanding.takeBack(items);
            gate.change();
          } else {
            items.forEach(outstanding::done);
            taken(items.size());
            moved();
          }
        });
  }

  private void ended(Worker worker, Item item, Optional<Throwable> failure) {
    String words = failure.map(Streak::words).orElse(""); // foreign code
    failure.ifPresent(thrown -> log.log(Level.DEBUG, "the whole of it", thrown));
    boolean givenUp; // once the lock is free, an event that is not may be another thread's
    gate.lock();
    try {
      Thread.interrupted(); // what was meant for this delivery does not hurt the next one
      if (worker.abandoned) {
        return;
      }
      if (!outstanding.isOut(item)) { // the watch has seen to it, and could not replace this thread
        worker.hand = List.of();
        return;
      }
      if (worker.overdue) {
        fail(item, overdue.words(), Optional.empty());
      } else if (failure.isPresent()) {
        fail(item, words, failure);
      } else {
        finish(item, Optional.empty());
        taken(1);
      }
      givenUp = item.owed.isPresent();
      if (givenUp) {
        worker.deadline = now() + NEVER; // nobody watches the disk
      } else {
        worker.hand = List.of();
      }
    } finally {
      gate.unlock();
    }
    if (givenUp) {
      bury(worker, item);
    }
  }

  private void taken(int events) {
    tally.lastDelivered = clock.millis();
    tally.delivered.addAndGet(events);
    if (streak.failing() && outstanding.retrying() == 0) {
      streak.recovered(now());
      fullSaid = false;
    }
  }

  /** Decides what becomes of an event that was not taken. One that owes a letter is not parked. */
  private void fail(Item item, String words, Optional<Throwable> failure) {
    Event given = item.now();
    long now = now();
    tally.failed.incrementAndGet();
    tally.lastError = words;
    if (item.request.filter(Request::once).isPresent()) {
      finish(item, Optional.of(words));
      return;
    }
    Optional<Duration> wait = retry.after(item, failure);
    if (wait.isPresent()) {
      streak.failed(given, words, wait.get(), now);
      item.failures++;
      park(item, now, wait.get());
    } else {
      item.owed =
          Optional.of(
              new DeadLetters.Letter(
                  clock.instant(), item.sequence, given.attempt(), words, given));
    }
  }

  private void park(Item item, long now, Duration wait) {
    outstanding.park(item, now + wait.toNanos());
    if (draining) {
      refuseReplays();
    }
    gate.change(); // another thread may have to wait for less than it does
  }

  private void finish(Item item, Optional<String> answer) {
    item.request.ifPresent(request -> gate.answer(request, answer));
    outstanding.done(item);
    if (item.request.isEmpty()) {
      moved();
    }
  }

  /** Puts the cursor where things are. */
  private void moved() {
    Feed from = feed.orElseThrow();
    from.store(outstanding);
    tally.low.lazySet(from.low(outstanding));
  }

  /** Writes a dead letter; only then is its event done with. */
  void bury(Worker worker, Item item) {
    DeadLetters.Letter letter = item.owed.orElseThrow();
    Optional<String> fault = Optional.empty();
    try {
      if (!item.buried) {
        dead.add(letter);
        item.buried = true;
      }
    } catch (IOException | RuntimeException failure) {
      fault = Optional.of(Streak.words(failure));
    }
    gate.lock();
    try {
      if (worker.abandoned) {
        return;
      }
      if (fault.isEmpty()) { // first of all, or what fails after it would bring a second letter
        finish(item, Optional.of(letter.error()));
        streak.gaveUp(letter);
        buryAgain.reset();
      } else {
        streak.unwritten(letter, fault.get());
        tally.lastError = fault.get();
        park(item, now(), buryAgain.next());
      }
      worker.hand = List.of();
    } finally {
      gate.unlock();
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
    Item item = items.get(0);
    if (items.size() > 1 && outstanding.isOut(item)) {
      outstanding.takeBack(items);
      gate.change();
    } else if (outstanding.isOut(item)) {
      fail(item, overdue.words(), Optional.empty());
    }
    if (item.owed.isPresent() && outstanding.isOut(item)) {
      park(item, now(), Duration.ZERO); // it is not for the watch to write files
    }
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

  /** Gives an event once more; the answer is empty once it was taken, else says why not. */
  void replay(Event event, Request request) {
    gate.run(
        () -> {
          if (draining) {
            refuse(request);
          } else if (outstanding.add(event, request)) {
            gate.change();
          } else {
            String reason =
                Outstanding.MOST_REPLAYS + " replays wait; ask again when they are done";
            gate.answer(request, Optional.of(reason));
          }
        });
  }

  private void refuseReplays() {
    outstanding.dropReplays().forEach(this::refuse);
  }

  private void refuse(Request request) {
    String last = tally.lastError.isEmpty() ? "" : "; last: " + tally.lastError;
    gate.answer(request, Optional.of("the handler takes no more events" + last));
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
  }

  /** Waits for a time, or for the end. */
  void pause(Duration wait) {
    gate.run(
        () -> {
          long end = now() + wait.toNanos();
          for (long left = wait.toNanos(); left > 0 && !draining; left = end - now()) {
            gate.await(left, () -> false);
          }
        });
  }

  /** No delivery begins any more. */
  void drain() {
    gate.run(
        () -> {
          draining = true;
          refuseReplays();
          gate.change();
        });
  }

  boolean draining() {
    return draining;
  }

  /** What the threads do is of no account any more. */
  void abandonAll() {
    gate.run(
        () -> {
          for (Worker worker : workers) {
            worker.abandoned = true;
            worker.thread.interrupt();
            worker.hand.forEach(
                item -> item.request.ifPresent(this::refuse)); // whoever waits for a replay
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
            drain();
            feed.ifPresent(Feed::release);
          }
          return workers.isEmpty();
        });
  }

  void note(String what, Throwable failure) {
    tally.lastError = Streak.words(failure);
    log.log(Level.ERROR, "{0}: {1}", what, tally.lastError);
    log.log(Level.DEBUG, "the whole of it", failure);
  }

  long waiting() {
    return gate.locked(() -> outstanding.size() + feed.map(Feed::unread).orElse(0L));
  }

  int retrying() {
    return gate.locked(outstanding::retrying);
  }

  private long now() {
    return watch.nanos().getAsLong();
  }
}
