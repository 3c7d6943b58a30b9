package loomagent.net;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.WebSocketHandshakeException;
import java.util.Base64;
import java.util.Optional;

/**
 * How a request goes, for the words if it fails.
 *
 * @param target where to
 * @param proxy through whom
 * @param certificate whether there is one to show to a server that asks
 * @param untried how many addresses the dialled name has that Java does not try
 */
record Route(URI target, Optional<Network.Proxy> proxy, boolean certificate, int untried) {

  private static final int PROXY_AUTHENTICATION_REQUIRED = 407;

  /** A failure with its route: {@link Failures} tells them both. */
  static final class Failed extends IOException {
    private static final long serialVersionUID = 1;

    private final transient Route route;

    Failed(Route route, Throwable cause) {
      super(Failures.message(cause), cause);
      this.route = route;
    }

    Route route() {
      return route;
    }
  }

  /** Why a proxy was not asked: its words are an operator's. */
  static final class NoLogin extends IOException {
    private static final long serialVersionUID = 1;

    NoLogin(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }

  /** What to tell the proxy of ourselves. */
  Optional<String> authorization() throws Failed {
    if (!asks()) {
      return Optional.empty();
    }
    try {
      Network.Login login = proxy.flatMap(Network.Proxy::login).orElseThrow();
      String text = login.user() + ":" + login.password().reveal();
      return Optional.of("Basic " + Base64.getEncoder().encodeToString(text.getBytes(UTF_8)));
    } catch (IOException unreadable) {
      throw new Failed(this, new NoLogin(unreadable));
    }
  }

  /** Whether the proxy is told who the agent is. */
  boolean asks() {
    return proxy.flatMap(Network.Proxy::login).isPresent();
  }

  /** What the one who asked is to be thrown: a server's own answer as it is. */
  Throwable failed(Throwable thrown) {
    Throwable error = Failures.cause(thrown);
    if (error instanceof ConnectException || error instanceof HttpConnectTimeoutException) {
      Addresses.SHARED.failed(dialled());
    }
    if (error instanceof WebSocketHandshakeException answered) {
      return refuses(answered.getResponse().statusCode()).map(Throwable.class::cast).orElse(error);
    }
    return error instanceof Exception ? new Failed(this, error) : error;
  }

  /**
   * An answer that is the proxy's: for a tunnel that it refuses like this, HttpClient throws
   * nothing.
   */
  Optional<Failed> refuses(int status) {
    return proxy
        .filter(any -> status == PROXY_AUTHENTICATION_REQUIRED)
        .map(any -> new Failed(this, new IOException("Tunnel failed, got: " + status)));
  }

  /** The host that is dialled. */
  String dialled() {
    return proxy.map(Network.Proxy::url).orElse(target).getHost();
  }
}
