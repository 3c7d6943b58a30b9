package loomagent.delivery;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import loomagent.base.Backoff;
import loomagent.delivery.Delivery.Opening;
import loomagent.journal.Journal;

/**
 * The threads of one handler: the first opens it, the others follow once it is open, one that hangs
 * is replaced, and with the last one the delivery ends. Any thread may call it.
 */
final class Lanes {
  private static final Duration FIRST_REOPEN = Duration.ofSeconds(1);
  private static final Duration LONGEST_REOPEN = Duration.ofMinutes(5);

  private final Delivery.Target target;
  private final Dispatch dispatch;
  private final Watch watch;
  private final RandomGenerator random;
  private final CountDownLatch answered = new CountDownLatch(1); // the first attempt to open
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile Opening opening = Opening.PENDING; // written under this object's monitor
  private volatile int opened; // that have had a thread, but for those that cannot be opened
  private volatile Runnable unlisten = () -> {};

  Lanes(Delivery.Target target, Dispatch dispatch, Watch watch, RandomGenerator random) {
    this.target = target;
    this.dispatch = dispatch;
    this.watch = watch;
    this.random = random;
    dispatch.onHang(this::replace);
  }

  /** Starts the first lane, which opens the handler; the others follow once it is open. */
  void start(Optional<Journal> journal) {
    watch.add(dispatch);
    journal.ifPresent(source -> unlisten = source.listen(dispatch::wake));
    if (!hire(1)) {
      endIfLast();
    }
  }

  private boolean hire(int lane) {
    Backoff reopen = new Backoff(FIRST_REOPEN, LONGEST_REOPEN, random);
    Worker worker = new Worker(lane, target, reopen, dispatch, this::opened, this::left);
    boolean joined = dispatch.join(worker);
    if (joined && !worker.start()) {
      watch.wake(); // it tries again
    }
    return joined;
  }

  private synchronized void opened(Opening next) {
    boolean first = next == Opening.OPEN && opening != Opening.OPEN;
    if (opening != Opening.OPEN) {
      opening = next;
    } else if (next == Opening.MISCONFIGURED) {
      opened--; // the others go on without it
    }
    answered.countDown();
    for (int lane = 2; first && lane <= target.policy().lanes(); lane++) {
      hire(lane);
    }
    opened = first ? target.policy().lanes() : opened;
  }

  private void replace(Worker hanging) {
    if (!hire(hanging.lane)) {
      endIfLast();
    }
  }

  private void left(Worker worker) {
    dispatch.leave(worker);
    endIfLast();
  }

  /** Nobody may be left to take events: then none are promised any more, and the cursor rests. */
  void endIfLast() {
    if (dispatch.settle()) {
      watch.remove(dispatch);
      unlisten.run();
      ended.countDown();
    }
  }

  Opening opening() {
    return opening;
  }

  /** Waits for the handler's first answer. */
  Opening awaitOpening(Duration limit) throws InterruptedException {
    answered.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    return opening;
  }

  boolean awaitEnd(Duration limit) throws InterruptedException {
    return ended.await(Math.max(1, limit.toNanos()), TimeUnit.NANOSECONDS);
  }

  boolean ended() {
    return ended.getCount() == 0;
  }

  /** What of its threads does not work any more, and only a restart mends. */
  Optional<String> fault() {
    return watch.isGone()
        ? Optional.of("the thread that looks after late handlers has ended")
        : dispatch.fault(opened);
  }
}
