package loomagent.cable;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * Why there is no subscription, in an operator's words.
 *
 * @param kind what sort of trouble it is: it decides how the agent goes on
 * @param text the fact and, where there is one, the next step; no secret, no line break
 * @param pause how long the server asked to be left alone; zero if it did not
 * @param reason one of {@link #REASONS}, for figures
 */
public record Failure(Kind kind, String text, Duration pause, String reason) {

  /** What sort of trouble. */
  public enum Kind {
    /** The network or the server: tried again with backoff. */
    UNREACHABLE,
    /** The token was refused: one fresh token at once, then slowly. */
    UNAUTHORISED,
    /** The server does not want this subscription: tried again slowly. */
    REJECTED,
    /** The server asked not to come back: tried again slowly. */
    UNWELCOME
  }

  /** The reason of one that nothing told of: nothing came any more. */
  static final String SILENT = "silent";

  /** What {@link #reason} may be. */
  public static final List<String> REASONS =
      List.of(
          "closed",
          "disconnected",
          "idle_timeout",
          "rejected",
          "remote",
          "server_restart",
          SILENT,
          "unauthorised",
          "unreachable",
          "unwelcome");

  /** A server's wish to be left alone is honoured up to here: nobody would notice a longer one. */
  private static final Duration LONGEST_WAIT = Duration.ofHours(1);

  /**
   * A failure with the name of its kind for a reason.
   *
   * @param kind what sort of trouble it is
   * @param text the fact and, where there is one, the next step
   * @param pause how long the server asked to be left alone
   */
  public Failure(Kind kind, String text, Duration pause) {
    this(kind, text, pause, kind.name().toLowerCase(Locale.ROOT));
  }

  /** Checks the parts, and bounds the wait to one hour. */
  public Failure {
    Objects.requireNonNull(kind);
    Objects.requireNonNull(text);
    if (!REASONS.contains(reason)) {
      throw new IllegalArgumentException(reason + " is no reason that figures know");
    }
    if (pause.compareTo(LONGEST_WAIT) > 0) {
      pause = LONGEST_WAIT;
    }
    if (pause.isNegative()) {
      pause = Duration.ZERO;
    }
  }

  Failure because(String word) {
    return new Failure(kind, text, pause, word);
  }

  static Failure unreachable(String text) {
    return new Failure(Kind.UNREACHABLE, text, Duration.ZERO);
  }
}
