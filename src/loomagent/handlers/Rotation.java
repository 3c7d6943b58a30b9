package loomagent.handlers;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Sets a file that has grown enough aside: {@code events.ndjson} becomes {@code
 * events.ndjson.20260301T101500.123Z}. One rename, so that a crash leaves nothing in between; the
 * names sort by time.
 *
 * @param size bytes that no file passes, unless one line does
 * @param keep how many files that were set aside stay; the oldest go
 */
record Rotation(long size, int keep, Clock clock) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

  private static final Pattern TIMES = Pattern.compile("\\d{8}T\\d{6}\\.\\d{3}Z");

  /** Whether a line no longer belongs into a file of that size. */
  boolean due(long size, int line) {
    return size > 0 && size + line > this.size;
  }

  /** Renames it, and takes away what is too old. */
  void rotate(Path file, Folder folder) throws IOException {
    List<String> times = times(file);
    String now = TIME.format(clock.instant());
    if (!times.isEmpty() && times.get(times.size() - 1).compareTo(now) >= 0) {
      // Or, by a clock that was set back, the newest would be taken for the oldest.
      Instant newest = TIME.parse(times.get(times.size() - 1), Instant::from);
      now = TIME.format(newest.plusMillis(1));
    }
    Files.move(file, aside(file, now));
    folder.sync(file);
    times.add(now);
    for (String old : times.subList(0, Math.max(0, times.size() - keep))) {
      Files.deleteIfExists(aside(file, old));
    }
  }

  /** Of the files that were set aside; the oldest first. */
  private static List<String> times(Path file) throws IOException {
    List<String> times = new ArrayList<>();
    String prefix = file.getFileName() + ".";
    try (DirectoryStream<Path> all = Files.newDirectoryStream(file.getParent())) {
      for (Path one : all) {
        String name = one.getFileName().toString();
        String time = name.startsWith(prefix) ? name.substring(prefix.length()) : "";
        if (TIMES.matcher(time).matches()) {
          times.add(time);
        }
      }
    }
    times.sort(null);
    return times;
  }

  private static Path aside(Path file, String time) {
    return file.resolveSibling(file.getFileName() + "." + time);
  }
}
