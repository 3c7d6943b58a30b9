package loomagent.journal;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** How many events came when, over the last day. Any thread. */
public final class Activity {

  /** What one number stands for. */
  static final Duration SPAN = Duration.ofMinutes(5);

  /** A day of them. */
  static final int SPANS = 288;

  private final long[] counts = new long[SPANS]; // guarded by this, like newest
  private long newest; // the number of the newest span since 1970

  /**
   * A day.
   *
   * @param span how long each part of it is
   * @param to when the last part ends
   * @param events in each part, the newest last
   */
  public record Recent(Duration span, Instant to, List<Long> events) {}

  Activity() {}

  /** Counts an event that came at a time. */
  synchronized void add(long millis) {
    long span = millis / SPAN.toMillis();
    goOn(span);
    if (span > newest - SPANS) { // else the clock was set back by more than a day
      counts[at(span)]++;
    }
  }

  /** The day that ends with the span of a time. */
  synchronized Recent recent(Instant now) {
    goOn(now.toEpochMilli() / SPAN.toMillis());
    List<Long> events = new ArrayList<>(SPANS);
    for (long span = newest - SPANS + 1; span <= newest; span++) {
      events.add(counts[at(span)]);
    }
    return new Recent(SPAN, Instant.ofEpochMilli((newest + 1) * SPAN.toMillis()), events);
  }

  private void goOn(long span) {
    for (long gone = Math.max(newest + 1, span - SPANS + 1); gone <= span; gone++) {
      counts[at(gone)] = 0;
    }
    newest = Math.max(newest, span);
  }

  private static int at(long span) {
    return (int) Math.floorMod(span, (long) SPANS);
  }
}
