package loomagent.cable;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import loomagent.base.Fuzz;
import loomagent.base.LogLines;
import loomagent.base.RawServer;
import loomagent.base.Secret;
import loomagent.base.Token;
import loomagent.json.Json;
import loomagent.net.Network;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whatever bytes come from the socket: the next dial is live, and no fault of the agent's. */
@Tag("fuzz")
final class ConnectionFuzzTest {
  private static final String UPGRADE =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + "Sec-WebSocket-Protocol: actioncable-v1-json\r\nSec-WebSocket-Accept: KEY\r\n\r\n";
  private static final String WELCOME = "{\"type\":\"welcome\"}";
  private static final String CONFIRM = "{\"identifier\":\"{}\",\"type\":\"confirm_subscription\"}";

  private final LogLines log = new LogLines();
  private final Dialler dialler = new Dialler("loom-agent/test", Network.direct(log));

  private static byte[] frame(int first, byte[] payload) {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.write(first);
    if (payload.length < 126) {
      frame.write(payload.length);
    } else {
      frame.write(126);
      frame.write(payload.length >> 8);
      frame.write(payload.length);
    }
    frame.writeBytes(payload);
    return frame.toByteArray();
  }

  private static byte[] text(String text) {
    return frame(0x81, text.getBytes(UTF_8));
  }

  private static byte[] event(String id) {
    return text("{\"identifier\":\"{}\",\"message\":{\"id\":\"" + id + "\",\"name\":\"a.b\"}}");
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  /** Text, fragments with a ping between, a binary frame, a longer one, and a close. */
  private static byte[] talk() {
    return join(
        text(WELCOME),
        text(CONFIRM),
        event("e-1"),
        frame(0x01, "{\"message\":{\"id\":".getBytes(UTF_8)),
        frame(0x89, "ping".getBytes(UTF_8)),
        frame(0x80, "\"e-2\"}}".getBytes(UTF_8)),
        frame(0x82, new byte[] {1, 2}),
        event("x".repeat(200)),
        frame(0x88, new byte[] {3, (byte) 0xe8, 'b', 'y', 'e'}));
  }

  private Connection connect(URI url, Recorder recorder) {
    Connection connection =
        new Connection(
            new Connection.Settings(
                "default",
                url,
                List.of("a.b"),
                Duration.ofMillis(1),
                Duration.ofMillis(5),
                Duration.ofSeconds(10)),
            1,
            Limits.STANDARD,
            fresh -> new Token(new Secret("token-1"), Optional.empty(), Optional.empty()),
            dialler,
            recorder,
            Clock.systemUTC(),
            new Random(7),
            log);
    connection.start();
    return connection;
  }

  @Test
  void whateverComesFromTheSocketTheNextDialIsLive() {
    byte[] talk = talk();
    Fuzz.run(
        60,
        fuzz -> {
          boolean early = fuzz.once(4);
          byte[] damaged = fuzz.damaged(early ? join(UPGRADE.getBytes(ISO_8859_1), talk) : talk);
          AtomicInteger dials = new AtomicInteger();
          RawServer.Answers answers =
              head -> {
                String key = PongServer.accept(head);
                byte[] upgrade = UPGRADE.replace("KEY", key).getBytes(ISO_8859_1);
                if (dials.incrementAndGet() > 1) {
                  return join(upgrade, text(WELCOME), text(CONFIRM), event("fresh"));
                }
                return early
                    ? new String(damaged, ISO_8859_1).replace("KEY", key).getBytes(ISO_8859_1)
                    : join(upgrade, damaged);
              };
          Recorder recorder = new Recorder();
          try (RawServer server = new RawServer(answers)) {
            Connection connection = connect(URI.create("ws://" + server.authority()), recorder);
            recorder.event("fresh");
            connection.retire();
          }
          for (Object told : recorder.all) {
            if (told instanceof Recorder.Arrived arrived) {
              Map<?, ?> event = (Map<?, ?>) Json.parse(arrived.json());
              assertTrue(arrived.id().equals(event.get("id")) && !arrived.id().isEmpty());
            }
          }
          assertFalse(log.says("a fault in the agent"), log::toString);
          log.clear();
        });
  }
}
