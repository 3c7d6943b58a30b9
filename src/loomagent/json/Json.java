package loomagent.json;

import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * Strict JSON (RFC 8259), read into plain Java values and written from them. Any thread.
 *
 * <table>
 * <caption>What becomes of a JSON value</caption>
 * <tr><td>object</td><td>an unmodifiable {@code Map<String, Object>} in the text's order; of a repeated
 *     member the last value counts, at the place of the first</td></tr>
 * <tr><td>array</td><td>an unmodifiable {@code List<Object>}</td></tr>
 * <tr><td>string</td><td>{@code String}; an escaped lone surrogate stays one</td></tr>
 * <tr><td>number without fraction and exponent</td><td>{@code Long} where it fits, else {@code
 *     BigInteger}</td></tr>
 * <tr><td>any other number</td><td>{@code BigDecimal} with the digits as written. Nothing is rounded;
 *     only the sign of a zero is lost, since none of the three types has one</td></tr>
 * <tr><td>true, false, null</td><td>{@code Boolean}, {@code null}</td></tr>
 * </table>
 */
public final class Json {
  /**
   * How many arrays and objects may lie within each other; Loom's events need four. Whoever walks a
   * tree (writing, equals, toString) recurses, and a thread's stack holds some thousands.
   */
  public static final int MAX_DEPTH = 200;

  /**
   * Significant digits of one number. Decimal digits turn into a BigInteger in quadratic time, so
   * that a megabyte of them would hold a thread for minutes.
   */
  public static final int MAX_DIGITS = 1_000;

  /**
   * The largest power of ten, up or down, that a BigDecimal's digits are multiplied by. {@code
   * 1e999999999} is short to write, and fills the heap of whoever asks for its integer; a double
   * ends at 324.
   */
  public static final int MAX_SCALE = 1_000;

  /**
   * Bytes of one text unless the caller says otherwise: 16 MiB, a hundred times the largest answer
   * expected of Loom, and little enough that its tree (up to some twenty times the text) fits a
   * small heap.
   */
  public static final int MAX_BYTES = 16 << 20;

  private Json() {}

  /**
   * Reads a text of at most {@link #MAX_BYTES} bytes of UTF-8. A surrogate outside an escape must
   * be one of a pair.
   *
   * @throws JsonException on anything else than one JSON value with white space around it
   */
  public static Object parse(String text) {
    checkSize(text.length(), MAX_BYTES);
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        i = lowSurrogate(text, i);
      }
    }
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    try {
      return parse(utf8, 0, utf8.length);
    } catch (JsonException e) {
      int offset = new String(utf8, 0, e.offset(), StandardCharsets.UTF_8).length();
      throw new JsonException(e.getMessage(), offset);
    }
  }

  /**
   * Reads the bytes {@code from} to {@code to} (exclusive), at most {@link #MAX_BYTES}.
   *
   * @throws JsonException on anything else than one JSON value in UTF-8 with white space around it
   */
  public static Object parse(byte[] utf8, int from, int to) {
    return parse(utf8, from, to, MAX_BYTES);
  }

  /**
   * Reads the bytes {@code from} to {@code to} (exclusive), at most {@code maxBytes} of them.
   *
   * @throws JsonException on anything else than one JSON value in UTF-8 with white space around it
   */
  public static Object parse(byte[] utf8, int from, int to, int maxBytes) {
    Objects.checkFromToIndex(from, to, utf8.length);
    checkSize(to - from, maxBytes);
    return new TreeReader(utf8, from, to).read();
  }

  /**
   * The value as compact JSON that {@link #parse(String)} reads back: a Map with CharSequences as
   * keys, Iterable, CharSequence, Boolean, null, Byte, Short, Integer, Long, BigInteger,
   * BigDecimal, or a finite Float or Double.
   *
   * @throws IllegalArgumentException on any other type, on a number beyond {@link #MAX_DIGITS} or
   *     {@link #MAX_SCALE}, and on more than {@link #MAX_DEPTH} levels (a value within itself, too)
   */
  public static String write(Object value) {
    StringBuilder out = new StringBuilder();
    new TreeWriter(out).value(value, 0);
    return out.toString();
  }

  /**
   * Appends the text, quoted. Control characters, lone surrogates, and the two line separators that
   * a script would stumble over (U+2028, U+2029) are escaped, so the result is always valid UTF-8.
   */
  public static void writeString(StringBuilder out, CharSequence text) {
    TreeWriter.string(out, text);
  }

  static void checkSize(int bytes, int maxBytes) {
    if (bytes > maxBytes) {
      throw new JsonException(
          "the text has " + bytes + " bytes, more than the " + maxBytes + " allowed here",
          maxBytes);
    }
  }

  private static int lowSurrogate(String text, int high) {
    int low = high + 1;
    if (low == text.length() || !Character.isSurrogatePair(text.charAt(high), text.charAt(low))) {
      throw new JsonException(
          "character " + low + ": half a surrogate pair; write it as an escape, or drop it", high);
    }
    return low;
  }
}
