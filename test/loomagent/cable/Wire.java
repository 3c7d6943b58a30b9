package loomagent.cable;

import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A websocket that goes nowhere, and notes what it is asked to do. */
final class Wire implements WebSocket {
  final List<String> done = new ArrayList<>();
  CompletableFuture<WebSocket> result = CompletableFuture.completedFuture(this);

  private CompletableFuture<WebSocket> done(String what) {
    done.add(what);
    return result;
  }

  /** What it was asked for since the last time. */
  List<String> news() {
    List<String> news = List.copyOf(done);
    done.clear();
    return news;
  }

  @Override
  public CompletableFuture<WebSocket> sendText(CharSequence data, boolean last) {
    return done("text " + data + " " + last);
  }

  @Override
  public CompletableFuture<WebSocket> sendBinary(ByteBuffer data, boolean last) {
    return done("binary");
  }

  @Override
  public CompletableFuture<WebSocket> sendPing(ByteBuffer message) {
    return done("ping " + message.remaining() + " " + message.getLong(0));
  }

  @Override
  public CompletableFuture<WebSocket> sendPong(ByteBuffer message) {
    return done("pong");
  }

  @Override
  public CompletableFuture<WebSocket> sendClose(int status, String reason) {
    return done("close " + status + reason);
  }

  @Override
  public void request(long parts) {
    done.add("request " + parts);
  }

  @Override
  public String getSubprotocol() {
    return "";
  }

  @Override
  public boolean isOutputClosed() {
    return false;
  }

  @Override
  public boolean isInputClosed() {
    return false;
  }

  @Override
  public void abort() {
    done.add("abort");
  }
}
