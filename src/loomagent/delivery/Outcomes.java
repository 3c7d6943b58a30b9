package loomagent.delivery;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import loomagent.Event;
import loomagent.base.Backoff;
import loomagent.delivery.Outstanding.Item;
import loomagent.delivery.Outstanding.Request;

/**
 * What becomes of the events that a handler was given: taken, to come again, or dead letters. Under
 * the gate's lock, but for the writing of a dead letter.
 */
final class Outcomes {

  private static final String NO_MORE = "the handler takes no more events";
  private static final String PAUSED = "the handler is paused; resume it first";
  private static final Duration FIRST_BURY_AGAIN = Duration.ofSeconds(1);
  private static final Duration LONGEST_BURY_AGAIN = Duration.ofMinutes(1);

  private final Gate gate;
  private final Outstanding outstanding;
  private final Optional<Feed> feed;
  private final DeadLetters dead;
  private final Clock clock;
  private final LongSupplier nanos;
  private final Tally tally;
  private final System.Logger log;
  private final String late;

  // Under the lock:
  private final Retry retry;
  private final Streak streak;
  private final Backoff buryAgain;

  private volatile boolean draining; // written under the lock
  private volatile boolean paused; // likewise

  Outcomes(
      Delivery.Target target,
      Gate gate,
      Outstanding outstanding,
      Optional<Feed> feed,
      DeadLetters dead,
      Clock clock,
      LongSupplier nanos,
      RandomGenerator random,
      Tally tally) {
    this.gate = gate;
    this.outstanding = outstanding;
    this.feed = feed;
    this.dead = dead;
    this.clock = clock;
    this.nanos = nanos;
    this.tally = tally;
    this.log = target.context().logger();
    this.late = Overdue.words(target.policy().timeout());
    this.retry = new Retry(target.policy(), random);
    this.streak = new Streak(target.context().name(), log);
    this.buryAgain = new Backoff(FIRST_BURY_AGAIN, LONGEST_BURY_AGAIN, random);
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
          tally.took.add(now() - worker.began);
          if (!outstanding.isOut(items.get(0))) {
            return; // the watch has seen to it
          }
          if (worker.overdue || failure.isPresent()) {
            streak.batchFailed(items.size(), worker.overdue ? late : failure.get());
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
      tally.took.add(now() - worker.began);
      if (!outstanding.isOut(item)) { // the watch has seen to it, and could not replace this thread
        worker.hand = List.of();
        return;
      }
      if (worker.overdue) {
        fail(item, late, Optional.empty());
      } else if (failure.isPresent()) {
        fail(item, words, failure);
      } else {
        finish(item, Optional.empty());
        taken(1);
      }
      givenUp = item.owed.isPresent();
      if (givenUp) {
        worker.deadline = now() + Dispatch.NEVER; // nobody watches the disk
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
      boolean stopped =
          draining && failure.filter(InterruptedException.class::isInstance).isPresent();
      if (!stopped) { // whoever interrupted it has said so
        streak.failed(given, words, wait.get(), now);
      }
      item.failures++;
      tally.retries.incrementAndGet();
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
        tally.buried.incrementAndGet();
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

  /** The handler is late, and its thread left to itself: what it has in hand comes again. */
  void late(List<Item> items) {
    Item item = items.get(0);
    if (items.size() > 1 && outstanding.isOut(item)) {
      outstanding.takeBack(items);
      gate.change();
    } else if (outstanding.isOut(item)) {
      fail(item, late, Optional.empty());
    }
    if (item.owed.isPresent() && outstanding.isOut(item)) {
      park(item, now(), Duration.ZERO); // it is not for the watch to write files
    }
  }

  /** All that may be read waits for what failed. */
  void full() {
    streak.full(outstanding.size());
  }

  /** Gives an event once more; the answer is empty once it was taken, else says why not. */
  void replay(Event event, Request request) {
    gate.run(
        () -> {
          if (draining) {
            refuse(request);
          } else if (paused) {
            gate.answer(request, Optional.of(PAUSED));
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

  void refuse(Request request) {
    String last = tally.lastError;
    gate.answer(request, Optional.of(NO_MORE + (last.isEmpty() ? "" : "; last: " + last)));
  }

  /** Whether that is an answer to a replay that the handler was never given. */
  static boolean isRefusal(String answer) {
    return answer.startsWith(NO_MORE) || answer.equals(PAUSED);
  }

  /** No delivery begins until it is resumed. What was asked for besides is refused. */
  void pause(boolean pause) {
    gate.run(
        () -> {
          paused = pause;
          if (pause) {
            outstanding.dropReplays().forEach(request -> gate.answer(request, Optional.of(PAUSED)));
          }
          gate.change();
        });
  }

  boolean paused() {
    return paused;
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

  private long now() {
    return nanos.getAsLong();
  }
}
