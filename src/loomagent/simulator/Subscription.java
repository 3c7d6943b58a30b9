package loomagent.simulator;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import loomagent.json.Json;
import loomagent.json.JsonException;

/**
 * What one client asked for.
 *
 * @param identifier the text under which it wants to hear of it
 * @param start what stands before each event in its envelope
 */
record Subscription(String identifier, Set<String> names, String start) {
  /** Reads an identifier; nothing when it is not of the one channel there is. */
  static Optional<Subscription> parse(String identifier) {
    try {
      if (Json.parse(identifier) instanceof Map<?, ?> map
          && "EventChannel".equals(map.get("channel"))) {
        String events = map.get("events") instanceof String text ? text : "";
        Set<String> names = new HashSet<>(List.of(events.strip().split("\\s*,\\s*")));
        names.remove("");
        String start = "{\"identifier\":" + Json.write(identifier) + ",\"message\":";
        return Optional.of(new Subscription(identifier, names, start));
      }
    } catch (JsonException e) {
      // As for Rails: an identifier that cannot be read names no channel.
    }
    return Optional.empty();
  }

  byte[] frame(String event) {
    return Frames.text(start + event + "}");
  }
}
