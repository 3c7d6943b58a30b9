package loomagent.backfill;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.random.RandomGenerator;
import loomagent.backfill.Trouble.Kind;
import loomagent.base.Backoff;

/** How long to wait after each trouble, and how loud to be about it. The backfill's thread only. */
final class Patience {
  static final Duration PASSING_FIRST = Duration.ofSeconds(1);
  private static final Duration PASSING_LONGEST = Duration.ofMinutes(5);

  /** What somebody has to put right is asked for again after 5 minutes, and then less and less. */
  private static final Duration SLOW_LEAST = Duration.ofMinutes(5);

  private static final Duration SLOW_MOST = Duration.ofMinutes(55); // on top of these

  /** Answers without sense that may be the network's fault; after these somebody has to look. */
  private static final int ODD_SOON = 3;

  /** A server that asks to wait for longer is asked again all the same. */
  private static final Duration LONGEST_PAUSE = Duration.ofHours(1);

  private final Backoff passing;
  private final Backoff slow;
  private long inARow; // troubles since the last page
  private int odd; // those of them that made no sense
  private String lastWords = "";

  Patience(RandomGenerator random) {
    this.passing = new Backoff(PASSING_FIRST, PASSING_LONGEST, random);
    this.slow = new Backoff(SLOW_LEAST, SLOW_MOST, random);
  }

  /**
   * What to do about a trouble.
   *
   * @param time until the next try
   * @param level how bad it is; little where it has been said before
   * @param counted what to add, if it has been
   */
  record Wait(Duration time, Level level, String counted) {}

  /** All is well. */
  void reset() {
    passing.reset();
    slow.reset();
    inARow = 0;
    odd = 0;
    lastWords = "";
  }

  /** One more trouble. */
  Wait with(Trouble trouble) {
    boolean mayPass = trouble.kind() == Kind.ODD && odd++ < ODD_SOON;
    boolean passes = mayPass || trouble.kind() == Kind.PASSING;
    Duration time = passes ? passing.next() : SLOW_LEAST.plus(slow.next());
    if (passes && !trouble.pause().isZero()) {
      time = trouble.pause().compareTo(LONGEST_PAUSE) < 0 ? trouble.pause() : LONGEST_PAUSE;
    }
    inARow++;
    boolean again = trouble.getMessage().equals(lastWords);
    boolean say = !again || Long.bitCount(inARow) == 1; // the 2nd, 4th, 8th …
    lastWords = trouble.getMessage();
    return new Wait(
        time,
        !say ? Level.DEBUG : passes ? Level.WARNING : Level.ERROR,
        again ? ". That is failure " + inARow + " in a row" : "");
  }
}
