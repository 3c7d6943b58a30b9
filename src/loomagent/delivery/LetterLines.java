package loomagent.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import loomagent.Event;
import loomagent.delivery.DeadLetters.Letter;
import loomagent.json.Json;
import loomagent.json.JsonException;

/**
 * The lines of a file of dead letters, one after the other:
 *
 * <pre>
 * {"time":"…","sequence":12,"connection":"…","attempts":10,"error":"…","event":{exact JSON}}\n
 * </pre>
 *
 * A raw newline in the event's JSON (it is legal between tokens) is written as a space. A line that
 * is too long comes in pieces.
 */
final class LetterLines implements Closeable {

  /** Bytes of a line that are looked at in one piece: the largest JSON, and what stands around. */
  private static final int LONGEST = Json.MAX_BYTES;

  /** Bytes that are read, or written, at once. */
  static final int BUFFER = 1 << 16;

  private static final String EVENT = ",\"event\":";

  private final InputStream in;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private boolean ended = true;
  private boolean begun;
  private byte[] bytes = new byte[0];

  LetterLines(Path file) throws IOException {
    in = new BufferedInputStream(Files.newInputStream(file), BUFFER);
  }

  /** Goes on to the next line, or piece of one; false at the end of the file. */
  boolean next() throws IOException {
    begun = ended;
    ended = false;
    line.reset();
    int next;
    while (!ended && line.size() < LONGEST && (next = in.read()) >= 0) {
      line.write(next);
      ended = next == '\n';
    }
    bytes = line.toByteArray();
    return bytes.length > 0;
  }

  /** All of it, with its newline. */
  byte[] bytes() {
    return bytes;
  }

  /** Whether this is the beginning of a line. */
  boolean begun() {
    return begun;
  }

  /** Whether this is the end of one. */
  boolean ended() {
    return ended;
  }

  /** What it says; empty if it cannot be read. */
  Optional<Letter> letter() {
    return begun ? parse(bytes) : Optional.empty();
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  /** The line of a letter. */
  static byte[] line(Letter letter) {
    StringBuilder line = new StringBuilder(letter.event().size() + 300);
    line.append("{\"time\":\"").append(letter.time());
    line.append("\",\"sequence\":").append(letter.sequence());
    line.append(",\"connection\":");
    Json.writeString(line, letter.event().connection());
    line.append(",\"attempts\":").append(letter.attempts());
    line.append(",\"error\":");
    Json.writeString(line, letter.error());
    line.append(EVENT).append(letter.event().json().replace('\n', ' ')).append("}\n");
    return line.toString().getBytes(UTF_8);
  }

  private static Optional<Letter> parse(byte[] line) {
    try {
      if (Json.parse(line, 0, line.length) instanceof Map<?, ?> members
          && members.get("time") instanceof String time
          && members.get("sequence") instanceof Long sequence
          && members.get("connection") instanceof String connection
          && members.get("attempts") instanceof Long attempts
          && members.get("error") instanceof String error
          && members.get("event") instanceof Map<?, ?> event
          && event.get("id") instanceof String id) {
        String name = event.get("name") instanceof String text ? text : "";
        // In what stands before the event, a quote of any text is escaped, so this is the member;
        // but for a line that somebody edited.
        String whole = new String(line, UTF_8);
        int from = whole.indexOf(EVENT);
        int to = whole.lastIndexOf('}');
        String json = from > 0 ? whole.substring(from + EVENT.length(), to) : "";
        if (event.equals(Json.parse(json))) {
          Event exact = Event.of(id, name, json, connection);
          return Optional.of(
              new Letter(Instant.parse(time), sequence, attempts.intValue(), error, exact));
        }
      }
    } catch (JsonException | DateTimeParseException damaged) {
      // empty says it
    }
    return Optional.empty();
  }
}
