package loomagent.handlers;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A folder that files are written to.
 *
 * @param fixed what is the operator's own: links in it are his, too
 * @param varies whether events have a say in what comes below that: links there are not followed
 * @param sync whether it has to outlast a power cut that a file is there
 */
record Folder(Path fixed, boolean varies, boolean sync) {

  /**
   * Sees whether this user may write to the fixed part, or may make it. Makes nothing: whoever
   * checks may not be the user that the agent runs as.
   *
   * @throws IOException if not
   */
  void check() throws IOException {
    Path nearest = fixed;
    while (nearest.getParent() != null && !Files.exists(nearest)) {
      nearest = nearest.getParent();
    }
    if (!Files.isDirectory(nearest)) {
      throw new IOException(nearest + " is no folder. Mend path, or move that away");
    }
    if (!Files.isWritable(nearest)) {
      throw new IOException(
          nearest + " may not be written by this user. Check its owner and rights");
    }
  }

  /** Makes the folder of a file. */
  void makeFor(Path file) throws IOException {
    Path folder = file.getParent();
    create(folder);
    if (varies && !folder.toRealPath().startsWith(fixed.toRealPath())) {
      throw new IOException(
          "a link in " + folder + " leads out of " + fixed + ". It is not followed: take it away");
    }
  }

  private void create(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      create(folder.getParent());
      try {
        Files.createDirectory(folder);
      } catch (FileAlreadyExistsException another) {
        if (!Files.isDirectory(folder)) { // or another lane has just made it
          throw new IOException(folder + " is no folder");
        }
      }
      sync(folder);
    }
  }

  /** What happened to a file's name lasts. Windows has no such call, and needs none. */
  void sync(Path file) throws IOException {
    if (sync && file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      try (FileChannel folder = FileChannel.open(file.getParent(), StandardOpenOption.READ)) {
        folder.force(true);
      }
    }
  }

  /** The failure in words: the file, the fact, the next step. */
  static IOException fault(Path file, IOException failure) {
    String fact =
        failure instanceof AccessDeniedException
            ? "this user may not write there"
            : failure instanceof NoSuchFileException gone
                ? gone.getFile() + " is gone"
                : failure instanceof FileSystemException system && system.getReason() != null
                    ? system.getReason()
                    : failure.getMessage();
    return new IOException(
        file
            + " is not written: "
            + fact
            + ". Check the disk's room, the folder's owner and rights",
        failure);
  }
}
