package loomagent.delivery;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import loomagent.base.Histogram;

/**
 * What is counted of one delivery, since the start of the agent. One thread at a time writes, any
 * reads, without a lock.
 */
public final class Tally {

  /** From what a file takes to what most time-outs allow. */
  private static final List<Duration> TIMES =
      Stream.of(1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 30_000)
          .map(Duration::ofMillis)
          .toList();

  final AtomicLong delivered = new AtomicLong();
  final AtomicLong failed = new AtomicLong();
  final AtomicLong retries = new AtomicLong();
  final AtomicLong buried = new AtomicLong();
  volatile Histogram took = new Histogram(TIMES);

  /** The lowest sequence still needed. */
  final AtomicLong low = new AtomicLong(Long.MAX_VALUE);

  /** Milliseconds since 1970; 0 for never. */
  volatile long lastDelivered;

  /** One line, or "". */
  volatile String lastError = "";

  Tally() {}

  /** Counts on from one of a handler of the same name, which has ended. */
  void countOn(Tally before) {
    delivered.set(before.delivered.get());
    failed.set(before.failed.get());
    retries.set(before.retries.get());
    buried.set(before.buried.get());
    took = before.took;
    lastDelivered = before.lastDelivered;
  }

  /**
   * How many events the handler took.
   *
   * @return 0 or more
   */
  public long delivered() {
    return delivered.get();
  }

  /**
   * How many deliveries failed.
   *
   * @return 0 or more
   */
  public long failed() {
    return failed.get();
  }

  /**
   * How many of them failed so that the event comes again.
   *
   * @return 0 or more
   */
  public long retries() {
    return retries.get();
  }

  /**
   * How many dead letters were written.
   *
   * @return 0 or more
   */
  public long dead() {
    return buried.get();
  }

  /**
   * How long the handler took, each time that it was given an event or a batch.
   *
   * @return since the start
   */
  public Histogram.Snapshot times() {
    return took.snapshot();
  }

  /**
   * When the handler last took an event.
   *
   * @return empty if it took none
   */
  public Optional<Instant> lastDeliveredAt() {
    long millis = lastDelivered;
    return millis == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
  }
}
