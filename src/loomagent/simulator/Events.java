package loomagent.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import loomagent.json.Json;
import loomagent.json.JsonException;

/** Where events come from. Called by one thread at a time. */
@FunctionalInterface
public interface Events {
  /** The Organization that an event belongs to unless it says otherwise: that of Loom's sample. */
  String ORGANIZATION = "837ebb91-2d4b-4818-a19b-04fea7be8cde";

  /**
   * The next event as JSON, or nothing when there are no more.
   *
   * @param subscribed the names that somebody is or was subscribed to; one at least
   */
  Optional<String> next(Set<String> subscribed);

  /**
   * Whether events go on for ten minutes after the last subscriber left, so that it misses some to
   * pull. Otherwise they wait for a subscriber.
   */
  default boolean goesOn() {
    return false;
  }

  /**
   * Events without end in the shape of Loom's sample, of each subscribed name in turn. Once
   * somebody was there they go on without him for a while.
   */
  static Events madeUp() {
    AtomicInteger turn = new AtomicInteger();
    return new Events() {
      @Override
      public Optional<String> next(Set<String> subscribed) {
        List<String> names = subscribed.stream().sorted().toList();
        String name = names.get(Math.floorMod(turn.getAndIncrement(), names.size()));
        String event =
            """
            {"name":%s,"payload":{"_meta":{"origin":"simulator"},"job_id":"%2$s"},\
            "link":"https://mc.sandbox.zaikio.com/api/v1/jobs/%2$s"}\
            """;
        return Optional.of(complete(event.formatted(Json.write(name), UUID.randomUUID())));
      }

      @Override
      public boolean goesOn() {
        return true;
      }
    };
  }

  /**
   * The events of a file, one a line, in order, once; then no more. They wait for a subscriber,
   * each of them. They are read now, and what {@link #complete} adds is added as each is sent.
   * Empty lines do not count.
   *
   * @throws IOException when the file cannot be read, is no UTF-8 or is longer than 64 MB
   * @throws IllegalArgumentException naming the first line that is no event
   */
  static Events fromFile(Path file) throws IOException {
    if (Files.size(file) > 64 << 20) {
      // The lines are held in memory; what is longer is better published bit by bit.
      throw new IOException(file + " is longer than 64 MB. Split it.");
    }
    List<String> lines;
    try {
      lines = Files.readAllLines(file, UTF_8);
    } catch (CharacterCodingException e) {
      throw new IOException(file + " is not UTF-8. Convert it.", e);
    }
    for (int i = 0; i < lines.size(); i++) {
      try {
        if (!lines.get(i).isBlank()) {
          name(lines.get(i));
        }
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(file + ":" + (i + 1) + ": " + e.getMessage(), e);
      }
    }
    Iterator<String> events = lines.stream().filter(line -> !line.isBlank()).iterator();
    return subscribed -> events.hasNext() ? Optional.of(complete(events.next())) : Optional.empty();
  }

  /**
   * The name of an event.
   *
   * @throws IllegalArgumentException when it is no JSON object with a name
   */
  static String name(String event) {
    if (object(event).get("name") instanceof String name && !name.isBlank()) {
      return name;
    }
    throw new IllegalArgumentException(
        "The event has no \"name\". Give it one, like \"mission_control.job_added\".");
  }

  /** Whose event it is; empty if it does not say, or is no event. */
  static String subject(String event) {
    try {
      return object(event).get("subject") instanceof String subject ? subject : "";
    } catch (IllegalArgumentException noObject) {
      return "";
    }
  }

  /**
   * Puts in front whichever of id, timestamp, received_at, version and subject an event lacks; the
   * rest of its text stays as it is.
   *
   * @throws IllegalArgumentException when it is no JSON object with a name
   */
  static String complete(String event) {
    name(event); // so it is not empty, and a comma may follow what is added
    String now = Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
    Map<String, Object> added = new LinkedHashMap<>();
    added.put("id", UUID.randomUUID().toString());
    added.put("timestamp", now);
    added.put("received_at", now);
    added.put("version", "1.0");
    added.put("subject", "Org/" + ORGANIZATION);
    added.keySet().removeAll(object(event).keySet());
    String front = Json.write(added).replaceFirst("}$", added.isEmpty() ? "" : ",");
    return front + event.substring(event.indexOf('{') + 1);
  }

  private static Map<?, ?> object(String event) {
    try {
      if (Json.parse(event) instanceof Map<?, ?> map) {
        return map;
      }
    } catch (JsonException e) {
      throw new IllegalArgumentException("The event is not JSON: " + e.getMessage(), e);
    }
    throw new IllegalArgumentException("The event is not a JSON object.");
  }
}
