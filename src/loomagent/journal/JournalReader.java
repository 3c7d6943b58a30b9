package loomagent.journal;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads a journal in order, from one sequence on: from memory while it keeps up, else from the
 * files. What is damaged is stepped over and said in the log. One thread each; an interrupt does it
 * no harm.
 */
public final class JournalReader implements AutoCloseable {
  /** Read in one piece, with one event beyond: a megabyte each is possible. */
  private static final long MOST_BYTES = 1 << 20;

  private final Segments segments;
  private final Window window;
  private final System.Logger log;
  private long position;
  private Optional<Lines> lines = Optional.empty(); // of the segment, while it reads files
  private Segment segment;

  JournalReader(Segments segments, Window window, System.Logger log, long from) {
    this.segments = segments;
    this.window = window;
    this.log = log;
    this.position = from;
    this.segment = segments.all().iterator().next();
  }

  /**
   * The next events, as far as they are on disk. Does not wait for more.
   *
   * @param most how many at the most
   * @return in order; empty if there are none yet
   * @throws IOException if a file cannot be read; another call tries again
   */
  public List<Entry> read(int most) throws IOException {
    List<Entry> entries = new ArrayList<>(Math.min(most, 256));
    if (window.read(position, most, entries)) {
      close();
      position += entries.size();
    } else {
      try {
        readFiles(most, entries);
      } catch (IOException failure) {
        close();
        if (entries.isEmpty()) {
          throw failure;
        }
      }
    }
    return entries;
  }

  /**
   * Where it reads next: one behind the last event given, or further on where numbers are missing.
   *
   * @return once all is read, {@link Journal#next}
   */
  public long position() {
    return position;
  }

  /** Lets go of its file. It may still read on. */
  @Override
  public void close() throws IOException {
    if (lines.isPresent()) {
      lines.get().close();
      lines = Optional.empty();
    }
  }

  private void readFiles(int most, List<Entry> entries) throws IOException {
    long next = window.next(); // what lies below is in the files
    if (lines.isEmpty()) {
      segment = segments.holding(position).orElse(segment);
    }
    long bytes = 0;
    int counted = entries.size();
    while (entries.size() < most && bytes < MOST_BYTES) {
      for (; counted < entries.size(); counted++) {
        bytes += entries.get(counted).event().size();
      }
      // In this order: once another file follows, this one has its end.
      Optional<Segment> following = segments.after(segment);
      if (nextLine()) {
        take(lines.orElseThrow(), entries);
      } else if (following.isPresent()) {
        close();
        segment = following.get();
      } else {
        position = Math.max(position, next); // the numbers up to there are lost, or never were
        return;
      }
    }
  }

  /** Opens a file only when something is in it: before, a failed sync may have it made again. */
  private boolean nextLine() throws IOException {
    long end = segment.durable();
    if (lines.isEmpty() && end > 0) {
      try {
        lines = Optional.of(segments.lines(segment));
      } catch (FileNotFoundException failure) {
        if (Files.exists(segment.file())) {
          throw failure;
        }
        if (segments.has(segment)) {
          log.log(Level.ERROR, "{0} is gone: somebody deleted it, and its events", segment.file());
        }
      }
    }
    return lines.isPresent() && lines.get().next(end);
  }

  private void take(Lines at, List<Entry> entries) {
    boolean wanted = !at.isDamaged() && at.line().sequence() >= position;
    if (wanted) {
      at.entry().ifPresent(entries::add);
    }
    if (at.isDamaged()) {
      segments.damaged(at.damage());
    } else if (wanted) {
      position = at.line().sequence() + 1;
    }
  }
}
