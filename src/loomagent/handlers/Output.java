package loomagent.handlers;

import java.io.ByteArrayOutputStream;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;

/**
 * What one run of a program prints: its lines go to the log, bounded in length and number, whatever
 * the bytes are. A line ends at a line feed or a carriage return; empty ones are left out. Belongs
 * to one thread.
 */
final class Output {
  /** Lines of one run: enough to see what a program says of an event, and no log full of one. */
  static final int LINES = 100;

  /** Bytes of a line. */
  static final int LINE = 2_000;

  private static final int ID = 80;
  private static final int LAST = 300;

  private final System.Logger log;
  private final String id;
  private ByteArrayOutputStream line = new ByteArrayOutputStream(); // up to LINE bytes of it
  private ByteArrayOutputStream last = new ByteArrayOutputStream(); // the line before it
  private long length; // of the line so far, with what was thrown away
  private long lines;
  private long leftOut; // bytes

  /**
   * Nothing printed yet.
   *
   * @param id the event that the program was run for
   */
  Output(System.Logger log, String id) {
    this.log = log;
    this.id = Text.line(id, ID);
  }

  /** Takes the next bytes. */
  void take(byte[] bytes, int count) {
    int from = 0;
    for (int i = 0; i < count; i++) {
      if (bytes[i] == '\n' || bytes[i] == '\r') {
        part(bytes, from, i);
        end();
        from = i + 1;
      }
    }
    part(bytes, from, count);
  }

  /** Nothing more comes: a line without an end counts as one, and what was left out is said. */
  void close() {
    end();
    if (lines > LINES) {
      log.log(
          Level.WARNING,
          "{0}: {1} more lines, {2} bytes, were printed and are left out",
          id,
          Long.toString(lines - LINES),
          Long.toString(leftOut));
    }
  }

  /** The last line that is not empty, cut to what a message can bear; "" if there is none. */
  String last() {
    return Text.line(last.toString(StandardCharsets.UTF_8), LAST);
  }

  private void part(byte[] bytes, int from, int to) {
    int room = (int) Math.max(0, LINE - length);
    line.write(bytes, from, Math.min(room, to - from));
    length += to - from;
  }

  private void end() {
    if (length == 0) {
      return;
    }
    lines++;
    if (lines <= LINES) {
      log.log(
          Level.INFO,
          "{0}: {1}",
          id,
          Text.line(line.toString(StandardCharsets.UTF_8), LINE) + (length > LINE ? "…" : ""));
    } else {
      leftOut += length;
    }
    ByteArrayOutputStream before = last;
    last = line;
    line = before;
    line.reset();
    length = 0;
  }
}
