package loomagent.json;

/** Steps over values, checking all of them and decoding nothing. One thread. */
final class Skipper extends Scanner {
  private final byte[] closing = new byte[Json.MAX_DEPTH + 1]; // of each level, its last bracket

  Skipper() {
    super(new byte[0], 0, 0);
  }

  /** From a value, within this many levels, to behind it. */
  int value(int at, int depth) {
    int level = depth;
    int next = at;
    while (true) {
      byte c = peek(next);
      if (c != '{' && c != '[') {
        next = scalar(c, next);
      } else {
        next = open(next, level + 1);
        if (peek(next) != c + 2) { // the bracket's fellow in ASCII
          closing[++level] = (byte) (c + 2);
          next = c == '{' ? member(next) : next;
          continue;
        }
        next++;
      }
      while (level > depth) {
        next = next(next, closing[level]) + 1;
        if (json[next - 1] == ',') {
          next = space(next);
          next = closing[level] == '}' ? member(next) : next;
          break;
        }
        level--;
      }
      if (level == depth) {
        return next;
      }
    }
  }

  private int scalar(byte c, int at) {
    return switch (c) {
      case '"' -> string(at + 1) + 1;
      case 't' -> literal(at, TRUE);
      case 'f' -> literal(at, FALSE);
      case 'n' -> literal(at, NULL);
      default -> number(at);
    };
  }

  private int member(int at) {
    return colon(string(name(at)));
  }
}
