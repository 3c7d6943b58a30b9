package loomagent.delivery;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import loomagent.Event;
import loomagent.RetryLater;
import loomagent.Undeliverable;
import loomagent.base.Backoff;
import loomagent.base.Words;
import loomagent.delivery.Outstanding.Item;
import loomagent.delivery.Outstanding.Request;

/**
 * Between the journal and one handler's threads: which event comes next, what becomes of it, and
 * how far the cursor is. One lock guards it all; no handler's code runs under it.
 */
final class Dispatch implements Watch.Watched {

  /** A handler cannot put an event off for longer than this. */
  private static final Duration LONGEST_LATER = Duration.ofHours(24);

  /** How long a delivery that was interrupted has to end, unless its timeout is shorter. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  /** Threads of one handler that may hang for ever: each holds a stack and what it works on. */
  private static final int MOST_ABANDONED = 3;

  private static final Duration FIRST_BURY_AGAIN = Duration.ofSeconds(1);
  private static final Duration LONGEST_BURY_AGAIN = Duration.ofMinutes(1);
  private static final Duration SHORT_OF_MEMORY = Duration.ofSeconds(1);
  private static final long NEVER = Long.MAX_VALUE / 4; // nanoseconds that may be added to a time
  private static final int EXCERPT = 300;

  private final String name;
  private final Policy policy;
  private final Optional<Feed> feed;
  private final DeadLetters dead;
  private final Clock clock;
  private final Watch watch;
  private final RandomGenerator random;
  private final System.Logger log;
  private final long timeout; // nanoseconds
  private final long grace; // nanoseconds

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final AtomicInteger idle = new AtomicInteger(); // threads that wait for a change

  // Under the lock:
  private final List<Worker> workers = new ArrayList<>(); // without the abandoned ones
  private final Outstanding outstanding;
  private final Streak streak;
  private final Backoff buryAgain;
  private List<Runnable> answers = new ArrayList<>(); // to be given once the lock is free
  private Consumer<Worker> replace = worker -> {};
  private int abandoned;
  private long unburied; // failures in a row to write a dead letter
  private long stuck; // how often a thread hung while no more may be abandoned
  private boolean fullSaid;

  // Written under the lock, read by any thread:
  private volatile boolean draining;
  private volatile String lastError = "";
  private volatile long lastDelivered; // milliseconds since 1970; 0 for never
  private final AtomicLong low = new AtomicLong(Long.MAX_VALUE);
  private final AtomicLong delivered = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();

  Dispatch(
      String name,
      Policy policy,
      Optional<Feed> feed,
      DeadLetters dead,
      Clock clock,
      Watch watch,
      RandomGenerator random,
      System.Logger log) {
    this.name = name;
    this.policy = policy;
    this.feed = feed;
    this.dead = dead;
    this.clock = clock;
    this.watch = watch;
    this.random = random;
    this.log = log;
    this.timeout = policy.timeout().toNanos();
    this.grace = Math.min(GRACE.toNanos(), timeout);
    this.streak = new Streak(log);
    this.buryAgain = new Backoff(FIRST_BURY_AGAIN, LONGEST_BURY_AGAIN, random);
    this.outstanding = new Outstanding(feed.map(Feed::position).orElse(1L));
    feed.ifPresent(from -> low.set(from.low(outstanding)));
  }

  /** Says how a lane gets another thread. */
  void onHang(Consumer<Worker> replacement) {
    replace = replacement;
  }

  /** A thread that will ask for events; false if there is no more use for one. */
  boolean join(Worker worker) {
    lock.lock();
    try {
      return !draining && workers.add(worker);
    } finally {
      unlock();
    }
  }

  /** A thread that has ended. */
  void leave(Worker worker) {
    lock.lock();
    try {
      if (worker.abandoned) {
        abandoned--;
      }
      workers.remove(worker);
    } finally {
      unlock();
    }
  }

  /** Waits for the next event to give to the handler; empty when the thread should end. */
  Optional<Item> next(Worker worker) {
    lock.lock();
    try {
      while (!draining && !worker.abandoned) {
        long now = now();
        Optional<Item> item = outstanding.take(now);
        if (item.isPresent()) {
          begin(worker, item, now);
          return item;
        }
        long end = feed.map(Feed::end).orElse(0L);
        if (feed.isPresent() && feed.get().fill(outstanding, now)) {
          low.lazySet(feed.get().low(outstanding));
        } else {
          idle(now, end);
        }
      }
      return Optional.empty();
    } finally {
      unlock();
    }
  }

  private void begin(Worker worker, Optional<Item> item, long now) {
    Thread.interrupted(); // what was meant for anything before does not hurt this delivery
    worker.hand = item;
    worker.overdue = false;
    worker.deadline = now + (item.get().owed.isEmpty() ? timeout : NEVER);
    watch.begun(worker.deadline);
    if (idle.get() > 0 && outstanding.hasReady()) {
      changed.signalAll();
    }
  }

  private void idle(long now, long end) {
    long wait = outstanding.untilDue(now);
    if (feed.isPresent()) {
      long untilRead = feed.get().untilRead(now);
      wait = untilRead > 0 ? Math.min(wait, untilRead) : wait;
      sayIfFull(feed.get());
    }
    idle.incrementAndGet(); // from here on a listener tells what comes
    try {
      if (feed.isPresent() && feed.get().end() != end) {
        return;
      }
      if (wait == Long.MAX_VALUE) {
        changed.awaitUninterruptibly();
      } else {
        changed.awaitNanos(wait);
      }
    } catch (InterruptedException handlersOwn) {
      // It may have come late from a thread that the handler started.
    } finally {
      idle.decrementAndGet();
    }
  }

  private void sayIfFull(Feed from) {
    boolean full =
        !policy.key().isEmpty()
            && outstanding.retrying() > 0
            && from.enough(outstanding)
            && workers.stream().allMatch(worker -> worker.hand.isEmpty());
    if (full && !fullSaid) {
      log.log(
          Level.WARNING,
          "{0} wait behind those of their key that fail; the rest waits until one of these is"
              + " taken",
          Words.count(outstanding.size(), "event"));
    }
    fullSaid |= full;
  }

  /** The handler has returned, or thrown. */
  void ended(Worker worker, Item item, Optional<Throwable> failure) {
    String words = failure.map(Streak::words).orElse(""); // foreign code
    failure.ifPresent(thrown -> log.log(Level.DEBUG, "the whole of it", thrown));
    boolean givenUp; // once the lock is free, an event that is not may be another thread's
    lock.lock();
    try {
      Thread.interrupted(); // what was meant for this delivery does not hurt the next one
      if (worker.abandoned) {
        return;
      }
      if (!outstanding.isOut(item)) { // the watch has seen to it, and could not replace this thread
        worker.hand = Optional.empty();
        return;
      }
      if (worker.overdue) {
        fail(item, late(), Optional.empty());
      } else if (failure.isPresent()) {
        fail(item, words, failure);
      } else {
        lastDelivered = clock.millis();
        finish(item, Optional.empty());
        delivered.incrementAndGet();
        if (streak.failing() && outstanding.retrying() == 0) {
          streak.recovered(now());
          fullSaid = false;
        }
      }
      givenUp = item.owed.isPresent();
      if (givenUp) {
        worker.deadline = now() + NEVER; // nobody watches the disk
      } else {
        worker.hand = Optional.empty();
      }
    } finally {
      unlock();
    }
    if (givenUp) {
      bury(worker, item);
    }
  }

  private String late() {
    return "did not finish within " + Words.of(policy.timeout());
  }

  /** Decides what becomes of an event that was not taken. One that owes a letter is not parked. */
  private void fail(Item item, String words, Optional<Throwable> failure) {
    Event given = item.now();
    long now = now();
    boolean last =
        failure.filter(Undeliverable.class::isInstance).isPresent()
            || item.failures + 1 == policy.attempts();
    boolean once = item.request.filter(Request::once).isPresent();
    failed.incrementAndGet();
    lastError = words;
    if (once) {
      finish(item, Optional.of(words));
    } else if (last) {
      item.owed =
          Optional.of(
              new DeadLetters.Letter(
                  clock.instant(), item.sequence, given.attempt(), words, given));
    } else {
      Duration wait = wait(item, failure);
      streak.failed(given, words, "it comes again in " + Words.of(wait), now);
      item.failures++;
      park(item, now, wait);
    }
  }

  private Duration wait(Item item, Optional<Throwable> failure) {
    if (failure.isPresent() && failure.get() instanceof RetryLater later) {
      return later.after().compareTo(LONGEST_LATER) > 0 ? LONGEST_LATER : later.after();
    }
    if (item.backoff.isEmpty()) {
      item.backoff = Optional.of(new Backoff(policy.retryFirst(), policy.retryLongest(), random));
    }
    return item.backoff.get().next();
  }

  private void park(Item item, long now, Duration wait) {
    outstanding.park(item, now + wait.toNanos());
    if (draining) {
      refuseReplays();
    }
    changed.signalAll(); // another thread may have to wait for less than it does
  }

  private void finish(Item item, Optional<String> answer) {
    item.request.ifPresent(request -> answers.add(() -> request.answer().complete(answer)));
    outstanding.done(item);
    if (item.request.isEmpty()) {
      Feed from = feed.orElseThrow();
      from.store(outstanding);
      low.lazySet(from.low(outstanding));
    }
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
    lock.lock();
    try {
      if (fault.isEmpty()) { // first of all, or what fails after it would bring a second letter
        finish(item, Optional.of(letter.error()));
      }
      String event = Words.line(letter.event().toString(), EXCERPT);
      if (fault.isEmpty()) {
        unburied = 0;
        buryAgain.reset();
        log.log(
            Level.ERROR,
            "gave up {0} after {1}: {2}. It is kept: \"dead list --handler {3}\" shows it",
            event,
            Words.count(letter.attempts(), "attempt"),
            letter.error(),
            name);
      } else {
        lastError = fault.get();
        park(item, now(), buryAgain.next());
        if (Long.bitCount(++unburied) == 1) {
          log.log(
              Level.ERROR,
              "{0} was given up, and waits because its dead letter cannot be written: {1}",
              event,
              fault.get());
        }
      }
      worker.hand = Optional.empty();
    } finally {
      unlock();
    }
  }

  /**
   * Something went wrong here, a full heap most likely: what the thread had in hand comes again.
   */
  void recover(Worker worker) {
    lock.lock();
    try {
      lastError = "the agent is short of memory";
      if (!worker.abandoned && worker.hand.isPresent()) {
        if (outstanding.isOut(worker.hand.get())) {
          outstanding.park(worker.hand.get(), now() + SHORT_OF_MEMORY.toNanos());
        }
        worker.hand = Optional.empty();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long check(long now) {
    lock.lock();
    try {
      long wait = Long.MAX_VALUE;
      for (Worker worker : List.copyOf(workers)) {
        if (worker.hand.isPresent()) {
          wait = Math.min(wait, check(worker, worker.hand.get(), now));
        } else if (!worker.start()) {
          wait = Math.min(wait, SHORT_OF_MEMORY.toNanos());
        }
      }
      return wait;
    } finally {
      unlock();
    }
  }

  private long check(Worker worker, Item item, long now) {
    if (worker.deadline - now > 0) {
      return worker.deadline - now;
    }
    if (!worker.overdue) {
      worker.overdue = true;
      worker.thread.interrupt(); // under the lock, under which the delivery ends: it hits no other
    } else if (abandoned < MOST_ABANDONED) {
      abandon(worker, item);
      return Long.MAX_VALUE;
    } else if (Long.bitCount(++stuck) == 1) {
      log.log(
          Level.ERROR,
          "{0} of this handler''s threads hang and do not heed an interrupt, and so does the next"
              + " at {1}: its lane waits. Restart the agent, and mend the handler",
          abandoned,
          Words.line(item.event.toString(), EXCERPT));
    }
    worker.deadline = now + grace;
    return grace;
  }

  private void abandon(Worker worker, Item item) {
    if (outstanding.isOut(item)) {
      fail(item, late(), Optional.empty());
    }
    if (item.owed.isPresent() && outstanding.isOut(item)) {
      park(item, now(), Duration.ZERO); // it is not for the watch to write files
    }
    Optional<Item> hand = worker.hand;
    worker.abandoned = true;
    worker.hand = Optional.empty();
    abandoned++;
    workers.remove(worker);
    try {
      replace.accept(worker);
    } catch (OutOfMemoryError full) { // as it was, until there is memory for another thread
      workers.add(worker);
      abandoned--;
      worker.hand = hand;
      worker.abandoned = false;
      throw full;
    }
    String thread = worker.thread.getName();
    worker.thread.setName(thread + "-abandoned");
    log.log(
        Level.ERROR,
        "the thread {0} {1} with {2}, and does not heed an interrupt: it is left to itself, and"
            + " another takes its place",
        thread,
        late(),
        Words.line(item.event.toString(), EXCERPT));
  }

  /** Gives an event once more; the answer is empty once it was taken, else says why not. */
  void replay(Event event, Request request) {
    lock.lock();
    try {
      if (draining) {
        refuse(request);
      } else if (outstanding.add(event, request)) {
        changed.signalAll();
      } else {
        String reason = Outstanding.MOST_REPLAYS + " replays wait; ask again when they are done";
        answers.add(() -> request.answer().complete(Optional.of(reason)));
      }
    } finally {
      unlock();
    }
  }

  private void refuseReplays() {
    outstanding.dropReplays().forEach(this::refuse);
  }

  private void refuse(Request request) {
    String reason = "the handler takes no more events" + (lastError.isEmpty() ? "" : "; last: ");
    answers.add(() -> request.answer().complete(Optional.of(reason + lastError)));
  }

  /** Called when the journal has more. */
  void wake() {
    if (idle.get() > 0) {
      look();
    }
  }

  /** Lets threads that wait look again, such as at the clock. */
  void look() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for a time, or for the end. */
  void pause(Duration wait) {
    lock.lock();
    try {
      long end = now() + wait.toNanos();
      for (long left = wait.toNanos(); left > 0 && !draining; left = end - now()) {
        changed.awaitNanos(left);
      }
    } catch (InterruptedException handlersOwn) {
      // A handler that interrupts its thread is opened again at once.
    } finally {
      lock.unlock();
    }
  }

  /** No delivery begins any more. */
  void drain() {
    lock.lock();
    try {
      draining = true;
      refuseReplays();
      changed.signalAll();
    } finally {
      unlock();
    }
  }

  boolean draining() {
    return draining;
  }

  /** Puts the cursor on disk; true if no thread is left, so that it stays there. */
  boolean settle() {
    lock.lock();
    try {
      feed.ifPresent(Feed::force);
      if (workers.isEmpty()) {
        drain();
        feed.ifPresent(Feed::release);
      }
      return workers.isEmpty();
    } finally {
      unlock();
    }
  }

  void note(String what, Throwable failure) {
    lastError = Streak.words(failure);
    log.log(Level.ERROR, "{0}: {1}", what, lastError);
    log.log(Level.DEBUG, "the whole of it", failure);
  }

  long waiting() {
    lock.lock();
    try {
      return outstanding.size() + feed.map(Feed::unread).orElse(0L);
    } finally {
      unlock();
    }
  }

  long retrying() {
    lock.lock();
    try {
      return outstanding.retrying();
    } finally {
      unlock();
    }
  }

  long low() {
    return low.get();
  }

  long delivered() {
    return delivered.get();
  }

  long failed() {
    return failed.get();
  }

  String lastError() {
    return lastError;
  }

  long lastDelivered() {
    return lastDelivered;
  }

  private long now() {
    return watch.nanos().getAsLong();
  }

  /** Answers are not given under the lock: who waits for one may do anything. */
  private void unlock() {
    List<Runnable> given = lock.getHoldCount() == 1 ? answers : List.of();
    if (!given.isEmpty()) {
      answers = new ArrayList<>();
    }
    lock.unlock();
    given.forEach(Runnable::run);
  }
}
