package loomagent;

import java.util.Locale;

/**
 * Takes events. Implement it, name the class in {@code META-INF/services/loomagent.EventHandler},
 * and drop the jar into {@code handlers.dir}.
 *
 * <p>A handler needs a public constructor without parameters that does nothing: what costs time or
 * may fail belongs in {@link #open}. The agent makes one instance for each {@code handler.<name>}
 * of the configuration and calls all its methods on one thread of its own, so a handler needs no
 * lock, and may take its time: no other handler waits for it.
 *
 * <p>Delivery is at least once. {@link Event#id} is the same each time: use it as the key.
 */
@SuppressWarnings("try") // close() may be interrupted, as whatever a handler does may be
public interface EventHandler extends AutoCloseable {

  /**
   * What {@code handler.<name>.type} calls this handler.
   *
   * @return by default the simple name of the class in kebab case without "Handler": {@code
   *     JobTicketHandler} is {@code job-ticket}
   */
  default String type() {
    return getClass()
        .getSimpleName()
        .replaceFirst("(?<=.)Handler$", "")
        .replaceAll("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-")
        .toLowerCase(Locale.ROOT);
  }

  /**
   * Called once, before the first event. The place to read and check the settings and to connect.
   *
   * @param context the handler's name, settings, folder and log
   * @throws IllegalArgumentException if a setting is wrong; the message names it and says what
   *     would be right
   * @throws Exception if it cannot work now; it is opened again later, with growing delays
   */
  default void open(HandlerContext context) throws Exception {}

  /**
   * Takes one event. To return is to say that the event is done with.
   *
   * @param event what happened
   * @throws RetryLater if the event should come again after a time that the handler knows
   * @throws Undeliverable if the event can never be taken
   * @throws Exception anything else: the event was not taken now
   */
  void handle(Event event) throws Exception;

  /** Called once, after the last event, also when the agent stops in the middle of trouble. */
  @Override
  default void close() throws Exception {}
}
