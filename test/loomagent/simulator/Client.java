package loomagent.simulator;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import loomagent.json.Json;

/** A websocket client on a bare socket, so that a test can do what a library would not. */
final class Client implements AutoCloseable {
  static final String KEY = "dGhlIHNhbXBsZSBub25jZQ=="; // RFC 6455, section 1.3
  static final String IDENTIFIER = "{\"channel\":\"EventChannel\",\"events\":\"a.b,c.d\"}";
  static final String SUBSCRIBE =
      "{\"command\":\"subscribe\",\"identifier\":" + Json.write(IDENTIFIER) + "}";

  final Socket socket;
  private final DataInputStream in;

  /** What the server sent; the payload of a masked frame is left as it is. */
  record Received(boolean fin, int opcode, ByteBuffer bytes) {
    byte[] payload() {
      byte[] payload = new byte[bytes.limit()];
      bytes.get(0, payload);
      return payload;
    }

    String text() {
      return new String(payload(), UTF_8);
    }

    int code() {
      return bytes.limit() < 2 ? 1005 : bytes.getShort(0) & 0xffff;
    }
  }

  Client(Simulator simulator) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), simulator.url().getPort());
    socket.setSoTimeout(5_000);
    in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
  }

  /** Upgraded, the answer's head read. */
  static Client upgraded(Simulator simulator) throws IOException {
    Client client = new Client(simulator);
    String head = client.request(upgrade(simulator, ""));
    if (!head.startsWith("HTTP/1.1 101 ")) {
      throw new IOException(head);
    }
    return client;
  }

  /** Upgraded, welcomed and subscribed to {@link #IDENTIFIER}. */
  static Client live(Simulator simulator) throws IOException {
    Client client = upgraded(simulator);
    client.expect("{\"type\":\"welcome\"}");
    client.send(SUBSCRIBE);
    client.expect(Faults.confirmation(IDENTIFIER));
    return client;
  }

  static String upgrade(Simulator simulator, String more) {
    return "GET /websocket HTTP/1.1\r\nHost: 127.0.0.1:"
        + simulator.url().getPort()
        + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: "
        + KEY
        + "\r\nAuthorization: Bearer "
        + simulator.token()
        + "\r\n"
        + more
        + "\r\n";
  }

  /** Sends a request and returns the head of the answer. */
  String request(String text) throws IOException {
    raw(text.getBytes(ISO_8859_1));
    return head();
  }

  String head() throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) in.readUnsignedByte());
    }
    return head.toString();
  }

  /** All up to the server's FIN. */
  String rest() throws IOException {
    return new String(in.readAllBytes(), UTF_8);
  }

  void raw(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  void send(String text) throws IOException {
    raw(Faults.masked(text));
  }

  void frame(boolean fin, int opcode, byte[] payload) throws IOException {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.write((fin ? 0x80 : 0) | opcode);
    if (payload.length <= 125) {
      frame.write(0x80 | payload.length);
    } else {
      frame.write(0x80 | 126);
      frame.write(payload.length >> 8);
      frame.write(payload.length);
    }
    frame.writeBytes(new byte[4]); // a mask of noughts is a mask
    frame.writeBytes(payload);
    raw(frame.toByteArray());
  }

  Received next() throws IOException {
    int first = in.readUnsignedByte();
    int second = in.readUnsignedByte();
    long length = second & 0x7f;
    length = length == 126 ? in.readUnsignedShort() : length == 127 ? in.readLong() : length;
    byte[] payload = new byte[(int) length];
    in.readFully(payload);
    return new Received((first & 0x80) != 0, first & 0x0f, ByteBuffer.wrap(payload));
  }

  /** The next frame that is no cable ping. */
  Received nextButPings() throws IOException {
    long end = System.nanoTime() + 5_000_000_000L;
    Received next = next();
    while (next.text().startsWith("{\"type\":\"ping\"")) {
      if (System.nanoTime() > end) {
        throw new SocketTimeoutException("nothing but pings");
      }
      next = next();
    }
    return next;
  }

  void expect(String text) throws IOException {
    Received next = nextButPings();
    if (next.opcode() != Frames.TEXT || !next.text().equals(text)) {
      throw new AssertionError("expected " + text + " but got " + next.opcode() + next.text());
    }
  }

  void expectClose(int code) throws IOException {
    Received next = nextButPings();
    if (next.opcode() != Frames.CLOSE || next.code() != code) {
      throw new AssertionError(
          "expected close " + code + " but got " + next.opcode() + ", " + next.code());
    }
  }

  void expectEnd() throws IOException {
    try {
      Received next = next();
      throw new AssertionError("expected the end but got " + next.opcode() + " " + next.text());
    } catch (EOFException e) {
      // As hoped.
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
