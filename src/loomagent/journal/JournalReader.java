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
      open(segments.holding(position).orElse(segment));
    }
    while (entries.size() < most) {
      // In this order: once another file follows, this one has its end.
      Optional<Segment> following = segments.after(segment);
      if (lines.isPresent() && lines.get().next(segment.durable())) {
        take(lines.get(), entries);
      } else if (following.isPresent()) {
        open(following.get());
      } else {
        position = Math.max(position, next); // the numbers up to there are lost, or never were
        return;
      }
    }
  }

  private void take(Lines at, List<Entry> entries) {
    if (!at.isDamaged() && at.line().sequence() >= position) {
      at.entry().ifPresent(entries::add);
    }
    if (at.isDamaged()) {
      segments.damaged(at.damage());
    } else if (at.line().sequence() >= position) {
      position = at.line().sequence() + 1;
    }
  }

  private void open(Segment next) throws IOException {
    close();
    segment = next;
    try {
      lines = Optional.of(new Lines(next.file()));
    } catch (FileNotFoundException failure) {
      if (Files.exists(next.file())) {
        throw failure;
      }
      if (segments.has(next)) {
        log.log(Level.ERROR, "{0} is gone: somebody deleted it, and its events", next.file());
      }
    }
  }
}
