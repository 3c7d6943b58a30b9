package loomagent.auth;

import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;

/** When to renew a token. */
final class Life {
  /**
   * Time for many tries, and for a hundred connections to take turns. With the jitter, a token of
   * an hour is renewed in its 50th to 55th minute.
   */
  static final Duration LONGEST_LEAD = Duration.ofMinutes(5);

  private Life() {}

  /**
   * A time before the end that leaves a fifth of the life, at most five minutes, to get the next
   * one and a connection with it; up to as much again earlier, so that those who got their tokens
   * together do not come back together. A token of 5 s is renewed after 3 to 4 s, one of 60 s after
   * 36 to 48 s, one of a week in its last ten minutes.
   */
  static Instant renewAt(Instant from, Instant to, RandomGenerator random) {
    Duration fifth = Duration.between(from, to).dividedBy(5);
    Duration lead = fifth.compareTo(LONGEST_LEAD) < 0 ? fifth : LONGEST_LEAD;
    long jitter = random.nextLong(Math.max(1, lead.toMillis() + 1));
    return to.minus(lead).minusMillis(jitter);
  }
}
