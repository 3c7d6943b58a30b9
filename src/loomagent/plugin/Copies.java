package loomagent.plugin;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The agent's own copies of handler jars, named by their content. A jar that is overwritten while
 * its classes are in use breaks those that were not loaded yet; its copy does not change.
 *
 * <p>The folder is one agent's, who holds the data folder's lock. Not thread-safe.
 */
public final class Copies {

  /** Half of a SHA-256, in hexadecimal: two jars of one name would have to be made on purpose. */
  private static final int NAME_LENGTH = 32;

  private static final String UNFINISHED = "unfinished";

  private final Path folder;

  /**
   * Copies into a folder that need not exist.
   *
   * @param folder nobody else's
   */
  public Copies(Path folder) {
    this.folder = folder;
  }

  /** A copy of a jar as it is now, which may be one that was made before. */
  Path of(Path jar) throws IOException {
    Files.createDirectories(folder);
    Path unfinished = folder.resolve(UNFINISHED);
    MessageDigest digest = sha256();
    // Not by a channel, which an interrupt closes: a handler may interrupt every thread it finds.
    try (InputStream from = new FileInputStream(jar.toFile());
        OutputStream file = new FileOutputStream(unfinished.toFile());
        OutputStream to = new DigestOutputStream(file, digest)) {
      from.transferTo(to);
    }
    String name = HexFormat.of().formatHex(digest.digest()).substring(0, NAME_LENGTH);
    Path copy = folder.resolve(name + ".jar");
    return Files.move(unfinished, copy, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Deletes those that are used no more. */
  void retain(Set<Path> used) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> files = Files.list(folder)) {
      all = files.toList();
    }
    for (Path file : all) {
      if (!used.contains(file)) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException everyJavaHasIt) {
      throw new IllegalStateException(everyJavaHasIt);
    }
  }
}
