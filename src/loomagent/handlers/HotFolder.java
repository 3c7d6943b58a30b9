package loomagent.handlers;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Files that something else takes away, never seen half written: each is written under a hidden
 * name in the same folder, and renamed when it is whole. A link in its place is replaced.
 */
final class HotFolder {
  /** What this process writes is known by it: what another one left behind may be removed. */
  private static final String RUN = UUID.randomUUID().toString().substring(0, 8);

  private static final Pattern REST = Pattern.compile("[0-9a-f]{8}-[0-9]+-[0-9]+\\.part");

  /** Folders that are remembered as looked through; then it begins anew. */
  private static final int SEEN = 1_000;

  private final Folder folder;
  private final String prefix;
  private final Set<Path> seen = new HashSet<>();
  private long written;

  /**
   * The folder of one handler.
   *
   * @param handler its name, which is part of the hidden names
   */
  HotFolder(Folder folder, String handler) {
    this.folder = folder;
    this.prefix = ".loom-agent-" + handler + "-";
  }

  /** Writes a file whole, or not at all. */
  void write(Path file, byte[] content) throws IOException {
    folder.makeFor(file);
    clear(file.getParent());
    String lane = Long.toString(Thread.currentThread().getId());
    Path hidden = file.resolveSibling(prefix + RUN + "-" + lane + "-" + ++written + ".part");
    try {
      try (FileChannel channel = FileChannel.open(hidden, CREATE_NEW, WRITE)) {
        ByteBuffer bytes = ByteBuffer.wrap(content);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        if (folder.sync()) {
          channel.force(true);
        }
      }
      Files.move(hidden, file, ATOMIC_MOVE);
    } catch (IOException | RuntimeException failure) {
      Files.deleteIfExists(hidden);
      throw failure;
    }
    folder.sync(file);
  }

  /** Takes away what this handler left there half written when it was killed. */
  private void clear(Path where) throws IOException {
    if (seen.size() == SEEN) {
      seen.clear();
    }
    if (seen.add(where)) {
      try (DirectoryStream<Path> left = Files.newDirectoryStream(where)) {
        for (Path part : left) {
          String name = part.getFileName().toString();
          if (name.startsWith(prefix)
              && !name.startsWith(prefix + RUN)
              && REST.matcher(name.substring(prefix.length())).matches()) {
            Files.deleteIfExists(part);
          }
        }
      }
    }
  }
}
