package loomagent.json;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;

/** Reads one text into Maps, Lists and values. Used once, by one thread. */
final class TreeReader extends Scanner {
  /** A short name in ASCII, and the bytes it was read from. */
  private record Name(long head, long tail, String text) {}

  // The names of members seen lately, so that the same few are not made again for every event. All
  // threads share it without a lock: a Name never changes, and a lost one is only made again.
  private static final Name[] NAMES = new Name[1024];
  private static final int TOO_LONG = 16; // bytes: a name kept fits two words, and ends in them

  private int at; // next to be read

  // The innermost array or object still open: the bracket that will close it, and where on the
  // stack its elements (or names and values by turns) begin, above those of the ones around it.
  private char closing;
  private int bottom;
  private Object[] stack = new Object[32];
  private int top;
  private int depth;
  private int[] around = new int[8]; // bottom * 2, plus 1 for an object

  TreeReader(byte[] json, int from, int to) {
    super(json, from, to);
  }

  // A loop rather than a recursion, which the compiler would inline into itself and little else.
  Object read() {
    at = first();
    while (true) {
      byte c = peek(at);
      Object value;
      if (c != '{' && c != '[') {
        value = scalar(c);
      } else if (entered(c)) {
        continue;
      } else {
        value = c == '{' ? Members.NONE : Elements.NONE;
      }
      while (depth > 0) {
        push(value);
        int after = next(at, closing);
        at = space(after + 1);
        if (json[after] == ',') {
          break;
        }
        value = leave();
      }
      if (depth == 0) {
        last(at);
        return value;
      }
      if (closing == '}') {
        member();
      }
    }
  }

  /** Goes to the first value within, or behind the brackets if there is none. */
  private boolean entered(byte bracket) {
    at = open(at, depth + 1);
    if (peek(at) == bracket + 2) { // as in ASCII
      at++;
      return false;
    }
    if (depth == around.length) {
      around = Arrays.copyOf(around, 2 * depth);
    }
    around[depth++] = 2 * bottom + (closing == '}' ? 1 : 0);
    bottom = top;
    closing = (char) (bracket + 2);
    if (bracket == '{') {
      member();
    }
    return true;
  }

  private Object leave() {
    Object value =
        closing == '}'
            ? Members.of(stack, bottom, top)
            : new Elements(Arrays.copyOfRange(stack, bottom, top));
    top = bottom;
    depth--;
    bottom = around[depth] >> 1;
    closing = (around[depth] & 1) == 1 ? '}' : ']';
    return value;
  }

  private void push(Object value) {
    if (top == stack.length) {
      stack = Arrays.copyOf(stack, 2 * top);
    }
    stack[top++] = value;
  }

  private Object scalar(byte c) {
    int from = at;
    switch (c) {
      case '"':
        int close = string(from + 1);
        at = close + 1;
        return text(from + 1, close, plain);
      case 't':
        at = literal(from, TRUE);
        return Boolean.TRUE;
      case 'f':
        at = literal(from, FALSE);
        return Boolean.FALSE;
      case 'n':
        at = literal(from, NULL);
        return null;
      default:
        at = number(from);
        return decimal(from, at);
    }
  }

  /** From a member's name to its value. */
  private void member() {
    int from = name(at);
    if (from + TOO_LONG < end) {
      long head = word(from);
      long tail = 0;
      int length = Text.plainRun(head);
      if (length == 8) {
        tail = word(from + 8);
        int more = Text.plainRun(tail);
        tail &= ~(-1L << 8 * more);
        length += more;
      } else {
        head &= ~(-1L << 8 * length);
      }
      if (length < TOO_LONG && json[from + length] == '"') {
        push(known(head, tail, from, from + length));
        at = colon(from + length);
        return;
      }
    }
    int close = string(from);
    push(text(from, close, plain));
    at = colon(close);
  }

  private String known(long head, long tail, int from, int to) {
    int slot = (int) ((head * 31 + tail) * 0x9E37_79B9_7F4A_7C15L >>> 54);
    Name known = NAMES[slot];
    if (known == null || known.head != head || known.tail != tail) {
      known = new Name(head, tail, Text.plain(json, from, to));
      NAMES[slot] = known;
    }
    return known.text;
  }

  private Number decimal(int from, int to) {
    boolean negative = peek(from) == '-';
    if (digits <= 18) {
      long signed = negative ? -unscaled : unscaled;
      return integer ? (Number) signed : BigDecimal.valueOf(signed, (int) scale);
    }
    StringBuilder text = new StringBuilder(digits + 1);
    for (int i = from; i < to && (json[i] | 0x20) != 'e'; i++) {
      if (json[i] != '.') {
        text.append((char) json[i]);
      }
    }
    BigInteger signed = new BigInteger(text.toString());
    if (!integer) {
      return new BigDecimal(signed, (int) scale);
    }
    return signed.bitLength() < Long.SIZE ? (Number) signed.longValue() : signed;
  }
}
