package loomagent;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import loomagent.json.Json;

/**
 * One event of Loom's feed, as it came: {@link #json} is the exact text, and the other methods read
 * from it. Immutable; any thread may use it.
 */
public final class Event {
  private final String id;
  private final String name;
  private final byte[] utf8; // the text, which most handlers only write
  private final String connection;
  private final int attempt;
  private final boolean replayed;

  /** The parsed text, read when first asked for. A race costs a second parse and nothing else. */
  private Map<?, ?> members;

  private Event(
      String id, String name, byte[] utf8, String connection, int attempt, boolean replayed) {
    this.id = Objects.requireNonNull(id);
    this.name = Objects.requireNonNull(name);
    this.utf8 = Objects.requireNonNull(utf8);
    this.connection = Objects.requireNonNull(connection);
    this.attempt = attempt;
    this.replayed = replayed;
  }

  /**
   * Reads an event, as a unit test of a handler does.
   *
   * @param json the JSON of one event, such as a line that the {@code log} handler wrote
   * @return the event, from the connection {@code default}, at its first attempt
   * @throws IllegalArgumentException if the text is not JSON, not an object, or has no {@code id}
   */
  public static Event parse(String json) {
    Map<?, ?> members = object(Json.parse(json));
    String id = text(members, "id");
    if (id.isEmpty()) {
      throw new IllegalArgumentException("An event needs an \"id\" that is a string.");
    }
    byte[] utf8 = json.getBytes(UTF_8);
    Event event = new Event(id, text(members, "name"), utf8, "default", 1, false);
    event.members = members;
    return event;
  }

  /**
   * An event whose id and name are known, without reading its text again. The agent makes its
   * events so; a test rather calls {@link #parse}.
   *
   * @param id the {@code id} in the text
   * @param name the {@code name} in the text
   * @param json the text
   * @param connection the connection that it came by
   * @return the event at its first attempt
   */
  public static Event of(String id, String name, String json, String connection) {
    return new Event(id, name, json.getBytes(UTF_8), connection, 1, false);
  }

  /**
   * Likewise, of a text that is not a String yet.
   *
   * @param id the {@code id} in the text
   * @param name the {@code name} in the text
   * @param utf8 has the text, which is copied
   * @param from where it begins
   * @param to where it ends (exclusive)
   * @param connection the connection that it came by
   * @return the event at its first attempt
   * @throws IndexOutOfBoundsException if the text is not all there
   */
  public static Event of(String id, String name, byte[] utf8, int from, int to, String connection) {
    Objects.checkFromToIndex(from, to, utf8.length);
    return new Event(id, name, Arrays.copyOfRange(utf8, from, to), connection, 1, false);
  }

  /**
   * The same event at another attempt.
   *
   * @param attempt 1 for the first
   * @param replayed whether somebody asked for the event again
   * @return a copy
   */
  public Event at(int attempt, boolean replayed) {
    Event event = new Event(id, name, utf8, connection, attempt, replayed);
    event.members = members;
    return event;
  }

  /**
   * The idempotency key: the same over retries, restarts and replays.
   *
   * @return the id, a UUID as Loom makes them
   */
  public String id() {
    return id;
  }

  /**
   * What happened, such as {@code mission_control.job_added}.
   *
   * @return the name, or "" if the event has none
   */
  public String name() {
    return name;
  }

  /**
   * Whose event it is: {@code Org/<uuid>} or {@code Per/<uuid>}.
   *
   * @return the subject, or "" if the event has none
   */
  public String subject() {
    return text(members(), "subject");
  }

  /**
   * The version of the event's form.
   *
   * @return such as "1.0", or "" if the event has none
   */
  public String version() {
    return text(members(), "version");
  }

  /**
   * When it happened, by the clock of the app that said so.
   *
   * @return empty if the event has no timestamp, or one that is not ISO 8601; {@link #json} still
   *     has its text
   */
  public Optional<Instant> timestamp() {
    return instant("timestamp");
  }

  /**
   * When Loom took it, by Loom's clock.
   *
   * @return empty as for {@link #timestamp}
   */
  public Optional<Instant> receivedAt() {
    return instant("received_at");
  }

  /**
   * Where the API has more about it.
   *
   * @return an address, if the event has one; nothing has checked it
   */
  public Optional<String> link() {
    return Optional.of(text(members(), "link")).filter(link -> !link.isEmpty());
  }

  /**
   * The details, small by Loom's rule: an id to look up rather than the thing itself.
   *
   * <p>A value is a {@code String}, {@code Long}, {@link java.math.BigInteger} (an integer too
   * large for a long), {@link java.math.BigDecimal}, {@code Boolean}, {@code List}, {@code Map} or
   * null. Nothing is rounded.
   *
   * @return unmodifiable, in the order of the text; empty if there is none
   */
  @SuppressWarnings("unchecked") // Json makes objects as Map<String, Object>
  public Map<String, Object> payload() {
    return members().get("payload") instanceof Map<?, ?> payload
        ? (Map<String, Object>) payload
        : Map.of();
  }

  /**
   * The event's exact text, members that nobody knows included.
   *
   * @return JSON, made anew by each call
   */
  public String json() {
    return new String(utf8, UTF_8);
  }

  /**
   * The same text as UTF-8, for whoever only writes it somewhere.
   *
   * @return read-only; each call has a position of its own
   */
  public ByteBuffer utf8() {
    return ByteBuffer.wrap(utf8).asReadOnlyBuffer();
  }

  /**
   * How long the text is.
   *
   * @return bytes of UTF-8
   */
  public int size() {
    return utf8.length;
  }

  /**
   * The name of the connection that it came by.
   *
   * @return {@code default} unless the configuration names connections
   */
  public String connection() {
    return connection;
  }

  /**
   * How many times this handler has been given this event, this time included.
   *
   * @return 1 or more
   */
  public int attempt() {
    return attempt;
  }

  /**
   * Whether somebody asked for this event again.
   *
   * @return true for a replay, false for an event that is new or tried again
   */
  public boolean replayed() {
    return replayed;
  }

  /**
   * A line for a log.
   *
   * @return name and id
   */
  @Override
  public String toString() {
    return name + " " + id;
  }

  private Map<?, ?> members() {
    Map<?, ?> known = members;
    if (known == null) {
      known = object(Json.parse(utf8, 0, utf8.length));
      members = known;
    }
    return known;
  }

  private static Map<?, ?> object(Object json) {
    if (json instanceof Map<?, ?> members) {
      return members;
    }
    throw new IllegalArgumentException("An event is a JSON object.");
  }

  private static String text(Map<?, ?> members, String member) {
    return members.get(member) instanceof String text ? text : "";
  }

  private Optional<Instant> instant(String member) {
    try {
      return Optional.of(OffsetDateTime.parse(text(members(), member)).toInstant());
    } catch (DateTimeParseException unreadable) {
      return Optional.empty();
    }
  }
}
