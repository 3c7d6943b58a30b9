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

  /** For a fetch and a dial over a slow way. */
  private static final Duration ENOUGH = Duration.ofSeconds(10);

  private Life() {}

  /**
   * A time before the end that leaves a fifth of the life, at most five minutes, to get the next
   * one and a connection with it, and of a short life ten seconds or half of it; up to a fifth
   * earlier still, so that those who got their tokens together do not come back together. A token
   * of 5 s is renewed after 1.5 to 2.5 s, one of 60 s after 36 to 48 s, one of a week in its last
   * ten minutes.
   */
  static Instant renewAt(Instant from, Instant to, RandomGenerator random) {
    Duration life = Duration.between(from, to);
    Duration fifth = least(life.dividedBy(5), LONGEST_LEAD);
    Duration enough = least(life.dividedBy(2), ENOUGH);
    Duration lead = fifth.compareTo(enough) < 0 ? enough : fifth;
    long jitter = random.nextLong(Math.max(1, fifth.toMillis() + 1));
    return to.minus(lead).minusMillis(jitter);
  }

  private static Duration least(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
