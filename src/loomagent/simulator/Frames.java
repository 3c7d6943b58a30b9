package loomagent.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;

/**
 * Frames of RFC 6455, section 5.2, from the server's side: makes bare ones, and reads a client's
 * masked ones. Reading belongs to the connection's thread.
 */
public final class Frames {
  public static final int CONTINUATION = 0;
  public static final int TEXT = 1;
  public static final int BINARY = 2;
  public static final int CLOSE = 8;
  public static final int PING = 9;
  public static final int PONG = 10;

  /** A subscription to some thousand event names fits; more would be held in memory for nothing. */
  static final int MAX_MESSAGE = 256 * 1024;

  private static final int MAX_CONTROL = 125; // section 5.5
  private static final int NONE = -1;

  private final DataInputStream in;
  private final ByteArrayOutputStream parts = new ByteArrayOutputStream();
  private int kind = NONE; // of the message whose parts these are

  Frames(DataInputStream in) {
    this.in = in;
  }

  /** One frame, or one message joined from several; the payload is unmasked. */
  record Frame(boolean fin, int opcode, ByteBuffer payload) {}

  /** A whole text message. A lone surrogate becomes a question mark, for UTF-8 has none. */
  public static byte[] text(String text) {
    return encode(true, TEXT, text.getBytes(UTF_8));
  }

  static byte[] close(int code) {
    return encode(true, CLOSE, new byte[] {(byte) (code >> 8), (byte) code});
  }

  /** One frame. Checks nothing: tests send wrong ones too. */
  public static byte[] encode(boolean fin, int opcode, byte[] payload) {
    int length = payload.length;
    int extended = length <= MAX_CONTROL ? 0 : length <= 0xffff ? 2 : 8;
    ByteBuffer frame = ByteBuffer.allocate(2 + extended + length);
    frame.put((byte) ((fin ? 0x80 : 0) | opcode));
    switch (extended) {
      case 0 -> frame.put((byte) length);
      case 2 -> frame.put((byte) 126).putShort((short) length);
      default -> frame.put((byte) 127).putLong(length);
    }
    return frame.put(payload).array();
  }

  /** The next whole message or control frame; control frames may come between fragments. */
  Frame next() throws IOException {
    while (true) {
      Frame frame = read(in, MAX_MESSAGE - parts.size());
      if (frame.opcode() >= CLOSE) {
        return frame;
      }
      boolean continued = frame.opcode() == CONTINUATION;
      require(continued == (kind != NONE), "a fragment is missing or out of place");
      kind = continued ? kind : frame.opcode();
      parts.writeBytes(frame.payload().array());
      if (frame.fin()) {
        Frame whole = new Frame(true, kind, ByteBuffer.wrap(parts.toByteArray()));
        kind = NONE;
        parts.reset();
        return whole;
      }
    }
  }

  /** Reads one client frame whose payload has at most {@code limit} bytes. */
  static Frame read(DataInputStream in, int limit) throws IOException {
    int first = in.readUnsignedByte();
    int second = in.readUnsignedByte();
    int opcode = first & 0x0f;
    boolean fin = (first & 0x80) != 0;
    long length = second & 0x7f;
    require((first & 0x70) == 0, "a reserved bit is set though no extension was agreed");
    require(opcode <= BINARY || (opcode >= CLOSE && opcode <= PONG), "unknown opcode " + opcode);
    require((second & 0x80) != 0, "a client's frame has to be masked");
    require(
        opcode < CLOSE || (fin && length <= MAX_CONTROL),
        "a control frame is too long or in parts");
    if (length > MAX_CONTROL) {
      length = length == 126 ? in.readUnsignedShort() : in.readLong();
    }
    if (length < 0 || length > limit) {
      throw new Refused(1009, "a message is longer than the limit");
    }
    byte[] mask = new byte[4];
    byte[] payload = new byte[(int) length];
    in.readFully(mask);
    in.readFully(payload);
    for (int i = 0; i < payload.length; i++) {
      payload[i] ^= mask[i & 3];
    }
    return new Frame(fin, opcode, ByteBuffer.wrap(payload));
  }

  /** The bytes as text, refused with a code when they are no UTF-8. */
  static String decode(ByteBuffer bytes, int otherwise) throws Refused {
    try {
      return UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new Refused(otherwise, "A text is not UTF-8");
    }
  }

  private static void require(boolean holds, String otherwise) throws Refused {
    if (!holds) {
      throw new Refused(1002, otherwise);
    }
  }
}
