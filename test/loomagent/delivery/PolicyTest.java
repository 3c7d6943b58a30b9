package loomagent.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import loomagent.Event;
import org.junit.jupiter.api.Test;

/** What a handler may be told of how it is given its events, and what keeps their order. */
class PolicyTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration BACK = SECOND.negated();

  private static void assertRefused(
      Duration first, Duration longest, int attempts, Duration timeout, int lanes, String key) {
    assertThrows(
        IllegalArgumentException.class,
        () -> new Policy(first, longest, attempts, timeout, lanes, key));
  }

  private static String key(String of, String json) {
    return Scene.policy(0, 1, of).keys().apply(Event.of("7", "order.paid", json, "main"));
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    assertEquals(64, new Policy(SECOND, SECOND, 0, Duration.ofNanos(1), 64, "").lanes());
    assertRefused(Duration.ZERO, SECOND, 0, SECOND, 1, "");
    assertRefused(BACK, SECOND, 0, SECOND, 1, "");
    assertRefused(SECOND, SECOND.minusNanos(1), 0, SECOND, 1, "");
    assertRefused(SECOND, SECOND, -1, SECOND, 1, "");
    assertRefused(SECOND, SECOND, 0, Duration.ZERO, 1, "");
    assertRefused(SECOND, SECOND, 0, BACK, 1, "");
    assertRefused(SECOND, SECOND, 0, SECOND, 0, "");
    assertRefused(SECOND, SECOND, 0, SECOND, 65, "");
    for (String key : new String[] {"payload", "payload.", "order", "Name", "xpayload.order"}) {
      assertRefused(SECOND, SECOND, 0, SECOND, 1, key);
    }
  }

  @Test
  void whatHasTheSameKeyStaysInOrder() {
    String json = "{\"subject\":\"s\",\"link\":\"l\",\"payload\":{\"order\":7,\"at\":null}}";
    assertEquals("", key("", json));
    assertEquals("order.paid", key("name", json));
    assertEquals("s", key("subject", json));
    assertEquals("l", key("link", json));
    assertEquals("", key("link", "{}"));
    assertEquals("7", key("payload.order", json));
    assertEquals("", key("payload.at", json));
    assertEquals("", key("payload.order", "{}"));
  }
}
