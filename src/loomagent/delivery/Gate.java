package loomagent.delivery;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import loomagent.delivery.Outstanding.Request;

/** The one lock of a delivery, and the threads that wait at it for a change. */
final class Gate {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final AtomicInteger idle = new AtomicInteger(); // threads that wait for a change
  private List<Runnable> answers = new ArrayList<>(); // under the lock

  void lock() {
    lock.lock();
  }

  /** Gives the answers that are due: not under the lock, as who waits for one may do anything. */
  void unlock() {
    List<Runnable> given = lock.getHoldCount() == 1 ? answers : List.of();
    if (!given.isEmpty()) {
      answers = new ArrayList<>();
    }
    lock.unlock();
    given.forEach(Runnable::run);
  }

  <T> T locked(Supplier<T> what) {
    lock();
    try {
      return what.get();
    } finally {
      unlock();
    }
  }

  void run(Runnable what) {
    locked(
        () -> {
          what.run();
          return true;
        });
  }

  /** Answers a replay, once the lock is free. */
  void answer(Request request, Optional<String> answer) {
    answers.add(() -> request.answer().complete(answer));
  }

  /**
   * Waits for a change, under the lock. May return before.
   *
   * @param nanos how long at the most
   * @param changedAlready looked at once a change from elsewhere would be told
   */
  @SuppressWarnings("WaitNotInLoop") // the loop is the caller's
  void await(long nanos, BooleanSupplier changedAlready) {
    idle.incrementAndGet();
    try {
      if (changedAlready.getAsBoolean()) {
        return;
      }
      if (nanos == Long.MAX_VALUE) {
        changed.awaitUninterruptibly();
      } else {
        changed.awaitNanos(nanos);
      }
    } catch (InterruptedException handlersOwn) {
      // It may have come late from a thread that the handler started.
    } finally {
      idle.decrementAndGet();
    }
  }

  /** Whether some thread waits; never false while one is about to. */
  boolean anyIdle() {
    return idle.get() > 0;
  }

  /** Lets all that wait look again. Any thread. */
  void change() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
