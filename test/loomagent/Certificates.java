package loomagent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Authorities and what they sign, made by openssl as PEM files in a folder. */
public final class Certificates {
  public static final String VALID = "20200101000000Z,20991231000000Z";
  public static final String EXPIRED = "20200101000000Z,20210101000000Z";
  public static final String EARLY = "20980101000000Z,20991231000000Z";

  private static final String CONFIGURATION =
      """
      [ca]
      default_ca = here
      [here]
      database = index.txt
      new_certs_dir = .
      rand_serial = yes
      default_md = sha256
      policy = any
      unique_subject = no
      copy_extensions = copy
      [any]
      commonName = supplied
      """;

  private final Path folder;

  public Certificates(Path folder) {
    this.folder = folder;
    try {
      Files.writeString(folder.resolve("ca.cnf"), CONFIGURATION);
      Files.writeString(folder.resolve("index.txt"), "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An authority: {@code <name>.pem} and {@code <name>.key}. */
  public Path authority(String name) {
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -sha256 -keyout "
            + name
            + ".key -out "
            + name
            + ".pem -subj",
        "/CN=" + name);
    return file(name + ".pem");
  }

  /**
   * A certificate {@code <name>.pem} with its key {@code <name>.key} in PKCS#8.
   *
   * @param algorithm {@code rsa} or {@code ec}
   * @param names such as {@code DNS:localhost}, with commas
   * @param span one of those above
   */
  public Path signed(String authority, String name, String algorithm, String names, String span) {
    String kind = algorithm.equals("rsa") ? "rsa:2048" : "ec -pkeyopt ec_paramgen_curve:P-256";
    openssl(
        "req -newkey " + kind + " -nodes -keyout " + name + ".key -out " + name + ".csr -subj",
        "/CN=" + name,
        "-addext",
        "subjectAltName=" + names);
    String[] times = span.split(",");
    openssl(
        "ca -batch -notext -config ca.cnf -cert %s.pem -keyfile %s.key -in %s.csr -out %s.pem"
                .formatted(authority, authority, name, name)
            + " -startdate "
            + times[0]
            + " -enddate "
            + times[1]);
    return file(name + ".pem");
  }

  /** Key and certificate of a name, as Java's servers want them; the password is "changeit". */
  public Path store(String name) {
    openssl(
        "pkcs12 -export -in %s.pem -inkey %s.key -out %s.p12 -passout pass:changeit"
            .formatted(name, name, name));
    return file(name + ".p12");
  }

  public Path file(String name) {
    return folder.resolve(name);
  }

  /** Runs openssl in the folder, with words split at spaces and others as they are. */
  void openssl(String words, String... others) {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(words.split(" ")));
    command.addAll(List.of(others));
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("openssl.log").toFile())
              .start();
      if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IllegalStateException(
            command + "\n" + Files.readString(folder.resolve("openssl.log")));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("openssl is needed: apt-get install openssl", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
