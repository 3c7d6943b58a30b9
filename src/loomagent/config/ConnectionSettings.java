package loomagent.config;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * One connection, as the configuration has it: what it has of its own, else the plain keys', else
 * the defaults of its environment. Immutable. Of {@code token} and {@code oauth} exactly one is
 * present, unless the configuration was loaded for a command that does not subscribe.
 *
 * @param name a file name as well: small letters, digits, - and _, at most 64 characters; {@code
 *     default} where the configuration names none
 * @param url of the websocket
 * @param loomApi of the Loom API, to put a path behind: no slash at the end, no query
 * @param hub of the Hub, likewise
 * @param events what to subscribe to; each once
 * @param organization whose events come; always present with {@code client_credentials}
 * @param token a ready access token, looked up at each use
 * @param oauth what tokens are fetched with
 * @param backfillApp present if, and only if, {@code backfillPassword} is
 * @param backfillPassword looked up at each use
 * @param backfillMargin how far before the last known event to ask; not negative
 * @param backfillSince not in the future; an age was counted back from the time of loading
 * @param standby whether two connections are held at all times
 * @param origin where its first own key was written, like {@code agent.properties:14}, or the file
 */
public record ConnectionSettings(
    String name,
    URI url,
    URI loomApi,
    URI hub,
    List<String> events,
    Optional<UUID> organization,
    Optional<Value> token,
    Optional<OAuth> oauth,
    Optional<String> backfillApp,
    Optional<Value> backfillPassword,
    Duration backfillMargin,
    Optional<Instant> backfillSince,
    boolean standby,
    String origin) {

  /** The name of the only connection, where the configuration names none. */
  public static final String DEFAULT = "default";

  /**
   * What tokens are fetched with. A client secret without a refresh token means {@code
   * client_credentials}: then there are scopes. Neither of the two means that somebody has to log
   * in, or has.
   *
   * @param clientId no colon in it
   * @param clientSecret absent for an app that cannot keep one; looked up at each use
   * @param scopes without the Organization in front; each once
   * @param refreshToken the first of the chain; looked up at each use
   */
  public record OAuth(
      String clientId,
      Optional<Value> clientSecret,
      List<String> scopes,
      Optional<Value> refreshToken) {

    /** Whether tokens are asked for in the app's own name. */
    public boolean clientCredentials() {
      return clientSecret.isPresent() && refreshToken.isEmpty();
    }
  }
}
