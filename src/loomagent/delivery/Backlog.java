package loomagent.delivery;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import loomagent.Event;

/**
 * The events that wait for one handler, bounded in number and size. Many threads add, one takes.
 */
final class Backlog {

  /** Events that may wait: some seconds of the largest burst that Loom was seen to send. */
  static final int MOST_EVENTS = 100_000;

  /** Characters that may wait, by what an event costs: at most an eighth of the heap. */
  static final long MOST_CHARACTERS = Math.min(32L << 20, Runtime.getRuntime().maxMemory() / 8);

  /** What an event costs beside its text, in characters. */
  private static final int OVERHEAD = 300;

  /** Events taken at once: enough to make the lock cheap. */
  private static final int SLICE = 256;

  private static final Duration LOOK_EVERY = Duration.ofMillis(100);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition(); // an event, or the end
  private final Condition room = lock.newCondition();
  private final Queue<Event> queue = new ArrayDeque<>(); // under the lock
  private long characters; // under the lock
  private volatile boolean ended; // written under the lock

  /**
   * Adds an event, waiting for room as long as that is worth it.
   *
   * @return whether it was added
   */
  boolean add(Event event, BooleanSupplier worthWaiting) {
    lock.lock();
    try {
      while (isFull() && !ended && worthWaiting.getAsBoolean()) {
        room.awaitNanos(LOOK_EVERY.toNanos());
      }
      if (isFull() || ended) {
        return false;
      }
      queue.add(event);
      characters += event.json().length() + OVERHEAD;
      changed.signal();
      return true;
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for events and moves some into an empty slice; none only at the end. */
  void take(Queue<Event> slice) {
    lock.lock();
    try {
      while (queue.isEmpty() && !ended) {
        changed.awaitUninterruptibly();
      }
      while (slice.size() < SLICE && !queue.isEmpty()) {
        Event event = queue.remove();
        slice.add(event);
        characters -= event.json().length() + OVERHEAD;
      }
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for a time, or for the end. An interrupt shortens it. */
  void pause(Duration wait) {
    long left = wait.toNanos();
    lock.lock();
    try {
      while (left > 0 && !ended) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException handlersOwn) {
      // A handler that interrupts its thread is tried again at once.
    } finally {
      lock.unlock();
    }
  }

  /** Nothing is added any more; what is there may still be taken. */
  void end() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean ended() {
    return ended;
  }

  int size() {
    lock.lock();
    try {
      return queue.size();
    } finally {
      lock.unlock();
    }
  }

  private boolean isFull() {
    return queue.size() >= MOST_EVENTS || characters >= MOST_CHARACTERS;
  }
}
