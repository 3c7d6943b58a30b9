package loomagent;

import java.time.Duration;
import java.util.Objects;

/** Thrown by a handler that knows when an event should come again. */
public final class RetryLater extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** How long to wait. */
  private final Duration after;

  /**
   * Asks for the event again.
   *
   * @param after how long to wait; a negative one counts as none
   * @param reason why, for the log
   */
  public RetryLater(Duration after, String reason) {
    super(Objects.requireNonNull(reason));
    this.after = after.isNegative() ? Duration.ZERO : after;
  }

  /**
   * How long the handler wants to be left alone with this event.
   *
   * @return zero or more
   */
  public Duration after() {
    return after;
  }
}
