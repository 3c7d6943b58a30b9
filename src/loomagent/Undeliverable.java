package loomagent;

import java.util.Objects;

/** Thrown by a handler that can never take this event, however often it comes. */
public final class Undeliverable extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * Gives the event up.
   *
   * @param reason why, for the log and for whoever looks after what could not be delivered
   */
  public Undeliverable(String reason) {
    super(Objects.requireNonNull(reason));
  }
}
