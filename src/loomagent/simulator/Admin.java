package loomagent.simulator;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Drives a running simulator over HTTP: {@code POST /admin/events}, {@code disconnect}, {@code
 * drop}, {@code away}, {@code approve}, {@code decline}.
 */
final class Admin {
  static final String PATH = "/admin/";

  private final Simulator simulator;

  Admin(Simulator simulator) {
    this.simulator = simulator;
  }

  void answer(Peer peer) throws IOException {
    checkLocal(peer.request());
    try {
      String done =
          switch (peer.request().path()) {
            case PATH + "events" ->
                simulator.publish(Events.complete(peer.request().body())) + " reached";
            case PATH + "disconnect" -> disconnect(peer.request());
            case PATH + "drop" -> simulator.drop() + " dropped";
            case PATH + "away" ->
                simulator.away(span(peer.request())) + " dropped, and none let in for a while";
            case PATH + "approve" -> approve(peer.request(), true);
            case PATH + "decline" -> approve(peer.request(), false);
            default ->
                throw new Refused(
                    404, "There is /admin/events, disconnect, drop, away, approve, decline");
          };
      peer.respond(202, Map.of(), done + "\n");
    } catch (IllegalArgumentException e) {
      throw new Refused(400, e.getMessage());
    }
  }

  /** A web page must not drive this, neither from its own origin nor under a name made local. */
  private static void checkLocal(Request request) throws Refused {
    String host = request.header("Host").orElse("").replaceFirst(":\\d+$", "");
    if (request.header("Origin").isPresent()
        || !List.of("127.0.0.1", "localhost", "[::1]").contains(host)) {
      throw new Refused(403, "Only programs on this machine may do this: no Origin, a local Host");
    }
    if (!request.method().equals("POST")) {
      throw new Refused(405, "Use POST");
    }
  }

  private String disconnect(Request request) {
    boolean reconnect = !parameter(request, "reconnect").equals(Optional.of("false"));
    String reason = parameter(request, "reason").orElse("remote");
    return simulator.disconnect(reason, reconnect) + " disconnected";
  }

  private String approve(Request request, boolean yes) {
    String code = parameter(request, "code").orElse("");
    if (!simulator.hub().approve(code, yes)) {
      throw new IllegalArgumentException("No device waits with this code: say ?code=ABCD-EFGH");
    }
    return yes ? "approved" : "declined";
  }

  private static Duration span(Request request) {
    String text = parameter(request, "for").orElse("");
    if (!text.matches("\\d{1,5}[smh]")) {
      throw new IllegalArgumentException("Say for how long, such as ?for=5s, ?for=2m or ?for=1h");
    }
    return Duration.parse("PT" + text);
  }

  private static Optional<String> parameter(Request request, String name) {
    String query = Optional.ofNullable(URI.create(request.target()).getQuery()).orElse("");
    return Stream.of(query.split("&"))
        .filter(pair -> pair.startsWith(name + "="))
        .map(pair -> pair.substring(name.length() + 1))
        .findFirst();
  }
}
