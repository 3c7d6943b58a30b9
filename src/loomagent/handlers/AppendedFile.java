package loomagent.handlers;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;

/**
 * A file that grows by whole lines. It is opened anew when its path is no longer the file that was
 * opened, as after a rotation from outside; a line that could not be written whole is taken back.
 *
 * <p>Lanes and handlers of one process that write to the same path share a lock, and all that they
 * know of the file they ask the disk for while they hold it. Belongs to one thread.
 */
final class AppendedFile implements Closeable {
  /** Two paths that share one by chance wait for each other, and no more. */
  private static final List<ReentrantLock> LOCKS =
      IntStream.range(0, 256).mapToObj(i -> new ReentrantLock()).toList();

  /** How far back the beginning of a half written line is looked for: no event is so long. */
  private static final int TORN = 4 << 20;

  private final Path path;
  private final Folder folder;
  private final Optional<Rotation> rotation;
  private final System.Logger log;
  private final ReentrantLock lock;
  private Optional<Opened> opened = Optional.empty();

  private record Opened(FileChannel channel, Optional<Object> key) {}

  AppendedFile(Path path, Folder folder, Optional<Rotation> rotation, System.Logger log) {
    this.path = path;
    this.folder = folder;
    this.rotation = rotation;
    this.log = log;
    this.lock = LOCKS.get(Math.floorMod(path.hashCode(), LOCKS.size()));
  }

  /**
   * Adds a line.
   *
   * @throws IOException if it is not in the file, or might not outlast a power cut
   * @throws InterruptedException if the thread is interrupted while another lane writes
   */
  void append(byte[] line) throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      FileChannel channel = current();
      if (rotation.isPresent() && rotation.get().due(channel.size(), line.length)) {
        close();
        rotation.get().rotate(path.toRealPath(), folder); // a link of the operator's stays
        channel = current();
      }
      long before = channel.size();
      try {
        ByteBuffer bytes = ByteBuffer.wrap(line);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        if (folder.sync()) {
          channel.force(false);
        }
      } catch (IOException | RuntimeException | Error failure) {
        takeBack(before);
        throw failure;
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() throws IOException {
    if (opened.isPresent()) {
      FileChannel channel = opened.get().channel();
      opened = Optional.empty();
      channel.close();
    }
  }

  private FileChannel current() throws IOException {
    if (opened.isPresent() && !(opened.get().channel().isOpen() && stillThere(opened.get()))) {
      close();
    }
    if (opened.isEmpty()) {
      opened = Optional.of(open());
    }
    return opened.get().channel();
  }

  private boolean stillThere(Opened known) throws IOException {
    return attributes().map(now -> key(now).equals(known.key())).orElse(false);
  }

  private Opened open() throws IOException {
    folder.makeFor(path);
    Optional<BasicFileAttributes> there = attributes();
    if (there.isPresent() && there.get().isSymbolicLink()) {
      throw new IOException("it is a link, and not followed. Take it away");
    }
    if (there.isPresent() && !there.get().isRegularFile()) {
      throw new IOException("it is no ordinary file. Mend path"); // a pipe may block for ever
    }
    if (there.isPresent()) {
      mend();
    }
    FileChannel channel = FileChannel.open(path, options(CREATE, APPEND));
    try {
      if (there.isEmpty()) {
        folder.sync(path);
      }
      return new Opened(channel, attributes().flatMap(AppendedFile::key));
    } catch (IOException | RuntimeException failure) {
      channel.close();
      throw failure;
    }
  }

  /** Empty on Windows, which lets nobody rename an open file. */
  private static Optional<Object> key(BasicFileAttributes attributes) {
    return Optional.ofNullable(attributes.fileKey());
  }

  private Optional<BasicFileAttributes> attributes() throws IOException {
    LinkOption[] links = folder.varies() ? new LinkOption[] {NOFOLLOW_LINKS} : new LinkOption[0];
    return Files.exists(path, links)
        ? Optional.of(Files.readAttributes(path, BasicFileAttributes.class, links))
        : Optional.empty();
  }

  private Set<OpenOption> options(OpenOption... options) {
    Set<OpenOption> all = new HashSet<>(List.of(options));
    if (folder.varies()) {
      all.add(NOFOLLOW_LINKS);
    }
    return all;
  }

  /**
   * A line without an end was being written when the agent was killed or the disk was full. Its
   * event was not delivered, and comes again. What is no event is somebody's own, and stays.
   */
  private void mend() throws IOException {
    try (FileChannel channel = FileChannel.open(path, options(READ, WRITE))) {
      long size = channel.size();
      ByteBuffer tail = ByteBuffer.allocate((int) Math.min(size, TORN));
      // Mostly a single byte is enough: the end of a line.
      if (size == 0 || read(channel, ByteBuffer.allocate(1), size - 1).get(0) == '\n') {
        return;
      }
      read(channel, tail, size - tail.capacity());
      int start = tail.capacity();
      while (start > 0 && tail.get(start - 1) != '\n') {
        start--;
      }
      byte first = tail.get(start);
      long from = size - tail.capacity() + start;
      if (from > 0 && start == 0 || first != '{' && first != 0) {
        channel.write(ByteBuffer.wrap(new byte[] {'\n'}), size);
      } else {
        channel.truncate(from);
        log.log(
            Level.WARNING,
            "{0} ended in {1} bytes of an event that was not written whole: they are taken out,"
                + " and the event comes again",
            path,
            Long.toString(size - from));
      }
      channel.force(true);
    }
  }

  private static ByteBuffer read(FileChannel channel, ByteBuffer into, long from)
      throws IOException {
    while (into.hasRemaining() && channel.read(into, from + into.position()) >= 0) {
      // until it is full
    }
    return into;
  }

  /**
   * As it was before a line that failed. An interrupt closes the channel in the middle of it, so it
   * takes another one; and would close that as well, so it waits.
   */
  private void takeBack(long size) {
    boolean interrupted = false;
    try {
      boolean same = opened.isPresent() && stillThere(opened.get());
      close();
      for (boolean again = same; again; ) {
        interrupted |= Thread.interrupted();
        again = !truncate(size);
      }
    } catch (IOException broken) {
      // Half a line is found when the file is opened again. A whole one stands there twice.
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** False if the thread was interrupted. */
  private boolean truncate(long size) throws IOException {
    try (FileChannel channel = FileChannel.open(path, options(WRITE))) {
      channel.truncate(size);
      return true;
    } catch (ClosedByInterruptException interrupted) {
      return false;
    }
  }
}
