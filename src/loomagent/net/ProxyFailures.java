package loomagent.net;

import java.io.EOFException;
import java.net.ConnectException;
import java.net.ProtocolException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The words for what goes wrong on the way to a proxy, and at it. */
final class ProxyFailures {
  private static final Pattern REFUSED = Pattern.compile("Tunnel failed, got: ([0-9]{3})");
  private static final String FIREWALL = "Check proxy.url, and that a firewall lets the agent out";

  private ProxyFailures() {}

  /** The words; none if it is about something else. */
  static Optional<String> words(Throwable error, Route route, String addressKey) {
    if (route.proxy().isEmpty()) {
      return Optional.empty();
    }
    String proxy = "the proxy at " + route.proxy().get().url().getRawAuthority();
    Matcher refused = REFUSED.matcher(Failures.message(error));
    if (error instanceof Route.NoLogin) {
      return Optional.of(Failures.message(error));
    }
    if (refused.find()) {
      return Optional.of(refused(proxy, refused.group(1), route, addressKey));
    }
    if (Failures.find(error, UnresolvedAddressException.class).isPresent()
        || Failures.find(error, UnknownHostException.class).isPresent()) {
      return Optional.of(
          "the name of " + proxy + " was not found. Check proxy.url and the machine's DNS");
    }
    if (error instanceof HttpConnectTimeoutException) {
      return Optional.of(
          proxy
              + " made no connection to "
              + target(route)
              + " in time. "
              + FIREWALL
              + " and the proxy to there");
    }
    if (error instanceof ConnectException) {
      return Optional.of(
          proxy + " refused the connection, or cannot be reached from here. " + FIREWALL);
    }
    if (Failures.find(error, ProtocolException.class).isPresent()) {
      return Optional.of(
          "what answers is no HTTP proxy or server ("
              + Failures.message(error)
              + "). Check proxy.url and "
              + addressKey);
    }
    return Failures.find(error, EOFException.class)
        .map(
            closed ->
                proxy
                    + ", or the server behind it, closed the connection without a word. Check"
                    + " proxy.url and "
                    + addressKey);
  }

  // Some proxies answer a wrong password with 401, and a name that they do not find with 500.
  private static String refused(String proxy, String status, Route route, String addressKey) {
    String to = target(route);
    return switch (status) {
      case "401", "407" ->
          route.asks()
              ? proxy + " refused proxy.user and proxy.password (" + status + "). Correct them"
              : proxy + " wants authentication (" + status + "). Set proxy.user and proxy.password";
      case "400", "403", "405", "451", "501" ->
          proxy
              + " does not let the agent connect to "
              + to
              + " ("
              + status
              + "). Ask whoever runs it, and check "
              + addressKey;
      default ->
          proxy
              + " got no connection to "
              + to
              + " ("
              + status
              + "). Check "
              + addressKey
              + ", and whether the proxy may reach it";
    };
  }

  private static String target(Route route) {
    URI target = route.target();
    boolean secure = target.getScheme().matches("(?i)wss|https");
    int port = target.getPort() >= 0 ? target.getPort() : secure ? 443 : 80;
    return target.getHost() + ":" + port;
  }
}
