package loomagent.auth;

import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import loomagent.base.Backoff;
import loomagent.base.Secret;
import loomagent.base.Token;
import loomagent.base.Words;

/**
 * The tokens of one connection from a {@link Hub}. The one at hand is given until it is due, which
 * is a fifth of its life before its end, at most five minutes, and a while earlier by chance. If
 * the next one cannot be had then, the one at hand is given to its end, with a {@link
 * Token#renewAt} for the next try.
 */
public final class FetchedTokens implements TokenSource {
  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final Duration LONGEST_RETRY = Duration.ofMinutes(1);

  private final Grants grants;
  private final Clock clock;
  private final System.Logger log;
  private final Backoff backoff;
  private final ReentrantLock turn = new ReentrantLock(true);
  private volatile Optional<Instant> expiresAt = Optional.empty();
  private final AtomicLong fetches = new AtomicLong();

  // Guarded by turn:
  private Optional<Token> current = Optional.empty();
  private Optional<Secret> refusedOne = Optional.empty();
  private Optional<TokenException> failure = Optional.empty(); // of the last fetch
  private long failures; // in a row
  private Instant nextTry = Instant.MIN; // while the one at hand lives

  FetchedTokens(Grants grants, Clock clock, System.Logger log, RandomGenerator random) {
    this.grants = grants;
    this.clock = clock;
    this.log = log;
    this.backoff = new Backoff(FIRST_RETRY, LONGEST_RETRY, random);
  }

  /**
   * Tokens for the app's own credentials.
   *
   * @param organization whose events they are for: a UUID
   * @param scopes without their {@code Org/<uuid>.}
   */
  public static FetchedTokens clientCredentials(
      Hub hub,
      Hub.Client client,
      String organization,
      List<String> scopes,
      System.Logger log,
      RandomGenerator random) {
    String scope = ClientCredentials.scope(Optional.of(organization), scopes);
    return new FetchedTokens(
        new ClientCredentials(hub, client, scope, random), hub.clock(), log, random);
  }

  /**
   * Tokens for a refresh token, which is replaced by its successor at each exchange.
   *
   * @param first {@code oauth.refresh-token}, if it is set; {@link DeviceLogin} makes it
   *     unnecessary
   * @param store where the successors are kept: of this connection alone
   */
  public static FetchedTokens refreshing(
      Hub hub,
      Hub.Client client,
      Optional<Setting<Secret>> first,
      TokenStore store,
      System.Logger log,
      RandomGenerator random) {
    return new FetchedTokens(
        new RefreshChain(hub, client, first, store, random, log, FetchedTokens::later),
        hub.clock(),
        log,
        random);
  }

  private static void later(Duration delay, Runnable task) {
    CompletableFuture.delayedExecutor(delay.toMillis(), TimeUnit.MILLISECONDS).execute(task);
  }

  @Override
  public Token token(boolean refused) throws TokenException, InterruptedException {
    long before = fetches.get();
    turn.lockInterruptibly();
    try {
      // Whoever waited for a fetch takes what came of it.
      return fetches.get() == before ? get(refused) : outcome(refused);
    } finally {
      turn.unlock();
    }
  }

  /**
   * A token that can be had without asking the Hub, and so without spending anything.
   *
   * @return one that lives as far as anybody here can tell; empty if a fetch would be needed
   * @throws TokenException if a setting or a file cannot be read
   */
  public Optional<Token> atHand() throws TokenException {
    turn.lock();
    try {
      Instant now = clock.instant();
      Optional<Token> here = current.filter(token -> Grants.lives(token, now));
      return here.isPresent() ? here : grants.atHand(refusedOne, now);
    } finally {
      turn.unlock();
    }
  }

  @Override
  public Optional<Instant> expiresAt() {
    return expiresAt;
  }

  private Token get(boolean refused) throws TokenException, InterruptedException {
    if (refused) {
      forget();
    }
    Instant now = clock.instant();
    boolean lives = current.filter(token -> Grants.lives(token, now)).isPresent();
    if (lives && (now.isBefore(nextTry) || !Grants.isDue(current.get(), now))) {
      return given();
    }
    fetch(now);
    return outcome(refused);
  }

  private void forget() {
    refusedOne = current.map(Token::secret).or(() -> refusedOne);
    current = Optional.empty();
  }

  private void fetch(Instant now) throws InterruptedException {
    try {
      current = Optional.of(grants.next(refusedOne, now));
      refusedOne = Optional.empty();
      failure = Optional.empty();
      failures = 0;
      nextTry = Instant.MIN;
      backoff.reset();
    } catch (TokenException none) {
      failure = Optional.of(none);
      failures++;
      Duration wait = backoff.next();
      Duration pause = none.pause();
      nextTry = clock.instant().plus(pause.compareTo(wait) > 0 ? pause : wait);
    }
    fetches.incrementAndGet();
  }

  /** What a fetch came to, for all who waited for it. */
  private Token outcome(boolean refused) throws TokenException {
    if (failure.isEmpty()) {
      return given();
    }
    if (refused) {
      forget();
    }
    Instant now = clock.instant();
    if (current.filter(token -> Grants.lives(token, now)).isEmpty()) {
      throw failure.get();
    }
    if (Long.bitCount(failures) == 1) {
      String left =
          current
              .flatMap(Token::expiresAt)
              .map(end -> "is good for " + Words.of(Duration.between(now, end)) + " more")
              .orElse("goes on");
      log.log(
          Level.WARNING,
          "no next token: " + failure.get().getMessage() + ". The one at hand " + left);
    }
    return given();
  }

  private Token given() {
    Token token = current.orElseThrow();
    expiresAt = token.expiresAt();
    return failure.isEmpty()
        ? token
        : new Token(token.secret(), token.expiresAt(), Optional.of(nextTry));
  }
}
