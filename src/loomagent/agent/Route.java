package loomagent.agent;

import loomagent.Event;
import loomagent.config.HandlerSettings;
import loomagent.delivery.DeadLetters;
import loomagent.delivery.Delivery;

/**
 * The way to one handler.
 *
 * @param planned as configured
 * @param delivery what gives it its events
 * @param letters what it could not be given
 */
record Route(Plan.Planned planned, Delivery delivery, DeadLetters letters) {

  String name() {
    return settings().name();
  }

  HandlerSettings settings() {
    return planned.settings();
  }

  boolean wants(Event event) {
    return settings().takes(event.name(), event.connection());
  }
}
