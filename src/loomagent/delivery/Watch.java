package loomagent.delivery;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Looks after deliveries that take too long: one thread for all handlers, which sleeps until the
 * first of them may be late, and as long as nobody delivers anything.
 */
final class Watch {

  /** Where deliveries are under way. */
  interface Watched {
    /**
     * Deals with what is late. The watch's thread; must not wait for a handler.
     *
     * @param now by the watch's clock
     * @return nanoseconds until something may be late, {@code Long.MAX_VALUE} if nothing is under
     *     way
     */
    long check(long now);
  }

  /** The process's own. */
  static final Watch SHARED = new Watch(System::nanoTime);

  private static final long AGAIN = 1_000_000_000; // after a fault

  private static final long LONG = Long.MAX_VALUE / 4; // that nanoTime may be added to it

  private final LongSupplier nanos;
  private final List<Watched> watched = new ArrayList<>(); // under the lock
  private volatile Thread thread; // written under the lock; null while nothing is watched
  private volatile long wakesAt;

  Watch(LongSupplier nanos) {
    this.nanos = nanos;
  }

  LongSupplier nanos() {
    return nanos;
  }

  synchronized void add(Watched one) {
    watched.add(one);
    if (thread == null) {
      thread = new Thread(this::run, "handler-watch");
      thread.setDaemon(true);
      thread.start();
    }
  }

  synchronized void remove(Watched one) {
    watched.remove(one);
    if (watched.isEmpty()) {
      Thread last = thread;
      thread = null;
      LockSupport.unpark(last);
    }
  }

  /** Something is under way that is late from then on. */
  void begun(long deadline) {
    if (deadline - wakesAt < 0) {
      wake();
    }
  }

  /** Whether nobody looks, though something may be late. */
  synchronized boolean isGone() {
    return thread != null && thread.getState() == Thread.State.TERMINATED;
  }

  /** Looks at once. */
  void wake() {
    LockSupport.unpark(thread);
  }

  private void run() {
    while (thread == Thread.currentThread()) {
      // Whatever begins while this looks around wakes it again.
      wakesAt = nanos.getAsLong() + LONG;
      long wait = lookAround();
      wakesAt = nanos.getAsLong() + wait;
      Thread.interrupted(); // a handler's, or this would never wait again
      LockSupport.parkNanos(this, Math.max(1, wait));
    }
  }

  private long lookAround() {
    long wait = LONG;
    try {
      for (Watched one : all()) {
        wait = Math.min(wait, one.check(nanos.getAsLong()));
      }
      return wait;
    } catch (RuntimeException | Error shortOfMemory) { // without this thread nothing is ever late
      return AGAIN;
    }
  }

  private synchronized List<Watched> all() {
    return List.copyOf(watched);
  }
}
