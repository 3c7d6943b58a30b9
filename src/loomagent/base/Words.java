package loomagent.base;

import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Facts as a person reads them in a log line or a report. */
public final class Words {
  private static final int FRAMES = 8;

  private Words() {}

  /**
   * A duration in two figures at the most: {@code 320ms}, {@code 4.2s}, {@code 3m 4s}, {@code 2h
   * 5m}, {@code 7d 1h}.
   *
   * @param duration how long; less than nothing, as after a clock was set back, counts as nothing
   * @return its words
   */
  public static String of(Duration duration) {
    long millis = Math.max(0, duration.toMillis());
    if (millis < 1000) {
      return millis + "ms";
    }
    if (millis < 60_000) {
      return millis % 1000 < 100
          ? millis / 1000 + "s"
          : millis / 1000 + "." + millis % 1000 / 100 + "s";
    }
    long minutes = duration.toMinutes();
    if (minutes < 60) {
      return pair(minutes, "m", duration.toSecondsPart(), "s");
    }
    return duration.toHours() < 24
        ? pair(duration.toHours(), "h", duration.toMinutesPart(), "m")
        : pair(duration.toDays(), "d", duration.toHoursPart(), "h");
  }

  /**
   * A number with its noun: {@code 1 event}, {@code 2 events}.
   *
   * @param number how many
   * @param noun what, in the singular; its plural must end in s
   * @return both
   */
  public static String count(long number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }

  /**
   * Text from outside, fit for one line of a terminal or a log: control and format characters and
   * halves of surrogate pairs are shown as {@code \}{@code uXXXX}, so that no event or server can
   * forge a line or move the cursor.
   *
   * @param text anything
   * @param limit the most characters to show; more are cut and said by an ellipsis
   * @return one line
   */
  public static String line(CharSequence text, int limit) {
    StringBuilder line = new StringBuilder(Math.min(text.length(), limit) + 8);
    int end;
    for (int i = 0; i < text.length(); i = end) {
      int point = Character.codePointAt(text, i);
      end = i + Character.charCount(point);
      if (end > limit) {
        return line.append('…').toString();
      }
      if (plain(point)) {
        line.appendCodePoint(point);
      } else {
        for (int j = i; j < end; j++) {
          line.append(String.format("\\u%04x", (int) text.charAt(j)));
        }
      }
    }
    return line.toString();
  }

  /**
   * What a thread is at, for one line of a log.
   *
   * @param thread any
   * @return the innermost calls, enough to see in whose code it is
   */
  public static String stack(Thread thread) {
    return Arrays.stream(thread.getStackTrace())
        .limit(FRAMES)
        .map(StackTraceElement::toString)
        .collect(Collectors.joining(" < "));
  }

  private static boolean plain(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }

  private static String pair(long large, String largeUnit, int small, String smallUnit) {
    return small == 0 ? large + largeUnit : large + largeUnit + " " + small + smallUnit;
  }
}
