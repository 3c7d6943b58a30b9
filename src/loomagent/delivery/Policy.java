package loomagent.delivery;

import java.time.Duration;
import java.util.function.Function;
import loomagent.Event;

/**
 * How one handler is given its events.
 *
 * @param retryFirst the bound of the first wait after a failure; more than zero
 * @param retryLongest the bound that waits grow to; at least {@code retryFirst}
 * @param attempts after so many an event becomes a dead letter; 0 for never
 * @param timeout how long one delivery may take; more than zero
 * @param lanes how many deliveries at once, 1 to {@value #MOST_LANES}
 * @param key what keeps its order: "" for everything, {@code subject}, {@code name}, {@code link}
 *     or {@code payload.<member>}
 */
public record Policy(
    Duration retryFirst,
    Duration retryLongest,
    int attempts,
    Duration timeout,
    int lanes,
    String key) {

  /** Threads of one handler; each may hold a connection to the handler's target. */
  public static final int MOST_LANES = 64;

  private static final String PAYLOAD = "payload.";

  /** Refuses what makes no sense. */
  public Policy {
    if (retryFirst.isZero()
        || retryFirst.isNegative()
        || retryLongest.compareTo(retryFirst) < 0
        || attempts < 0
        || timeout.isZero()
        || timeout.isNegative()
        || lanes < 1
        || lanes > MOST_LANES) {
      throw new IllegalArgumentException(
          "delivery from "
              + retryFirst
              + " to "
              + retryLongest
              + ", "
              + attempts
              + " attempts of "
              + timeout
              + ", "
              + lanes
              + " lanes");
    }
    keys(key);
  }

  /**
   * What events have in common that must stay in order.
   *
   * @return an event's key; "" for one that has none
   */
  Function<Event, String> keys() {
    return keys(key);
  }

  private static Function<Event, String> keys(String key) {
    return switch (key) {
      case "" -> event -> "";
      case "name" -> Event::name;
      case "subject" -> Event::subject;
      case "link" -> event -> event.link().orElse("");
      default -> {
        if (!key.startsWith(PAYLOAD) || key.length() == PAYLOAD.length()) {
          throw new IllegalArgumentException(
              "The key " + key + " is none of subject, name, link and payload.<member>.");
        }
        String member = key.substring(PAYLOAD.length());
        yield event -> {
          Object value = event.payload().get(member);
          return value == null ? "" : value.toString();
        };
      }
    };
  }
}
