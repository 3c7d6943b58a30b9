package loomagent.auth;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import loomagent.base.Disk;
import loomagent.base.Token;

/**
 * One connection's file {@code tokens/<connection>.json} in the data folder. It is replaced whole:
 * written, synced, renamed, and its folder synced, so that a refresh token is on disk before
 * anything depends on it. For its owner alone (0600 in a folder of 0700); written by root, it
 * belongs to whom its folder belongs to. Nothing of it is held in memory: a login beside a running
 * agent counts at once. Any thread, and any process: the last to write wins.
 */
public final class TokenStore {
  /** Two tokens of 64 KB with every character escaped would not fit, and are none. */
  private static final int LARGEST = 256 << 10;

  /** A handler that interrupts every thread does not do so as often while a file is written. */
  private static final int TRIES = 100;

  private static final Set<PosixFilePermission> OWNERS_ALONE =
      PosixFilePermissions.fromString("rw-------");

  private final Path file;
  private final String connection;
  private final Disk disk;
  private final System.Logger log;
  private volatile boolean warned;

  /**
   * A store that nothing was done to yet.
   *
   * @param folder {@code data.dir}; made with the first write if need be
   * @param connection a name that the configuration has checked: it is a file's
   */
  public TokenStore(Path folder, String connection, Disk disk, System.Logger log) {
    this.file = folder.resolve("tokens").resolve(connection + ".json");
    this.connection = connection;
    this.disk = disk;
    this.log = log;
  }

  /**
   * The access token of the last exchange or login, without spending anything. It may have ended.
   *
   * @throws IOException in words, if the file cannot be read
   */
  public Optional<Token> access() throws IOException {
    return read().flatMap(Stored::access);
  }

  /** Whether anything was ever kept: an exchange or a login has been made. */
  public boolean exists() {
    return Files.exists(file);
  }

  /**
   * Who else may read the file.
   *
   * @return the fact and what to do; empty if all is well, or there is no file
   */
  public Optional<String> exposed() {
    try {
      Set<PosixFilePermission> rights = Files.getPosixFilePermissions(file);
      return OWNERS_ALONE.containsAll(rights)
          ? Optional.empty()
          : Optional.of(
              file
                  + " holds tokens and others may read it ("
                  + PosixFilePermissions.toString(rights)
                  + "): chmod 600 "
                  + file);
    } catch (IOException | UnsupportedOperationException noRights) {
      return Optional.empty();
    }
  }

  /** What is there now; empty if there is no file. */
  Optional<Stored> read() throws IOException {
    if (!warned) {
      exposed()
          .ifPresent(
              words -> {
                warned = true;
                log.log(Level.WARNING, words);
              });
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] text = in.readNBytes(LARGEST + 1);
      if (text.length > LARGEST) {
        throw new IllegalArgumentException("it is larger than " + LARGEST + " bytes");
      }
      return Optional.of(Stored.parse(text));
    } catch (NoSuchFileException none) {
      return Optional.empty();
    } catch (IllegalArgumentException damaged) {
      throw new IOException(
          file
              + " is damaged ("
              + damaged.getMessage()
              + "). Run: login"
              + words()
              + ", which replaces it; or move it away to begin again from oauth.refresh-token",
          damaged);
    } catch (IOException failure) {
      throw unusable("read", failure);
    }
  }

  /** Replaces it; on disk when this returns. An interrupt does not keep it from that. */
  void write(Stored content) throws IOException {
    boolean interrupted = false;
    try {
      for (int tries = 1; ; tries++) {
        interrupted |= Thread.interrupted(); // it would close the file being written
        try {
          makeFolder();
          disk.replace(file, content.text());
          return;
        } catch (ClosedByInterruptException again) {
          if (tries == TRIES) {
            throw again;
          }
        }
      }
    } catch (IOException failure) {
      throw unusable("written", failure);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** What cannot be read is kept under another name: somebody may still find a token in it. */
  void setAsideIfDamaged() throws IOException {
    try {
      var unused = read();
    } catch (IOException damaged) {
      if (!(damaged.getCause() instanceof IllegalArgumentException)) {
        throw damaged;
      }
      disk.move(file, file.resolveSibling(file.getFileName() + ".damaged"));
    }
  }

  /** How to name the connection to {@code login}. */
  String words() {
    return connection.equals("default") ? "" : " --connection " + connection;
  }

  private void makeFolder() throws IOException {
    Path folder = file.getParent();
    if (Files.isDirectory(folder)) {
      return;
    }
    if (!folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.createDirectories(folder);
      return;
    }
    Files.createDirectories(
        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Path data = folder.toAbsolutePath().getParent();
    if (!Files.getOwner(folder).equals(Files.getOwner(data))) {
      Files.setOwner(folder, Files.getOwner(data)); // this is root, or the folder were its own
    }
    try (FileChannel parent = FileChannel.open(data, StandardOpenOption.READ)) {
      parent.force(true); // else a power cut could take the new folder with all that is in it
    }
  }

  private IOException unusable(String what, IOException failure) {
    String fact =
        failure instanceof AccessDeniedException
            ? "this user may not, it belongs to " + owner()
            : failure instanceof FileSystemException system && system.getReason() != null
                ? system.getReason()
                : failure.toString();
    return new IOException(
        file
            + " cannot be "
            + what
            + " ("
            + fact
            + "). Check the disk, and that data.dir and all in it belong to the agent's user",
        failure);
  }

  private String owner() {
    for (Path path : new Path[] {file, file.getParent(), file.getParent().getParent()}) {
      try {
        return Files.getOwner(path).getName();
      } catch (IOException | UnsupportedOperationException next) {
        // Not there, or not to be seen: what it is in may be.
      }
    }
    return "somebody else";
  }
}
