package loomagent.cable;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FailuresTest {

  @Test
  void aCloseIsSaidWithItsReasonOnOneLine() {
    assertEquals(
        "the server closed the connection without a word", Failures.closed(1006, "").text());
    assertEquals(
        "the server closed the connection (1001: a\\u000ab)", Failures.closed(1001, "a\nb").text());
    assertEquals("the server closed the connection (1000)", Failures.closed(1000, "").text());
  }

  @ParameterizedTest
  @CsvSource({
    "wss://loom.zaikio.com/websocket, https://loom.zaikio.com",
    "wss://loom.zaikio.com:443/websocket, https://loom.zaikio.com",
    "wss://loom.zaikio.com:8443/websocket, https://loom.zaikio.com:8443",
    "ws://127.0.0.1:4040/websocket, http://127.0.0.1:4040",
    "ws://localhost:80/websocket, http://localhost",
    "ws://[::1]:4040/websocket, http://[::1]:4040"
  })
  void theOriginIsTheHostAsRailsComparesIt(URI url, String origin) {
    assertEquals(origin, Dialler.origin(url));
  }
}
