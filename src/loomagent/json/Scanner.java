package loomagent.json;

import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * RFC 8259's grammar over a range of UTF-8 bytes. Every method takes the offset where its piece
 * begins and gives back the offset behind it, so that walking a text makes no objects; whoever
 * wants a value decodes it from its offsets. One thread.
 */
class Scanner {
  static final byte[] TRUE = {'t', 'r', 'u', 'e'};
  static final byte[] FALSE = {'f', 'a', 'l', 's', 'e'};
  static final byte[] NULL = {'n', 'u', 'l', 'l'};

  // To be read by whoever reads the text with this, and written here only.
  byte[] json;
  int end;

  // Of the string scanned last.
  boolean plain; // ASCII without escapes

  // Of the number scanned last: unscaled * 10^-scale.
  long unscaled; // wrong (it has wrapped) beyond 18 digits
  long scale; // within MAX_SCALE
  int digits;
  boolean integer; // written without point and exponent

  private final Text text = new Text();
  private int start;

  Scanner(byte[] json, int from, int to) {
    reset(json, from, to);
  }

  void reset(byte[] json, int from, int to) {
    Objects.checkFromToIndex(from, to, json.length);
    this.json = json;
    this.start = from;
    this.end = to;
  }

  /** The eight bytes from here on, the first lowest. The array must reach that far. */
  long word(int at) {
    return (long) Text.WORD.get(json, at);
  }

  /** The byte here, or NUL at the end: outside strings no JSON has one, so it matches nothing. */
  byte peek(int at) {
    return at < end ? json[at] : 0;
  }

  /** Start of the text's value. */
  int first() {
    return space(start);
  }

  /** Only white space may follow. */
  void last(int at) {
    int next = space(at);
    if (next < end) {
      throw expected(next, "nothing after the value");
    }
  }

  int space(int at) {
    int next = at;
    while (next < end && json[next] <= ' ' && isSpace(json[next])) {
      next++;
    }
    return next;
  }

  private static boolean isSpace(byte c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
  }

  /** From an opening bracket to the first thing within. */
  int open(int at, int depth) {
    if (depth > Json.MAX_DEPTH) {
      throw failure(at, "nested deeper than the " + Json.MAX_DEPTH + " levels allowed");
    }
    return space(at + 1);
  }

  /** From a name's opening quote to its first byte. */
  int name(int at) {
    if (peek(at) != '"') {
      throw expected(at, "a member's name in double quotes");
    }
    return at + 1;
  }

  /** From a name's closing quote to its value. */
  int colon(int close) {
    int at = peek(close + 1) == ':' ? close + 1 : space(close + 1);
    if (peek(at) != ':') {
      throw expected(at, "':' after the member's name");
    }
    return space(at + 1);
  }

  /** From behind an element or member to its comma or to the bracket that closes. */
  int next(int at, int close) {
    int next = peek(at) == ',' ? at : space(at);
    byte c = peek(next);
    if (c != ',' && c != close) {
      throw expected(next, "',' or '" + (char) close + "'");
    }
    return next;
  }

  int literal(int at, byte[] word) {
    for (int i = 0; i < word.length; i++) {
      if (peek(at + i) != word[i]) {
        throw expected(at + i, "the word " + new String(word, StandardCharsets.US_ASCII));
      }
    }
    return at + word.length;
  }

  /** From a string's first byte to its closing quote. */
  int string(int at) {
    int next = at;
    if (at <= end - 8) {
      next += Text.plainRun(word(at));
      if (next < at + 8 && json[next] == '"') {
        plain = true;
        return next;
      }
    }
    return longString(next);
  }

  private int longString(int at) {
    int next = plain(at);
    plain = peek(next) == '"';
    while (peek(next) != '"') {
      next = plain(special(next));
    }
    return next;
  }

  /** From here to the first byte that is a quote, a backslash, a control character or not ASCII. */
  private int plain(int at) {
    int next = at;
    int last = end - 8;
    int run;
    do {
      if (next > last) {
        return tail(next);
      }
      run = Text.plainRun(word(next));
      next += 8;
    } while (run == 8);
    return next - 8 + run;
  }

  private int tail(int at) {
    int next = at;
    while (next < end && json[next] >= ' ' && json[next] != '"' && json[next] != '\\') {
      next++;
    }
    return next;
  }

  private int special(int at) {
    if (at >= end) {
      throw expected(at, "'\"' to end the string");
    }
    byte c = json[at];
    if (c == '\\') {
      return escape(at + 1);
    }
    if (c >= 0) {
      throw expected(at, "an escape in place of a control character");
    }
    int next = at;
    while (next < end && json[next] < 0) {
      next = character(next);
    }
    return next;
  }

  private int escape(int at) {
    byte c = peek(at);
    if (c >= 0 && Text.ESCAPES[c] != 0) {
      return at + 1;
    }
    if (c != 'u') {
      throw expected(at, "one of \" \\ / b f n r t u after a backslash");
    }
    for (int i = at + 1; i <= at + 4; i++) {
      if (Character.digit(peek(i), 16) < 0) {
        throw expected(i, "four hexadecimal digits after \\u");
      }
    }
    return at + 5;
  }

  /** One character beyond ASCII: shortest form only, no surrogates, nothing above U+10FFFF. */
  private int character(int at) {
    int lead = json[at] & 0xff;
    if (lead >= 0xc2 && lead < 0xe0 && (peek(at + 1) & 0xc0) == 0x80) {
      return at + 2; // most of what is not ASCII in Europe
    }
    int more = lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    int lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    int highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (more == 0) {
      throw expected(at, "UTF-8");
    }
    for (int i = 1; i <= more; i++) {
      int c = peek(at + i) & 0xff;
      if (c < lowest || c > highest) {
        throw expected(at + i, "UTF-8");
      }
      lowest = 0x80;
      highest = 0xbf;
    }
    return at + more + 1;
  }

  int number(int at) {
    int first = peek(at) == '-' ? at + 1 : at;
    unscaled = 0;
    int next = digits(first, first == at ? "a value" : "a digit");
    if (json[first] == '0' && next > first + 1) {
      throw failure(first, "a number begins with a zero; drop it");
    }
    digits = next - first;
    scale = 0;
    integer = true;
    if (peek(next) == '.') {
      int fraction = next + 1;
      next = digits(fraction, "a digit after the point");
      scale = (long) next - fraction;
      digits += next - fraction;
      integer = false;
    }
    if ((peek(next) | 0x20) == 'e') {
      next = exponent(next + 1);
      integer = false;
    }
    if (digits > 18 || scale != 0) {
      checkNumber(first);
    }
    return next;
  }

  private int digits(int at, String what) {
    int next = at;
    long number = unscaled;
    for (byte c = peek(next); c >= '0' && c <= '9'; c = peek(++next)) {
      number = number * 10 + (c - '0');
    }
    if (next == at) {
      throw expected(at, what);
    }
    unscaled = number;
    return next;
  }

  private int exponent(int at) {
    byte sign = peek(at);
    int first = sign == '-' || sign == '+' ? at + 1 : at;
    long mantissa = unscaled;
    unscaled = 0;
    int next = digits(first, "a digit in the exponent");
    int zeros = first;
    while (zeros < next && json[zeros] == '0') {
      zeros++;
    }
    long exponent = next - zeros > 9 ? Integer.MAX_VALUE : unscaled;
    unscaled = mantissa;
    scale += sign == '-' ? exponent : -exponent;
    return next;
  }

  private void checkNumber(int first) {
    if (Math.abs(scale) > Json.MAX_SCALE) {
      throw failure(first, "a number with a power of ten beyond " + Json.MAX_SCALE);
    }
    int significant = digits;
    for (int i = first; significant > Json.MAX_DIGITS && (json[i] == '0' || json[i] == '.'); i++) {
      significant -= json[i] == '0' ? 1 : 0;
    }
    if (significant > Json.MAX_DIGITS) {
      throw failure(first, "a number of more than " + Json.MAX_DIGITS + " digits");
    }
  }

  /** What lies between the two quotes of a string that has been scanned. */
  String text(int from, int to, boolean plain) {
    return plain ? Text.plain(json, from, to) : text.decode(json, from, to);
  }

  JsonException expected(int at, String what) {
    return failure(at, "expected " + what + ", found " + found(at));
  }

  private String found(int at) {
    if (at >= end) {
      return "the end of the text";
    }
    int c = json[at] & 0xff;
    if (at == start && end - at >= 3 && c == 0xef && json[at + 1] == (byte) 0xbb) {
      return "a byte-order mark; leave it out";
    }
    return c > ' ' && c < 0x7f ? "'" + (char) c + "'" : String.format("the byte 0x%02X", c);
  }

  private JsonException failure(int at, String what) {
    int line = 1;
    int column = 1;
    for (int i = start; i < at; i++) {
      if (json[i] == '\n') {
        line++;
        column = 1;
      } else if ((json[i] & 0xc0) != 0x80) {
        column++;
      }
    }
    return new JsonException("line " + line + ", column " + column + ": " + what, at - start);
  }
}
