package loomagent.cable;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import loomagent.json.Json;
import loomagent.json.JsonException;

/** What is subscribed to, in the words of Action Cable. One thread calls all methods. */
final class Channel {
  private static final String NAME = "EventChannel";

  private final List<String> events;
  private final String identifier;
  private final Consumer<String> odd;
  private String anotherWording = ""; // an identifier that was looked at, and means ours

  /**
   * A channel.
   *
   * @param events the names to subscribe to
   * @param odd told of what makes no sense
   */
  Channel(List<String> events, Consumer<String> odd) {
    this.events = List.copyOf(events);
    this.odd = odd;
    Map<String, Object> wanted = new LinkedHashMap<>();
    wanted.put("channel", NAME);
    wanted.put("events", String.join(",", events));
    this.identifier = Json.write(wanted);
  }

  /** The command that subscribes to it. */
  String subscribe() {
    Map<String, Object> command = new LinkedHashMap<>();
    command.put("command", "subscribe");
    command.put("identifier", identifier);
    return Json.write(command);
  }

  /** What it brings, for people. */
  String names() {
    return String.join(", ", events);
  }

  /**
   * Whether a message with this identifier is for this subscription. Nothing is thrown away on a
   * doubt: only one that names another channel is not ours.
   */
  boolean means(String text) {
    if (text.equals(identifier) || text.equals(anotherWording) || text.isEmpty()) {
      return true;
    }
    try {
      if (Json.parse(text) instanceof Map<?, ?> members
          && members.get("channel") instanceof String channel
          && !channel.equals(NAME)) {
        return false;
      }
    } catch (JsonException noJson) {
      odd.accept("the strange identifier of a message, and took the message: " + text);
    }
    anotherWording = text;
    return true;
  }
}
