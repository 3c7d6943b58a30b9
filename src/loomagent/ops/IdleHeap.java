package loomagent.ops;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Gives memory back to the system once a burst is over. A collector collects only what it is out of
 * room for: after a night of many events it would hold its largest heap for as long as the agent
 * runs, and the one that Java takes by itself, on a large machine, ten times what is needed. One
 * thread.
 */
public final class IdleHeap {
  /** Between two looks. */
  private static final long EVERY = TimeUnit.SECONDS.toNanos(30);

  /** Bytes. Below that there is nothing to be had. */
  private static final long SMALL = 12L << 20;

  /** Bytes between two looks: more is work going on, which a pause of some 20 ms would hold up. */
  private static final long LITTLE = 1L << 20;

  private final Heap heap;
  private final LongSupplier nanos;
  private long due;
  private long used = Long.MIN_VALUE / 2;
  private long kept;

  /** What there is to know of the heap, and to do about it. */
  interface Heap {
    /** The process's own. */
    Heap OWN =
        new Heap() {
          @Override
          public long total() {
            return Runtime.getRuntime().totalMemory();
          }

          @Override
          public long used() {
            return total() - Runtime.getRuntime().freeMemory();
          }

          @Override
          public void collect() {
            System.gc();
          }
        };

    /** Bytes that the system has given. */
    long total();

    /** Bytes of them that are taken. */
    long used();

    /** Shrinks it to what is needed, and some. */
    void collect();
  }

  /** Of this process. */
  public IdleHeap() {
    this(Heap.OWN, System::nanoTime);
  }

  IdleHeap(Heap heap, LongSupplier nanos) {
    this.heap = heap;
    this.nanos = nanos;
    this.due = nanos.getAsLong() + EVERY;
  }

  /** To be called now and then; looks twice a minute. */
  public void look() {
    long now = nanos.getAsLong();
    if (due - now > 0) {
      return;
    }
    due = now + EVERY;
    long before = used;
    used = heap.used();
    if (Math.abs(used - before) < LITTLE && heap.total() > SMALL && heap.total() > kept) {
      heap.collect();
      kept = heap.total(); // not again before it has grown
      used = heap.used();
    }
  }
}
