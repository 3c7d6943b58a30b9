package loomagent.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class BackoffTest {

  /** Draws the most or the least there is, and notes the bound. */
  private static final class Edge implements RandomGenerator {
    final List<Duration> bounds = new ArrayList<>();
    private final boolean most;

    Edge(boolean most) {
      this.most = most;
    }

    @Override
    public long nextLong() {
      throw new AssertionError("a draw without a bound");
    }

    @Override
    public long nextLong(long bound) {
      bounds.add(Duration.ofNanos(bound - 1));
      return most ? bound - 1 : 0;
    }
  }

  private static List<Long> seconds(Backoff backoff, int count) {
    List<Long> waits = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      waits.add(backoff.next().toSeconds());
    }
    return waits;
  }

  @Test
  void theBoundDoublesUpToTheLongest() {
    Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(60), new Edge(true));
    assertEquals(List.of(1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L, 60L), seconds(backoff, 9));
    backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(64), new Edge(true));
    assertEquals(List.of(1L, 2L, 4L, 8L, 16L, 32L, 64L, 64L), seconds(backoff, 8));
    backoff = new Backoff(Duration.ofSeconds(5), Duration.ofSeconds(5), new Edge(true));
    assertEquals(List.of(5L, 5L), seconds(backoff, 2));
  }

  @Test
  void theWaitMayBeNothing() {
    Edge least = new Edge(false);
    Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(60), least);
    assertEquals(List.of(0L, 0L, 0L), seconds(backoff, 3));
    assertEquals(
        List.of(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(4)), least.bounds);
  }

  @Test
  void resetStartsOver() {
    Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(60), new Edge(true));
    seconds(backoff, 5);
    backoff.reset();
    assertEquals(List.of(1L, 2L), seconds(backoff, 2));
  }

  @Test
  void aSlowWaitIsBetweenHalfTheLongestAndAllOfIt() {
    Duration minute = Duration.ofSeconds(60);
    Duration second = Duration.ofSeconds(1);
    assertEquals(Duration.ofSeconds(30), new Backoff(second, minute, new Edge(false)).slow());
    assertEquals(minute, new Backoff(second, minute, new Edge(true)).slow());
    Backoff backoff = new Backoff(second, minute, new Edge(true));
    backoff.slow();
    assertEquals(second, backoff.next(), "a slow wait is no step of the growth");
  }

  @Test
  void aThousandAgentsDoNotComeBackInOneSecond() {
    long seed = System.nanoTime();
    int[] bySecond = new int[60];
    for (int agent = 0; agent < 1000; agent++) {
      Duration longest = Duration.ofSeconds(60);
      Backoff backoff = new Backoff(longest, longest, new Random(seed + agent * 7919L));
      bySecond[(int) Math.min(59, backoff.next().toSeconds())]++;
    }
    for (int count : bySecond) {
      // 17 are expected; 60 in one second are ten standard deviations away.
      assertTrue(count < 60, "seed " + seed + ": " + count + " in one second");
    }
  }

  @Test
  void boundsThatMakeNoSenseAreRefused() {
    Duration second = Duration.ofSeconds(1);
    Random random = new Random(1);
    assertThrows(IllegalArgumentException.class, () -> new Backoff(Duration.ZERO, second, random));
    assertThrows(
        IllegalArgumentException.class, () -> new Backoff(second.negated(), second, random));
    assertThrows(
        IllegalArgumentException.class, () -> new Backoff(second, second.minusNanos(1), random));
  }
}
