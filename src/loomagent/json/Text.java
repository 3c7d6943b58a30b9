package loomagent.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Makes Strings of what lies between two quotes, once it is known to be a JSON string in UTF-8. One
 * thread.
 */
final class Text {
  static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** What a letter after a backslash stands for; 0 where it stands for nothing, or is the u. */
  static final byte[] ESCAPES = new byte[128];

  static {
    String letters = "\"\\/bfnrt";
    for (int i = 0; i < letters.length(); i++) {
      ESCAPES[letters.charAt(i)] = (byte) "\"\\/\b\f\n\r\t".charAt(i);
    }
  }

  private static final long EACH = 0x0101_0101_0101_0101L;
  private static final int LONGEST_KEPT = 4096; // bytes; a longer string has room of its own

  private byte[] latin = {};

  /**
   * How many of the word's bytes, lowest first, come before a quote, a backslash, a control
   * character or a byte beyond ASCII. Each of these, and no other, raises its top bit in one of two
   * differences; a borrow can only raise bits above the first. (Turning bit 1 makes control
   * characters and the quote the 33 lowest codes. Of the bytes beyond ASCII the second difference
   * misses 0xdc alone, which the first has.)
   */
  static int plainRun(long word) {
    long low = (word ^ 0x02 * EACH) - 0x21 * EACH;
    long backslash = (word ^ 0x5c * EACH) - EACH;
    return Long.numberOfTrailingZeros((low | backslash) & 0x80 * EACH) >> 3;
  }

  /** ASCII without escapes. */
  // The constructor that takes a Charset is too large for the compiler to inline, and so slower.
  @SuppressWarnings("deprecation")
  static String plain(byte[] json, int from, int to) {
    return new String(json, 0, from, to - from);
  }

  /** Any string. */
  String decode(byte[] json, int from, int to) {
    byte[] out = room(to - from); // nothing is written with fewer bytes than it has characters
    int length = 0;
    int at = from;
    while (at < to) {
      if (at <= to - 8) {
        long word = (long) WORD.get(json, at);
        WORD.set(out, length, word);
        int run = plainRun(word);
        at += run;
        length += run;
        if (run == 8) {
          continue;
        }
      }
      byte c = json[at];
      if (c >= 0 && c != '\\') {
        out[length++] = c;
        at++;
        continue;
      }
      if (c == '\\' && json[at + 1] != 'u') {
        out[length++] = ESCAPES[json[at + 1]];
        at += 2;
        continue;
      }
      int point = point(json, at);
      if (point > 0xff) {
        return decodeWide(json, at, to, out, length);
      }
      out[length++] = (byte) point;
      at += width(json, at);
    }
    return plain(out, 0, length);
  }

  private byte[] room(int length) {
    if (length > LONGEST_KEPT) {
      return new byte[length];
    }
    if (length > latin.length) {
      latin = new byte[Math.max(256, length)];
    }
    return latin;
  }

  private static String decodeWide(byte[] json, int from, int to, byte[] latin, int done) {
    char[] out = new char[done + to - from];
    int length = 0;
    while (length < done) {
      out[length] = (char) (latin[length] & 0xff);
      length++;
    }
    for (int at = from; at < to; at += width(json, at)) {
      length += Character.toChars(point(json, at), out, length);
    }
    return new String(out, 0, length);
  }

  /** The character here, or half of one when it is escaped in halves. */
  private static int point(byte[] json, int at) {
    int lead = json[at];
    if (lead == '\\') {
      byte escape = json[at + 1];
      return escape == 'u' ? unit(json, at + 2) : ESCAPES[escape];
    }
    switch (width(json, at)) {
      case 1:
        return lead;
      case 2:
        return (lead & 0x1f) << 6 | json[at + 1] & 0x3f;
      case 3:
        return (lead & 0x0f) << 12 | (json[at + 1] & 0x3f) << 6 | json[at + 2] & 0x3f;
      default:
        return (lead & 0x07) << 18
            | (json[at + 1] & 0x3f) << 12
            | (json[at + 2] & 0x3f) << 6
            | json[at + 3] & 0x3f;
    }
  }

  /** How many bytes it takes. */
  private static int width(byte[] json, int at) {
    int lead = json[at];
    if (lead >= 0) {
      return lead != '\\' ? 1 : json[at + 1] == 'u' ? 6 : 2;
    }
    return lead < (byte) 0xe0 ? 2 : lead < (byte) 0xf0 ? 3 : 4;
  }

  private static int unit(byte[] json, int at) {
    int unit = 0;
    for (int i = at; i < at + 4; i++) {
      unit = unit << 4 | Character.digit(json[i], 16);
    }
    return unit;
  }
}
