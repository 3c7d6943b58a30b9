package loomagent.handlers;

/** Text from outside, as it may stand in a message. */
final class Text {
  private Text() {}

  /**
   * The first line that says something, without what moves a cursor or forges a line.
   *
   * @param limit the most characters; what is cut is said by an ellipsis
   */
  static String line(String text, int limit) {
    String first = text.lines().map(String::strip).filter(l -> !l.isEmpty()).findFirst().orElse("");
    StringBuilder line = new StringBuilder();
    first.codePoints().limit(limit).map(Text::harmless).forEach(line::appendCodePoint);
    return first.codePointCount(0, first.length()) > limit ? line + "…" : line.toString();
  }

  private static int harmless(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          '\uFFFD';
      default -> point;
    };
  }
}
