package loomagent.backfill;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.Supplier;
import loomagent.base.Disk;
import loomagent.base.Words;

/**
 * The file of the {@link Gaps}: lines are appended and synced, and all of it is written anew, by a
 * replace, when it has grown by more than what it held, and when a line could not be appended.
 * Under the lock of its owner, but for {@link #isBehind}.
 */
final class GapsFile {
  /** What may be appended in any case before the file is written anew. */
  static final int ROOM = 256 << 10;

  /** A hundred connections with all the gaps that are remembered have a quarter of it. */
  static final int LARGEST = 64 << 20;

  private final Path file;
  private final Disk disk;
  private final System.Logger log;
  private long size;
  private long most; // the size at which it is written anew
  private long failures;
  private boolean closed;
  private volatile boolean behind; // it lacks something, or ends in half a line

  GapsFile(Path file, Disk disk, System.Logger log) {
    this.file = file;
    this.disk = disk;
    this.log = log;
  }

  /** What is in it; nothing of a file that is not there. */
  byte[] read() throws IOException {
    byte[] bytes = {};
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(LARGEST + 1);
    } catch (NoSuchFileException none) {
      // A new folder.
    }
    if (bytes.length > LARGEST) {
      throw new IOException(
          file + " has more than " + (LARGEST >> 20) + " MB, which no agent wrote: move it away");
    }
    size = bytes.length;
    most = 2 * size + ROOM;
    return bytes;
  }

  String name() {
    return file.getFileName().toString();
  }

  /** Whether it lacks something. Any thread. */
  boolean isBehind() {
    return behind;
  }

  /** How often a line could not be written. */
  long failures() {
    return failures;
  }

  /** The next write is of all there is. */
  void rewrite() {
    most = -1;
  }

  /** What is written from now on is not. */
  void close() {
    closed = true;
  }

  /**
   * Appends, or writes all that is known anew, which makes up for what failed before.
   *
   * @param content all that is known, these lines included
   * @return whether the lines are safe
   */
  boolean write(String lines, Supplier<byte[]> content) {
    if (closed) {
      return false;
    }
    byte[] bytes = lines.getBytes(UTF_8);
    try {
      if (behind || size + bytes.length > most) {
        byte[] all = content.get();
        disk.replace(file, all);
        size = all.length;
        most = 2 * size + ROOM;
      } else {
        append(bytes);
        size += bytes.length;
      }
      if (behind && failures > 0) {
        log.log(Level.INFO, "{0} is complete again", name());
      }
      behind = false;
      return true;
    } catch (ClosedByInterruptException handlers) { // some handler interrupts every thread there is
      Thread.interrupted();
      behind = true;
      boolean written = write("", content);
      Thread.currentThread().interrupt();
      return written;
    } catch (IOException full) {
      failed(full);
      return false;
    }
  }

  private void failed(IOException full) {
    failures++;
    if (!behind || failures == 1) {
      log.log(
          Level.ERROR,
          "{0} cannot be written ({1}). What it lacks is written once that is possible; a gap may"
              + " be pulled twice, or forgotten, if the agent ends before",
          file,
          Words.line(String.valueOf(full.getMessage()), Gaps.MAX_NOTE));
    }
    behind = true;
  }

  // Opened for each line: there are few of them, and an interrupted thread closes only this one.
  private void append(byte[] bytes) throws IOException {
    try (Disk.Appender appender = disk.append(file)) {
      appender.write(ByteBuffer.wrap(bytes));
      appender.sync();
    }
  }
}
