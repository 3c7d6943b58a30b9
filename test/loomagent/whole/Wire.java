package loomagent.whole;

import java.io.IOException;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;

/**
 * A websocket as HttpClient gives it to the agent: what comes is told in order, one thing at a
 * time, on the client's thread, and only as much as was asked for. Without demand not even an end
 * is seen.
 */
final class Wire implements WebSocket {
  /** Something to tell, once there is demand. */
  private interface Item {
    void tell(Listener listener);
  }

  private final World world;
  private final WorldClient client;
  private final Listener listener;
  private final Queue<Item> items = new ArrayDeque<>();
  private Peer peer;
  private long demand;
  private boolean broken; // nothing more is told
  private boolean closing; // by this side
  private long lastArrival;

  Wire(World world, WorldClient client, Listener listener) {
    this.world = world;
    this.client = client;
    this.listener = listener;
  }

  void connect(Peer peer) {
    this.peer = peer;
    client.tell(() -> listener.onOpen(this));
  }

  // --- from the other side; what is sent in order arrives in order ------------------------------

  private void arrive(long latency, Runnable what) {
    lastArrival = Math.max(lastArrival, world.schedule.nanos() + latency);
    world.after(lastArrival - world.schedule.nanos(), what);
  }

  /** A message, in parts as the network has it. */
  void text(long latency, String text) {
    arrive(latency, () -> whole(text));
  }

  private void whole(String text) {
    int at = 0;
    while (world.random.nextInt(4) == 0 && at < text.length()) {
      int to = at + world.random.nextInt(text.length() - at);
      part(text.substring(at, to), false);
      at = to;
    }
    part(text.substring(at), true);
  }

  /** A message that is never finished. */
  void begun(long latency, String text) {
    arrive(latency, () -> part(text.substring(0, world.random.nextInt(text.length())), false));
  }

  private void part(String text, boolean last) {
    add(to -> to.onText(this, text, last));
  }

  void pong(long latency, ByteBuffer payload) {
    arrive(latency, () -> add(to -> to.onPong(this, payload)));
  }

  void closed(long latency, int status) {
    arrive(latency, () -> add(to -> end(() -> to.onClose(this, status, ""))));
  }

  void failed(long latency, String words) {
    arrive(latency, () -> add(to -> end(() -> to.onError(this, new IOException(words)))));
  }

  private void end(Runnable told) {
    broken = true;
    told.run();
  }

  private void add(Item item) {
    items.add(item);
    client.tell(this::deliver);
  }

  private void deliver() {
    while (!broken && demand > 0 && !items.isEmpty()) {
      demand--;
      items.remove().tell(listener);
    }
  }

  // --- for the agent ----------------------------------------------------------------------------

  @Override
  public void request(long n) {
    demand += n;
    client.tell(this::deliver);
  }

  @Override
  public CompletableFuture<WebSocket> sendText(CharSequence data, boolean last) {
    if (broken || closing) {
      return CompletableFuture.failedFuture(new IOException("Output closed"));
    }
    String text = data.toString();
    world.after(world.loom.latency(), () -> peer.heard(text));
    return CompletableFuture.completedFuture(this);
  }

  @Override
  public CompletableFuture<WebSocket> sendClose(int status, String reason) {
    if (broken || closing) {
      return CompletableFuture.failedFuture(new IOException("Output closed"));
    }
    closing = true;
    world.after(world.loom.latency(), () -> peer.left(status));
    return CompletableFuture.completedFuture(this);
  }

  @Override
  public void abort() {
    if (!broken) {
      broken = true;
      items.clear();
      world.after(world.loom.latency(), () -> peer.gone());
    }
  }

  @Override
  public CompletableFuture<WebSocket> sendBinary(ByteBuffer data, boolean last) {
    throw new UnsupportedOperationException();
  }

  @Override
  public CompletableFuture<WebSocket> sendPing(ByteBuffer message) {
    ByteBuffer copy = ByteBuffer.allocate(message.remaining()).put(message.duplicate()).flip();
    world.after(world.loom.latency(), () -> peer.pinged(copy));
    return CompletableFuture.completedFuture(this);
  }

  @Override
  public CompletableFuture<WebSocket> sendPong(ByteBuffer message) {
    throw new UnsupportedOperationException();
  }

  @Override
  public String getSubprotocol() {
    return "actioncable-v1-json";
  }

  @Override
  public boolean isOutputClosed() {
    return closing || broken;
  }

  @Override
  public boolean isInputClosed() {
    return broken;
  }
}
