package loomagent.delivery;

import java.util.concurrent.atomic.AtomicLong;

/** What is counted of one delivery. One thread at a time writes, any reads, without a lock. */
final class Tally {
  final AtomicLong delivered = new AtomicLong();
  final AtomicLong failed = new AtomicLong();

  /** The lowest sequence still needed. */
  final AtomicLong low = new AtomicLong(Long.MAX_VALUE);

  /** Milliseconds since 1970; 0 for never. */
  volatile long lastDelivered;

  /** One line, or "". */
  volatile String lastError = "";
}
