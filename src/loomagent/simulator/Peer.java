package loomagent.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import loomagent.json.Json;
import loomagent.json.JsonException;

/**
 * The server's end of one connection: what a {@link Script} plays on. What reads, and what answers
 * the upgrade, belongs to the connection's thread; what sends or ends may be called from any. What
 * sends waits while the client has no room, and throws when it is gone.
 */
public final class Peer {
  private static final String CABLE = "actioncable-v1-json";

  /** Each is looked at for every event; no client of Loom needs more than one. */
  private static final int MAX_SUBSCRIPTIONS = 100;

  private final Socket socket;
  private final Simulator simulator;
  private final DataInputStream in;
  private final Frames frames;
  private final Outbox outbox;
  private final Map<String, Subscription> subscriptions = new ConcurrentHashMap<>();
  private Request request = new Request("", "", Map.of(), ""); // connection thread, before upgraded
  private volatile boolean upgraded;
  private volatile boolean beating;
  private volatile boolean silent;
  private Runnable answered = () -> {}; // the connection's thread
  private volatile String subject = ""; // whose events it gets; all if empty

  Peer(Socket socket, Simulator simulator) throws IOException {
    this.socket = socket;
    this.simulator = simulator;
    in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    frames = new Frames(in);
    outbox = new Outbox(socket.getOutputStream(), settings().patience());
  }

  /** The request that opened this connection. */
  public Request request() {
    return request;
  }

  /** Answers 101 with the right key, and Action Cable's subprotocol if it was offered. */
  public void accept() throws IOException {
    String key = acceptKey(request.header("Sec-WebSocket-Key").orElse(""));
    boolean cable = request.lists("Sec-WebSocket-Protocol", CABLE);
    String answer = switching(key, cable ? "Sec-WebSocket-Protocol: " + CABLE + "\r\n" : "");
    synchronized (outbox) { // it is not written before it counts as upgraded
      raw(answer.getBytes(UTF_8));
      upgraded = true;
    }
    if (simulator.isAway()) {
      cut(); // let in a moment before, and not yet seen by whoever cut all the others
    }
  }

  /** The head of a 101 with this accept key and these further lines, each with its CR LF. */
  static String switching(String acceptKey, String lines) {
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + ("Sec-WebSocket-Accept: " + acceptKey + "\r\n" + lines + "\r\n");
  }

  /** RFC 6455, section 4.2.2: what proves that the server read the client's key. */
  static String acceptKey(String key) {
    try {
      byte[] bytes = (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(UTF_8);
      return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-1").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-1", e);
    }
  }

  /** Answers the request with a status and a text. */
  public void respond(int status, Map<String, String> headers, String body) throws IOException {
    StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " \r\nConnection: close\r\n");
    headers.forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
    head.append("Content-Length: " + body.getBytes(UTF_8).length + "\r\n\r\n");
    answered.run();
    raw((head + body).getBytes(UTF_8));
  }

  /**
   * This is told just before an answer goes out: the client may ask the next thing on getting it.
   */
  void beforeAnswer(Runnable listener) {
    answered = listener;
  }

  /** Sends the welcome; from here on the connection gets the pings. */
  public void welcome() throws IOException {
    text("{\"type\":\"welcome\"}");
    beating = true;
  }

  /** Answers commands as Rails does, and pings, until the connection ends. */
  public void serve() throws IOException {
    beating = true;
    for (Optional<String> text = readText(); text.isPresent(); text = readText()) {
      command(text.get());
    }
  }

  /** Sends events of this identifier's names from now on, and confirms nothing. */
  public void listen(String identifier) {
    Subscription.parse(identifier).ifPresent(asked -> subscriptions.put(identifier, asked));
  }

  /** Confirms a subscription; events of its names follow, and none comes before. */
  public void confirm(String identifier) throws IOException {
    synchronized (outbox) {
      text(answer(identifier, "confirm_subscription"));
      listen(identifier);
    }
    log("subscribed to " + Json.write(identifier));
  }

  /** Sends one text frame. */
  public void text(String text) throws IOException {
    raw(Frames.text(text));
  }

  /**
   * Sends bytes as they are, whole: no ping or event gets in between.
   *
   * @return false when this side has sent its last already
   */
  public boolean raw(byte[] bytes) throws IOException {
    try {
      return outbox.send(bytes);
    } catch (SocketTimeoutException e) {
      log("is dropped: too_slow");
      cut();
      throw e;
    }
  }

  /** Sends Rails' disconnect and a close with 1000; the client has 2 seconds to answer it. */
  public void disconnect(String reason, boolean reconnect) {
    String text = "{\"type\":\"disconnect\",\"reason\":%s,\"reconnect\":%s}";
    event(Frames.text(text.formatted(Json.write(reason), reconnect)));
    last(Frames.close(1000));
  }

  /**
   * The next text message, or nothing once the client has closed, left or broken the protocol.
   * Answers pings and closes on the way; a binary message is passed over.
   */
  public Optional<String> readText() throws IOException {
    try {
      while (true) {
        Frames.Frame frame = frames.next();
        switch (frame.opcode()) {
          case Frames.TEXT -> {
            String text = Frames.decode(frame.payload(), 1007);
            simulator.received(text);
            return Optional.of(text);
          }
          case Frames.PING -> raw(Frames.encode(true, Frames.PONG, frame.payload().array()));
          case Frames.CLOSE -> {
            byte[] code =
                Arrays.copyOf(frame.payload().array(), frame.payload().limit() < 2 ? 0 : 2);
            last(Frames.encode(true, Frames.CLOSE, code));
            return Optional.empty();
          }
          default -> log("sent what Rails passes over");
        }
      }
    } catch (Refused e) {
      log("broke the protocol: " + e.getMessage());
      last(Frames.close(e.code()));
    } catch (EOFException | SocketException e) {
      // The client left without a word.
    }
    return Optional.empty();
  }

  /** Sends nothing after this, not even a FIN, and keeps the socket: a peer whose line is dead. */
  public void silence() {
    silent = true;
    outbox.seal();
    outbox.flush();
  }

  /** Ends the connection with a RST, after what was sent before. */
  public void reset() throws IOException {
    outbox.flush();
    if (!socket.isClosed()) {
      socket.setSoLinger(true, 0);
    }
    cut();
  }

  /** Sends a FIN without a close frame, after what was sent before, and goes on reading. */
  public void fin() throws IOException {
    outbox.seal();
    outbox.flush();
    if (!socket.isOutputShutdown()) {
      socket.shutdownOutput();
    }
  }

  /** Reads whatever comes and answers nothing, not even a close, until the client is gone. */
  public void holdUntilClosed() {
    byte[] waste = new byte[8 * 1024];
    try {
      while (in.read(waste) >= 0) {
        // Read so that the client is never kept from sending.
      }
    } catch (IOException e) {
      // Gone, which is what was waited for.
    }
  }

  Settings settings() {
    return simulator.settings();
  }

  Published published() {
    return simulator.published();
  }

  Tokens tokens() {
    return simulator.hub().tokens();
  }

  /** From now on it gets the events of the token's Organization alone, if the token has one. */
  void belongsTo(Tokens.Access access) {
    subject = access.subject();
    if (!subject.isEmpty() && settings().hub().disconnects()) {
      simulator.at(access.end(), () -> disconnect("token_expired", false));
    }
  }

  /** Whose events it gets; all if empty. */
  String subject() {
    return subject;
  }

  Outbox outbox() {
    return outbox;
  }

  Collection<Subscription> subscriptions() {
    return subscriptions.values();
  }

  boolean upgraded() {
    return upgraded;
  }

  void readRequest() throws IOException {
    try {
      socket.setSoTimeout((int) settings().patience().toMillis());
      request = Request.read(in);
      socket.setSoTimeout(0);
    } catch (SocketTimeoutException e) {
      throw new Refused(408, "The request took too long");
    }
  }

  /** Queues one event; false when the client does not get it. */
  boolean event(byte[] frame) {
    try {
      return raw(frame);
    } catch (IOException e) {
      return false;
    }
  }

  void beat() {
    if (beating) {
      long now = Instant.now().getEpochSecond();
      outbox.offer(Frames.text("{\"type\":\"ping\",\"message\":" + now + "}"));
    }
  }

  /** Ends the connection in good order: what was sent, a FIN, and the client's own end. */
  void end() {
    subscriptions.clear();
    try {
      if (!silent) {
        fin();
        simulator.cutSoon(this);
      }
      // Closing with bytes unread would send a RST, and take back the answer just given.
      holdUntilClosed();
    } catch (IOException e) {
      // Gone before its time; there is nobody left to be polite to.
    }
    cut();
  }

  /** Closes the socket at once. */
  void cut() {
    outbox.close();
    try {
      socket.close();
    } catch (IOException e) {
      // A socket that cannot be closed is closed.
    }
  }

  @Override
  public String toString() {
    return "client " + socket.getPort();
  }

  private void command(String text) throws IOException {
    try {
      if (Json.parse(text) instanceof Map<?, ?> map
          && map.get("identifier") instanceof String identifier) {
        if ("subscribe".equals(map.get("command"))) {
          subscribe(identifier);
        } else if ("unsubscribe".equals(map.get("command"))) {
          subscriptions.remove(identifier);
        }
      }
    } catch (JsonException e) {
      log("sent a command that is not JSON, which Rails passes over");
    }
  }

  private void subscribe(String identifier) throws IOException {
    Optional<Subscription> asked = Subscription.parse(identifier);
    if (asked.isEmpty() || subscriptions.containsKey(identifier)) {
      // Rails answers neither a channel it does not know nor a subscription it already has.
      log("gets no answer, as from Rails, to " + Json.write(identifier));
    } else if (asked.get().names().isEmpty() || subscriptions.size() >= MAX_SUBSCRIPTIONS) {
      text(answer(identifier, "reject_subscription"));
    } else {
      confirm(identifier);
    }
  }

  private static String answer(String identifier, String type) {
    return "{\"identifier\":" + Json.write(identifier) + ",\"type\":\"" + type + "\"}";
  }

  private void last(byte[] close) {
    synchronized (outbox) {
      event(close);
      outbox.seal();
    }
    simulator.cutSoon(this);
  }

  /** What a client sent may be long, and a line of the log is not. */
  private void log(String fact) {
    settings().log().accept(this + " " + fact.substring(0, Math.min(200, fact.length())));
  }
}
