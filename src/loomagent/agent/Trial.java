package loomagent.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import loomagent.auth.FetchedTokens;
import loomagent.auth.TokenException;
import loomagent.auth.TokenSource;
import loomagent.backfill.PullTrial;
import loomagent.base.Token;
import loomagent.base.Version;
import loomagent.cable.Connection;
import loomagent.cable.Dialler;
import loomagent.cable.NoToken;
import loomagent.cable.Subscriber;
import loomagent.config.Configuration;
import loomagent.config.ConnectionSettings;
import loomagent.net.Network;

/**
 * Reaches Loom by one connection as the agent would, to see whether it can: nothing is journaled or
 * delivered. A refresh token that works once is not spent in vain: an exchange is made only where
 * its successor can be kept for the agent. One thread.
 */
public final class Trial {
  private final Configuration configuration;
  private final ConnectionSettings connection;
  private final Network network;
  private final Credentials credentials;
  private final System.Logger log;

  /**
   * A trial that has not begun.
   *
   * @param configuration the agent's
   * @param connection which of its connections
   * @param network how to reach servers
   * @param log where it says what it has to say
   */
  public Trial(
      Configuration configuration,
      ConnectionSettings connection,
      Network network,
      System.Logger log) {
    this.configuration = configuration;
    this.connection = connection;
    this.network = network;
    this.log = log;
    this.credentials =
        new Credentials(configuration.dataDir(), network, Clock.systemUTC(), new Random(), log);
  }

  /**
   * A token, as the agent would get it.
   *
   * @return empty if only a running agent can have one
   * @throws TokenException if there is none, in words
   * @throws InterruptedException if the thread is interrupted
   */
  public Optional<Token> token() throws TokenException, InterruptedException {
    TokenSource source = credentials.source(connection);
    if (credentials.inItsOwnName(connection) || !(source instanceof FetchedTokens tokens)) {
      return Optional.of(source.token(false));
    }
    Optional<Token> kept = tokens.atHand();
    if (kept.isPresent() || isNewToAnother(configuration.dataDir())) {
      return kept;
    }
    try (DataFolder folder = DataFolder.hold(configuration.dataDir())) {
      log.log(System.Logger.Level.DEBUG, "{0} is held", folder.layout().folder());
      return Optional.of(source.token(false));
    } catch (TokenException none) {
      throw none;
    } catch (IOException held) {
      log.log(System.Logger.Level.DEBUG, "no exchange is made", held);
      return Optional.empty();
    }
  }

  /**
   * Whether another user's agent is to use the folder, and could not if this one made its files.
   */
  private static boolean isNewToAnother(Path folder) {
    try {
      return Files.exists(folder)
          && !Files.exists(folder.resolve("agent.lock"))
          && !Files.getOwner(folder).getName().equals(System.getProperty("user.name"));
    } catch (IOException | UnsupportedOperationException unknown) {
      return false;
    }
  }

  /**
   * A subscription with a token.
   *
   * @param token the only one that it uses
   * @param listener told what comes of it
   * @return one that has not begun
   */
  public Subscriber subscriber(Token token, Connection.Listener listener) {
    return new Subscriber(
        Link.cable(connection, configuration),
        false,
        refused -> {
          if (refused) {
            throw new NoToken("the only one was refused", true, Duration.ZERO, new IOException());
          }
          return new Token(token.secret(), token.expiresAt(), Optional.empty());
        },
        new Dialler(Version.userAgent(), network),
        listener,
        Clock.systemUTC(),
        Random::new,
        log);
  }

  /**
   * Asks the pull API, if it is configured.
   *
   * @return what came of it
   * @throws InterruptedException if the thread is interrupted
   */
  public Optional<PullTrial.Outcome> pull() throws InterruptedException {
    return connection.backfillPassword().isPresent()
        ? Optional.of(
            PullTrial.ask(GapWatch.pull(connection), GapWatch.credentials(connection), network))
        : Optional.empty();
  }
}
