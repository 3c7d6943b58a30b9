package loomagent.simulator;

import java.io.IOException;
import java.util.Optional;

/** Loom as it should be: what ActionCable::Connection::Base does with a request. */
final class Rails implements Script {
  static final String PATH = "/websocket";

  @Override
  public void run(Peer peer) throws IOException {
    Request request = peer.request();
    if (!isUpgrade(request) || !originAllowed(request, peer.settings().strictOrigin())) {
      throw new Refused(404, "Page not found"); // all that Rails says to either
    }
    peer.accept();
    Optional<Tokens.Access> access = authorized(request, peer);
    if (access.isPresent()) {
      peer.belongsTo(access.get());
      peer.welcome();
      peer.serve();
    } else {
      // Rails upgrades first and looks at the token after: no 401 here.
      peer.disconnect("unauthorized", false);
    }
  }

  private static boolean isUpgrade(Request request) {
    return request.path().equals(PATH)
        && request.method().equals("GET")
        && request.lists("Upgrade", "websocket")
        && request.lists("Connection", "Upgrade")
        && request.lists("Sec-WebSocket-Version", "13")
        && request.header("Sec-WebSocket-Key").isPresent();
  }

  private static boolean originAllowed(Request request, boolean strict) {
    String own = "http://" + request.header("Host").orElse("");
    return request.header("Origin").map(own::equals).orElse(!strict);
  }

  private static Optional<Tokens.Access> authorized(Request request, Peer peer) {
    String[] words = request.header("Authorization").orElse("").split(" +", 3);
    return words.length == 2 && words[0].equalsIgnoreCase("Bearer")
        ? peer.tokens().access(words[1])
        : Optional.empty();
  }
}
