package loomagent.config;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One handler, as the configuration has it.
 *
 * @param name a file name as well: small letters, digits, - and _, at most 64 characters
 * @param type what it does; the name itself unless set
 * @param events which events it takes
 * @param connections from which connections it takes them; none named means from all
 * @param enabled whether it runs
 * @param start where it begins if it is new to the data folder
 * @param retry what follows a failed delivery
 * @param timeout of one delivery; more than zero
 * @param lanes how many deliveries at once, and what keeps its order
 * @param settings the handler's own settings, unmodifiable. Each {@code get} looks up ${…} anew and
 *     throws {@link java.io.UncheckedIOException}, with words for the operator, when that fails.
 *     Its {@code toString} shows no values
 * @param origin where its first key was written, like {@code agent.properties:14}
 */
public record HandlerSettings(
    String name,
    String type,
    EventGlobs events,
    List<String> connections,
    boolean enabled,
    Start start,
    Retry retry,
    Duration timeout,
    Lanes lanes,
    Map<String, String> settings,
    String origin) {

  /** Of the events that are kept. */
  public enum Start {
    NEWEST,
    OLDEST
  }

  /**
   * What follows a failed delivery.
   *
   * @param first the bound of the first wait; more than zero
   * @param longest the bound that waits grow to; at least {@code first}
   * @param attempts how many tries make a dead letter; 0 for none, so that it is tried for ever
   */
  public record Retry(Duration first, Duration longest, int attempts) {}

  /**
   * Deliveries at once.
   *
   * @param count 1 to 64
   * @param key {@code subject}, {@code name}, {@code link} or {@code payload.<member>}: events with
   *     the same one stay in order. Empty where all stay in order; never so with several lanes
   */
  public record Lanes(int count, String key) {}

  /** Whether it is given events of this name that came by this connection. */
  public boolean takes(String event, String connection) {
    return events.matches(event) && (connections.isEmpty() || connections.contains(connection));
  }

  /** Whether the configuration says anything of it. */
  public boolean isConfigured() {
    return !origin.equals(Reader.DEFAULT);
  }

  /** A handler of this name and type of which the configuration says nothing. */
  public static HandlerSettings byDefault(String name) {
    return Reader.byDefault(name);
  }

  /**
   * From what was read and the defaults, by the keys as they are written.
   *
   * @param own its own settings
   */
  static HandlerSettings of(
      String name, Map<String, Object> values, Map<String, String> own, String origin) {
    int lanes = Key.HANDLER_LANES.among(values, name);
    return new HandlerSettings(
        name,
        Key.HANDLER_TYPE.among(values, name),
        Key.HANDLER_EVENTS.among(values, name),
        Optional.ofNullable(Key.HANDLER_CONNECTION.among(values, name)).orElse(List.of()),
        Key.HANDLER_ENABLED.among(values, name),
        Key.HANDLER_START.among(values, name),
        new Retry(
            Key.HANDLER_RETRY_FIRST.among(values, name),
            Key.HANDLER_RETRY_LONGEST.among(values, name),
            Key.HANDLER_RETRY_ATTEMPTS.among(values, name)),
        Key.HANDLER_TIMEOUT.among(values, name),
        new Lanes(
            lanes,
            Optional.ofNullable(Key.HANDLER_KEY.among(values, name))
                .orElse(lanes == 1 ? "" : "subject")),
        own,
        origin);
  }
}
