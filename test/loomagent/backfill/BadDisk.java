package loomagent.backfill;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import loomagent.base.Disk;

/** A disk that syncs nothing, to be fast, and can be full: it then writes half of what is asked. */
final class BadDisk implements Disk {
  volatile boolean full;
  int unsynced;

  @Override
  public Appender append(Path file) {
    return new Appender() {
      @Override
      public long size() throws IOException {
        return Files.size(file);
      }

      @Override
      public void write(ByteBuffer bytes) throws IOException {
        byte[] all = new byte[bytes.remaining()];
        bytes.get(all);
        unsynced++;
        Files.write(file, full ? Arrays.copyOf(all, all.length / 2) : all, CREATE, APPEND);
        check();
      }

      @Override
      public void sync() {
        unsynced = 0;
      }

      @Override
      public void truncate(long size) {
        throw new UnsupportedOperationException();
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public void replace(Path file, byte[] content) throws IOException {
    check();
    fresh(file, content);
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    Files.move(from, to);
  }

  @Override
  public void delete(Path file) throws IOException {
    Files.delete(file);
  }

  /** Not over the old file, which ext4 takes for a reason to sync. */
  static void fresh(Path file, byte[] content) throws IOException {
    Files.deleteIfExists(file);
    Files.write(file, content);
  }

  private void check() throws IOException {
    if (full) {
      throw new IOException("No space left on device");
    }
  }
}
