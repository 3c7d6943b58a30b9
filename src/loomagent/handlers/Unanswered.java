package loomagent.handlers;

import java.io.EOFException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Optional;
import javax.net.ssl.SSLException;

/** Finds the words for a request that was not answered: HttpClient's are made for programmers. */
final class Unanswered {
  private static final int EXCERPT = 120;

  /** Causes are looked at as far down as this: a chain may be a ring. */
  private static final int DEEPEST = 10;

  private Unanswered() {}

  /** Scheme, host and port: in the rest of an address there may be a secret. */
  static String address(URI url) {
    return url.getScheme() + "://" + url.getHost() + (url.getPort() < 0 ? "" : ":" + url.getPort());
  }

  /** The fact and the next step, in one line. */
  static String words(Throwable error, URI url, Optional<InetSocketAddress> proxy) {
    String to = address(url);
    String next = ". Check url";
    if (proxy.isPresent()) {
      to += " by the proxy " + proxy.get().getHostString() + ":" + proxy.get().getPort();
      next = ". Check url and proxy.url";
    }
    String fact = message(error);
    if (find(error, SSLException.class).isPresent()
        || find(error, CertificateException.class).isPresent()) {
      return tls(error, to, fact);
    }
    if (find(error, UnknownHostException.class).isPresent()
        || find(error, UnresolvedAddressException.class).isPresent()) {
      return to + ": the name was not found" + next + " and the machine's DNS";
    }
    if (error instanceof HttpConnectTimeoutException) {
      return to + ": no connection in time" + next + " and the firewalls between";
    }
    if (error instanceof ConnectException) {
      return to + " refused the connection, or cannot be reached from here" + next;
    }
    if (fact.startsWith("Invalid status line")) {
      return to + " is no HTTP server (" + fact + ")" + next;
    }
    if (fact.startsWith("Tunnel failed")) {
      return to + ": the proxy did not connect (" + fact + ")" + next;
    }
    return find(error, EOFException.class).isPresent() || fact.contains("received no bytes")
        ? to + " closed the connection without an answer"
        : to + ": the connection broke (" + fact + ")";
  }

  private static String tls(Throwable error, String to, String fact) {
    Optional<CertificateException> distrust = find(error, CertificateException.class);
    if (distrust.filter(own -> own.getClass().getName().startsWith("loomagent.")).isPresent()) {
      return to + ": " + Text.line(distrust.get().getMessage(), 2 * EXCERPT); // words already
    }
    if (find(error, CertificateExpiredException.class).isPresent()) {
      return to + ": the certificate has expired (" + fact + "). Renew it there";
    }
    if (find(error, CertificateNotYetValidException.class).isPresent()) {
      return to + ": the certificate is not valid yet (" + fact + "). Check both clocks";
    }
    if (find(error, CertPathBuilderException.class).isPresent()
        || find(error, CertPathValidatorException.class).isPresent()) {
      return to
          + ": the certificate is from an authority that this Java does not trust ("
          + fact
          + "). If it is right, put the authority's certificate into the PEM file tls.ca";
    }
    if (fact.startsWith("No name matching") || fact.startsWith("No subject alternative")) {
      return to + ": the certificate is for another name (" + fact + "). Check url";
    }
    return fact.contains("plaintext connection") || fact.contains("Unsupported or unrecognized SSL")
        ? to + " does not speak TLS there. Check the port of url, or write http"
        : to + ": TLS failed (" + fact + ")";
  }

  private static <T extends Throwable> Optional<T> find(Throwable error, Class<T> kind) {
    Throwable cause = error;
    for (int depth = 0; cause != null && depth < DEEPEST; depth++, cause = cause.getCause()) {
      if (kind.isInstance(cause)) {
        return Optional.of(kind.cast(cause));
      }
    }
    return Optional.empty();
  }

  private static String message(Throwable error) {
    Throwable deepest = error;
    for (int depth = 0; deepest.getCause() != null && depth < DEEPEST; depth++) {
      deepest = deepest.getCause();
    }
    String text = Text.line(String.valueOf(deepest.getMessage()), EXCERPT);
    return deepest.getMessage() == null || text.isEmpty()
        ? deepest.getClass().getSimpleName()
        : text;
  }
}
