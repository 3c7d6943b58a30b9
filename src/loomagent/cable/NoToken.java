package loomagent.cable;

import java.io.IOException;
import java.time.Duration;

/** There is no token to dial with. The message is made for an operator, without any secret. */
public final class NoToken extends IOException {
  private static final long serialVersionUID = 1;

  private final boolean refused;
  private final Duration pause;

  /**
   * Nothing to dial with.
   *
   * @param message the fact and the next step
   * @param refused whether an operator has to act: then it is tried again slowly, and loudly
   * @param pause how long not to ask again; zero if nobody said
   * @param cause what happened
   */
  public NoToken(String message, boolean refused, Duration pause, Exception cause) {
    super(message, cause);
    this.refused = refused;
    this.pause = pause;
  }

  Failure failure() {
    return new Failure(
        refused ? Failure.Kind.REJECTED : Failure.Kind.UNREACHABLE,
        "there is no token: " + getMessage(),
        pause);
  }
}
