package loomagent.auth;

import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;
import loomagent.base.Secret;
import loomagent.base.Token;

/** A way to get access tokens. One thread at a time. */
interface Grants {
  /**
   * A token that was got before and is not over yet, without asking anybody.
   *
   * @param refused one that is no good
   */
  Optional<Token> atHand(Optional<Secret> refused, Instant now) throws TokenException;

  /** Another token than the one that is no good, asking the Hub if need be. */
  Token next(Optional<Secret> refused, Instant now) throws TokenException, InterruptedException;

  static Token token(Grant grant, RandomGenerator random) {
    return new Token(
        grant.access(),
        grant.expiresAt(),
        grant.expiresAt().map(end -> Life.renewAt(grant.from(), end, random)));
  }

  /** Whether a token is not over yet. */
  static boolean lives(Token token, Instant now) {
    return token.expiresAt().filter(end -> !now.isBefore(end)).isEmpty();
  }

  static boolean isDue(Token token, Instant now) {
    return token.renewAt().filter(time -> !now.isBefore(time)).isPresent() || !lives(token, now);
  }
}
