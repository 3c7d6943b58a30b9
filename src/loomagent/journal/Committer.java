package loomagent.journal;

import java.io.File;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import loomagent.base.Words;

/**
 * The thread {@code journal}: takes what was appended, writes it, syncs it, and only then shows it.
 * One sync serves all that came while the last one ran. What fails is tried again until it works or
 * the journal is closed.
 *
 * <p>A handler may interrupt every thread that it finds, which closes the file that this one writes
 * to, and may fill the heap, so that any line here throws. Neither may end this thread, since
 * nobody would get an event again: what was interrupted is done anew, and what is done is not done
 * twice.
 */
final class Committer implements Runnable {
  private static final long FIRST_WAIT = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long LONGEST_WAIT = TimeUnit.SECONDS.toNanos(5); // room is found soon
  private static final long ENOUGH_ROOM = 64 << 10; // bytes; a disk with less is called full
  private static final long TIDY = TimeUnit.MINUTES.toNanos(1);

  /** A write that takes longer is a disk that hangs, as a network's may. */
  private static final long HANGS = TimeUnit.SECONDS.toNanos(20);

  private final Path folder;
  private final Duration keep;
  private final Pending pending;
  private final Segments segments;
  private final Window window;
  private final Map<String, Entry> newest;
  private final Clock clock;
  private final System.Logger log;
  private final Activity activity;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private volatile LongSupplier lowest = () -> 0; // until told, somebody may wait for anything
  private volatile String fault = "";
  private volatile long began; // nanoTime of the write that is under way; 0 for none
  private Instant faultySince = Instant.EPOCH;
  private long tries;
  private long interrupts;
  private long faults;
  private long tidied = System.nanoTime();
  private long tidyingFailures;

  Committer(
      Path folder,
      Duration keep,
      Pending pending,
      Segments segments,
      Window window,
      Map<String, Entry> newest,
      Clock clock,
      System.Logger log,
      Activity activity) {
    this.folder = folder;
    this.keep = keep;
    this.pending = pending;
    this.segments = segments;
    this.window = window;
    this.newest = newest;
    this.clock = clock;
    this.log = log;
    this.activity = activity;
  }

  Runnable listen(Runnable durable) {
    listeners.add(durable);
    return () -> listeners.remove(durable);
  }

  void retain(LongSupplier lowest) {
    this.lowest = lowest;
  }

  /** Why nothing can be written; "" if all is well. */
  String fault() {
    long at = began;
    long waited = at == 0 ? 0 : System.nanoTime() - at;
    return fault.isEmpty() && waited > HANGS
        ? "the disk has not answered for " + Words.of(Duration.ofNanos(waited))
        : fault;
  }

  @Override
  public void run() {
    Batch batch = new Batch();
    boolean going = true;
    while (going) {
      try {
        if (batch.length() == 0) {
          batch = pending.take(batch);
        }
        going = work(batch);
      } catch (InterruptedException handlers) {
        // what is to be written is still there
      } catch (RuntimeException | Error fault) {
        survive(fault);
      }
    }
    end();
  }

  /** Writes a batch, and what else is to be done; false if that was the last. */
  private boolean work(Batch batch) {
    roll();
    long active = segments.active();
    boolean going = batch.length() == 0 ? !pending.isDone() : commit(batch);
    if (batch.length() > 0) {
      batch.clear();
    } else {
      batch.shrink();
    }
    if (active != segments.active() || System.nanoTime() - tidied > TIDY) {
      tidy();
    }
    return going;
  }

  /** Short of memory, most likely; even to say so may fail. */
  private void survive(Throwable fault) {
    try {
      faults++;
      if (Long.bitCount(faults) == 1) {
        log.log(
            Level.ERROR, "a fault while writing the journal in " + folder + "; it goes on", fault);
      }
    } catch (Throwable again) {
      // what is going on matters more than the log of it
    }
    LockSupport.parkNanos(FIRST_WAIT);
  }

  private void end() {
    int lost = pending.end();
    segments.close();
    if (lost > 0) {
      log.log(
          Level.ERROR,
          "{0} could not be written before the stop ({1}). No handler was given them",
          Words.count(lost, "event"),
          fault);
    }
  }

  private void roll() {
    long rolls = pending.rollsWanted();
    if (rolls > 0) {
      try {
        segments.roll(window.next());
      } catch (IOException failure) {
        log.log(Level.WARNING, "no new file could be begun in {0}: {1}", folder, failure);
      }
      tidy();
      pending.rolled(rolls);
    }
  }

  /** Returns once a batch is on disk and shown; false if the journal was closed before. */
  private boolean commit(Batch batch) {
    long wait = FIRST_WAIT;
    while (!batch.isWritten()) {
      try {
        began = System.nanoTime() | 1;
        segments.write(batch);
        batch.written();
      } catch (ClosedByInterruptException handlers) {
        interrupted();
      } catch (IOException failure) {
        boolean full = isFull(failure, batch.length());
        if (!full || !makesRoom()) {
          failed(failure, full);
          if (!pending.pause(wait)) {
            return false;
          }
          wait = Math.min(2 * wait, LONGEST_WAIT);
        }
      } finally {
        began = 0;
      }
    }
    healed();
    show(batch);
    batch.entries().forEach(entry -> activity.add(entry.millis()));
    return true;
  }

  private void interrupted() {
    Thread.interrupted(); // or it would close the next file as well
    interrupts++;
    if (Long.bitCount(interrupts) == 1) {
      log.log(
          Level.WARNING,
          "a handler has interrupted the thread that writes {0}, which closed its file; it is"
              + " opened anew, and nothing is lost",
          folder);
    }
  }

  /** May be called again after a fault. */
  private void show(Batch batch) {
    List<Entry> entries = batch.entries();
    for (int i = 0; i < entries.size(); i++) {
      String connection = entries.get(i).event().connection();
      if (i + 1 == entries.size() || !connection.equals(entries.get(i + 1).event().connection())) {
        newest.put(connection, entries.get(i));
      }
    }
    window.add(entries);
    pending.written(batch);
    for (Runnable listener : listeners) {
      try {
        listener.run();
      } catch (RuntimeException | Error broken) { // the others wait for this thread
        log.log(Level.ERROR, "a listener of the journal failed", broken);
      }
    }
  }

  // The words are those of Unix, if it speaks English; else there is no room.
  private boolean isFull(IOException failure, long length) {
    String words = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
    if (words.contains("no space left") || words.contains("quota exceeded")) {
      return true;
    }
    File disk = folder.toFile(); // no FileStore: that looks for a mount point, which may be hidden
    return disk.getTotalSpace() > 0 && disk.getUsableSpace() < ENOUGH_ROOM + length;
  }

  private boolean makesRoom() {
    try {
      return segments.makeRoom(lowest.getAsLong());
    } catch (IOException failure) {
      return false; // the write's own failure is said
    }
  }

  private void failed(IOException failure, boolean full) {
    tries++;
    if (tries == 1) {
      faultySince = clock.instant();
    }
    fault =
        (full ? "the disk is full since " : "writing fails since ")
            + faultySince
            + (full ? "" : ": " + Words.line(failure.toString(), 300));
    if (Long.bitCount(tries) == 1) {
      log.log(
          Level.ERROR,
          "{0} cannot be written, {1}. Nothing is lost or delivered meanwhile; it goes on by"
              + " itself once {2}{3}",
          folder,
          fault,
          full ? "there is room" : "it works",
          tries == 1 ? "" : ". That was try " + tries);
    }
  }

  private void healed() {
    if (tries > 0) {
      log.log(
          Level.WARNING,
          "{0} is written again, after {1} and {2}",
          folder,
          Words.of(Duration.between(faultySince, clock.instant())),
          tries == 1 ? "1 try" : tries + " tries");
      tries = 0;
      fault = "";
    }
  }

  private void tidy() {
    tidied = System.nanoTime();
    try {
      segments.tidy(lowest.getAsLong(), clock.instant().minus(keep).toEpochMilli());
      tidyingFailures = 0;
    } catch (IOException failure) {
      tidyingFailures++;
      if (Long.bitCount(tidyingFailures) == 1) {
        log.log(Level.WARNING, "old events could not be deleted from {0}: {1}", folder, failure);
      }
    }
  }
}
