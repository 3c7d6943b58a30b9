package loomagent;

import java.util.List;

/**
 * A handler that can take several events at once for less than it costs to take each: a database, a
 * broker, an API with a bulk call. It is given one event by {@link #handle(Event)} while it keeps
 * up, and several by {@link #handle(List)} while it lags.
 *
 * <p>The order, the retries and the dead letters are those of single events: what a batch fails of
 * is found out by giving its events one by one.
 */
@SuppressWarnings("try") // as EventHandler's
public interface BatchHandler extends EventHandler {

  /**
   * How many events one call may bring.
   *
   * @return 1 or more, by default 100; the agent gives no more than 256 at once
   */
  default int batch() {
    return 100;
  }

  /**
   * Takes several events, in their order. To return is to say that all of them are done with; to
   * throw is to say that none of them need be: each is then given by itself to {@link
   * #handle(Event)}, which may so see one that was taken already.
   *
   * @param events two or more, each at its first attempt, none of them a replay. {@code
   *     handler.<name>.timeout} is for all of them together
   * @throws Exception anything: the events come again one by one, at once
   */
  void handle(List<Event> events) throws Exception;
}
