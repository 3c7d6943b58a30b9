package bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.java_websocket.client.WebSocketClient;
import org.java_websocket.handshake.ServerHandshake;

/**
 * The script of Loom's documentation in Java: Java-WebSocket for the socket and Jackson for the
 * JSON, a line an event, no disk.
 *
 * <p>Usage: {@code JavaPeer [FILE EVENTS FROM]}; with a file, how long each event was on its way is
 * written there instead, once all have come. The address and the token come from the environment.
 */
final class JavaPeer extends WebSocketClient {
  private final ObjectMapper mapper = new ObjectMapper();
  private final Stamps stamps;

  private JavaPeer(URI url, Map<String, String> headers, Stamps stamps) {
    super(url, headers);
    this.stamps = stamps;
  }

  public static void main(String[] args) throws Exception {
    Stamps stamps =
        args.length == 0
            ? Stamps.NONE
            : new Stamps(Path.of(args[0]), Integer.parseInt(args[1]), Integer.parseInt(args[2]));
    Map<String, String> headers = Map.of("authorization", "Bearer " + System.getenv("JWT_TOKEN"));
    JavaPeer peer = new JavaPeer(URI.create(System.getenv("LOOM_URL")), headers, stamps);
    peer.setTcpNoDelay(true);
    peer.connectBlocking();
  }

  @Override
  public void onOpen(ServerHandshake handshake) {
    send(
        "{\"command\":\"subscribe\",\"identifier\":\"{\\\"events\\\":\\\"mission_control.job_added,"
            + "mission_control.job_updated\\\",\\\"channel\\\":\\\"EventChannel\\\"}\"}");
  }

  @Override
  public void onMessage(String text) {
    try {
      JsonNode frame = mapper.readTree(text);
      if (!frame.path("type").asText().equals("ping") && frame.hasNonNull("message")) {
        JsonNode message = frame.get("message");
        if (stamps == Stamps.NONE) {
          System.out.println("webhook received " + message);
        } else {
          stamps.add(System.nanoTime() - message.get("payload").get("sent").longValue());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void onClose(int code, String reason, boolean remote) {}

  @Override
  public void onError(Exception error) {
    error.printStackTrace();
  }
}
