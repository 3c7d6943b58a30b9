package loomagent.net;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.security.auth.x500.X500Principal;
import loomagent.base.Words;

/**
 * Whom to trust: the authorities that this Java trusts, and more. All checks are Java's own, that
 * of the host name among them; this only finds the words for what they refuse. They are made when
 * the first certificate comes: Java's authorities take 70 ms and 6 MB. Any thread.
 */
final class Trust extends X509ExtendedTrustManager {
  private static final int EXCERPT = 200;
  private static final int MOST_NAMES = 5; // of the hundred that a certificate may be for
  private static final int DNS = 2; // by RFC 5280's GeneralName
  private static final int IP = 7;

  private final List<X509Certificate> more;
  private X509ExtendedTrustManager checks; // guarded by this; null until used

  Trust(List<X509Certificate> more) {
    this.more = List.copyOf(more);
  }

  private interface Check {
    void by(X509ExtendedTrustManager checks) throws CertificateException;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    check(chain, checks -> checks.checkServerTrusted(chain, type, engine));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    check(chain, checks -> checks.checkServerTrusted(chain, type, socket));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    check(chain, checks -> checks.checkServerTrusted(chain, type));
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    checks().checkClientTrusted(chain, type, engine);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    checks().checkClientTrusted(chain, type, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    checks().checkClientTrusted(chain, type);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    try {
      return checks().getAcceptedIssuers();
    } catch (CertificateException unreadable) {
      return new X509Certificate[0]; // it is a hint; the check itself will say it
    }
  }

  private void check(X509Certificate[] chain, Check check) throws CertificateException {
    X509ExtendedTrustManager checks = checks();
    try {
      check.by(checks);
    } catch (CertificateException refused) {
      throw words(chain, refused);
    }
  }

  private synchronized X509ExtendedTrustManager checks() throws CertificateException {
    if (checks == null) {
      try {
        checks = more.isEmpty() ? checks(null) : checks(with(checks(null).getAcceptedIssuers()));
      } catch (GeneralSecurityException | IOException unreadable) {
        throw new CertificateException(
            "this Java's own authorities cannot be read: " + Failures.message(unreadable),
            unreadable);
      }
    }
    return checks;
  }

  private static X509ExtendedTrustManager checks(KeyStore authorities)
      throws GeneralSecurityException {
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(authorities); // null: those of this Java
    for (TrustManager each : factory.getTrustManagers()) {
      if (each instanceof X509ExtendedTrustManager checks) {
        return checks;
      }
    }
    throw new GeneralSecurityException("it has no PKIX"); // every Java has
  }

  private KeyStore with(X509Certificate[] own) throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    int number = 0;
    for (X509Certificate each : own) {
      store.setCertificateEntry("java-" + number++, each);
    }
    for (X509Certificate each : more) {
      store.setCertificateEntry("more-" + number++, each);
    }
    return store;
  }

  private static Distrusted words(X509Certificate[] chain, CertificateException refused) {
    Throwable why = Failures.deepest(refused);
    X509Certificate server = chain[0];
    String fact = Failures.message(refused);
    if (why instanceof CertificateExpiredException) {
      X509Certificate old = first(chain, each -> each.getNotAfter().toInstant().isBefore(now()));
      return new Distrusted(
          certificate(old, server)
              + " has expired on "
              + old.getNotAfter().toInstant()
              + ". Whoever runs the server has to renew it, unless this machine's clock is wrong",
          false,
          refused);
    }
    if (why instanceof CertificateNotYetValidException) {
      X509Certificate early = first(chain, each -> each.getNotBefore().toInstant().isAfter(now()));
      return new Distrusted(
          certificate(early, server)
              + " is valid only from "
              + early.getNotBefore().toInstant()
              + ". Check this machine's clock",
          false,
          refused);
    }
    if (why instanceof CertPathBuilderException) {
      return new Distrusted(
          "the server's certificate is signed by "
              + name(chain[chain.length - 1].getIssuerX500Principal())
              + ", an authority that this Java does not trust. If it is right, such as that of a"
              + " proxy that looks into connections, put its certificate into the PEM file tls.ca",
          false,
          refused);
    }
    if (fact.startsWith("No subject alternative") || fact.startsWith("No name matching")) {
      return new Distrusted(
          "the server's certificate is for another name: " + names(server), true, refused);
    }
    return new Distrusted("the server's certificate is refused (" + fact + ")", false, refused);
  }

  private static Instant now() {
    return Instant.now(); // as Java's own checks have it
  }

  private static X509Certificate first(X509Certificate[] chain, Predicate<X509Certificate> wanted) {
    return Arrays.stream(chain).filter(wanted).findFirst().orElse(chain[0]);
  }

  private static String certificate(X509Certificate which, X509Certificate server) {
    return which.equals(server)
        ? "the server's certificate"
        : "the certificate of the server's authority " + name(which.getSubjectX500Principal());
  }

  private static String names(X509Certificate certificate) {
    try {
      Collection<List<?>> all = certificate.getSubjectAlternativeNames();
      Stream<List<?>> names = all == null ? Stream.empty() : all.stream();
      String shown =
          names
              .filter(name -> name.get(0).equals(DNS) || name.get(0).equals(IP))
              .limit(MOST_NAMES)
              .map(name -> String.valueOf(name.get(1)))
              .collect(Collectors.joining(", "));
      return shown.isEmpty()
          ? name(certificate.getSubjectX500Principal())
          : Words.line(shown, EXCERPT);
    } catch (CertificateException unreadable) {
      return name(certificate.getSubjectX500Principal());
    }
  }

  /** Of one whom nobody vouches for. */
  private static String name(X500Principal principal) {
    return Words.line(principal.getName(), EXCERPT);
  }
}
