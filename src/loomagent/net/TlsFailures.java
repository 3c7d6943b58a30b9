package loomagent.net;

import java.io.IOException;
import java.security.cert.CertificateException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/** The words for TLS that came to nothing. */
final class TlsFailures {
  private static final Pattern ALERT = Pattern.compile("Received fatal alert: ([a-z_]{1,40})");

  private TlsFailures() {}

  /**
   * The words; none if it is about something else.
   *
   * @param certificate whether the agent has one to show
   */
  static Optional<String> words(Throwable error, boolean certificate, String addressKey) {
    Optional<Distrusted> distrusted = Failures.find(error, Distrusted.class);
    if (distrusted.isPresent()) {
      return distrusted.map(
          each -> each.getMessage() + (each.elsewhere() ? ". Check " + addressKey : ""));
    }
    String fact = Failures.message(error);
    // TLS 1.3 tells what it thinks of a client's certificate when the client believes to be
    // through.
    Matcher alert = ALERT.matcher(fact);
    if (alert.find()) {
      return Optional.of(alert(alert.group(1), certificate, addressKey));
    }
    if (fact.contains("plaintext connection") || fact.contains("Unsupported or unrecognized SSL")) {
      return Optional.of("the server does not speak TLS there. Check the port of " + addressKey);
    }
    boolean tls =
        Failures.find(error, SSLException.class).isPresent()
            || Failures.find(error, CertificateException.class).isPresent();
    if (tls && isBroken(Failures.deepest(error))) {
      return Optional.of("the server broke off TLS (" + fact + ")." + perhaps(certificate));
    }
    return tls ? Optional.of("TLS failed (" + fact + ")") : Optional.empty();
  }

  /** A server that closes at once may be gone before it is heard why. */
  private static boolean isBroken(Throwable deepest) {
    return deepest instanceof IOException && !(deepest instanceof SSLException);
  }

  private static String perhaps(boolean certificate) {
    return certificate
        ? " It may not accept the certificate of tls.client-certificate"
        : " If it asks for a client certificate: set tls.client-certificate and tls.client-key";
  }

  private static String alert(String alert, boolean certificate, String addressKey) {
    return switch (alert) {
      case "certificate_required",
          "bad_certificate",
          "unsupported_certificate",
          "certificate_revoked",
          "certificate_expired",
          "certificate_unknown",
          "unknown_ca",
          "access_denied" ->
          certificate
              ? "the server does not accept the certificate of tls.client-certificate ("
                  + alert
                  + "). Ask whoever runs it from which authority it has to be"
              : "the server asks for a client certificate ("
                  + alert
                  + "). Set tls.client-certificate and tls.client-key";
      case "handshake_failure" ->
          "the server refused TLS as it was offered (handshake_failure)." + perhaps(certificate);
      case "unrecognized_name" ->
          "the server does not know its name (unrecognized_name). Check " + addressKey;
      default -> "the server refused TLS as it was offered (" + alert + ")";
    };
  }
}
