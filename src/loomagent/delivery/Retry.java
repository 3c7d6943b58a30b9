package loomagent.delivery;

import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;
import loomagent.RetryLater;
import loomagent.Undeliverable;
import loomagent.base.Backoff;
import loomagent.delivery.Outstanding.Item;

/** When an event comes again. Under its owner's lock. */
final class Retry {

  /** A handler cannot put an event off for longer than this. */
  private static final Duration LONGEST_LATER = Duration.ofHours(24);

  private final Policy policy;
  private final RandomGenerator random;

  Retry(Policy policy, RandomGenerator random) {
    this.policy = policy;
    this.random = random;
  }

  /**
   * Decides after a failure.
   *
   * @param failure what the handler threw, if it did
   * @return how long to wait; empty if the event is given up
   */
  Optional<Duration> after(Item item, Optional<Throwable> failure) {
    if (failure.isPresent() && failure.get() instanceof Undeliverable
        || item.failures + 1 == policy.attempts()) {
      return Optional.empty();
    }
    if (failure.isPresent() && failure.get() instanceof RetryLater later) {
      boolean tooLong = later.after().compareTo(LONGEST_LATER) > 0;
      return Optional.of(tooLong ? LONGEST_LATER : later.after());
    }
    if (item.backoff.isEmpty()) {
      item.backoff = Optional.of(new Backoff(policy.retryFirst(), policy.retryLongest(), random));
    }
    return Optional.of(item.backoff.get().next());
  }
}
