package loomagent.base;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/** How long something took, counted by bounds. Any thread, without a lock. */
public final class Histogram {

  private final long[] bounds; // nanoseconds, rising
  private final AtomicLongArray counts; // one more: what is above the last bound
  private final LongAdder nanos = new LongAdder();

  /**
   * Nothing counted yet.
   *
   * @param bounds rising; each counts what took as long or less
   */
  public Histogram(List<Duration> bounds) {
    this.bounds = bounds.stream().mapToLong(Duration::toNanos).toArray();
    this.counts = new AtomicLongArray(this.bounds.length + 1);
  }

  /**
   * Counts one.
   *
   * @param took nanoseconds
   */
  public void add(long took) {
    int at = 0;
    while (at < bounds.length && took > bounds[at]) {
      at++;
    }
    counts.incrementAndGet(at);
    nanos.add(took);
  }

  /**
   * What was counted.
   *
   * @return as of now
   */
  public Snapshot snapshot() {
    List<Double> upTo = IntStream.range(0, bounds.length).mapToObj(i -> bounds[i] / 1e9).toList();
    long sum = 0;
    long[] cumulative = new long[counts.length()];
    for (int i = 0; i < cumulative.length; i++) {
      sum += counts.get(i);
      cumulative[i] = sum;
    }
    List<Long> so = IntStream.range(0, cumulative.length).mapToObj(i -> cumulative[i]).toList();
    return new Snapshot(upTo, so, nanos.sum() / 1e9);
  }

  /**
   * What was counted up to a moment.
   *
   * @param bounds in seconds, rising
   * @param counts of each bound, those of the lower bounds included; one more at the end, of all
   * @param sum in seconds
   */
  public record Snapshot(List<Double> bounds, List<Long> counts, double sum) {

    /**
     * How many in all.
     *
     * @return 0 or more
     */
    public long count() {
      return counts.get(counts.size() - 1);
    }
  }
}
