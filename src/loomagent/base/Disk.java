package loomagent.base;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * What is done to files that must outlast a crash or a power cut. Everything of the kind goes
 * through here, so that a test can cut the power, tear a write or fill the disk at each step.
 * Reading needs none of it. Files are made for their owner alone (0600). Any thread.
 */
public interface Disk {

  /** The machine's own. */
  Disk REAL = new RealDisk();

  /**
   * Opens a file to write at its end. One that is new is made, and its folder synced, so that it is
   * still there after a power cut.
   *
   * @param file in an existing folder
   * @return the file, to be used by one thread that nobody interrupts: an interrupt would close it
   * @throws IOException if it cannot be opened
   */
  Appender append(Path file) throws IOException;

  /**
   * Replaces what a file holds, whole: after a crash it holds the old content or the new. The new
   * content is on disk when this returns. Written by root, the file belongs to its folder's owner.
   *
   * @param file which; made if need be, in an existing folder
   * @param content what it holds from now on
   * @throws IOException if it could not be replaced; the old content is still there
   */
  void replace(Path file, byte[] content) throws IOException;

  /**
   * Gives a file another name, over whatever has that name, and syncs the folder.
   *
   * @param from a file
   * @param to its new name, in the same file system
   * @throws IOException if it cannot be moved
   */
  void move(Path from, Path to) throws IOException;

  /**
   * Deletes a file, if it is there. After a power cut it may be back.
   *
   * @param file which
   * @throws IOException if it cannot be deleted
   */
  void delete(Path file) throws IOException;

  /** A file that grows at its end. */
  interface Appender extends Closeable {
    /**
     * How long the file is.
     *
     * @return bytes, those of failed writes included
     * @throws IOException if nobody can tell
     */
    long size() throws IOException;

    /**
     * Writes all of the bytes at the end. They are safe only after {@link #sync}.
     *
     * @param bytes all that remain in the buffer
     * @throws IOException if only a part of them, or none, could be written: {@link #truncate} to
     *     the length before, and try again
     */
    void write(ByteBuffer bytes) throws IOException;

    /**
     * Returns once everything written so far is on disk.
     *
     * @throws IOException if it may not be
     */
    void sync() throws IOException;

    /**
     * Cuts the file to a length.
     *
     * @param size bytes to keep, at most what is there
     * @throws IOException if it cannot be cut
     */
    void truncate(long size) throws IOException;

    @Override
    void close() throws IOException;
  }
}
