package loomagent.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.UnaryOperator;
import loomagent.json.Json;

/**
 * All that a server can do wrong. Scripts are for {@link Simulator#next} and {@link
 * Simulator#always}; the methods that take a simulator act on every live connection at once.
 */
public final class Faults {
  /** An identifier nobody asked for. */
  public static final String STRANGE = "{\"channel\":\"OtherChannel\",\"events\":\"a.b\"}";

  private static final String PING = "{\"type\":\"ping\",\"message\":1690149886}";
  private static final String WELCOME = "{\"type\":\"welcome\"}";

  private Faults() {}

  // The upgrade.

  public static Script refuse(int status, Map<String, String> headers, String body) {
    return peer -> peer.respond(status, headers, body);
  }

  public static Script refuse(int status) {
    return refuse(status, Map.of(), "no");
  }

  /** 429 or 503, with when to come again. */
  public static Script retryAfter(int status, String value) {
    return refuse(status, Map.of("Retry-After", value), "later");
  }

  public static Script redirect(int status, String location) {
    return refuse(status, Map.of("Location", location), "elsewhere");
  }

  /** TCP is accepted, the upgrade never answered. */
  public static Script neverAnswer() {
    return Peer::holdUntilClosed;
  }

  public static Script wrongAcceptKey() {
    return switchingTo("AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "");
  }

  public static Script unofferedSubprotocol() {
    return peer -> switchingTo(key(peer), "Sec-WebSocket-Protocol: not-asked-for\r\n").run(peer);
  }

  public static Script unofferedExtension() {
    return peer ->
        switchingTo(key(peer), "Sec-WebSocket-Extensions: permessage-deflate\r\n").run(peer);
  }

  /** {@code Connection: keep-alive, Upgrade}, which is right, and which Java's client refuses. */
  public static Script keepAliveUpgrade() {
    return peer -> {
      String head = Peer.switching(key(peer), "");
      peer.raw(head.replace("Connection: U", "Connection: keep-alive, U").getBytes(UTF_8));
      peer.welcome();
      peer.serve();
    };
  }

  // The handshake of the cable.

  /** 101, and then nothing for ever, as after an exception in Rails' connect. */
  public static Script silentAfterUpgrade() {
    return peer -> {
      peer.accept();
      peer.holdUntilClosed();
    };
  }

  public static Script pingsWithoutWelcome(Duration every) {
    return peer -> {
      peer.accept();
      while (true) {
        peer.text(PING);
        pause(every);
      }
    };
  }

  /** A ping first, then all goes as it should. */
  public static Script pingBeforeWelcome() {
    return beforeWelcome(PING);
  }

  /** A confirmation of what was never asked for, then all goes as it should. */
  public static Script confirmationBeforeWelcome(String identifier) {
    return beforeWelcome(confirmation(identifier));
  }

  /** Pings and reads for ever, and never confirms. */
  public static Script neverConfirm() {
    return peer -> {
      peer.accept();
      peer.welcome();
      readToEnd(peer);
    };
  }

  /** The first so many subscribes get no answer. */
  public static Script confirmLate(int unanswered) {
    return peer -> {
      peer.accept();
      peer.welcome();
      for (int i = 0; i < unanswered; i++) {
        subscribe(peer);
      }
      peer.serve();
    };
  }

  public static Script confirmTwice() {
    return afterSubscribe(
        (peer, identifier) -> {
          peer.confirm(identifier);
          peer.text(confirmation(identifier));
        });
  }

  /** Confirms, and sends events, under another text than was asked for. */
  public static Script confirmAs(UnaryOperator<String> change) {
    return afterSubscribe((peer, identifier) -> peer.confirm(change.apply(identifier)));
  }

  public static Script confirmInOtherKeyOrder() {
    return confirmAs(
        asked -> "{\"events\":" + Json.write(events(asked)) + ",\"channel\":\"EventChannel\"}");
  }

  public static Script confirmWithSpaces() {
    return confirmAs(
        asked ->
            "{ \"channel\" : \"EventChannel\", \"events\" :" + Json.write(events(asked)) + "}");
  }

  /** As in Loom's own sample: other event names than were asked for. */
  public static Script confirmOtherEvents(String names) {
    return confirmAs(
        asked -> "{\"channel\":\"EventChannel\",\"events\":" + Json.write(names) + "}");
  }

  public static Script reject() {
    return afterSubscribe(
        (peer, identifier) ->
            peer.text(confirmation(identifier).replace("confirm_sub", "reject_sub")));
  }

  public static Script eventBeforeConfirmation(String event) {
    return afterSubscribe(
        (peer, identifier) -> {
          peer.text(envelope(identifier, event));
          peer.confirm(identifier);
        });
  }

  // While live.

  /** Confirms, then sends nothing more and keeps the socket. */
  public static Script silentOnceLive() {
    return peer -> {
      peer.accept();
      peer.text(WELCOME);
      peer.confirm(subscribe(peer));
      peer.silence();
      readToEnd(peer);
    };
  }

  public static Script resetAfterWelcome() {
    return welcomeThen(Peer::reset);
  }

  /** A FIN without a close frame. */
  public static Script finAfterWelcome() {
    return welcomeThen(Peer::fin);
  }

  /** Half an event's frame, then a RST. */
  public static Script cutInsideFrame(String event) {
    return afterSubscribe(
        (peer, identifier) -> {
          peer.text(confirmation(identifier));
          byte[] frame = Frames.text(envelope(identifier, event));
          peer.raw(Arrays.copyOf(frame, frame.length / 2));
          peer.reset();
        });
  }

  /** Welcome, confirmation and one event, byte by byte; from then on as it should be. */
  public static Script drip(String event, Duration delay) {
    return peer -> {
      peer.accept();
      drip(peer, Frames.text(WELCOME), delay);
      String identifier = subscribe(peer);
      drip(peer, Frames.text(confirmation(identifier)), delay);
      drip(peer, Frames.text(envelope(identifier, event)), delay);
      peer.listen(identifier);
      peer.serve();
    };
  }

  /** One event in fragments of so many bytes, with a websocket ping after each but the last. */
  public static Script fragmentedEvent(String event, int size) {
    return afterSubscribe(
        (peer, identifier) -> {
          peer.confirm(identifier);
          peer.raw(fragments(envelope(identifier, event), size));
        });
  }

  /** All as it should be, but a close is read and never answered. */
  public static Script ignoreClose() {
    return peer -> {
      peer.accept();
      peer.welcome();
      peer.confirm(subscribe(peer));
      peer.holdUntilClosed();
    };
  }

  /** Any text frame, on every live connection: garbage, or an envelope of one's own. */
  public static void sendText(Simulator simulator, String text) throws IOException {
    sendRaw(simulator, Frames.text(text));
  }

  /** Any bytes, on every live connection. */
  public static void sendRaw(Simulator simulator, byte[] bytes) throws IOException {
    for (Peer peer : simulator.peers()) {
      peer.raw(bytes);
    }
  }

  /** Every live connection falls silent and stays open: the half-open peer. */
  public static void silence(Simulator simulator) {
    simulator.peers().forEach(Peer::silence);
  }

  /** A RST on every live connection. */
  public static void reset(Simulator simulator) throws IOException {
    for (Peer peer : simulator.peers()) {
      peer.reset();
    }
  }

  /** A FIN without a close frame on every live connection. */
  public static void fin(Simulator simulator) throws IOException {
    for (Peer peer : simulator.peers()) {
      peer.fin();
    }
  }

  // Frames for sendRaw.

  public static byte[] invalidUtf8() {
    return Frames.encode(true, Frames.TEXT, new byte[] {'"', (byte) 0xc3, '"'});
  }

  public static byte[] masked(String text) {
    byte[] key = new byte[4];
    ThreadLocalRandom.current().nextBytes(key);
    byte[] frame = Frames.text(text);
    int payload = text.getBytes(UTF_8).length;
    int start = frame.length - payload;
    byte[] masked = new byte[frame.length + 4];
    System.arraycopy(frame, 0, masked, 0, start);
    masked[1] |= (byte) 0x80;
    System.arraycopy(key, 0, masked, start, 4);
    for (int i = 0; i < payload; i++) {
      masked[start + 4 + i] = (byte) (frame[start + i] ^ key[i & 3]);
    }
    return masked;
  }

  /** A JSON string of so many bytes in one frame. */
  public static byte[] oversized(int size) {
    return Frames.text('"' + "x".repeat(size - 2) + '"');
  }

  /** One message in fragments of so many bytes, with a websocket ping after each but the last. */
  public static byte[] fragments(String text, int size) {
    byte[] all = text.getBytes(UTF_8);
    var out = new ByteArrayOutputStream();
    for (int at = 0; at < all.length; at += size) {
      boolean last = at + size >= all.length;
      byte[] part = Arrays.copyOfRange(all, at, Math.min(all.length, at + size));
      out.writeBytes(Frames.encode(last, at == 0 ? Frames.TEXT : Frames.CONTINUATION, part));
      if (!last) {
        out.writeBytes(Frames.encode(true, Frames.PING, new byte[] {'p'}));
      }
    }
    return out.toByteArray();
  }

  // Texts.

  public static String confirmation(String identifier) {
    return "{\"identifier\":" + Json.write(identifier) + ",\"type\":\"confirm_subscription\"}";
  }

  public static String envelope(String identifier, String message) {
    return "{\"identifier\":" + Json.write(identifier) + ",\"message\":" + message + "}";
  }

  private interface Step {
    void run(Peer peer, String identifier) throws IOException;
  }

  private static Script switchingTo(String acceptKey, String lines) {
    return peer -> {
      peer.raw(Peer.switching(acceptKey, lines).getBytes(UTF_8));
      peer.holdUntilClosed();
    };
  }

  private static Script beforeWelcome(String text) {
    return peer -> {
      peer.accept();
      peer.text(text);
      peer.welcome();
      peer.serve();
    };
  }

  private static Script welcomeThen(Script rest) {
    return peer -> {
      peer.accept();
      peer.text(WELCOME);
      rest.run(peer);
    };
  }

  private static Script afterSubscribe(Step step) {
    return peer -> {
      peer.accept();
      peer.welcome();
      step.run(peer, subscribe(peer));
      peer.serve();
    };
  }

  private static String subscribe(Peer peer) throws IOException {
    String text = peer.readText().orElseThrow(() -> new EOFException("gone before subscribing"));
    return (String) ((Map<?, ?>) Json.parse(text)).get("identifier");
  }

  /** Cuts one connection without a word. */
  public static void cut(Peer peer) {
    peer.cut();
  }

  private static String events(String identifier) {
    return (String) ((Map<?, ?>) Json.parse(identifier)).get("events");
  }

  private static String key(Peer peer) {
    return Peer.acceptKey(peer.request().header("Sec-WebSocket-Key").orElse(""));
  }

  /** Answers pings and closes, and nothing else. */
  private static void readToEnd(Peer peer) throws IOException {
    while (peer.readText().isPresent()) {
      // The simulator keeps it; there is nothing to say.
    }
  }

  private static void pause(Duration duration) throws IOException {
    try {
      Thread.sleep(duration.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EOFException("The simulator is closing");
    }
  }

  private static void drip(Peer peer, byte[] bytes, Duration delay) throws IOException {
    for (byte next : bytes) {
      peer.raw(new byte[] {next});
      pause(delay);
    }
  }
}
