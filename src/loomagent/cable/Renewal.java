package loomagent.cable;

import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import loomagent.base.Token;

/** When the token of a live connection is to be replaced. The connection's thread only. */
final class Renewal {

  /** A token that is good for longer is looked at again then. */
  private static final Duration FAR = Duration.ofDays(30);

  /** A new connection is not replaced sooner, whatever its token says. */
  private static final Duration SHORTEST_LIFE = Duration.ofSeconds(1);

  private final Clock clock;
  private Optional<Long> at = Optional.empty(); // by nanoTime

  Renewal(Clock clock) {
    this.clock = clock;
  }

  /** This token is in use, or none is. */
  void of(Optional<Token> token) {
    at = token.flatMap(Token::renewAt).map(end -> after(Duration.between(clock.instant(), end)));
  }

  /** It is to be replaced after a while. */
  void in(Duration wait) {
    at = Optional.of(after(wait));
  }

  private static long after(Duration wait) {
    Duration bounded = wait.compareTo(FAR) < 0 ? wait : FAR;
    return System.nanoTime() + Math.max(bounded.toNanos(), SHORTEST_LIFE.toNanos());
  }

  /** The time itself, if it comes before another. */
  long or(long deadline) {
    return at.filter(time -> time - deadline < 0).orElse(deadline);
  }

  /** Whether the time has come; said once. */
  boolean due() {
    boolean due = at.isPresent() && System.nanoTime() - at.get() >= 0;
    if (due) {
      at = Optional.empty();
    }
    return due;
  }
}
