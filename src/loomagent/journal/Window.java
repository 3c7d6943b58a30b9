package loomagent.journal;

import java.util.List;

/**
 * The newest events on disk, kept in memory for readers that keep up, so that they need no file.
 * Any thread.
 */
final class Window {
  /** Seconds of a rush; readers that lag further find the files in the page cache. */
  static final int MOST_EVENTS = 1 << 14;

  /** A twelfth of the heap, and at most this: beyond, a reader lags anyway. */
  static final long MOST_BYTES = Math.min(16L << 20, Runtime.getRuntime().maxMemory() / 12);

  private static final int OBJECTS = 200; // bytes of an entry beside its text, about

  private final Entry[] ring; // an entry lies at its sequence, modulo the length
  private final long mostBytes;
  private long first; // all under the monitor
  private long next;
  private long bytes;

  Window(long next, int mostEvents, long mostBytes) {
    this.ring = new Entry[mostEvents];
    this.mostBytes = mostBytes;
    this.first = next;
    this.next = next;
  }

  /** One behind the last sequence that is on disk. */
  synchronized long next() {
    return next;
  }

  /**
   * Adds what has come to disk, of sequences that go on from {@link #next}; what is here already is
   * left out.
   */
  synchronized void add(List<Entry> entries) {
    for (Entry entry : entries) {
      if (entry.sequence() < next) {
        continue;
      }
      int slot = slot(next);
      if (next - first == ring.length) {
        forgetFirst();
      }
      ring[slot] = entry;
      bytes += weight(entry);
      next++;
      while (bytes > mostBytes && first < next - 1) {
        forgetFirst();
      }
    }
  }

  /**
   * Reads.
   *
   * @param into gets at most {@code most} entries, from the sequence {@code from} on
   * @return false if that lies too far back
   */
  synchronized boolean read(long from, int most, List<Entry> into) {
    if (from < first) {
      return false;
    }
    long to = Math.min(next, from + most);
    for (long i = from; i < to; i++) {
      into.add(ring[slot(i)]);
    }
    return true;
  }

  private void forgetFirst() {
    int slot = slot(first);
    bytes -= weight(ring[slot]);
    ring[slot] = null;
    first++;
  }

  private int slot(long sequence) {
    return (int) (sequence % ring.length);
  }

  private static long weight(Entry entry) {
    return (long) OBJECTS + entry.event().size();
  }
}
