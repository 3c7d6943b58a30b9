package loomagent.agent;

import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;
import loomagent.auth.DeviceLogin;
import loomagent.auth.FetchedTokens;
import loomagent.auth.FixedToken;
import loomagent.auth.Hub;
import loomagent.auth.Setting;
import loomagent.auth.TokenSource;
import loomagent.auth.TokenStore;
import loomagent.base.Disk;
import loomagent.base.Secret;
import loomagent.base.Version;
import loomagent.config.ConnectionSettings;
import loomagent.config.Value;
import loomagent.net.Network;

/**
 * Where the tokens of each connection come from, as configured. One for the process: connections
 * with the same {@code hub.url} share a {@link Hub}, which is asked one thing at a time. Any
 * thread.
 */
public final class Credentials {
  private final Path folder;
  private final Network network;
  private final Clock clock;
  private final RandomGenerator random;
  private final System.Logger log;
  private final Map<URI, Hub> hubs = new ConcurrentHashMap<>();

  /**
   * Nothing is asked or read yet.
   *
   * @param folder {@code data.dir}
   * @param random drawn from by any thread
   */
  public Credentials(
      Path folder, Network network, Clock clock, RandomGenerator random, System.Logger log) {
    this.folder = folder;
    this.network = network;
    this.clock = clock;
    this.random = random;
    this.log = log;
  }

  /**
   * A source for one connection; to be made once, as it remembers the token at hand.
   *
   * @param connection with a token or something to fetch one with
   */
  public TokenSource source(ConnectionSettings connection) {
    if (connection.token().isPresent()) {
      return new FixedToken(secret(connection.token().get()), clock);
    }
    ConnectionSettings.OAuth oauth = connection.oauth().orElseThrow();
    return inItsOwnName(connection)
        ? FetchedTokens.clientCredentials(
            hub(connection),
            client(oauth),
            connection.organization().orElseThrow().toString(),
            oauth.scopes(),
            log,
            random)
        : FetchedTokens.refreshing(
            hub(connection), client(oauth), first(connection), store(connection), log, random);
  }

  /**
   * Whether tokens are asked for with the client's secret alone: not once somebody has logged in,
   * whose tokens are kept.
   *
   * @param connection which
   */
  boolean inItsOwnName(ConnectionSettings connection) {
    return connection.oauth().filter(ConnectionSettings.OAuth::clientCredentials).isPresent()
        && !store(connection).exists();
  }

  /** A login for one connection, whose result is to go to its {@link #store}. */
  public DeviceLogin login(ConnectionSettings connection, DeviceLogin.Sleep sleep) {
    ConnectionSettings.OAuth oauth = connection.oauth().orElseThrow();
    return new DeviceLogin(
        hub(connection),
        client(oauth),
        connection.organization().map(UUID::toString),
        oauth.scopes(),
        sleep,
        random);
  }

  /** What is kept of one connection's tokens. */
  public TokenStore store(ConnectionSettings connection) {
    return new TokenStore(folder, connection.name(), Disk.REAL, log);
  }

  /** The first refresh token of one connection, if it is configured. */
  public static Optional<Setting<Secret>> first(ConnectionSettings connection) {
    return connection
        .oauth()
        .flatMap(ConnectionSettings.OAuth::refreshToken)
        .map(Credentials::secret);
  }

  private Hub hub(ConnectionSettings connection) {
    return hubs.computeIfAbsent(
        connection.hub(), url -> new Hub(url, network, Version.userAgent(), clock));
  }

  private static Hub.Client client(ConnectionSettings.OAuth oauth) {
    return new Hub.Client(oauth::clientId, oauth.clientSecret().map(Credentials::secret));
  }

  private static Setting<Secret> secret(Value value) {
    return () -> new Secret(value.resolve());
  }
}
