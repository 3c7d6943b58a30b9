package loomagent.delivery;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import loomagent.base.Disk;

/** A disk that has no more room when a test says so. */
final class FullDisk implements Disk {
  private volatile int room = Integer.MAX_VALUE;

  /** Takes so many more bytes, and then a part of a write at the most. */
  void fill(int bytes) {
    room = bytes;
  }

  void empty() {
    room = Integer.MAX_VALUE;
  }

  private synchronized int take(int bytes) {
    int taken = Math.min(bytes, room);
    room = room - taken;
    return taken;
  }

  private static IOException full() {
    return new IOException("No space left on device");
  }

  @Override
  public Appender append(Path file) throws IOException {
    Appender real = REAL.append(file);
    return new Appender() {
      @Override
      public long size() throws IOException {
        return real.size();
      }

      @Override
      public void write(ByteBuffer bytes) throws IOException {
        int length = bytes.remaining();
        int taken = take(length);
        real.write(bytes.slice(bytes.position(), taken));
        if (taken < length) {
          throw full();
        }
      }

      @Override
      public void sync() throws IOException {
        real.sync();
      }

      @Override
      public void truncate(long size) throws IOException {
        real.truncate(size);
      }

      @Override
      public void close() throws IOException {
        real.close();
      }
    };
  }

  @Override
  public void replace(Path file, byte[] content) throws IOException {
    if (take(content.length) < content.length) {
      throw full();
    }
    REAL.replace(file, content);
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    REAL.move(from, to);
  }

  @Override
  public void delete(Path file) throws IOException {
    REAL.delete(file);
  }
}
