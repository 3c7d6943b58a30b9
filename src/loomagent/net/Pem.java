package loomagent.net;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A PEM file: blocks of Base64 between lines that say what they are, and any text around them. What
 * is wrong with one is told in words, without anything that is in it.
 */
final class Pem {
  private static final int LARGEST = 4 << 20; // all authorities of an operating system take 220 KB
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \\1-----");

  private final String what;
  private final Path file;
  private final String text;

  private Pem(String what, Path file, String text) {
    this.what = what;
    this.file = file;
    this.text = text;
  }

  /**
   * Reads a file.
   *
   * @param key that of the file's name in the configuration
   */
  static Pem read(String key, Path file) throws IOException {
    String what = key + " (" + file + ")";
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(LARGEST + 1);
    } catch (NoSuchFileException missing) {
      throw new IOException(what + " is not there", missing);
    } catch (AccessDeniedException denied) {
      throw new IOException(what + " must not be read by the agent's user", denied);
    } catch (IOException unreadable) {
      throw new IOException(what + " cannot be read: " + Failures.message(unreadable), unreadable);
    }
    if (bytes.length > LARGEST) {
      throw new IOException(what + " is larger than 4 MB: it is no PEM file");
    }
    return new Pem(what, file, new String(bytes, ISO_8859_1));
  }

  /** All certificates in it, at least one. */
  List<X509Certificate> certificates() throws IOException {
    List<X509Certificate> all = new ArrayList<>();
    Matcher block = BLOCK.matcher(text);
    while (block.find()) {
      if (block.group(1).endsWith("CERTIFICATE")) {
        all.add(certificate(bytes(block.group(2)), all.size() + 1));
      }
    }
    if (all.isEmpty()) {
      throw new IOException(
          what
              + (text.isBlank() ? " is empty" : " holds no certificate in PEM")
              + ". It begins with -----BEGIN CERTIFICATE-----; what has no text in it is converted"
              + " by: openssl x509 -inform der -in "
              + file
              + " -out new.pem");
    }
    return all;
  }

  private X509Certificate certificate(byte[] der, int number) throws IOException {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (CertificateException broken) {
      throw new IOException(what + ": certificate " + number + " in it is damaged", broken);
    }
  }

  /** The private key in it. */
  PrivateKey privateKey() throws IOException {
    Matcher block = BLOCK.matcher(text);
    while (block.find()) {
      if (block.group(1).equals("PRIVATE KEY")) {
        byte[] der = bytes(block.group(2));
        return key("RSA", der)
            .or(() -> key("EC", der))
            .orElseThrow(() -> new IOException(what + " holds a key that is neither RSA nor EC"));
      }
    }
    if (text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")) {
      throw new IOException(
          what
              + " is encrypted, and nobody is there to type its password. Take it off by: openssl"
              + " pkey -in "
              + file
              + " -out new.pem");
    }
    if (Pattern.compile("-----BEGIN (RSA|EC|DSA) PRIVATE KEY-----").matcher(text).find()) {
      throw new IOException(
          what
              + " is not in PKCS#8, which Java needs. Convert it by: openssl pkcs8 -topk8 -nocrypt"
              + " -in "
              + file
              + " -out new.pem");
    }
    throw new IOException(
        what
            + (text.isBlank() ? " is empty" : " holds no private key in PEM")
            + ". It begins with -----BEGIN PRIVATE KEY-----");
  }

  private static Optional<PrivateKey> key(String algorithm, byte[] der) {
    try {
      return Optional.of(
          KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der)));
    } catch (GeneralSecurityException another) {
      return Optional.empty();
    }
  }

  private byte[] bytes(String base64) throws IOException {
    try {
      return Base64.getMimeDecoder().decode(base64);
    } catch (IllegalArgumentException broken) {
      throw new IOException(what + " is damaged: it is no Base64", broken);
    }
  }
}
