package loomagent.base;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** The file system, by the calls that make it keep its word. */
final class RealDisk implements Disk {

  @Override
  public Appender append(Path file) throws IOException {
    boolean made = Files.notExists(file);
    FileChannel channel = open(file, Set.of(CREATE, WRITE));
    try {
      channel.position(channel.size());
      if (made) {
        syncFolder(file);
      }
      return new ChannelAppender(channel);
    } catch (IOException | RuntimeException failure) {
      channel.close();
      throw failure;
    }
  }

  @Override
  public void replace(Path file, byte[] content) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    try (FileChannel channel = open(fresh, Set.of(CREATE, WRITE, TRUNCATE_EXISTING))) {
      writeAll(channel, ByteBuffer.wrap(content));
      giveToOwnerOfFolder(fresh);
      channel.force(true);
    }
    move(fresh, file);
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    Files.move(from, to, ATOMIC_MOVE);
    syncFolder(to);
  }

  @Override
  public void delete(Path file) throws IOException {
    Files.deleteIfExists(file);
  }

  private static FileChannel open(Path file, Set<? extends OpenOption> options) throws IOException {
    boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
    FileAttribute<?>[] ownersAlone =
        posix
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
            }
            : new FileAttribute<?>[0];
    return FileChannel.open(file, options, ownersAlone);
  }

  /** A command that root runs must leave nothing behind that the agent's own user cannot read. */
  private static void giveToOwnerOfFolder(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (file.getFileSystem().supportedFileAttributeViews().contains("unix")
        && !Files.getAttribute(file, "unix:uid").equals(Files.getAttribute(folder, "unix:uid"))) {
      try {
        Files.setOwner(file, Files.getOwner(folder));
      } catch (FileSystemException notRoot) {
        // It stays its writer's: one who is not root may give nothing away.
      }
    }
  }

  // Windows has no such call, and needs none: there a folder cannot be opened.
  private static void syncFolder(Path file) throws IOException {
    if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      try (FileChannel folder = FileChannel.open(file.toAbsolutePath().getParent(), READ)) {
        folder.force(true);
      }
    }
  }

  private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private record ChannelAppender(FileChannel channel) implements Appender {

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
      writeAll(channel, bytes);
    }

    @Override
    public void sync() throws IOException {
      channel.force(false);
    }

    @Override
    public void truncate(long size) throws IOException {
      channel.truncate(size);
      channel.position(size);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
