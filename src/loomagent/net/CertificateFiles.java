package loomagent.net;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/**
 * The files of {@code tls.ca}, {@code tls.client-certificate} and {@code tls.client-key}, read anew
 * when one of them has changed. One thread at a time.
 */
final class CertificateFiles {
  private static final String AUTHORITIES = "tls.ca";
  private static final String CERTIFICATE = "tls.client-certificate";
  private static final String KEY = "tls.client-key";

  private final Network.Settings settings;
  private List<String> read = List.of(); // how the files were when they were last read

  CertificateFiles(Network.Settings settings) {
    this.settings = settings;
  }

  /**
   * What the files hold, if one has changed since the last call, of whatever outcome.
   *
   * @throws IOException if one is unusable: which, and what to do
   */
  Optional<Tls> reload() throws IOException {
    return stamps().equals(read) ? Optional.empty() : Optional.of(load());
  }

  /** What the files hold. */
  Tls load() throws IOException {
    read = stamps();
    List<String> warnings = new ArrayList<>();
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(own(warnings), new TrustManager[] {new Trust(authorities(warnings))}, null);
      return new Tls(context, List.copyOf(warnings));
    } catch (GeneralSecurityException odd) {
      throw new IOException("TLS cannot be set up: " + Failures.message(odd), odd);
    }
  }

  private List<String> stamps() {
    return Stream.of(settings.authorities(), settings.certificate(), settings.key())
        .flatMap(Optional::stream)
        .map(CertificateFiles::stamp)
        .toList();
  }

  private static String stamp(Path file) {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return now.lastModifiedTime() + " " + now.size() + " " + now.fileKey();
    } catch (IOException missing) {
      return "";
    }
  }

  private List<X509Certificate> authorities(List<String> warnings) throws IOException {
    if (settings.authorities().isEmpty()) {
      return List.of();
    }
    List<X509Certificate> all = Pem.read(AUTHORITIES, settings.authorities().get()).certificates();
    all.forEach(each -> outdated(AUTHORITIES, each).ifPresent(warnings::add));
    return all;
  }

  private KeyManager[] own(List<String> warnings) throws IOException, GeneralSecurityException {
    if (settings.certificate().isEmpty()) {
      return new KeyManager[0];
    }
    Path file = settings.certificate().get();
    List<X509Certificate> chain = Pem.read(CERTIFICATE, file).certificates();
    PrivateKey key = Pem.read(KEY, settings.key().orElse(file)).privateKey();
    if (!belongs(key, chain.get(0))) {
      throw new IOException(
          KEY
              + " does not belong to the first certificate in "
              + CERTIFICATE
              + " ("
              + name(chain.get(0))
              + "). The client's own comes first, then those of its issuers");
    }
    outdated(CERTIFICATE, chain.get(0)).ifPresent(warnings::add);
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    char[] inMemory = UUID.randomUUID().toString().toCharArray(); // the store asks for one
    store.setKeyEntry("client", key, inMemory, linked(chain).toArray(X509Certificate[]::new));
    KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
    factory.init(store, inMemory);
    return factory.getKeyManagers();
  }

  private static boolean belongs(PrivateKey key, X509Certificate certificate) {
    byte[] any = {1, 2, 3};
    try {
      Signature signature =
          Signature.getInstance(
              "SHA256with" + (key.getAlgorithm().equals("RSA") ? "RSA" : "ECDSA"));
      signature.initSign(key);
      signature.update(any);
      byte[] signed = signature.sign();
      signature.initVerify(certificate.getPublicKey());
      signature.update(any);
      return signature.verify(signed);
    } catch (GeneralSecurityException another) {
      return false;
    }
  }

  /** The first certificate, its issuer, and so on: a bundle may hold others, in any order. */
  private static List<X509Certificate> linked(List<X509Certificate> bundle) {
    List<X509Certificate> chain = new ArrayList<>(List.of(bundle.get(0)));
    List<X509Certificate> others = new ArrayList<>(bundle.subList(1, bundle.size()));
    Optional<X509Certificate> issuer = issuer(chain, others);
    while (issuer.isPresent()) {
      chain.add(issuer.get());
      others.remove(issuer.get());
      issuer = issuer(chain, others);
    }
    return chain;
  }

  private static Optional<X509Certificate> issuer(
      List<X509Certificate> chain, List<X509Certificate> others) {
    X509Certificate last = chain.get(chain.size() - 1);
    return others.stream()
        .filter(each -> each.getSubjectX500Principal().equals(last.getIssuerX500Principal()))
        .filter(each -> !last.getSubjectX500Principal().equals(last.getIssuerX500Principal()))
        .findFirst();
  }

  private static Optional<String> outdated(String key, X509Certificate certificate) {
    Instant now = Instant.now();
    Instant from = certificate.getNotBefore().toInstant();
    Instant to = certificate.getNotAfter().toInstant();
    String which = key + ": the certificate of " + name(certificate);
    return now.isAfter(to)
        ? Optional.of(which + " has expired on " + to + ". Renew it")
        : now.isBefore(from)
            ? Optional.of(which + " is valid only from " + from + ". Check this machine's clock")
            : Optional.empty();
  }

  private static String name(X509Certificate certificate) {
    return certificate.getSubjectX500Principal().getName();
  }
}
