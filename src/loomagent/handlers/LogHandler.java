package loomagent.handlers;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import loomagent.Event;
import loomagent.EventHandler;
import loomagent.HandlerContext;
import loomagent.json.Bytes;

/**
 * Writes a line an event to standard output: {@code format = line} for people (time, name, id,
 * subject), {@code format = json} for programs (the exact event).
 */
@SuppressWarnings("try") // nothing to close
public final class LogHandler implements EventHandler {
  private final OutputStream out;
  private boolean json;
  private byte[] line = {}; // room for one as JSON, which is written whole

  /** Writes to standard output. */
  public LogHandler() {
    this(new FileOutputStream(FileDescriptor.out));
  }

  /** Writes elsewhere, for a test. Every event is one call of {@code write}. */
  LogHandler(OutputStream out) {
    this.out = out;
  }

  @Override
  public void open(HandlerContext context) {
    Settings settings = new Settings(context, "log");
    json = settings.choice("format", "line", List.of("line", "json")).equals("json");
    settings.done();
  }

  // One write a line: what reads the other end of a pipe sees whole events, at once.
  @Override
  public void handle(Event event) throws IOException {
    if (json) {
      line = line.length > event.size() ? line : new byte[Math.max(1024, event.size() + 1)];
      putLine(event, line);
      out.write(line, 0, event.size() + 1);
    } else {
      out.write((forPeople(event) + "\n").getBytes(StandardCharsets.UTF_8));
    }
  }

  /**
   * The event's JSON and a line feed. JSON allows line breaks between its parts, and only there; a
   * line an event has none.
   */
  static void putLine(Event event, byte[] into) {
    int length = event.size();
    event.utf8().get(into, 0, length);
    Bytes.replace((byte) '\n', (byte) ' ', into, 0, length);
    Bytes.replace((byte) '\r', (byte) ' ', into, 0, length);
    into[length] = '\n';
  }

  private static String forPeople(Event event) {
    String time = event.timestamp().map(Instant::toString).orElse("-");
    return plain(time)
        + " "
        + plain(event.name())
        + " "
        + plain(event.id())
        + " "
        + plain(event.subject());
  }

  /** No event may move the cursor of somebody's terminal, or forge a line. */
  private static String plain(String text) {
    if (text.isEmpty()) {
      return "-";
    }
    StringBuilder plain = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            point -> {
              boolean shown = !Character.isISOControl(point) && !Character.isWhitespace(point);
              shown = shown && !Character.isSpaceChar(point);
              plain.appendCodePoint(
                  shown && Character.getType(point) != Character.FORMAT ? point : '\uFFFD');
            });
    return plain.toString();
  }
}
