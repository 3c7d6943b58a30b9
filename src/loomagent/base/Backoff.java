package loomagent.base;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next try: exponential with full jitter, so that a thousand agents
 * that lost one server do not come back to it in one second.
 *
 * <p>The n-th wait is drawn evenly from nothing to {@code min(longest, first * 2^n)}. Not
 * thread-safe: its owner's thread only.
 */
public final class Backoff {
  private final Duration first;
  private final Duration longest;
  private final RandomGenerator random;
  private Duration ceiling;

  /**
   * A backoff that has not waited yet.
   *
   * @param first the bound of the first wait; more than zero
   * @param longest the bound that waits grow to; at least {@code first}
   * @param random where the jitter comes from
   */
  public Backoff(Duration first, Duration longest, RandomGenerator random) {
    if (first.isZero() || first.isNegative() || longest.compareTo(first) < 0) {
      throw new IllegalArgumentException("backoff from " + first + " to " + longest);
    }
    this.first = first;
    this.longest = longest;
    this.random = random;
    this.ceiling = first;
  }

  /**
   * The next wait, and a larger bound for the one after it.
   *
   * @return from nothing to the bound
   */
  public Duration next() {
    Duration wait = Duration.ofNanos(random.nextLong(ceiling.toNanos() + 1));
    ceiling = ceiling.compareTo(longest.dividedBy(2)) > 0 ? longest : ceiling.multipliedBy(2);
    return wait;
  }

  /**
   * A wait for what will hardly get better by itself, such as a refused token.
   *
   * @return from half the longest wait to all of it
   */
  public Duration slow() {
    long half = longest.toNanos() / 2;
    return Duration.ofNanos(half + random.nextLong(half + 1));
  }

  /** Starts over: things went well for long enough. */
  public void reset() {
    ceiling = first;
  }
}
