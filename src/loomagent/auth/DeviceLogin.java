package loomagent.auth;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import loomagent.auth.TokenException.Kind;
import loomagent.base.Secret;
import loomagent.base.Token;

/**
 * The device flow (RFC 8628): somebody approves in a browser anywhere, and the connection's {@link
 * TokenStore} gets the tokens. One login, on one thread.
 */
public final class DeviceLogin {
  /** If the Hub does not say how long its code is good for. */
  static final Duration STANDARD_LIFE = Duration.ofMinutes(15);

  private static final Duration SLOWER = Duration.ofSeconds(5);
  private static final Duration LONGEST = Duration.ofMinutes(1);

  private final Hub hub;
  private final Hub.Client client;
  private final String scope;
  private final Clock clock;
  private final Sleep sleep;
  private final RandomGenerator random;

  /** Waits; a test's does not. */
  @FunctionalInterface
  public interface Sleep {
    /** Returns after so long. */
    void sleep(Duration duration) throws InterruptedException;
  }

  /**
   * What the person who approves has to know. All of it is the Hub's text.
   *
   * @param address to open in a browser
   * @param code to type in there
   * @param complete an address with the code in it; empty if the Hub has none
   * @param until when it is over, by this machine's clock
   */
  public record Prompt(String address, String code, String complete, Instant until) {}

  /**
   * A login not begun.
   *
   * @param organization whose events it is for: a UUID; without, the Hub asks
   * @param scopes without their {@code Org/<uuid>.}
   */
  public DeviceLogin(
      Hub hub,
      Hub.Client client,
      Optional<String> organization,
      List<String> scopes,
      Sleep sleep,
      RandomGenerator random) {
    this.hub = hub;
    this.client = client;
    this.scope = ClientCredentials.scope(organization, scopes);
    this.clock = hub.clock();
    this.sleep = sleep;
    this.random = random;
  }

  /**
   * Asks for a code, shows it, waits until it is approved, and stores what the Hub gives. Network
   * failures while it waits are waited out.
   *
   * @param store of the connection; proven writable before anybody is asked to approve
   * @param configured {@code oauth.refresh-token}, if it is set: this login counts instead of it
   * @param show called once
   * @return the access token
   * @throws TokenException if it is declined, not approved in time, or cannot be begun or stored
   */
  public Token run(TokenStore store, Optional<Setting<Secret>> configured, Consumer<Prompt> show)
      throws TokenException, InterruptedException {
    Optional<String> hash =
        configured.isPresent()
            ? Optional.of(Stored.hash(Hub.look(configured.get())))
            : Optional.empty();
    prove(store);
    Hub.Device device = hub.authorize(client, scope);
    show.accept(new Prompt(device.address(), device.userCode(), device.complete(), device.end()));
    Grant grant = poll(device);
    if (grant.refresh().isEmpty()) {
      throw new TokenException(
          Kind.REFUSED,
          "the Hub gave no refresh token, so this login would not last. In the Hub, allow the app"
              + " refresh tokens");
    }
    Token token = Grants.token(grant, random);
    save(store, new Stored(hub.url(), hash, grant.refresh(), Optional.of(token), Optional.empty()));
    return token;
  }

  private void prove(TokenStore store) throws TokenException {
    try {
      store.setAsideIfDamaged();
      store.write(store.read().orElse(Stored.none(hub.url())));
    } catch (IOException unwritable) {
      throw new TokenException(Kind.DISK, unwritable.getMessage());
    }
  }

  private Grant poll(Hub.Device device) throws TokenException, InterruptedException {
    Duration interval = device.interval();
    Duration wait = interval;
    while (true) {
      if (!clock.instant().plus(wait).isBefore(device.end())) {
        throw new TokenException(
            Kind.REFUSED, "the code was not approved in time. Run login again");
      }
      sleep.sleep(wait);
      try {
        return hub.device(client, device.code());
      } catch (TokenException notYet) {
        switch (notYet.code()) {
          case "authorization_pending" -> wait = interval;
          case "slow_down" -> {
            interval = interval.plus(SLOWER);
            wait = interval;
          }
          default -> {
            if (notYet.kind() != Kind.UNREACHABLE) {
              throw notYet;
            }
            wait = wait.multipliedBy(2).compareTo(LONGEST) < 0 ? wait.multipliedBy(2) : LONGEST;
            wait = wait.compareTo(notYet.pause()) < 0 ? notYet.pause() : wait;
          }
        }
      }
    }
  }

  private void save(TokenStore store, Stored tokens) throws TokenException {
    try {
      store.write(tokens);
    } catch (IOException unwritable) {
      throw new TokenException(Kind.DISK, unwritable.getMessage() + ". Then run login again");
    }
  }
}
