package loomagent.journal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalLong;

/** One file of the journal. The committer changes it, any thread may look. */
final class Segment {
  private static final String SUFFIX = ".log";

  private final long first;
  private final Path file;
  private volatile long durable;
  private volatile long oldest; // milliseconds; 0 while unknown
  private volatile long newest;

  /**
   * A file.
   *
   * @param first the lowest sequence that may be in it
   * @param durable how much of it is on disk and whole, but for damage in the middle
   */
  Segment(long first, Path file, long durable) {
    this.first = first;
    this.file = file;
    this.durable = durable;
  }

  static Path file(Path folder, long first) {
    return folder.resolve(String.format(Locale.ROOT, "%020d", first) + SUFFIX);
  }

  /** The sequence that a file is named by, of 18 digits as a line's; none if it is not ours. */
  static OptionalLong first(Path file) {
    String name = file.getFileName().toString();
    return name.matches("00\\d{18}\\.log")
        ? OptionalLong.of(Long.parseLong(name.substring(0, 20)))
        : OptionalLong.empty();
  }

  long first() {
    return first;
  }

  Path file() {
    return file;
  }

  long durable() {
    return durable;
  }

  /** Says how far it is on disk from now on. */
  void durable(long bytes) {
    durable = bytes;
  }

  /** Says when its records were taken. */
  void took(long from, long to) {
    oldest = oldest == 0 ? from : oldest;
    newest = to;
  }

  /** When its first record was taken, in milliseconds. */
  long oldest() throws IOException {
    find();
    return oldest;
  }

  /** When its last record was taken, in milliseconds. */
  long newest() throws IOException {
    find();
    return newest;
  }

  private void find() throws IOException {
    if (newest > 0) {
      return;
    }
    long from = 0;
    long to = 0;
    try (Lines lines = new Lines(file)) {
      while (lines.next(durable)) {
        if (!lines.isDamaged()) {
          to = lines.line().millis();
          from = from == 0 ? to : from;
        }
      }
    }
    if (to == 0) {
      to = Files.getLastModifiedTime(file).toMillis();
      from = to;
    }
    took(from, to);
  }
}
