package loomagent.auth;

import java.io.IOException;
import java.time.Duration;

/**
 * There is no token now. The message names the fact and the next step, in one line, without any
 * secret.
 */
public final class TokenException extends IOException {
  private static final long serialVersionUID = 1;

  /** Whose turn it is. */
  public enum Kind {
    /** The Hub cannot be reached, is ailing, or has had enough for now: later it may work. */
    UNREACHABLE,
    /** The Hub says no to these credentials: an operator has to act. */
    REFUSED,
    /** A setting cannot be looked up: an operator has to act. */
    SETTING,
    /** The token's file cannot be read or written: an operator has to act, or make room. */
    DISK
  }

  private final Kind kind;
  private final String code;
  private final Duration pause;

  TokenException(Kind kind, String message) {
    this(kind, "", message, Duration.ZERO);
  }

  TokenException(Kind kind, String code, String message, Duration pause) {
    super(message);
    this.kind = kind;
    this.code = code;
    this.pause = pause;
  }

  /** Whose turn it is. */
  public Kind kind() {
    return kind;
  }

  /** How long not to ask again, at the least; nothing if nobody said. */
  public Duration pause() {
    return pause;
  }

  /** The Hub's own word for what is wrong, such as {@code invalid_grant}; empty if it gave none. */
  String code() {
    return code;
  }
}
