package loomagent.handlers;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loomagent.Event;
import loomagent.Undeliverable;
import loomagent.json.Json;

/** What of an event can stand in a statement, by name. */
final class EventValues {

  /** The names of columns of a table of events. */
  static final List<String> COLUMNS =
      List.of(
          "id",
          "name",
          "subject",
          "version",
          "timestamp",
          "received_at",
          "link",
          "payload",
          "event",
          "connection");

  /** What only an own statement can ask for. */
  private static final List<String> OTHERS = List.of("attempt", "replayed");

  private static final String DEEP = "payload.";

  // Years that every database's types hold.
  private static final int FIRST_YEAR = 1000;
  private static final int LAST_YEAR = 9999;

  private final Event event;
  private final Map<?, ?> members;

  EventValues(Event event) {
    this.event = event;
    this.members = Json.parse(event.json()) instanceof Map<?, ?> object ? object : Map.of();
  }

  static boolean known(String name) {
    return COLUMNS.contains(name) || OTHERS.contains(name) || name.startsWith(DEEP);
  }

  static String names() {
    return ":" + String.join(", :", COLUMNS) + ", :" + String.join(", :", OTHERS);
  }

  /**
   * A String, Boolean, Long, BigInteger, BigDecimal or Instant; empty if the event has none. What
   * is an object or an array is its JSON.
   */
  Optional<Object> value(String name) {
    Object value =
        switch (name) {
          case "id" -> event.id();
          case "event" -> event.json();
          case "connection" -> event.connection();
          case "attempt" -> (long) event.attempt();
          case "replayed" -> event.replayed();
          case "timestamp", "received_at" -> instant(members.get(name)).orElse(null);
          case "payload" -> members.get(name) == null ? null : Json.write(members.get(name));
          default -> name.startsWith(DEEP) ? deep(name) : asText(members.get(name));
        };
    if (value instanceof String text && !encodable(text)) {
      throw new Undeliverable(
          name + " has half of a surrogate pair in it, which no database stores as it is");
    }
    return Optional.ofNullable(value);
  }

  private Object deep(String name) {
    Object value = members;
    for (String step : name.split("\\.", -1)) {
      value = value instanceof Map<?, ?> object ? object.get(step) : null;
    }
    return value instanceof Map || value instanceof List ? Json.write(value) : value;
  }

  private static Object asText(Object value) {
    return value == null || value instanceof String ? value : Json.write(value);
  }

  private static Optional<Instant> instant(Object value) {
    try {
      Instant instant = OffsetDateTime.parse(String.valueOf(value)).toInstant();
      int year = instant.atOffset(ZoneOffset.UTC).getYear();
      return Optional.of(instant).filter(i -> year >= FIRST_YEAR && year <= LAST_YEAR);
    } catch (DateTimeParseException unreadable) {
      return Optional.empty();
    }
  }

  // A driver would write a question mark, and two ids that differ only there would be one.
  private static boolean encodable(String text) {
    return text.codePoints()
        .noneMatch(point -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE);
  }
}
