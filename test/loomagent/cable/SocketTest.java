package loomagent.cable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import loomagent.base.Secret;
import loomagent.base.Token;
import org.junit.jupiter.api.Test;

/** One websocket, played by hand: what is handed over, and how much more is asked for. */
final class SocketTest {
  private static final int QUARTER = Socket.WINDOW / 4;

  /** Bytes that may wait, as the socket has it. */
  private static final long MOST = Math.min(8L << 20, Runtime.getRuntime().maxMemory() / 16);

  private final Inbox inbox = new Inbox();
  private final Socket socket = new Socket(7, inbox);
  private final Wire wire = new Wire();

  private Queue<Inbox.Item> handed() throws InterruptedException {
    return inbox.take(new ArrayDeque<>(), 0);
  }

  private void open() throws InterruptedException {
    socket.onOpen(wire);
    assertEquals(List.of("request " + Socket.WINDOW), wire.news());
    assertSame(socket, assertInstanceOf(Inbox.Opened.class, handed().remove()).socket());
  }

  private void part(String text) {
    assertNull(socket.onText(wire, text, false));
  }

  private void message(String text) {
    assertNull(socket.onText(wire, text, true));
  }

  private String text() throws InterruptedException {
    Queue<Inbox.Item> items = handed();
    Inbox.Text text = assertInstanceOf(Inbox.Text.class, items.remove());
    assertSame(socket, text.socket());
    assertTrue(items.isEmpty());
    return new String(text.utf8(), StandardCharsets.UTF_8);
  }

  private Failure failure() throws InterruptedException {
    Queue<Inbox.Item> items = handed();
    Inbox.Ended ended = assertInstanceOf(Inbox.Ended.class, items.remove());
    assertEquals(7, ended.socket());
    assertTrue(items.isEmpty());
    return ended.failure();
  }

  private static void assertNews(Wire wire, String... expected) {
    assertEquals(List.of(expected), wire.news());
  }

  /** Fills what may wait up to so many bytes. */
  private void fill(long bytes) {
    for (long left = bytes; left > 0; left -= Socket.LARGEST_MESSAGE) {
      message("x".repeat((int) Math.min(left, Socket.LARGEST_MESSAGE)));
    }
  }

  /** So many bytes wait, and so many parts were not asked for again. */
  private void assertPending(long bytes, int owed) {
    int parts = QUARTER - owed;
    fill(MOST - 1 - parts - bytes);
    for (int i = 0; i < parts; i++) {
      part("x");
    }
    assertNews(wire, "request " + QUARTER); // one byte less than may wait
    for (int i = 0; i < QUARTER; i++) {
      part("x");
    }
    assertNews(wire);
    socket.processed(1, 0);
    assertNews(wire, "request " + QUARTER);
  }

  @Test
  void aSocketOpensOnce() throws InterruptedException {
    assertEquals(7, socket.number());
    assertFalse(socket.opened());
    assertFalse(socket.dialling());
    socket.dialled();
    assertTrue(socket.dialling());
    open();
    assertTrue(socket.opened());
    assertFalse(socket.dialling());
  }

  @Test
  void aDialThatCameToNothingIsOver() throws InterruptedException {
    socket.dialled();
    socket.failed(new IOException("refused"));
    assertFalse(socket.dialling());
    assertTrue(failure().text().contains("refused"));
  }

  @Test
  void aSocketThatWasGivenUpIsEndedOnceItOpens() throws InterruptedException {
    socket.drop();
    socket.onOpen(wire);
    assertNews(wire, "abort");
    assertTrue(handed().isEmpty());
  }

  @Test
  void anOpenSocketIsGivenUpOrClosed() throws InterruptedException {
    open();
    socket.close();
    socket.drop();
    assertNews(wire, "close 1000", "abort");
  }

  @Test
  void itsTokenIsTheOneItCarries() {
    assertEquals(Optional.empty(), socket.token());
    Token token = new Token(new Secret("t"), Optional.empty(), Optional.empty());
    socket.carries(token);
    assertEquals(Optional.of(token), socket.token());
  }

  @Test
  void whatCannotBeSentEndsIt() throws InterruptedException {
    open();
    socket.send("hello");
    assertNews(wire, "text hello true");
    assertTrue(handed().isEmpty());
    wire.result = CompletableFuture.failedFuture(new IOException("broken pipe"));
    socket.send("hello");
    assertTrue(failure().text().contains("broken pipe"));
  }

  @Test
  void aMessageIsHandedOverWholeHoweverItComes() throws InterruptedException {
    open();
    message("one");
    assertEquals("one", text());
    for (int i = 0; i < 2; i++) {
      part("ü€");
      part("😀");
      assertTrue(handed().isEmpty());
      message("!");
      assertEquals("ü€😀!", text());
    }
    assertNews(wire);
  }

  @Test
  void theLargestMessageIsTakenAndALargerOneEndsTheSocket() throws InterruptedException {
    open();
    String most = "x".repeat(Socket.LARGEST_MESSAGE);
    message(most);
    assertEquals(most, text());
    part(most.substring(1));
    message("x");
    assertEquals(most, text());
    assertNews(wire);
    message(most + "x");
    assertNews(wire, "abort");
    assertTrue(failure().text().contains("more than 1 MiB"));
    part(most);
    message("x");
    assertNews(wire, "abort");
    assertTrue(failure().text().contains("more than 1 MiB"));
  }

  @Test
  void moreIsAskedForAQuarterOfTheWindowAtOnce() throws InterruptedException {
    open();
    socket.processed(0, QUARTER - 1);
    assertNews(wire);
    socket.processed(0, 1);
    assertNews(wire, "request " + QUARTER);
    for (int i = 0; i < QUARTER - 1; i++) {
      assertNull(socket.onPing(wire, ByteBuffer.allocate(0)));
    }
    assertNews(wire);
    part("x");
    assertNews(wire, "request " + QUARTER);
    socket.processed(0, QUARTER + 5);
    assertNews(wire, "request " + (QUARTER + 5));
  }

  @Test
  void noMoreIsAskedForWhileAsMuchWaitsAsMay() throws InterruptedException {
    open();
    fill(MOST - QUARTER);
    for (int i = 0; i < QUARTER; i++) {
      part("x");
    }
    assertNews(wire); // with the last of these it is as much
    message("");
    socket.processed(MOST, 0);
    assertNews(wire, "request " + QUARTER);
    assertPending(0, 0);
  }

  @Test
  void aMessageWaitsByItsBytesUntilItIsDoneWith() throws InterruptedException {
    open();
    part("ü€");
    part("😀"); // two characters, four bytes
    message("ß");
    int bytes = "ü€😀ß".getBytes(StandardCharsets.UTF_8).length;
    assertPending(bytes, 2);
  }

  @Test
  void whatIsDoneWithWaitsNoMore() throws InterruptedException {
    open();
    message("x".repeat(1_000));
    part("ü€");
    message("ß");
    socket.processed(1_000 + 2 + 3 + 2, 2);
    assertNews(wire);
    for (int i = 0; i < QUARTER - 3; i++) {
      assertNull(socket.onPing(wire, ByteBuffer.allocate(0)));
    }
    assertNews(wire, "request " + QUARTER);
    assertPending(0, 0);
  }

  @Test
  void aPingOfOursIsAnsweredOnceAndByItsMarkAlone() throws InterruptedException {
    open();
    socket.ping(1L << 40 | 5);
    assertNews(wire, "ping 8 " + (1L << 40 | 5));
    assertFalse(socket.answers());
    pong(ByteBuffer.allocate(4));
    assertFalse(socket.answers(), "that one was nobody's");
    pong(ByteBuffer.allocate(8).putLong(0, 6));
    assertTrue(socket.answers());
    assertTrue(handed().isEmpty());
    ByteBuffer within = ByteBuffer.allocate(12).putLong(4, 1L << 40 | 5).position(4);
    pong(within);
    Inbox.Pong pong = assertInstanceOf(Inbox.Pong.class, handed().remove());
    assertEquals(1L << 40 | 5, pong.then());
    assertSame(socket, pong.socket());
    pong(within.position(4));
    assertTrue(handed().isEmpty());
    pong(ByteBuffer.allocate(8));
    assertTrue(handed().isEmpty(), "no mark");
    assertTrue(socket.answers(), "once it has, it does");
    assertNews(wire);
    socket.processed(0, QUARTER - 5);
    assertNews(wire, "request " + QUARTER); // with the five
  }

  private void pong(ByteBuffer message) {
    assertNull(socket.onPong(wire, message));
  }

  @Test
  void aBinaryFrameIsHandedOverAsSuch() throws InterruptedException {
    open();
    assertNull(socket.onBinary(wire, ByteBuffer.allocate(1), true));
    assertSame(socket, assertInstanceOf(Inbox.Binary.class, handed().remove()).socket());
  }

  @Test
  void itsEndIsSaid() throws InterruptedException {
    open();
    assertNull(socket.onClose(wire, 1001, "bye"));
    Failure closed = failure();
    assertEquals("closed", closed.reason());
    assertTrue(closed.text().contains("(1001: bye)"), closed::text);
    socket.onError(wire, new IOException("reset"));
    assertTrue(failure().text().contains("reset"));
  }

  @Test
  void whateverArrivesIsASignOfLife() throws InterruptedException {
    List<Runnable> signs =
        List.of(
            () -> socket.onOpen(wire),
            () -> message("x"),
            () -> part("x"),
            () -> socket.onBinary(wire, ByteBuffer.allocate(1), true),
            () -> socket.onPing(wire, ByteBuffer.allocate(1)),
            () -> pong(ByteBuffer.allocate(1)));
    for (Runnable sign : signs) {
      long before = System.nanoTime();
      sign.run();
      assertTrue(socket.lastLife() - before >= 0);
      assertTrue(System.nanoTime() - socket.lastLife() >= 0);
    }
  }
}
