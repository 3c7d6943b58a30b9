package loomagent.cable;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Takes one websocket by hand, pings it, and reads the answer: no library in between. */
final class PongServer implements AutoCloseable {
  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  private final ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  private final CompletableFuture<String> answer = new CompletableFuture<>();

  PongServer(String payload) throws IOException {
    Thread thread = new Thread(() -> serve(payload.getBytes(UTF_8)), "pong-server");
    thread.setDaemon(true);
    thread.start();
  }

  URI url() {
    return URI.create("ws://127.0.0.1:" + server.getLocalPort() + "/websocket");
  }

  /** Completed with {@code opcode payload} of the first frame from the client. */
  CompletableFuture<String> answer() {
    return answer;
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  private void serve(byte[] payload) {
    try (Socket socket = server.accept()) {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      String switching =
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              + "Sec-WebSocket-Accept: "
              + accept(head(in))
              + "\r\n\r\n";
      socket.getOutputStream().write(switching.getBytes(ISO_8859_1));
      socket.getOutputStream().write(new byte[] {(byte) 0x89, (byte) payload.length});
      socket.getOutputStream().write(payload);
      int opcode = in.readUnsignedByte() & 0x0f;
      byte[] masked = new byte[in.readUnsignedByte() & 0x7f];
      byte[] mask = new byte[4];
      in.readFully(mask);
      in.readFully(masked);
      for (int i = 0; i < masked.length; i++) {
        masked[i] ^= mask[i % 4];
      }
      answer.complete(opcode + " " + new String(masked, UTF_8));
      in.read(); // until the agent leaves
    } catch (IOException | NoSuchAlgorithmException failure) {
      answer.completeExceptionally(failure);
    }
  }

  private static String head(DataInputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) in.readUnsignedByte());
    }
    return head.toString();
  }

  static String accept(String head) throws NoSuchAlgorithmException {
    Matcher key = Pattern.compile("(?i)Sec-WebSocket-Key: (\\S+)").matcher(head);
    if (!key.find()) {
      throw new IllegalStateException(head);
    }
    byte[] digest =
        MessageDigest.getInstance("SHA-1").digest((key.group(1) + GUID).getBytes(ISO_8859_1));
    return Base64.getEncoder().encodeToString(digest);
  }
}
