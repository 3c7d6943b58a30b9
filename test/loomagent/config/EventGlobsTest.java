package loomagent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class EventGlobsTest {
  @Test
  void aStarStandsForAnyRunDotsIncluded() {
    EventGlobs globs = EventGlobs.parse("mission_control.*, *.paid");
    assertTrue(globs.matches("mission_control.job.added"));
    assertTrue(globs.matches("mission_control."));
    assertTrue(globs.matches("accounting.invoice.paid"));
    assertFalse(globs.matches("mission_control"));
    assertFalse(globs.matches("accounting.paid_late"));
    assertFalse(globs.matches("Mission_control.job"));
  }

  @Test
  void anExclusionWinsWhereverItStands() {
    for (String text : List.of("!a.b,a.*", "a.*,!a.b", "a.b,!a.b,a.*")) {
      assertFalse(EventGlobs.parse(text).matches("a.b"), text);
      assertTrue(EventGlobs.parse(text).matches("a.c"), text);
    }
  }

  @Test
  void nothingButExclusionsMeansAllTheRest() {
    EventGlobs globs = EventGlobs.parse("!a.*,!b.c");
    assertTrue(globs.matches("b.d"));
    assertFalse(globs.matches("a.b"));
    assertFalse(globs.matches("b.c"));
    assertFalse(EventGlobs.parse("!*").matches("a.b"));
  }

  @Test
  void whatWasAskedBeforeIsNoAnswerForAnotherName() {
    EventGlobs globs = EventGlobs.parse("a.Aa*");
    for (int i = 0; i < 3; i++) { // of these some share a hash code, and most a slot
      assertTrue(globs.matches("a.AaAa"));
      assertFalse(globs.matches("a.BBBB"));
      assertTrue(globs.matches("a.AaBB"));
      assertFalse(globs.matches("a.BBAa"));
    }
  }

  @Test
  void itSaysWhichPatternDecided() {
    EventGlobs globs = EventGlobs.parse("a.*, c.d ,!a.b*");
    assertEquals("taken by a.*", globs.why("a.c"));
    assertEquals("excluded by !a.b*", globs.why("a.bc"));
    assertEquals("not taken: not among a.*, c.d ,!a.b*", globs.why("x.y"));
    assertEquals("taken: !a.b only leaves others out", EventGlobs.parse("!a.b").why("x.y"));
  }

  @Test
  void whatIsNoPatternIsRefusedInASentence() {
    for (String wrong : List.of("", "a.b,", ",", "!", "a b", "a.?", "a!b", "! a", "!!a", "ä.b")) {
      String words =
          assertThrows(IllegalArgumentException.class, () -> EventGlobs.parse(wrong), wrong)
              .getMessage();
      assertTrue(words.contains("is no event name or glob. Write "), words);
    }
    EventGlobs.parse("a".repeat(256));
    assertThrows(IllegalArgumentException.class, () -> EventGlobs.parse("a".repeat(257)));
    EventGlobs.parse("a,".repeat(499) + "a");
    assertThrows(IllegalArgumentException.class, () -> EventGlobs.parse("a,".repeat(500) + "a"));
  }

  @Test
  void itAgreesWithTheSlowAndObviousWay() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 50_000; round++) {
      String glob = word(random, "ab*.", 1 + random.nextInt(8));
      String name = word(random, "ab.", random.nextInt(10));
      assertEquals(
          obviously(glob, name),
          EventGlobs.parse(glob).matches(name),
          () -> "seed " + seed + ": " + glob + " on " + name);
    }
  }

  @Test
  void manyStarsCostNoTime() {
    EventGlobs globs = EventGlobs.parse("*a".repeat(127) + "*b");
    String name = "a".repeat(10_000);
    assertTimeout(Duration.ofSeconds(5), () -> assertFalse(globs.matches(name)));
  }

  private static boolean obviously(String glob, String name) {
    if (glob.isEmpty()) {
      return name.isEmpty();
    }
    if (glob.charAt(0) == '*') {
      return obviously(glob.substring(1), name)
          || (!name.isEmpty() && obviously(glob, name.substring(1)));
    }
    return !name.isEmpty()
        && name.charAt(0) == glob.charAt(0)
        && obviously(glob.substring(1), name.substring(1));
  }

  private static String word(Random random, String letters, int length) {
    StringBuilder word = new StringBuilder();
    for (int i = 0; i < length; i++) {
      word.append(letters.charAt(random.nextInt(letters.length())));
    }
    return word.toString();
  }
}
