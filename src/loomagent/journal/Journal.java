package loomagent.journal;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;
import loomagent.Event;
import loomagent.base.Disk;
import loomagent.base.Histogram;

/**
 * Every event that came, on disk before anybody is given it, once for each id.
 *
 * <p>{@link #append} hands events to the thread {@code journal}, which writes and syncs them;
 * {@link JournalReader} gives out what is on disk. {@link Line} draws a record, {@link Segments}
 * the files. One journal a folder: whoever opens it holds the agent's lock. Any thread.
 */
public final class Journal implements AutoCloseable {

  /**
   * What is kept for replay. What somebody still waits for is kept in any case.
   *
   * @param keep how long
   * @param maxSize how many bytes in all, about
   */
  public record Settings(Duration keep, long maxSize) {}

  /** What became of an event. */
  public enum Taken {
    /** It is kept: on disk soon, and given to readers then. */
    NEW,
    /** Its id came before, on whatever way. */
    DUPLICATE,
    /** The journal is closed, and the event is not in it. */
    REFUSED
  }

  /**
   * What the journal holds.
   *
   * @param events how many, those lost to damage included
   * @param bytes on disk
   * @param oldest when the first one was taken
   * @param newest when the last one was taken
   * @param fault why nothing can be written, since when; "" if all is well
   */
  public record Stats(
      long events, long bytes, Optional<Instant> oldest, Optional<Instant> newest, String fault) {}

  // The committer ends within two seconds, unless a call to the disk itself hangs.
  private static final long LONGEST_CLOSE = 10_000;

  private final System.Logger log;
  private final Segments segments;
  private final Activity activity = new Activity();
  private final Clock clock;
  private final Pending pending;
  private final Window window;
  private final Committer committer;
  private final Thread thread;
  private final Map<String, Entry> newest;
  private final long searched; // all from this sequence on is in newest

  private Journal(Path folder, Settings settings, Disk disk, Clock clock, System.Logger log)
      throws IOException {
    this.log = log;
    this.clock = clock;
    segments = new Segments(folder, settings.maxSize(), disk, log);
    SeenIds seen = new SeenIds();
    Recovery recovery = new Recovery(segments, seen, activity, log);
    recovery.run(folder, disk);
    newest = new ConcurrentHashMap<>(recovery.newest());
    searched = recovery.from();
    window = new Window(recovery.next(), Window.MOST_EVENTS, Window.MOST_BYTES);
    long mostBytes = Math.min(Pending.MOST_BYTES, Segments.size(settings.maxSize()));
    pending =
        new Pending(clock, seen, recovery.next(), Pending.MOST_EVENTS, mostBytes, Pending.LINGER);
    committer =
        new Committer(
            folder, settings.keep(), pending, segments, window, newest, clock, log, activity);
    thread = new Thread(committer, "journal");
    thread.setDaemon(true); // a disk that hangs must not hold the agent's end
  }

  /**
   * Opens the journal in a folder, which is made if need be, for its owner alone. The newest files
   * are read: a torn end is cut off, and the ids in them are known again.
   *
   * @param folder whose lock the caller holds
   * @param settings what to keep
   * @param disk where it is written
   * @param clock what tells when events came
   * @param log for what an operator must know
   * @return the journal, to be closed
   * @throws IOException in words, if the folder cannot be made, read or written
   */
  public static Journal open(
      Path folder, Settings settings, Disk disk, Clock clock, System.Logger log)
      throws IOException {
    try {
      makePrivate(folder);
      Journal journal = new Journal(folder, settings, disk, clock, log);
      journal.thread.start();
      return journal;
    } catch (IOException failure) {
      throw new IOException(
          "the journal in "
              + folder
              + " cannot be opened ("
              + failure
              + "). Check the disk, the folder's owner and its rights",
          failure);
    }
  }

  private static void makePrivate(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      return;
    }
    if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.createDirectories(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      try (FileChannel parent =
          FileChannel.open(folder.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
        parent.force(true); // or a power cut takes the folder with all that is in it
      }
    } else {
      Files.createDirectories(folder);
    }
  }

  /**
   * Takes an event. Waits while too much is not on disk yet, as when the disk is slow or full, an
   * interrupt notwithstanding; {@link #close} ends that.
   *
   * @param connection what it came by: a name without a space or a control character
   * @param id its id
   * @param name its name
   * @param utf8 has its JSON, which is copied
   * @param from where the JSON begins
   * @param to where it ends (exclusive)
   * @return what became of it
   * @throws IllegalArgumentException if the event is larger than 4 MB
   */
  public Taken append(String connection, String id, String name, byte[] utf8, int from, int to) {
    if (to - from > Line.LONGEST_JSON) {
      throw new IllegalArgumentException("an event of " + (to - from) + " bytes is too large");
    }
    return pending.add(Event.of(id, name, utf8, from, to, connection), utf8, from, to);
  }

  /**
   * Waits until all that was appended before is on disk.
   *
   * @param limit how long at the most
   * @return false if it is not by then
   * @throws InterruptedException if the thread is interrupted
   */
  public boolean flush(Duration limit) throws InterruptedException {
    return pending.flush(limit.toNanos());
  }

  /**
   * The last event of a connection that is on disk. For a connection of which nothing came lately
   * the first call reads the older files, seconds for a gigabyte.
   *
   * @param connection its name
   * @return empty if none is kept
   */
  public Optional<Entry> newest(String connection) {
    Entry known = newest.get(connection);
    if (known == null) {
      search(connection).ifPresent(found -> newest.putIfAbsent(connection, found));
      known = newest.get(connection);
    }
    return Optional.ofNullable(known);
  }

  private Optional<Entry> search(String connection) {
    List<Segment> older = new ArrayList<>(segments.all());
    older.removeIf(segment -> segment.first() >= searched);
    Collections.reverse(older);
    for (Segment segment : older) {
      Optional<Entry> found = Optional.empty();
      try (Lines lines = segments.lines(segment)) {
        while (lines.next(segment.durable())) {
          if (!lines.isDamaged() && lines.line().connection().equals(connection)) {
            Optional<Entry> entry = lines.entry();
            found = entry.isPresent() ? entry : found;
          }
        }
      } catch (IOException failure) {
        log.log(Level.WARNING, "{0} cannot be read: {1}", segment.file(), failure);
      }
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /**
   * The first sequence kept.
   *
   * @return at most {@link #next}
   */
  public long oldest() {
    return segments.all().iterator().next().first();
  }

  /**
   * One behind the last sequence that is on disk.
   *
   * @return 1 for a new journal
   */
  public long next() {
    return window.next();
  }

  /**
   * A reader of its own.
   *
   * @param from the first sequence wanted; from the oldest kept on if that is higher
   * @return to be used by one thread
   */
  public JournalReader reader(long from) {
    return new JournalReader(segments, window, log, from);
  }

  /**
   * Asks to be told when more is on disk.
   *
   * @param durable called on the thread {@code journal}, which waits for it
   * @return ends that; to be run once
   */
  public Runnable listen(Runnable durable) {
    return committer.listen(durable);
  }

  /**
   * Says what must be kept. Before that, everything is.
   *
   * @param lowest the lowest sequence that somebody still waits for, {@link Long#MAX_VALUE} if
   *     nobody does; called on the thread {@code journal}
   */
  public void retain(LongSupplier lowest) {
    committer.retain(lowest);
  }

  /**
   * What it holds.
   *
   * @return as of now
   */
  public Stats stats() {
    long next = next();
    long oldest = oldest();
    Optional<Instant> first = Optional.empty();
    Optional<Instant> last =
        newest.values().stream().max(Comparator.comparing(Entry::sequence)).map(Entry::time);
    try {
      Segment segment = segments.all().iterator().next();
      if (last.isPresent() && segment.durable() > 0) {
        first = Optional.of(Instant.ofEpochMilli(segment.oldest()));
      }
    } catch (IOException deleted) {
      log.log(Level.DEBUG, "the age of the oldest event is not known: {0}", deleted);
    }
    return new Stats(Math.max(0, next - oldest), segments.bytes(), first, last, fault());
  }

  /**
   * Why nothing can be written.
   *
   * @return words; "" if all is well
   */
  public String fault() {
    return committer.fault().isEmpty() && thread.getState() == Thread.State.TERMINATED
        ? "the thread that writes has ended"
        : committer.fault();
  }

  /**
   * How long the disk needed to make events safe.
   *
   * @return of each sync since the start
   */
  public Histogram.Snapshot syncs() {
    return segments.syncs();
  }

  /**
   * How many events came when.
   *
   * @return of the last day, as far as the files that were read at the start reach back
   */
  public Activity.Recent activity() {
    return activity.recent(clock.instant());
  }

  /**
   * What is to be known of the events that came last. One at a time is in memory: twenty may be as
   * large as all that the process has.
   *
   * @param most how many at the most
   * @param what is taken of each
   * @return in order
   * @throws IOException if a file cannot be read
   */
  public <T> List<T> latest(int most, Function<Entry, T> what) throws IOException {
    List<T> latest = new ArrayList<>();
    long end = next();
    try (JournalReader reader = reader(Math.max(oldest(), end - most))) {
      while (reader.position() < end) {
        long before = reader.position();
        reader.read(1).forEach(entry -> latest.add(what.apply(entry)));
        if (reader.position() == before) {
          break;
        }
      }
    }
    return latest;
  }

  /**
   * Begins a new file, unless the active one is empty, so that the older ones change no more.
   *
   * @return what lies below this sequence is in sealed files, and on disk
   */
  public long roll() {
    pending.roll();
    return segments.active();
  }

  /**
   * Takes no more, writes what was taken, and ends. On a disk that takes nothing it gives up after
   * two seconds and says how much was not written.
   */
  @Override
  public void close() {
    pending.close();
    boolean interrupted = false;
    long end = System.nanoTime() + LONGEST_CLOSE * 1_000_000;
    for (long left = LONGEST_CLOSE; thread.isAlive() && left > 0; ) {
      try {
        thread.join(left);
      } catch (InterruptedException later) {
        interrupted = true;
      }
      left = (end - System.nanoTime()) / 1_000_000;
    }
    if (thread.isAlive()) {
      log.log(Level.ERROR, "the disk of the journal does not answer; the stop goes on without it");
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
