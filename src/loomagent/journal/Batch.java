package loomagent.journal;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import loomagent.json.Bytes;

/**
 * What is to be written next: the lines, as {@link Line} draws them, and their entries. Whoever
 * holds it: first the appenders, under their lock, then the committer.
 */
final class Batch {
  private static final int FIRST_BUFFER = 64 << 10;

  private static final byte[] HEX = "0123456789abcdef".getBytes(US_ASCII);
  private static final int AROUND_JSON = 8 + 1 + 19 + 1 + 24 + 1 + 1 + 1; // all but two texts

  // A year needs four digits for the time to have 24 characters; no clock that works goes beyond.
  private static final long LAST_MILLIS = Instant.parse("9999-12-31T23:59:59.999Z").toEpochMilli();
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private final List<Entry> entries = new ArrayList<>();
  private final CRC32C crc = new CRC32C();
  private byte[] bytes = new byte[FIRST_BUFFER];
  private int length;
  private boolean written;
  private long stampMillis = -1;
  private byte[] stamp = {};

  void add(Entry entry, byte[] connection, byte[] utf8, int from, int to) {
    reserve(AROUND_JSON + connection.length + to - from);
    int start = length + 9;
    int at = number(entry.sequence(), start);
    bytes[at] = ' ';
    at = copy(stamp(entry.millis()), at + 1);
    bytes[at] = ' ';
    at = copy(connection, at + 1);
    bytes[at] = ' ';
    at = json(utf8, from, to, at + 1);
    crc.reset();
    crc.update(bytes, start, at - start);
    checksum((int) crc.getValue());
    bytes[start - 1] = ' ';
    bytes[at] = '\n';
    entries.add(entry); // what may need memory comes before what counts
    length = at + 1;
  }

  List<Entry> entries() {
    return entries;
  }

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  /** Takes back what was added last, when its first byte was at a place. */
  void takeBack(int from) {
    entries.remove(entries.size() - 1);
    length = from;
  }

  /** Whether it is on disk. */
  boolean isWritten() {
    return written;
  }

  void written() {
    written = true;
  }

  void clear() {
    entries.clear();
    length = 0;
    written = false;
  }

  /** Gives back the room that a rush took, in quiet times. */
  void shrink() {
    if (bytes.length > FIRST_BUFFER) {
      bytes = new byte[FIRST_BUFFER];
    }
  }

  private void reserve(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(length + more, 2 * bytes.length));
    }
  }

  private int number(long value, int at) {
    int digits = 1;
    for (long rest = value; rest > 9; rest /= 10) {
      digits++;
    }
    long rest = value;
    for (int i = at + digits - 1; i >= at; i--) {
      bytes[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    return at + digits;
  }

  private byte[] stamp(long millis) {
    if (millis != stampMillis) {
      stampMillis = millis;
      long written = Math.max(0, Math.min(millis, LAST_MILLIS));
      stamp = TIME.format(Instant.ofEpochMilli(written)).getBytes(US_ASCII);
    }
    return stamp;
  }

  private int copy(byte[] text, int at) {
    System.arraycopy(text, 0, bytes, at, text.length);
    return at + text.length;
  }

  private int json(byte[] utf8, int from, int to, int at) {
    int end = at + to - from;
    System.arraycopy(utf8, from, bytes, at, to - from);
    Bytes.replace((byte) '\n', Line.NEWLINE, bytes, at, end);
    return end;
  }

  private void checksum(int value) {
    int rest = value;
    for (int i = length + 7; i >= length; i--) {
      bytes[i] = HEX[rest & 15];
      rest >>>= 4;
    }
  }
}
