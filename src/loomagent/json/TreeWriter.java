package loomagent.json;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Map;

/** Writes Maps, Iterables and values as compact JSON. One thread. */
final class TreeWriter {
  private static final char[] HEX = "0123456789abcdef".toCharArray();
  // No number of more bits has MAX_DIGITS digits or fewer: a digit is less than 3.33 bits.
  private static final int MAX_BITS = Json.MAX_DIGITS * 333 / 100;

  private final StringBuilder out;

  TreeWriter(StringBuilder out) {
    this.out = out;
  }

  /** Depth: levels around the value. */
  void value(Object value, int depth) {
    if (value == null || value instanceof Boolean) {
      out.append(value);
    } else if (value instanceof CharSequence text) {
      string(out, text);
    } else if (value instanceof Number number) {
      out.append(number(number));
    } else if (value instanceof Map<?, ?> members) {
      object(members, deeper(depth));
    } else if (value instanceof Iterable<?> elements) {
      array(elements, deeper(depth));
    } else {
      throw unwritable(value);
    }
  }

  private static int deeper(int depth) {
    if (depth == Json.MAX_DEPTH) {
      throw new IllegalArgumentException(
          "nested deeper than the "
              + Json.MAX_DEPTH
              + " levels that JSON is read with; does the value contain itself?");
    }
    return depth + 1;
  }

  private void object(Map<?, ?> members, int depth) {
    char before = '{';
    for (Map.Entry<?, ?> member : members.entrySet()) {
      if (!(member.getKey() instanceof CharSequence name)) {
        throw new IllegalArgumentException(
            typeOf(member.getKey()) + " as a member's name; make it a String");
      }
      out.append(before);
      string(out, name);
      out.append(':');
      value(member.getValue(), depth);
      before = ',';
    }
    out.append(before == '{' ? "{}" : "}");
  }

  private void array(Iterable<?> elements, int depth) {
    char before = '[';
    for (Object element : elements) {
      out.append(before);
      value(element, depth);
      before = ',';
    }
    out.append(before == '[' ? "[]" : "]");
  }

  private static String number(Number number) {
    if (number instanceof Long
        || number instanceof Integer
        || number instanceof Short
        || number instanceof Byte) {
      return number.toString();
    }
    if (number instanceof Double || number instanceof Float) {
      if (!Double.isFinite(number.doubleValue())) {
        throw new IllegalArgumentException(number + " has no form in JSON; write null or a string");
      }
      return number.toString();
    }
    if (number instanceof BigInteger integer) {
      return written(new BigDecimal(integer));
    }
    if (number instanceof BigDecimal decimal) {
      return written(decimal);
    }
    throw unwritable(number);
  }

  private static String written(BigDecimal decimal) {
    if (decimal.unscaledValue().bitLength() > MAX_BITS || decimal.precision() > Json.MAX_DIGITS) {
      throw new IllegalArgumentException("a number of more than " + Json.MAX_DIGITS + " digits");
    }
    if (Math.abs((long) decimal.scale()) > Json.MAX_SCALE) {
      throw new IllegalArgumentException("a number beyond 10 to the power of " + Json.MAX_SCALE);
    }
    return decimal.toString();
  }

  private static IllegalArgumentException unwritable(Object value) {
    return new IllegalArgumentException(
        typeOf(value) + " has no form in JSON; pass a Map, Iterable, String, number or Boolean");
  }

  private static String typeOf(Object value) {
    return value == null ? "null" : value.getClass().getName();
  }

  static void string(StringBuilder out, CharSequence text) {
    out.append('"');
    int done = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (isEscaped(c)) {
        out.append(text, done, i);
        escape(out, c);
        done = i + 1;
      }
    }
    out.append(text, done, text.length()).append('"');
  }

  private static boolean isEscaped(char c) {
    return c < ' '
        || c == '"'
        || c == '\\'
        || c == '\u2028'
        || c == '\u2029'
        || Character.isSurrogate(c);
  }

  private static void escape(StringBuilder out, char c) {
    switch (c) {
      case '"', '\\' -> out.append('\\').append(c);
      case '\b' -> out.append("\\b");
      case '\f' -> out.append("\\f");
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      default -> {
        out.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
          out.append(HEX[c >> shift & 0xf]);
        }
      }
    }
  }
}
