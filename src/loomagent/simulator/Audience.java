package loomagent.simulator;

import java.time.Duration;
import java.util.Set;

/** Whom events are made for. One thread. */
final class Audience {
  /** Long enough to see a gap being closed; with nobody coming back it has to end. */
  static final Duration AWAY = Duration.ofMinutes(10);

  private Set<String> names = Set.of();
  private long left;

  /**
   * The names that an event may have now; none means that none is due.
   *
   * @param subscribed what somebody is subscribed to
   * @param goesOn whether events go on while everybody who was here is away
   * @param now in {@link System#nanoTime()}
   */
  Set<String> names(Set<String> subscribed, boolean goesOn, long now) {
    if (!subscribed.isEmpty()) {
      names = Set.copyOf(subscribed);
      left = now;
    }
    boolean away = subscribed.isEmpty() && !(goesOn && now - left < AWAY.toNanos());
    return away ? Set.of() : names;
  }
}
