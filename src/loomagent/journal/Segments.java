package loomagent.journal;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;
import loomagent.base.Disk;
import loomagent.base.Histogram;
import loomagent.base.Words;

/**
 * The journal's files. Only the last one grows; all others are sealed. The committer writes, rolls
 * and deletes; any thread may look.
 *
 * <pre>
 * journal/00000000000000000001.log   named by the lowest sequence that may be in it
 * journal/00000000000000031337.log   the active one
 * journal/damaged/…                  what was cut off or repaired away, as it was
 * </pre>
 */
final class Segments {
  /** Small enough that a repair or a search in one file is quick. */
  static final long LARGEST = 16L << 20;

  /** Of the size that all may have, so that deleting one gives back a part of it only. */
  static final int FEWEST = 8;

  // The JDK copies what it writes to memory outside the heap, and keeps that memory.
  private static final int SLICE = 512 << 10;

  private static final int MOST_TRIES = 1_000; // to cut a file while interrupts rain down
  private static final int MOST_SAID = 1000; // damages remembered, to say each once

  /** From what a good disk needs to what worries. */
  private static final List<Duration> SYNCS =
      Stream.of(1, 2, 5, 10, 20, 50, 100, 500, 2_000, 10_000).map(Duration::ofMillis).toList();

  private final Path folder;
  private final long maxSize;
  private final Disk disk;
  private final System.Logger log;
  private final ConcurrentSkipListMap<Long, Segment> kept = new ConcurrentSkipListMap<>();
  private final Set<String> said = ConcurrentHashMap.newKeySet();
  private final Histogram syncs = new Histogram(SYNCS);
  private boolean overSize; // committer only, as all below
  private Segment active;
  private Disk.Appender appender; // null: the next write starts a new file

  Segments(Path folder, long maxSize, Disk disk, System.Logger log) throws IOException {
    this.folder = folder;
    this.maxSize = maxSize;
    this.disk = disk;
    this.log = log;
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        OptionalLong first = Segment.first(file);
        if (first.isPresent()) {
          active = new Segment(first.getAsLong(), file, Files.size(file));
          kept.put(active.first(), active);
        } else if (!file.getFileName().toString().equals(JournalFiles.DAMAGED)) {
          log.log(Level.WARNING, "{0} is none of the journal''s files; it is left alone", file);
        }
      }
    }
  }

  static long size(long maxSize) {
    return Math.max(1, Math.min(LARGEST, maxSize / FEWEST));
  }

  // --- any thread ---------------------------------------------------------------------------

  Collection<Segment> all() {
    return kept.values();
  }

  /** Where a sequence is, or would have been. */
  Optional<Segment> holding(long sequence) {
    Map.Entry<Long, Segment> found = kept.floorEntry(sequence);
    return Optional.ofNullable(found == null ? kept.firstEntry() : found).map(Map.Entry::getValue);
  }

  Optional<Segment> after(Segment segment) {
    return Optional.ofNullable(kept.higherEntry(segment.first())).map(Map.Entry::getValue);
  }

  /** Its lines; whoever reads them sees to how far they are on disk. */
  Lines lines(Segment segment) throws IOException {
    return new Lines(segment.file(), after(segment).map(Segment::first).orElse(Long.MAX_VALUE));
  }

  boolean has(Segment segment) {
    return kept.get(segment.first()) == segment;
  }

  long bytes() {
    return kept.values().stream().mapToLong(Segment::durable).sum();
  }

  /** How long each sync took. */
  Histogram.Snapshot syncs() {
    return syncs.snapshot();
  }

  /** Says of a damage once, whoever comes upon it. */
  void damaged(JournalFiles.Damage damage) {
    if (said.size() < MOST_SAID && said.add(damage.file() + " " + damage.offset())) {
      log.log(
          Level.WARNING,
          "{0}: {1} at {2} are no whole record ({3}): stepped over. \"journal repair\" sets them"
              + " aside",
          damage.file(),
          Words.count(damage.bytes(), "byte"),
          Long.toString(damage.offset()),
          damage.reason());
    }
  }

  // --- the committer ------------------------------------------------------------------------

  /** Goes on at the end of the last file, which is whole; syncs it, as a killed agent may not. */
  void goOn() throws IOException {
    appender = disk.append(active.file());
    appender.sync();
  }

  /**
   * Puts lines on disk. When this returns they are safe.
   *
   * @throws IOException if not all of them may be: call again with the same
   */
  void write(Batch batch) throws IOException {
    long first = batch.entries().get(0).sequence();
    long before = active.durable();
    if (appender == null || (before > 0 && before + batch.length() > size(maxSize))) {
      start(first);
      before = 0;
    }
    try {
      for (int at = 0; at < batch.length(); at += SLICE) {
        int length = Math.min(SLICE, batch.length() - at);
        appender.write(ByteBuffer.wrap(batch.bytes(), at, length));
      }
    } catch (IOException | RuntimeException | Error failure) {
      takeBack(before);
      throw failure;
    }
    long began = System.nanoTime();
    try {
      appender.sync();
      syncs.add(System.nanoTime() - began);
    } catch (IOException | RuntimeException | Error failure) {
      // What the failed sync covered may be marked as clean in memory and yet be missing on disk.
      takeBack(before);
      abandon();
      throw failure;
    }
    active.durable(before + batch.length());
    active.took(
        batch.entries().get(0).millis(), batch.entries().get(batch.entries().size() - 1).millis());
  }

  // A handler that interrupts every thread may do so again and again: what was not cut would be
  // there twice.
  private void takeBack(long size) {
    boolean opened = !Thread.interrupted(); // an interrupt closes whatever file is touched next
    for (int tries = 0; tries < MOST_TRIES; tries++) {
      try {
        if (!opened) {
          abandon();
          appender = disk.append(active.file());
        }
        appender.truncate(size);
        return;
      } catch (ClosedChannelException handlers) {
        Thread.interrupted();
        opened = false;
      } catch (IOException | RuntimeException | Error failure) {
        break;
      }
    }
    abandon();
  }

  /** What is behind the durable end of an abandoned file comes again in the next one. */
  private void abandon() {
    if (appender != null) {
      try {
        appender.close();
      } catch (IOException closed) {
        log.log(Level.DEBUG, "closing {0}: {1}", active.file(), closed.getMessage());
      }
      appender = null;
    }
  }

  /** Seals the active file and starts a new one, unless it is empty. */
  void roll(long next) throws IOException {
    if (appender == null || active.durable() > 0) {
      start(next);
    }
  }

  /** Starts a new file. */
  void start(long first) throws IOException {
    abandon();
    Path file = Segment.file(folder, first);
    if (Files.exists(file)) {
      disk.delete(file); // a try that failed left it, and nothing in it was ever said to be safe
    }
    Disk.Appender fresh = disk.append(file);
    // Before it is written to: short of memory, this may fail.
    active = kept.computeIfAbsent(first, same -> new Segment(first, file, 0));
    appender = fresh;
  }

  /** The lowest sequence that may be in the active file; any thread. */
  long active() {
    return kept.lastKey();
  }

  /**
   * Deletes, from the oldest on, what nobody waits for and what is too old or too much. Never the
   * active file.
   *
   * @param lowest the lowest sequence that somebody waits for
   * @param olderThan milliseconds; what is older need not be kept
   */
  void tidy(long lowest, long olderThan) throws IOException {
    long total = bytes();
    boolean over = total > maxSize;
    for (Segment segment : kept.values()) {
      Optional<Segment> following = after(segment);
      boolean tooMuch = total > maxSize;
      if (following.isEmpty() || (!tooMuch && segment.newest() >= olderThan)) {
        break;
      }
      if (following.get().first() > lowest) {
        if (tooMuch && !overSize) {
          log.log(
              Level.WARNING,
              "the journal holds {0} bytes, more than journal.max-size, since a handler still"
                  + " waits for event {1}",
              Long.toString(total),
              Long.toString(lowest));
        }
        break;
      }
      disk.delete(segment.file());
      kept.remove(segment.first());
      total -= segment.durable();
      log.log(
          Level.DEBUG,
          "deleted {0}: delivered, and {1}",
          segment.file(),
          tooMuch ? "more than journal.max-size" : "older than journal.keep");
    }
    overSize = over && total > maxSize;
  }

  /** Deletes the oldest file that nobody waits for; false if there is none. */
  boolean makeRoom(long lowest) throws IOException {
    Map.Entry<Long, Segment> oldest = kept.firstEntry();
    Optional<Segment> following = after(oldest.getValue());
    if (following.isEmpty() || following.get().first() > lowest) {
      return false;
    }
    disk.delete(oldest.getValue().file());
    kept.remove(oldest.getKey());
    log.log(
        Level.WARNING,
        "the disk is full: deleted the delivered events below {0}, which journal.keep would have"
            + " kept for replay",
        Long.toString(following.get().first()));
    return true;
  }

  void close() {
    abandon();
  }
}
