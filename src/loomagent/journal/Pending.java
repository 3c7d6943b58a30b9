package loomagent.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import loomagent.Event;

/**
 * What was appended and is not on disk yet: the window whose fullness holds back the sockets. Any
 * thread adds, the committer takes.
 */
final class Pending {
  /** The most that a crash can cost and a pull must bring back; far beyond what one sync needs. */
  static final int MOST_EVENTS = 1 << 14;

  /** Up to five times as much memory, in lines, in text and in room to grow. */
  static final long MOST_BYTES = Math.min(8L << 20, Runtime.getRuntime().maxMemory() / 24);

  /** How long events of a rush wait for more, so that one sync serves them all. */
  static final long LINGER = TimeUnit.MILLISECONDS.toNanos(1);

  /** So many during one sync are a rush. With fewer, nobody would gain by waiting. */
  static final int RUSH = 32;

  /** What is late by a minute may be deleted late by a minute. */
  private static final long IDLE = TimeUnit.MINUTES.toNanos(1);

  /** How long a stop may try to write to a disk that takes nothing. */
  private static final long LAST_TRIES = TimeUnit.SECONDS.toNanos(2);

  private final Clock clock;
  private final SeenIds seen; // this and all below under the lock
  private final int mostEvents;
  private final long mostBytes;
  private final long linger;
  private final Map<String, byte[]> connections = new HashMap<>();
  private Batch filling = new Batch();
  private long next;
  private int events; // in all, those being written included
  private long bytes;
  private long written; // one behind the last sequence on disk
  private long rollsAsked;
  private long rollsDone;
  private boolean closing;
  private boolean ended;
  private long giveUp; // nanoTime, once closing

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition(); // for the committer
  private final Condition progress = lock.newCondition(); // for all who wait for it

  Pending(Clock clock, SeenIds seen, long next, int mostEvents, long mostBytes, long linger) {
    this.clock = clock;
    this.seen = seen;
    this.next = next;
    this.written = next;
    this.mostEvents = mostEvents;
    this.mostBytes = mostBytes;
    this.linger = linger;
  }

  Journal.Taken add(Event event, byte[] utf8, int from, int to) {
    lock.lock();
    try {
      // An interrupt must not lose the event, nor close a file: it waits for whoever asks next.
      while (!closing && isFull(to - from) && !seen.contains(event.id())) {
        progress.awaitUninterruptibly();
      }
      if (closing) {
        return Journal.Taken.REFUSED;
      }
      if (seen.contains(event.id())) {
        return Journal.Taken.DUPLICATE;
      }
      int before = filling.length();
      byte[] connection =
          connections.computeIfAbsent(event.connection(), name -> name.getBytes(UTF_8));
      filling.add(new Entry(next, clock.millis(), event), connection, utf8, from, to);
      try {
        seen.remember();
      } catch (OutOfMemoryError full) { // all or nothing, or it would be known and yet not kept
        filling.takeBack(before);
        throw full;
      }
      next++;
      events++;
      bytes += filling.length() - before;
      if (before == 0 || isHalfFull()) {
        work.signal();
      }
      return Journal.Taken.NEW;
    } finally {
      lock.unlock();
    }
  }

  private boolean isFull(int more) {
    return events >= mostEvents || (events > 0 && bytes + more > mostBytes);
  }

  private boolean isHalfFull() {
    return events >= mostEvents / 2 || bytes >= mostBytes / 2;
  }

  /**
   * Waits for something to write.
   *
   * @param emptied a batch to go on with
   * @return what was added; nothing after a minute, when a roll is asked for, and at the end
   */
  Batch take(Batch emptied) throws InterruptedException {
    lock.lock();
    try {
      long left = IDLE;
      while (filling.length() == 0 && !closing && rollsAsked == rollsDone && left > 0) {
        left = work.awaitNanos(left);
      }
      left = filling.entries().size() >= RUSH ? linger : 0;
      while (left > 0 && !isHalfFull() && !closing) {
        left = work.awaitNanos(left);
      }
      Batch taken = filling;
      filling = emptied;
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** Says that a batch is on disk. To say it twice changes nothing. */
  void written(Batch batch) {
    lock.lock();
    try {
      if (batch.entries().get(0).sequence() < written) {
        return;
      }
      events -= batch.entries().size();
      bytes -= batch.length();
      written += batch.entries().size();
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until all that was added before is on disk; false if it is not in time. */
  boolean flush(long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long goal = next;
      long left = nanos;
      while (written < goal && !ended && left > 0) {
        left = progress.awaitNanos(left);
      }
      return written >= goal;
    } finally {
      lock.unlock();
    }
  }

  /** Asks for a new file, and waits until the committer has tried. */
  void roll() {
    lock.lock();
    try {
      rollsAsked++;
      long mine = rollsAsked;
      work.signal();
      while (rollsDone < mine && !ended) {
        progress.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  /** How many rolls have been asked for that are not done. */
  long rollsWanted() {
    lock.lock();
    try {
      return rollsAsked - rollsDone;
    } finally {
      lock.unlock();
    }
  }

  void rolled(long rolls) {
    lock.lock();
    try {
      rollsDone += rolls;
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Takes no more, and lets go whoever waits. */
  void close() {
    lock.lock();
    try {
      if (!closing) {
        closing = true;
        giveUp = System.nanoTime() + LAST_TRIES;
      }
      work.signal();
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Whether it is closed and empty. */
  boolean isDone() {
    lock.lock();
    try {
      return closing && filling.length() == 0;
    } finally {
      lock.unlock();
    }
  }

  /** Nothing more will be written; how many events were not. */
  int end() {
    lock.lock();
    try {
      closing = true;
      ended = true;
      progress.signalAll();
      return events;
    } finally {
      lock.unlock();
    }
  }

  /** Waits before another try, less once closed; false if there shall be none. */
  boolean pause(long nanos) {
    lock.lock();
    try {
      boolean before = closing;
      long left = closing ? Math.min(nanos, LAST_TRIES / 20) : nanos;
      while (left > 0 && closing == before) {
        left = awaitWork(left);
      }
      return !closing || System.nanoTime() - giveUp < 0;
    } finally {
      lock.unlock();
    }
  }

  @SuppressWarnings("WaitNotInLoop") // the callers loop
  private long awaitWork(long nanos) {
    try {
      return work.awaitNanos(nanos);
    } catch (InterruptedException handlers) {
      return 0;
    }
  }
}
