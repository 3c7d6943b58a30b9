package loomagent.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import loomagent.Event;
import loomagent.RetryLater;
import loomagent.Undeliverable;
import loomagent.base.LogLines;
import org.junit.jupiter.api.Test;

/** What an operator is told of a handler that fails, and how often. */
class StreakTest {
  private static final long NOW = Long.sum(Long.MAX_VALUE, -10); // overflows soon, as it may

  private final LogLines log = new LogLines();
  private final Streak streak = new Streak("mis", log);

  private void fail(String words) {
    streak.failed(Scene.event(1), words, Duration.ofSeconds(2), NOW);
  }

  private static DeadLetters.Letter letter(int attempts) {
    return new DeadLetters.Letter(Instant.EPOCH, 1, attempts, "no", Scene.event(1));
  }

  /** How often something is said, of so many times that it happens. */
  private List<Integer> said(int times, Runnable what) {
    List<Integer> said = new ArrayList<>();
    for (int i = 1; i <= times; i++) {
      int before = log.all().size();
      what.run();
      if (log.all().size() > before) {
        said.add(i);
      }
    }
    return said;
  }

  @Test
  void anExceptionIsSaidByItsKindUnlessItsWordsAreForPeople() {
    assertEquals("IOException: no", Streak.words(new IOException("no")));
    assertEquals("no", Streak.words(new IllegalArgumentException("no")));
    assertEquals("no", Streak.words(new RetryLater(Duration.ZERO, "no")));
    assertEquals("no", Streak.words(new Undeliverable("no")));
    assertEquals(
        "no",
        Streak.words(
            new IOException("no") {
              private static final long serialVersionUID = 1;
            }),
        "one without a name");
    assertEquals("java.io.IOException", Streak.words(new IOException()));
    assertEquals("java.io.IOException", Streak.words(new IOException(" ")));
    assertEquals("IOException: n…", Streak.words(new IOException("now"), 14));
  }

  @Test
  void eachKindOfFailureIsCountedByItself() {
    assertFalse(streak.failing());
    assertEquals(List.of(1, 2, 4, 8, 16), said(20, () -> fail("down")));
    assertEquals(List.of(1, 2, 4), said(5, () -> fail("refused")));
    assertEquals(List.of(12), said(12, () -> fail("down")), "the 32nd");
    assertTrue(streak.failing());
    assertTrue(log.says("failure 32 of this kind; it comes again in 2s: down"));
  }

  @Test
  void theOldestKindIsForgottenForASeventeenth() {
    for (int i = 0; i < 16; i++) {
      fail("kind " + i);
      fail("kind " + i);
    }
    assertEquals(List.of(2), said(3, () -> fail("kind 0")), "its fourth time: all are known yet");
    fail("another");
    assertEquals(List.of(1), said(1, () -> fail("kind 0")), "as if for the first time");
    assertEquals(List.of(), said(1, () -> fail("kind 2")), "its third time");
  }

  @Test
  void aRecoveryIsSaidOnceAndCountingStartsOver() {
    streak.recovered(NOW);
    assertEquals(List.of(), log.all());
    fail("down");
    fail("down");
    Event third = Scene.event(1).at(3, false);
    streak.failed(third, "refused", Duration.ZERO, NOW + 1_000_000_000L);
    assertEquals("did not take n1 1; it comes again in 2s: down", log.all().get(0));
    assertEquals(
        "did not take n1 1 at attempt 3; it comes again in 0ms: refused", log.all().get(2));
    streak.full(7);
    streak.recovered(NOW + Duration.ofSeconds(90).toNanos());
    assertEquals(
        "INFO takes events again after 1m 30s, 3 attempts",
        log.withLevels().get(log.all().size() - 1));
    assertFalse(streak.failing());
    streak.recovered(NOW);
    assertEquals(List.of(1, 2), said(3, () -> fail("down")));
    assertEquals(List.of(1), said(3, () -> streak.full(7)));
    assertTrue(log.says("WARNING 7 events wait behind those of their key that fail"));
  }

  @Test
  void batchesThatFailAreSaidInPowersOfTwo() {
    assertEquals(List.of(1, 2, 4, 8), said(9, () -> streak.batchFailed(3, "no")));
    assertEquals("did not take 3 events at once; they come one by one: no", log.all().get(0));
    assertEquals(
        "did not take 3 events at once, batch 2 that failed; they come one by one: no",
        log.all().get(1));
  }

  @Test
  void eachOfFiftyDeadLettersIsSaidAndThenInPowersOfTwo() {
    List<Integer> said = said(300, () -> streak.gaveUp(letter(3)));
    assertEquals(53, said.size());
    assertEquals(List.of(49, 50, 64, 128, 256), said.subList(48, 53));
    assertTrue(log.all().get(49).endsWith("\"dead list --handler mis\" shows it"));
    assertTrue(log.all().get(50).endsWith("shows it and the 63 before it since the start"));
  }

  @Test
  void aLetterThatCannotBeWrittenIsSaidInPowersOfTwoUntilOneIs() {
    assertEquals(List.of(1, 2, 4), said(5, () -> streak.unwritten(letter(3), "full")));
    streak.gaveUp(letter(3));
    assertEquals(List.of(1, 2, 4), said(5, () -> streak.unwritten(letter(3), "full")));
  }
}
