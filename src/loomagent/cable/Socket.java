package loomagent.cable;

import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import loomagent.base.Token;

/**
 * One websocket: joins fragments, bounds their size, and hands whole messages to the inbox.
 *
 * <p>The demand is the back-pressure. The websocket may deliver {@link #WINDOW} parts ahead of the
 * connection's thread, and of larger messages, while {@link #MOST_PENDING} bytes wait, only the
 * rest of that window: 40 MB at the very worst. Demand is not at nothing for longer than the
 * connection's thread is busy: without it a close, a reset and a ping go unnoticed.
 */
final class Socket implements WebSocket.Listener {

  /** Parts that may arrive ahead: measured, more gains nothing and one costs half the speed. */
  static final int WINDOW = 256;

  /** Loom's events are under a kilobyte by its own rule; a thousand times that is an attack. */
  static final int LARGEST_MESSAGE = 1 << 20;

  /** Bytes that may wait for the connection's thread: some thousand events. */
  private static final long MOST_PENDING =
      Math.min(8L << 20, Runtime.getRuntime().maxMemory() / 16);

  private final int number;
  private final Inbox inbox;
  private final AtomicLong pending = new AtomicLong(); // bytes handed over, or being joined
  private final AtomicInteger owed = new AtomicInteger(); // parts taken, and not asked for anew
  private final StringBuilder parts = new StringBuilder(); // HttpClient's thread only
  private volatile WebSocket webSocket; // set by onOpen, before anything else happens
  private volatile Optional<Token> token = Optional.empty();
  private volatile boolean dialled; // HttpClient has it in hand
  private volatile boolean ended;
  private volatile boolean dropped;
  private final AtomicLong pinged = new AtomicLong(); // the mark of a ping not answered yet, or 0
  private volatile boolean answers;
  private volatile long lastLife = System.nanoTime();

  Socket(int number, Inbox inbox) {
    this.number = number;
    this.inbox = inbox;
  }

  int number() {
    return number;
  }

  /** When anything last arrived, by {@link System#nanoTime}. */
  long lastLife() {
    return lastLife;
  }

  /** Whether it was opened, so that something has arrived. */
  boolean opened() {
    return webSocket != null;
  }

  /** The token that it is dialled with. */
  void carries(Token token) {
    this.token = Optional.of(token);
  }

  Optional<Token> token() {
    return token;
  }

  /** The upgrade is on its way. */
  void dialled() {
    dialled = true;
  }

  /** Whether HttpClient has been asked for this socket and has not said yet what came of it. */
  boolean dialling() {
    return dialled && !ended && webSocket == null;
  }

  /** The dial came to nothing. */
  void failed(Throwable error) {
    failed(Failures.of(error));
  }

  /** The dial, or the socket, came to nothing. */
  void failed(Failure failure) {
    ended = true;
    inbox.add(new Inbox.Ended(number, failure));
  }

  /** Sends a text frame. One at a time: the caller sends again only after seconds. */
  void send(String text) {
    CompletableFuture<?> unused =
        webSocket
            .sendText(text, true)
            .whenComplete(
                (sent, error) -> {
                  if (error != null) {
                    failed(error);
                  }
                });
  }

  /** Asks the server for a sign of life that comes after all it has sent so far. */
  void ping(long mark) {
    pinged.set(mark);
    CompletableFuture<?> unused =
        webSocket.sendPing(ByteBuffer.allocate(Long.BYTES).putLong(0, mark));
  }

  /** Whether the server has answered a ping, as RFC 6455 has it; some do not. */
  boolean answers() {
    return answers;
  }

  /** Says goodbye; the server's own close or {@link #drop} ends it. */
  void close() {
    CompletableFuture<?> unused = webSocket.sendClose(WebSocket.NORMAL_CLOSURE, "");
  }

  /** Ends the socket at once, also one that is still being opened. */
  void drop() {
    dropped = true;
    WebSocket open = webSocket;
    if (open != null) {
      open.abort();
    }
  }

  /** The connection's thread is done with some messages: more may come. */
  void processed(long bytes, int messages) {
    pending.addAndGet(-bytes);
    owed.addAndGet(messages);
    ask();
  }

  @Override
  public void onOpen(WebSocket opened) {
    webSocket = opened;
    if (dropped) {
      opened.abort();
      return;
    }
    lastLife = System.nanoTime();
    inbox.add(new Inbox.Opened(this));
    opened.request(WINDOW);
  }

  @Override
  public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
    lastLife = System.nanoTime();
    if (parts.length() + (long) data.length() > LARGEST_MESSAGE) {
      from.abort();
      failed(
          Failure.unreachable("the server sent a message of more than 1 MiB, which was refused"));
    } else if (!last) {
      parts.append(data);
      pending.addAndGet(data.length());
      owed.incrementAndGet();
      if (pending.get() < MOST_PENDING) {
        ask();
      }
    } else if (parts.length() == 0) {
      hand(data.toString(), 0);
    } else {
      int joined = parts.length();
      hand(parts.append(data).toString(), joined);
      parts.setLength(0);
      parts.trimToSize();
    }
    return null;
  }

  @Override
  public CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
    lastLife = System.nanoTime();
    inbox.add(new Inbox.Binary(this));
    return null;
  }

  @Override
  public CompletionStage<?> onPing(WebSocket from, ByteBuffer message) {
    lastLife = System.nanoTime(); // HttpClient sends the pong
    owed.incrementAndGet();
    ask();
    return null;
  }

  @Override
  public CompletionStage<?> onPong(WebSocket from, ByteBuffer message) {
    long mark = message.remaining() == Long.BYTES ? message.getLong(message.position()) : 0;
    answers |= mark != 0;
    if (mark != 0 && pinged.compareAndSet(mark, 0)) { // others are nobody's, and might be many
      inbox.add(new Inbox.Pong(this, mark));
    }
    return onPing(from, message);
  }

  @Override
  public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
    failed(Failures.closed(status, reason));
    return null;
  }

  @Override
  public void onError(WebSocket from, Throwable error) {
    failed(error);
  }

  private void hand(String text, int joined) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    pending.addAndGet(utf8.length - joined);
    inbox.add(new Inbox.Text(this, utf8));
  }

  // Asking for every part by itself costs a wake-up each; a quarter of the window at once does not.
  private void ask() {
    int parts = owed.get();
    while (parts >= WINDOW / 4) {
      if (owed.compareAndSet(parts, 0)) {
        webSocket.request(parts);
      }
      parts = owed.get();
    }
  }
}
