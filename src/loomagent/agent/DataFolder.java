package loomagent.agent;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import loomagent.json.Json;

/** The agent's folder on disk, held by one agent at a time. {@link Layout} has what is in it. */
public final class DataFolder implements AutoCloseable {

  /** What is set aside is a fault of somebody's; this much is enough to find it by. */
  static final long LARGEST_ASIDE = 4L << 20;

  /** Bytes: the journal begins a file of 16 MB at a time, and handlers need room as well. */
  private static final long LITTLE_ROOM = 64L << 20;

  private final Layout layout;
  private final FileChannel channel;

  private DataFolder(Path folder, FileChannel channel) throws IOException {
    this.layout = new Layout(folder);
    this.channel = channel;
    makePrivate(layout.cursors());
    makePrivate(layout.dead());
  }

  /**
   * Where things are in it.
   *
   * @return of the folder that is held
   */
  public Layout layout() {
    return layout;
  }

  /**
   * Makes the folder if need be, for its owner alone, and takes its lock.
   *
   * @param folder {@code data.dir}
   * @return the folder, held until {@link #close}
   * @throws IOException in words: it cannot be made or written, or another agent holds it
   */
  public static DataFolder hold(Path folder) throws IOException {
    try {
      makePrivate(folder);
      FileChannel channel =
          FileChannel.open(
              folder.resolve("agent.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (locked(channel)) {
        return new DataFolder(folder, channel);
      }
    } catch (IOException failure) {
      throw unusable(folder, failure);
    }
    throw new IOException(
        "data.dir "
            + folder
            + " is held by another agent. Stop it, or give this one its own data.dir");
  }

  /** Closes the channel unless it got the lock. */
  private static boolean locked(FileChannel channel) throws IOException {
    FileLock lock = null;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException inThisProcess) {
      // the same as a null lock
    } finally {
      if (lock == null) {
        channel.close();
      }
    }
    return lock != null;
  }

  /**
   * The folder of one handler, made if need be.
   *
   * @param folder {@code data.dir}
   * @param handler its name, checked by the configuration to be a plain file name
   * @return an existing folder
   * @throws IOException if it cannot be made
   */
  static Path handler(Path folder, String handler) throws IOException {
    Path own = folder.resolve("handlers").resolve(handler);
    makePrivate(own);
    return own;
  }

  /**
   * Looks at a folder without making or changing anything, since whoever checks may not be the user
   * that the agent runs as.
   *
   * @param folder {@code data.dir}
   * @return what is wrong with it, in words; empty if nothing is
   */
  public static Optional<String> fault(Path folder) {
    Path nearest = folder.toAbsolutePath();
    while (nearest.getParent() != null && !Files.exists(nearest)) {
      nearest = nearest.getParent();
    }
    if (!Files.isDirectory(nearest)) {
      String file =
          nearest.equals(folder.toAbsolutePath()) ? folder.toString() : nearest.toString();
      return Optional.of(words(folder, new FileAlreadyExistsException(file)));
    }
    return Files.isWritable(nearest)
        ? Optional.empty()
        : Optional.of(words(folder, new AccessDeniedException(nearest.toString())));
  }

  /**
   * Looks whether the disk is about to be full.
   *
   * @param folder {@code data.dir}
   * @return how little room there is, in words; empty if there is enough, or no such folder yet
   */
  public static Optional<String> littleRoom(Path folder) {
    // Not by its FileStore, which looks for a mount point: a container need not have one.
    File disk = folder.toFile();
    long usable = disk.getUsableSpace();
    return disk.getTotalSpace() > 0 && usable < LITTLE_ROOM // 0 if there is nothing to look at
        ? Optional.of(
            "only " + (usable >> 20) + " MB free on the disk of " + folder + ". Make room")
        : Optional.empty();
  }

  /** Keeps a message that is no event, up to a bound; false once the bound is reached. */
  synchronized boolean aside(String message, String reason, Instant now) throws IOException {
    Path file = layout.folder().resolve("aside.ndjson");
    if (Files.exists(file) && Files.size(file) > LARGEST_ASIDE) {
      return false;
    }
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("time", now.toString());
    line.put("reason", reason);
    line.put("message", message);
    Files.writeString(
        file,
        Json.write(line) + "\n",
        StandardCharsets.UTF_8,
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
    return true;
  }

  @Override
  public void close() throws IOException {
    channel.close(); // and with it the lock
  }

  static void makePrivate(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      return;
    }
    if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.createDirectories(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } else {
      Files.createDirectories(folder);
    }
  }

  /**
   * What an operator is told of a file in the folder.
   *
   * @param folder {@code data.dir}
   * @param failure what came of it
   * @return the same in words
   */
  static IOException unusable(Path folder, IOException failure) {
    return new IOException(words(folder, failure), failure);
  }

  private static String words(Path folder, IOException failure) {
    String fact = "cannot be used (" + failure + ")";
    if (failure instanceof AccessDeniedException denied) {
      fact =
          Files.isWritable(folder)
              ? "holds " + denied.getFile() + ", which this user may not read or write"
              : "may not be written by this user";
    } else if (failure instanceof FileAlreadyExistsException) {
      String file = failure.getMessage();
      fact =
          file.equals(folder.toString())
              ? "is a file, not a folder"
              : "cannot be made: " + file + " is a file";
    }
    return "data.dir "
        + folder
        + " "
        + fact
        + ". Check its disk, its owner and rights, or set another data.dir";
  }
}
