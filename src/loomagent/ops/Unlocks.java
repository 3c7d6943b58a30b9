package loomagent.ops;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import loomagent.base.Secret;

/** The tokens with which the status page may change something. In memory only. Any thread. */
final class Unlocks {
  /** Long enough to mend something by; an address bar or a shell's history keeps it for longer. */
  static final Duration GOOD_FOR = Duration.ofMinutes(15);

  /** People who work at one agent at once; the oldest goes first. */
  static final int MOST = 4;

  private static final int BYTES = 32;

  private final SecureRandom random = new SecureRandom();
  private final Clock clock;
  private final Deque<Unlock> unlocks = new ArrayDeque<>(); // guarded by this; the oldest first

  private record Unlock(String token, Instant end) {}

  Unlocks(Clock clock) {
    this.clock = clock;
  }

  /**
   * Makes one more.
   *
   * @return letters, digits, - and _
   */
  synchronized String make() {
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    String token = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    if (unlocks.size() == MOST) {
      unlocks.removeFirst();
    }
    unlocks.addLast(new Unlock(token, clock.instant().plus(GOOD_FOR)));
    return token;
  }

  /** Takes as long for a wrong one, however much of it is right. */
  synchronized boolean opens(String token) {
    Instant now = clock.instant();
    // Also one that a clock which was set back would make good for longer.
    unlocks.removeIf(
        unlock -> !now.isBefore(unlock.end()) || now.isBefore(unlock.end().minus(GOOD_FOR)));
    boolean opens = false;
    for (Unlock unlock : unlocks) {
      opens |= MessageDigest.isEqual(unlock.token().getBytes(UTF_8), token.getBytes(UTF_8));
    }
    if (opens) {
      // Not when it is made: the answer that first shows it would be masked.
      Secret.register(token);
    }
    return opens;
  }
}
