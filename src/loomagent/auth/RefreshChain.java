package loomagent.auth;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;
import loomagent.auth.TokenException.Kind;
import loomagent.base.Secret;
import loomagent.base.Token;

/**
 * Refresh tokens, each spent once for an access token and its own successor. What is on disk
 * counts, for as long as no other first token is configured than when it began.
 *
 * <p>Losing a successor means that somebody has to log in again, so:
 *
 * <ul>
 *   <li>Before an exchange, the file is written with a note that it is begun. If that fails nothing
 *       is sent: the token at hand is used to its end, and after that there is none until the disk
 *       is well. A connection that cannot even write this could keep no event either, while the
 *       refresh token stays good for days.
 *   <li>The answer is on disk before its access token is given to anybody. If the disk fails just
 *       then, the answer is held in memory and written again and again, and that is said.
 *   <li>With no answer, the same token is tried again. If the process was killed, or the answer was
 *       lost, after the Hub took the token and before the successor was on disk (the time of an
 *       answer and of one small write, an hour apart), the protocol has no way back: the Hub says
 *       {@code invalid_grant}, and the note tells that this is what happened, and when.
 * </ul>
 */
final class RefreshChain implements Grants {
  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final Duration LONGEST_RETRY = Duration.ofMinutes(1);

  private final Hub hub;
  private final Hub.Client client;
  private final Optional<Setting<Secret>> configured;
  private final TokenStore store;
  private final RandomGenerator random;
  private final System.Logger log;
  private final BiConsumer<Duration, Runnable> later;

  // Guarded by this:
  private Optional<Stored> last = Optional.empty(); // in case the file goes away
  private boolean unsaved; // last is newer than the file

  /**
   * A chain that was not used yet.
   *
   * @param configured the first refresh token, if one is set
   * @param later runs a task after a while, on any thread
   */
  RefreshChain(
      Hub hub,
      Hub.Client client,
      Optional<Setting<Secret>> configured,
      TokenStore store,
      RandomGenerator random,
      System.Logger log,
      BiConsumer<Duration, Runnable> later) {
    this.hub = hub;
    this.client = client;
    this.configured = configured;
    this.store = store;
    this.random = random;
    this.log = log;
    this.later = later;
  }

  @Override
  public synchronized Optional<Token> atHand(Optional<Secret> refused, Instant now)
      throws TokenException {
    return usable(chain(kept(), first()), refused).filter(token -> Grants.lives(token, now));
  }

  @Override
  public synchronized Token next(Optional<Secret> refused, Instant now)
      throws TokenException, InterruptedException {
    if (unsaved) {
      write(last.orElseThrow());
      unsaved = false;
    }
    Optional<Secret> first = first();
    Stored kept = kept();
    Stored chain = chain(kept, first);
    Optional<Token> other =
        usable(chain, refused).filter(token -> !Grants.isDue(token, now)); // by login, for one
    return other.isPresent()
        ? other.get()
        : exchange(kept, chain.refresh().orElseThrow(() -> none(kept)), first, now);
  }

  private Optional<Secret> first() throws TokenException {
    return configured.isPresent() ? Optional.of(Hub.look(configured.get())) : Optional.empty();
  }

  /** What is on disk, or was when it was last there. */
  private Stored kept() throws TokenException {
    if (unsaved) {
      return last.orElseThrow();
    }
    try {
      last = store.read().or(() -> last);
      return last.orElse(Stored.none(hub.url()));
    } catch (IOException unreadable) {
      throw new TokenException(Kind.DISK, unreadable.getMessage());
    }
  }

  /** What counts: what is kept, or a configured token that is newer. */
  private Stored chain(Stored kept, Optional<Secret> first) {
    Optional<String> hash = first.map(Stored::hash);
    boolean counts =
        kept.hub().equals(hub.url())
            && kept.refresh().isPresent()
            && (hash.isEmpty() || hash.equals(kept.configured()));
    return counts ? kept : new Stored(hub.url(), hash, first, Optional.empty(), Optional.empty());
  }

  private static Optional<Token> usable(Stored chain, Optional<Secret> refused) {
    return chain
        .access()
        .filter(token -> refused.filter(bad -> Stored.same(bad, token.secret())).isEmpty());
  }

  private TokenException none(Stored kept) {
    String other =
        kept.refresh().isPresent() ? ": the one at hand is from " + kept.hub() + " alone" : "";
    return new TokenException(
        Kind.REFUSED,
        "there is no refresh token for " + hub.url() + other + ". Run: login" + store.words());
  }

  private Token exchange(Stored kept, Secret spent, Optional<Secret> first, Instant now)
      throws TokenException, InterruptedException {
    String hash = Stored.hash(spent);
    Optional<Stored.Begun> earlier = kept.begun().filter(begun -> begun.hash().equals(hash));
    write(kept.begun(earlier.orElse(new Stored.Begun(hash, now))));
    Grant grant;
    try {
      grant = hub.refresh(client, spent);
    } catch (TokenException failure) {
      if (failure.kind() != Kind.UNREACHABLE || !failure.pause().isZero()) {
        write(kept); // there was an answer, or no request: the token was not taken now
      }
      throw failure.code().equals("invalid_grant") ? dead(failure, earlier) : failure;
    }
    Token token = Grants.token(grant, random);
    keep(
        kept,
        new Stored(
            hub.url(),
            first.map(Stored::hash),
            grant.refresh().or(() -> Optional.of(spent)), // a Hub that changes none gives none
            Optional.of(token),
            Optional.empty()));
    return token;
  }

  private TokenException dead(TokenException failure, Optional<Stored.Begun> earlier) {
    String words =
        earlier
            .map(
                begun ->
                    "the Hub refuses: invalid_grant. The refresh token was sent at "
                        + begun.at()
                        + " and the answer, with its successor, never reached the disk: the agent"
                        + " was killed then, or the answer was lost. The protocol gives it only"
                        + " once. Run: login")
            .orElse(failure.getMessage());
    return new TokenException(Kind.REFUSED, failure.code(), words + store.words(), failure.pause());
  }

  private void write(Stored content) throws TokenException {
    try {
      store.write(content);
      last = Optional.of(content);
    } catch (IOException unwritable) {
      throw new TokenException(Kind.DISK, unwritable.getMessage());
    }
  }

  /** Nothing that goes wrong here may lose what the Hub gave. */
  private void keep(Stored before, Stored next) {
    try {
      Optional<Stored> meanwhile = store.read();
      if (meanwhile
              .flatMap(Stored::refresh)
              .map(Stored::hash)
              .equals(before.refresh().map(Stored::hash))
          || meanwhile.isEmpty()) {
        last = Optional.of(next);
        store.write(next);
      } // else a login was done meanwhile: its tokens count
    } catch (IOException failure) {
      last = Optional.of(next);
      unsaved = true;
      log.log(
          Level.ERROR,
          failure.getMessage()
              + ". Until it is, the only valid refresh token is in the memory of this process: do"
              + " not end it, or a login"
              + store.words()
              + " will be needed");
      saveLater(FIRST_RETRY);
    }
  }

  private void saveLater(Duration delay) {
    later.accept(delay, () -> save(delay));
  }

  private synchronized void save(Duration delay) {
    if (unsaved) {
      try {
        store.write(last.orElseThrow());
        unsaved = false;
        log.log(Level.INFO, "the refresh token is on disk now");
      } catch (IOException still) {
        Duration longer = delay.multipliedBy(2);
        saveLater(longer.compareTo(LONGEST_RETRY) < 0 ? longer : LONGEST_RETRY);
      }
    }
  }
}
