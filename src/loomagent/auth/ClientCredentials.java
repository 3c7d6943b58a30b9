package loomagent.auth;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import loomagent.base.Secret;
import loomagent.base.Token;

/**
 * Tokens for the app's own credentials. Nothing is kept on disk: the next start asks again, and so
 * a refresh token that may come along is of no use.
 */
final class ClientCredentials implements Grants {
  private final Hub hub;
  private final Hub.Client client;
  private final String scope;
  private final RandomGenerator random;

  ClientCredentials(Hub hub, Hub.Client client, String scope, RandomGenerator random) {
    this.hub = hub;
    this.client = client;
    this.scope = scope;
    this.random = random;
  }

  /** Such as {@code Org/<uuid>.directory.organization.r,Org/<uuid>.loom.event.r}. */
  static String scope(Optional<String> organization, List<String> scopes) {
    String of = "Org" + organization.map(uuid -> "/" + uuid).orElse("") + ".";
    return scopes.stream().map(of::concat).collect(Collectors.joining(","));
  }

  @Override
  public Optional<Token> atHand(Optional<Secret> refused, Instant now) {
    return Optional.empty();
  }

  @Override
  public Token next(Optional<Secret> refused, Instant now)
      throws TokenException, InterruptedException {
    return Grants.token(hub.clientCredentials(client, scope), random);
  }
}
