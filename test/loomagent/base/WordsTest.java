package loomagent.base;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class WordsTest {
  @Test
  void aDurationHasTwoFiguresAtTheMost() {
    assertEquals("0ms", Words.of(Duration.ZERO));
    assertEquals("0ms", Words.of(Duration.ofNanos(999_999)));
    assertEquals("320ms", Words.of(Duration.ofMillis(320)));
    assertEquals("999ms", Words.of(Duration.ofMillis(999)));
    assertEquals("1s", Words.of(Duration.ofSeconds(1)));
    assertEquals("1s", Words.of(Duration.ofMillis(1099)));
    assertEquals("4.2s", Words.of(Duration.ofMillis(4_299)));
    assertEquals("59.9s", Words.of(Duration.ofMillis(59_999)));
    assertEquals("1m", Words.of(Duration.ofMinutes(1)));
    assertEquals("3m 4s", Words.of(Duration.ofSeconds(184)));
    assertEquals("59m 59s", Words.of(Duration.ofSeconds(3_599)));
    assertEquals("1h", Words.of(Duration.ofHours(1)));
    assertEquals("2h 5m", Words.of(Duration.ofMinutes(125).plusSeconds(59)));
    assertEquals("23h 59m", Words.of(Duration.ofDays(1).minusMillis(1)));
    assertEquals("1d", Words.of(Duration.ofDays(1)));
    assertEquals("7d 1h", Words.of(Duration.ofDays(7).plusMinutes(61)));
    assertEquals("1000d", Words.of(Duration.ofDays(1000)));
  }

  @Test
  void oneIsSingularAndAllElsePlural() {
    assertEquals("0 events", Words.count(0, "event"));
    assertEquals("1 event", Words.count(1, "event"));
    assertEquals("2 events", Words.count(2, "event"));
    assertEquals("123456 events", Words.count(123_456, "event"));
  }

  @Test
  void nothingInALineMovesTheCursorOrForgesALine() {
    assertEquals("a\\u000ab\\u000dc\\u0009d", Words.line("a\nb\rc\td", 100));
    assertEquals("\\u0000\\u001b[2J\\u007f\\u009b", Words.line("\0\u001b[2J\u007f\u009b", 100));
    assertEquals("\\u0085\\u2028\\u2029", Words.line("\u0085\u2028\u2029", 100));
    assertEquals("\\u202etxt\\u2066\\ufeff\\u200b", Words.line("\u202etxt\u2066\ufeff\u200b", 100));
  }

  @Test
  void anInvisibleCharacterBeyondTheFirstPlaneIsShownToo() {
    assertEquals("a\\udb40\\udc41", Words.line("a" + Character.toString(0xE0041), 100));
  }

  @Test
  void halfASurrogatePairIsShownAndAWholeOneKept() {
    assertEquals("\\ud83d 😀 \\ude00", Words.line("\ud83d 😀 \ude00", 100));
  }

  @Test
  void textFitForALineStaysAsItIs() {
    String text = "Ärger mit 日本語, \"quoted\" \\u000a \u00a0 é";
    assertEquals(text, Words.line(text, text.length()));
    assertEquals("", Words.line("", 0));
  }

  @Test
  void whatIsTooLongIsCutAndSaidSo() {
    assertEquals("abc", Words.line("abc", 3));
    assertEquals("ab…", Words.line("abc", 2));
    assertEquals("…", Words.line("abc", 0));
    assertEquals("a…", Words.line("a😀b", 2), "no half of a pair is left over");
    assertEquals("a😀…", Words.line("a😀b", 3));
  }
}
