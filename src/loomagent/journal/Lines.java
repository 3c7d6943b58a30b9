package loomagent.journal;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import loomagent.json.Bytes;
import loomagent.json.JsonException;

/**
 * The lines of one file of the journal, whole or damaged, in order. It is no channel, which an
 * interrupt of a handler's thread would close. One thread.
 */
final class Lines implements Closeable {
  private static final int FIRST_BUFFER = 128 << 10;
  private static final String CUT_OFF = "the file ends in it";

  private final Path file;
  private final RandomAccessFile in;
  private final long below;
  private final Line line = new Line();
  private byte[] buffer = new byte[FIRST_BUFFER];
  private int from; // the bytes not yet given lie from here
  private int to; // to here
  private long read; // of the file
  private long dropped; // of a line that is too long to be one
  private long offset;
  private long bytes;
  private String fault = "";

  /** All of a file. */
  Lines(Path file) throws IOException {
    this(file, Long.MAX_VALUE);
  }

  /**
   * A file that another one follows. A write that failed may have left records at its end that
   * could not be cut off: the following file has these numbers again, and they count there.
   *
   * @param below the first sequence of the file that follows
   */
  Lines(Path file, long below) throws IOException {
    this.file = file;
    this.below = below;
    this.in = new RandomAccessFile(file.toFile(), "r");
  }

  /**
   * Goes to the next line.
   *
   * @param end where the file ends for this reader, at most; it may grow from call to call
   * @return false if there is none; not to be asked again then, unless the file grows
   */
  boolean next(long end) throws IOException {
    int looked = from;
    while (true) {
      int newline = Bytes.find((byte) '\n', buffer, looked, to);
      if (newline < to) {
        take(newline + 1);
        fault = dropped > 0 ? "it is longer than any record" : line.read(buffer, from, newline);
        from = newline + 1;
        dropped = 0;
        return isDamaged() || line.sequence() < below;
      }
      int got = fill(end);
      if (got <= 0) {
        return cutOff();
      }
      looked = to - got;
    }
  }

  /** Whether the line is damaged. */
  boolean isDamaged() {
    return !fault.isEmpty();
  }

  /** Whether the line is damaged because the file ends in it. */
  boolean isCutOff() {
    return fault.equals(CUT_OFF);
  }

  /** Where in the file the line begins. */
  long offset() {
    return offset;
  }

  /** Where in the file the line ends, its newline included. */
  long end() {
    return offset + bytes;
  }

  /** The line's damage. */
  JournalFiles.Damage damage() {
    return new JournalFiles.Damage(file, offset, bytes, fault);
  }

  /** What a whole line says; only the event's text is not looked at. */
  Line line() {
    return line;
  }

  /** The event of a whole line; none if its text is no JSON, which damages the line. */
  Optional<Entry> entry() {
    try {
      return Optional.of(line.entry());
    } catch (JsonException noJson) {
      fault = "its event is no JSON";
      return Optional.empty();
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  /** Takes the bytes up to one for a line. */
  private void take(int next) {
    bytes = next - from + dropped;
    offset = read - (to - from) - dropped;
  }

  private boolean cutOff() {
    take(to);
    fault = CUT_OFF;
    from = to;
    dropped = 0;
    return bytes > 0;
  }

  /** Reads on; how much, nothing or less at the end. */
  private int fill(long end) throws IOException {
    int kept = to - from;
    if (kept > Line.LONGEST) {
      dropped += kept;
      kept = 0;
    } else if (from > 0) {
      System.arraycopy(buffer, from, buffer, 0, kept);
    } else if (kept == buffer.length) {
      buffer = Arrays.copyOf(buffer, 2 * kept);
    }
    from = 0;
    to = kept;
    long wanted = Math.min(buffer.length - kept, end - read);
    int got = wanted > 0 ? in.read(buffer, kept, (int) wanted) : 0;
    if (got > 0) {
      to += got;
      read += got;
    }
    return got;
  }
}
