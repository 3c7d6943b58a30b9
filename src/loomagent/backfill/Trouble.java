package loomagent.backfill;

import java.time.Duration;

/** Why a page could not be had, in words for an operator. */
final class Trouble extends Exception {
  private static final long serialVersionUID = 1;

  /** What to do about it. */
  enum Kind {
    /** The network, or a server that is busy: it passes. */
    PASSING,
    /** A setting of this agent: somebody has to put it right. */
    SETTING,
    /** An answer that makes no sense. Perhaps this page is no longer there: begin at the first. */
    ODD,
    /** To go on would never end. */
    ENDLESS
  }

  private final Kind kind;
  private final Duration pause;

  Trouble(Kind kind, String text) {
    this(kind, text, Duration.ZERO);
  }

  Trouble(Kind kind, String text, Duration pause) {
    super(text, null, false, false); // an answer of a server, whose stack trace says nothing
    this.kind = kind;
    this.pause = pause;
  }

  Kind kind() {
    return kind;
  }

  /** What the server asks to wait; nothing if it does not. */
  Duration pause() {
    return pause;
  }
}
