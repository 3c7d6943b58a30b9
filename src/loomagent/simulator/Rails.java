package loomagent.simulator;

import java.io.IOException;
import java.util.Set;

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
    if (authorized(request, peer.settings().tokens())) {
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

  private static boolean authorized(Request request, Set<String> tokens) {
    String[] words = request.header("Authorization").orElse("").split(" +", 3);
    return words.length == 2 && words[0].equalsIgnoreCase("Bearer") && tokens.contains(words[1]);
  }
}
