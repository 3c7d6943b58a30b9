package loomagent.delivery;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import loomagent.base.Histogram;

/** What is counted of one delivery. One thread at a time writes, any reads, without a lock. */
final class Tally {

  /** From what a file takes to what most time-outs allow. */
  private static final List<Duration> TIMES =
      Stream.of(1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 30_000)
          .map(Duration::ofMillis)
          .toList();

  final AtomicLong delivered = new AtomicLong();
  final AtomicLong failed = new AtomicLong();

  /** Failures after which the event comes again. */
  final AtomicLong retries = new AtomicLong();

  /** Dead letters written. */
  final AtomicLong buried = new AtomicLong();

  /** How long the handler took, each time that it was called. */
  final Histogram took = new Histogram(TIMES);

  /** The lowest sequence still needed. */
  final AtomicLong low = new AtomicLong(Long.MAX_VALUE);

  /** Milliseconds since 1970; 0 for never. */
  volatile long lastDelivered;

  /** One line, or "". */
  volatile String lastError = "";
}
