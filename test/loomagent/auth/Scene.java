package loomagent.auth;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import loomagent.base.HandClock;
import loomagent.base.LogLines;
import loomagent.base.Secret;
import loomagent.net.Network;
import loomagent.simulator.Events;
import loomagent.simulator.Script;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;

/** A simulated Hub, a client of it, and a clock that a hand moves. */
final class Scene implements AutoCloseable {
  static final Network NETWORK = Network.direct(System.getLogger("test"));
  static final String ORGANIZATION = Events.ORGANIZATION;
  static final String SCOPE = "Org/" + ORGANIZATION + ".loom.event.r";

  final Simulator loom;
  final HandClock clock = new HandClock(Instant.now());
  final LogLines log = new LogLines();
  final Hub hub;
  final Hub.Client client;

  Scene(Settings.Hub settings) throws IOException {
    loom = Simulator.start(Settings.defaults().withHub(settings));
    hub = new Hub(loom.hub().url(), NETWORK, "test", clock);
    client =
        new Hub.Client(
            loom.hub()::clientId,
            settings.confidential()
                ? Optional.of(() -> new Secret(loom.hub().clientSecret()))
                : Optional.empty());
  }

  static Settings.Hub standard() {
    return Settings.Hub.defaults().withDevice(-1, Duration.ZERO);
  }

  FetchedTokens byCredentials() {
    return FetchedTokens.clientCredentials(
        hub, client, ORGANIZATION, List.of("loom.event.r"), log, new Random(1));
  }

  /** An answer with a status, headers and a body. */
  static Script answer(int status, Map<String, String> headers, String body) {
    return peer -> peer.respond(status, headers, body);
  }

  static String jwt(String claims) {
    return "e30."
        + Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(claims.getBytes(StandardCharsets.UTF_8))
        + ".c2ln";
  }

  @Override
  public void close() {
    loom.close();
  }
}
