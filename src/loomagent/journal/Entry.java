package loomagent.journal;

import java.time.Instant;
import loomagent.Event;

/**
 * An event as the journal holds it.
 *
 * @param sequence its number: the first is 1, and each is higher than the one before
 * @param millis when the journal took it, milliseconds since 1970 in UTC
 * @param event what came
 */
public record Entry(long sequence, long millis, Event event) {

  /**
   * When the journal took it.
   *
   * @return to the millisecond
   */
  public Instant time() {
    return Instant.ofEpochMilli(millis);
  }
}
