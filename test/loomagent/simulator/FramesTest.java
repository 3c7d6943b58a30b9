package loomagent.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class FramesTest {
  private Simulator simulator;

  @BeforeEach
  void start() throws IOException {
    simulator = Simulator.start(Settings.defaults());
  }

  @AfterEach
  void stop() {
    simulator.close();
  }

  private interface Sending {
    void to(Client client) throws IOException;
  }

  private void assertClosed(int code, Sending sending) throws IOException {
    try (Client client = Client.live(simulator)) {
      sending.to(client);
      client.expectClose(code);
      client.expectEnd();
    }
  }

  @Test
  void whatBreaksTheProtocolIsClosedWith1002() throws IOException {
    byte[] one = {'x'};
    assertClosed(1002, client -> client.raw(Frames.text("unmasked")));
    assertClosed(1002, client -> client.frame(true, 3, one));
    assertClosed(1002, client -> client.frame(true, 11, one));
    assertClosed(1002, client -> client.frame(true, 0x41, one));
    assertClosed(1002, client -> client.frame(true, Frames.CONTINUATION, one));
    assertClosed(1002, client -> client.frame(false, Frames.PING, one));
    assertClosed(1002, client -> client.frame(true, Frames.PING, new byte[126]));
    assertClosed(
        1002,
        client -> {
          client.frame(false, Frames.TEXT, one);
          client.frame(true, Frames.TEXT, one);
        });
  }

  @Test
  void invalidUtf8IsClosedWith1007() throws IOException {
    assertClosed(1007, client -> client.frame(true, Frames.TEXT, new byte[] {(byte) 0xff}));
  }

  @Test
  void aMessageOverTheBoundIsClosedWith1009() throws IOException {
    byte[] long64k = new byte[0xffff];
    assertClosed(
        1009,
        client -> {
          client.frame(false, Frames.TEXT, long64k);
          for (int size = long64k.length; size <= Frames.MAX_MESSAGE; size += long64k.length) {
            client.frame(false, Frames.CONTINUATION, long64k);
          }
        });
    byte[] length = {(byte) 0x81, (byte) 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0};
    assertClosed(1009, client -> client.raw(length));
  }

  @Test
  void aCloseIsAnsweredWithItsCode() throws IOException {
    assertClosed(4321, client -> client.frame(true, Frames.CLOSE, new byte[] {0x10, (byte) 0xe1}));
    assertClosed(1005, client -> client.frame(true, Frames.CLOSE, new byte[0]));
  }

  @Test
  void fragmentsAreJoinedThoughAPingComesBetween() throws Exception {
    byte[] euro = "{\"€\":1}".getBytes(UTF_8);
    try (Client client = Client.live(simulator)) {
      client.frame(false, Frames.TEXT, new byte[] {euro[0], euro[1], euro[2]});
      client.frame(true, Frames.PING, new byte[0]);
      client.frame(false, Frames.CONTINUATION, new byte[] {euro[3], euro[4]});
      client.frame(true, Frames.CONTINUATION, new byte[] {euro[5], euro[6], euro[7], euro[8]});
      assertEquals(Frames.PONG, client.nextButPings().opcode());
      assertTrue(
          simulator.await(s -> s.commands().contains("{\"€\":1}"), Duration.ofSeconds(5)),
          () -> simulator.commands().toString());
    }
  }

  @Test
  void everyLengthComesBackAsItWasSent() throws IOException {
    for (int length : new int[] {0, 1, 125, 126, 127, 65_535, 65_536, 200_000}) {
      String text = "x".repeat(length);
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(Faults.masked(text)));
      Frames.Frame frame = Frames.read(in, length);
      assertTrue(frame.fin());
      assertEquals(Frames.TEXT, frame.opcode());
      assertArrayEquals(text.getBytes(UTF_8), frame.payload().array());
      assertEquals(-1, in.read());
      DataInputStream again = new DataInputStream(new ByteArrayInputStream(Faults.masked(text)));
      assertThrows(Refused.class, () -> Frames.read(again, length - 1));
    }
  }

  @Test
  void randomBytesAreAFrameOrAViolationOrTooShort() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 50_000; i++) {
      byte[] bytes = new byte[random.nextInt(24)];
      random.nextBytes(bytes);
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
      try {
        assertTrue(Frames.read(in, 1_000).payload().limit() <= 22, "seed " + seed);
      } catch (EOFException | Refused e) {
        // Both are right answers; anything else is not.
      } catch (IOException | RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  @Test
  void aFrameCutShortIsNoFrame() {
    byte[] frame = Faults.masked("x".repeat(300));
    for (int length = 0; length < frame.length; length++) {
      byte[] cut = java.util.Arrays.copyOf(frame, length);
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(cut));
      assertThrows(EOFException.class, () -> Frames.read(in, 1_000));
    }
  }
}
