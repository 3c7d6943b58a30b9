package loomagent.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.zip.CRC32C;
import loomagent.Event;
import loomagent.json.Bytes;
import loomagent.json.Envelope;
import loomagent.json.JsonException;

/**
 * One record of the journal, a line of text:
 *
 * <pre>
 * 0a1b2c3d 42 2026-03-01T10:00:00.000Z default {"id":"…","name":"…",…}⏎
 * │        │  │                        │       └ the event's JSON, byte for byte. A newline may stand
 * │        │  │                        │         in it between two tokens: here it is a U+000B, which
 * │        │  │                        │         JSON cannot hold, and it is turned back when read
 * │        │  │                        └ the connection that it came by
 * │        │  └ when the journal took it, UTC, always 24 characters
 * │        └ its sequence: rising from line to line and from file to file, with gaps where records
 * │          were lost
 * └ CRC-32C, 8 lower-case hexadecimal digits, of all between the first space and the newline, neither
 *   included
 * </pre>
 *
 * {@code grep} and {@code tail} work on it, and {@code jq} behind {@code cut -d' ' -f5-}. {@link
 * Batch} writes it; this reads it back. A reader believes nothing but what the checksum covers. One
 * thread.
 */
final class Line {
  /** The largest event. Far above what Loom sends, and small beside any heap that runs Java. */
  static final int LONGEST_JSON = 4 << 20;

  /** A longer line is none of ours, so that no file can fill the memory. */
  static final int LONGEST = LONGEST_JSON + 4096;

  /** What stands in for a newline. */
  static final byte NEWLINE = 0x0b;

  private static final int CHECKSUM = 8;
  private static final int TIME = 24;
  private static final int SHORTEST = CHECKSUM + " 1 ".length() + TIME + " c {}\n".length();

  private final CRC32C crc = new CRC32C();
  private final Envelope envelope = new Envelope();
  private byte[] bytes = {};
  private long sequence;
  private long millis;
  private int json;
  private int end;
  private byte[] knownConnection = {};
  private String connection = "";

  /** How many records were in so many bytes that nobody can read, at the most. */
  static long most(long unreadable) {
    return (unreadable + SHORTEST - 1) / SHORTEST;
  }

  /**
   * Reads a line without its newline.
   *
   * @return "" if it is whole, else what is wrong with it
   */
  String read(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    end = to;
    int space = from + CHECKSUM;
    if (to - from < SHORTEST - 1 || bytes[space] != ' ' || !checksumMatches(from, to)) {
      return "its checksum does not match";
    }
    int number = space + 1;
    int time = space(number, to) + 1;
    int name = time + TIME + 1;
    json = space(name, to) + 1;
    sequence = time - number > 19 ? -1 : digits(number, time - 1);
    if (sequence < 1 || json >= to || bytes[name - 1] != ' ' || !timeIsRead(time)) {
      return "it is not of this form";
    }
    readConnection(name, json - 1);
    return "";
  }

  long sequence() {
    return sequence;
  }

  long millis() {
    return millis;
  }

  String connection() {
    return connection;
  }

  /**
   * The event of the line read last, once.
   *
   * @throws JsonException if its text is no JSON
   */
  Entry entry() {
    Bytes.replace(NEWLINE, (byte) '\n', bytes, json, end);
    envelope.readMessage(bytes, json, end);
    Event event = Event.of(envelope.id(), envelope.name(), bytes, json, end, connection);
    return new Entry(sequence, millis, event);
  }

  private boolean checksumMatches(int from, int to) {
    long stored = 0;
    for (int i = from; i < from + CHECKSUM; i++) {
      int c = bytes[i];
      int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
      if (digit < 0) {
        return false;
      }
      stored = stored << 4 | digit;
    }
    crc.reset();
    crc.update(bytes, from + CHECKSUM + 1, to - from - CHECKSUM - 1);
    return crc.getValue() == stored;
  }

  /** Where the next space is, or the end. */
  private int space(int from, int to) {
    int at = from;
    while (at < to && bytes[at] != ' ') {
      at++;
    }
    return at;
  }

  private long digits(int from, int to) {
    long value = 0; // of no digits, too: no sequence either
    for (int i = from; i < to; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }

  private boolean timeIsRead(int at) {
    try {
      long day = LocalDate.of(number(at, 4), number(at + 5, 2), number(at + 8, 2)).toEpochDay();
      long minutes = (day * 24 + number(at + 11, 2)) * 60 + number(at + 14, 2);
      millis = (minutes * 60 + number(at + 17, 2)) * 1000 + number(at + 20, 3);
      return true;
    } catch (DateTimeException noDay) {
      return false;
    }
  }

  private int number(int at, int length) {
    return (int) digits(at, at + length);
  }

  private void readConnection(int from, int to) {
    byte[] known = knownConnection;
    if (!Arrays.equals(bytes, from, to, known, 0, known.length)) {
      knownConnection = Arrays.copyOfRange(bytes, from, to);
      connection = new String(knownConnection, UTF_8);
    }
  }
}
