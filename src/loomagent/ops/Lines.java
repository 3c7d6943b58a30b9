package loomagent.ops;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import loomagent.json.Json;

/**
 * What goes over the control socket: a JSON object a line. A program that hangs or talks nonsense
 * on the other side costs no more than one line of memory. One thread reads.
 */
final class Lines {
  private final SocketChannel channel;
  private final int longest;
  private final ByteBuffer read = ByteBuffer.allocate(8 << 10).flip();

  Lines(SocketChannel channel, int longest) {
    this.channel = channel;
    this.longest = longest;
  }

  /**
   * Waits for the next line.
   *
   * @return its bytes without the newline; nothing when the other side ended before a whole one
   * @throws TooLong when it grows beyond the bound
   */
  Optional<byte[]> next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      while (read.hasRemaining()) {
        byte next = read.get();
        if (next == '\n') {
          return Optional.of(line.toByteArray());
        }
        if (line.size() == longest) {
          throw new TooLong("a line has more than " + longest + " bytes");
        }
        line.write(next);
      }
      int count = channel.read(read.clear());
      read.flip();
      if (count < 0) {
        return Optional.empty();
      }
    }
  }

  /** Sends a value as one line; waits while the other side has no room. */
  static void send(SocketChannel channel, Object value) throws IOException {
    ByteBuffer line = ByteBuffer.wrap((Json.write(value) + "\n").getBytes(StandardCharsets.UTF_8));
    while (line.hasRemaining()) {
      channel.write(line);
    }
  }

  /** A line beyond the bound. */
  static final class TooLong extends IOException {
    private static final long serialVersionUID = 1;

    TooLong(String message) {
      super(message);
    }
  }
}
