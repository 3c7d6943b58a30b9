package loomagent.auth;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import loomagent.base.Secret;
import loomagent.base.Token;

/**
 * A token from a setting. It may be a file that something else rotates, so it is looked up at each
 * use, and {@link Token#renewAt} says when to look again.
 */
public final class FixedToken implements TokenSource {
  /** A look costs a file read, and a token that is rotated has minutes left. */
  private static final Duration LOOK = Duration.ofMinutes(1);

  private final Setting<Secret> setting;
  private final Clock clock;
  private volatile Optional<Instant> expiresAt = Optional.empty();

  /** A source that asks the setting at each use. */
  public FixedToken(Setting<Secret> setting, Clock clock) {
    this.setting = setting;
    this.clock = clock;
  }

  /** What the setting holds now, even if it was refused: nothing else can be had. */
  @Override
  public Token token(boolean refused) throws TokenException {
    Secret secret;
    try {
      secret = setting.get();
    } catch (IOException unreadable) {
      throw new TokenException(TokenException.Kind.SETTING, unreadable.getMessage());
    }
    expiresAt = Claims.of(secret).expiresAt();
    Instant now = clock.instant();
    Instant look = now.plus(expiresAt.map(end -> look(Duration.between(now, end))).orElse(LOOK));
    // One that is due already is looked for until it is there.
    Instant renewAt =
        expiresAt
            .map(end -> end.minus(Life.LONGEST_LEAD))
            .filter(time -> time.isAfter(look))
            .orElse(look);
    return new Token(secret, expiresAt, Optional.of(renewAt));
  }

  @Override
  public Optional<Instant> expiresAt() {
    return expiresAt;
  }

  private static Duration look(Duration left) {
    Duration fifth = left.dividedBy(5);
    return left.isNegative() || fifth.compareTo(LOOK) > 0
        ? LOOK
        : Duration.ofMillis(Math.max(1_000, fifth.toMillis()));
  }
}
