package loomagent.config;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loomagent.base.Nearest;

/**
 * A key. The sample {@code agent.properties} says what the table says, in the same words; a test
 * holds the two together.
 *
 * @param <T> what a value is read as
 * @param name with {@code <name>} for a handler's own
 * @param standard the default as it would be written; empty where there is none
 * @param required whether it has to be set; what is neither required nor has a default may be
 *     absent
 * @param meaning for the person who writes the file
 * @param form what may be written
 */
public record Key<T>(String name, String standard, boolean required, String meaning, Form<T> form) {
  static final String NAME = "<name>";

  private static final Map<String, Key<?>> ALL = new LinkedHashMap<>();

  public static final Key<String> ENVIRONMENT =
      key("environment", "sandbox", "Which Loom is called", Form.choice("sandbox", "production"));
  public static final Key<URI> LOOM_URL =
      key("loom.url", LoomUrl.SANDBOX, "Another address than the environment's", Form.ADDRESS);
  public static final Key<URI> LOOM_API =
      key("loom.api", LoomUrl.SANDBOX_API, "Another address of Loom's API", Form.API);
  public static final Key<List<String>> EVENTS = required("events", Form.EVENTS);
  public static final Key<Value> TOKEN = required("token", Form.TOKEN);
  public static final Key<UUID> ORGANIZATION =
      optional(
          "organization", "Whose events these are, if the token does not say", Form.ORGANIZATION);
  public static final Key<Duration> RECONNECT_FIRST =
      key("reconnect.first", "1s", "The longest wait before a first try", Form.time("10ms", "1h"));
  public static final Key<Duration> RECONNECT_LONGEST =
      key("reconnect.longest", "60s", "The wait grows up to this", Form.time("10ms", "24h"));
  public static final Key<Duration> STALE_AFTER =
      key("stale-after", "10s", "Silence that counts as a dead connection", Form.time("1s", "1h"));
  public static final Key<String> BACKFILL_APP = optional("backfill.app", "Turns it on", Form.APP);
  public static final Key<Value> BACKFILL_PASSWORD =
      optional("backfill.password", "Needed beside backfill.app", Form.PASSWORD);
  public static final Key<Duration> BACKFILL_MARGIN =
      key(
          "backfill.margin",
          "5m",
          "How far before the last known event to ask",
          Form.time("0s", "7d"));
  public static final Key<Instant> BACKFILL_SINCE =
      optional("backfill.since", "Where to begin while no event is known", Form.SINCE);
  public static final Key<Duration> JOURNAL_KEEP =
      key(
          "journal.keep",
          "7d",
          "How long delivered events are kept, to look at or to replay",
          Form.time("1m", "3650d"));
  public static final Key<Long> JOURNAL_MAX_SIZE =
      key("journal.max-size", "1GB", "How large the journal may grow", Form.size("1MB", "1TB"));
  public static final Key<Path> DATA_DIR =
      key("data.dir", "data", "What the agent has to remember is kept here", Form.FOLDER);
  public static final Key<Path> HANDLERS_DIR =
      key("handlers.dir", "handlers", "Handler jars are dropped here", Form.FOLDER);
  public static final Key<String> LOG_LEVEL =
      key(
          "log.level",
          "info",
          "How much is logged",
          Form.choice("error", "warn", "info", "debug", "trace"));
  public static final Key<String> LOG_FORMAT =
      key("log.format", "text", "How it is logged", Form.choice("text", "json", "journal"));
  public static final Key<Duration> SHUTDOWN_TIMEOUT =
      key("shutdown.timeout", "20s", "How long stopping may take", Form.time("0s", "10m"));
  public static final Key<String> HANDLER_TYPE =
      key("handler.<name>.type", NAME, "What it does, if not what its name says", Form.TYPE);
  public static final Key<EventGlobs> HANDLER_EVENTS =
      key("handler.<name>.events", "*", "Which events it gets", Form.GLOBS);
  public static final Key<Boolean> HANDLER_ENABLED =
      key("handler.<name>.enabled", "true", "Whether it runs", Form.FLAG);

  public static final Key<HandlerSettings.Start> HANDLER_START =
      key("handler.<name>.start", "newest", "Which event a new handler begins at", Form.START);
  public static final Key<Duration> HANDLER_RETRY_FIRST =
      key(
          "handler.<name>.retry.first",
          "1s",
          "The longest wait before a second try",
          Form.time("10ms", "1h"));
  public static final Key<Duration> HANDLER_RETRY_LONGEST =
      key(
          "handler.<name>.retry.longest",
          "5m",
          "The wait grows up to this",
          Form.time("10ms", "24h"));
  public static final Key<Integer> HANDLER_RETRY_ATTEMPTS =
      key(
          "handler.<name>.retry.attempts",
          "10",
          "After so many tries an event is put aside as a dead letter",
          Form.number("0", "1000"));
  public static final Key<Duration> HANDLER_TIMEOUT =
      key("handler.<name>.timeout", "30s", "How long a try may take", Form.time("100ms", "24h"));
  public static final Key<Integer> HANDLER_LANES =
      key("handler.<name>.lanes", "1", "How many events at once", Form.number("1", "64"));
  public static final Key<String> HANDLER_KEY =
      optional("handler.<name>.key", "Events with the same one stay in order", Form.KEY);

  /** In the contract, but not in this version: accepted, with a warning. */
  private static final Set<String> LATER =
      Set.of(
          """
          hub.url oauth.client-id oauth.client-secret oauth.scopes oauth.refresh-token standby \
          connections proxy.url proxy.user proxy.password proxy.bypass tls.ca \
          tls.client-certificate tls.client-key http.listen http.password \
          handler.<name>.connection\
          """
              .split(" "));

  private static final String CONNECTION = "connection.<name>.";
  private static final String HANDLER = "handler.<name>.";
  // An own setting of a few letters is near to some key or other by chance.
  private static final int MIN_MISSPELT = 6;
  // The name becomes a file's: small letters, so that no two names are one file on any disk.
  private static final Pattern NAMED =
      Pattern.compile(
          "((?:handler|connection)\\.)[a-z0-9][a-z0-9_-]{0,63}(\\.[\\p{L}\\p{N}\\p{P}\\p{S}]{1,180})");
  // Also api-key and X-Auth-Token: one too many only makes a message shorter.
  private static final Pattern SECRET =
      Pattern.compile("(?s).*(secret|password|token|key|authorization|cookie)[^.]*");

  private static final Pattern HANDLER_VARIABLE =
      Pattern.compile("LOOM_AGENT_HANDLER_([A-Z0-9]{1,64})_([A-Z0-9_]+)");

  private static <T> Key<T> key(String name, String standard, String meaning, Form<T> form) {
    return add(new Key<>(name, standard, false, meaning, form));
  }

  private static <T> Key<T> required(String name, Form<T> form) {
    return add(new Key<>(name, "", true, "Required", form));
  }

  private static <T> Key<T> optional(String name, String meaning, Form<T> form) {
    return add(new Key<>(name, "", false, meaning, form));
  }

  private static <T> Key<T> add(Key<T> key) {
    ALL.put(key.name(), key);
    return key;
  }

  /** In the order of the table. */
  static List<Key<?>> all() {
    return List.copyOf(ALL.values());
  }

  /** Of all keys, of later versions' too. */
  static Set<String> names() {
    Set<String> names = new TreeSet<>(ALL.keySet());
    names.addAll(LATER);
    return names;
  }

  static Optional<Key<?>> find(String key) {
    return Optional.ofNullable(ALL.get(general(key)));
  }

  static boolean later(String key) {
    String general = general(key);
    // Every key that is not a handler's may be a connection's own.
    return general.startsWith(CONNECTION)
        ? names().contains(general.substring(CONNECTION.length()))
        : LATER.contains(general);
  }

  /** The handler that a key belongs to, be it in the table or the handler's own. */
  static Optional<String> handler(String key) {
    boolean handler = general(key).startsWith(HANDLER);
    return handler ? Optional.of(key.split("\\.", 3)[1]) : Optional.empty();
  }

  private static String general(String key) {
    Matcher named = NAMED.matcher(key);
    // Nobody's name is <name>.
    return named.matches() ? named.group(1) + NAME + named.group(2) : key.replace(NAME, "");
  }

  /**
   * The key of a handler that nothing else names, as {@code LOOM_AGENT_HANDLER_MIS_RETRY_FIRST}. Of
   * the handler's own settings one word counts: more could not be told from the name.
   */
  static Optional<String> ofHandler(String variable) {
    Matcher parts = HANDLER_VARIABLE.matcher(variable);
    if (!parts.matches()) {
      return Optional.empty();
    }
    String name = parts.group(1).toLowerCase(Locale.ROOT);
    String own = "handler." + name + "." + parts.group(2).toLowerCase(Locale.ROOT);
    return names().stream()
        .filter(key -> key.startsWith(HANDLER))
        .map(key -> key.replace(NAME, name))
        .filter(key -> variable(key).equals(variable))
        .findFirst()
        .or(() -> Optional.of(own).filter(key -> !key.contains("_")));
  }

  /** What is wrong with a key that is not in the table, and what to write instead. */
  static String complaint(String key) {
    String unknown = "unknown key " + Problems.quote(key) + ". ";
    if (key.startsWith("handler.")) {
      return unknown + "Write handler.<name>.<setting>; a name is 1 to 64 of a-z, 0-9, _ and -.";
    }
    return unknown
        + Nearest.to(Problems.plain(key), names())
            .map(near -> "Did you mean " + Problems.quote(near) + "?")
            .orElse("The sample agent.properties has every key.");
  }

  /** The key of the table that a handler's own setting was probably meant to be. */
  static Optional<String> misspelt(String own) {
    String name = handler(own).orElse("");
    List<String> candidates =
        names().stream()
            .filter(key -> key.startsWith(HANDLER))
            .map(key -> key.substring(HANDLER.length()))
            .filter(key -> key.length() >= MIN_MISSPELT)
            .toList();
    String prefix = HANDLER.replace(NAME, name);
    return Nearest.to(own.substring(prefix.length()), candidates).map(prefix::concat);
  }

  /** A key of the table says so itself: {@code handler.mis.key} holds none. */
  static boolean secret(String key) {
    return find(key)
        .map(known -> known.form().live())
        .orElseGet(() -> SECRET.matcher(key.toLowerCase(Locale.ROOT)).matches());
  }

  /** The environment variable of a key. */
  static String variable(String key) {
    return "LOOM_AGENT_" + key.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
  }

  /** As it is written for the handler of this name. */
  String of(String handler) {
    return name.replace(NAME, handler);
  }

  /** What to do about a missing or wrong value. */
  String advice() {
    return "Write " + form.words() + ".";
  }

  /** Its value among those that were read, by the key as it is written. */
  @SuppressWarnings("unchecked") // Only what this key read is there under its name.
  T among(Map<String, Object> values, String handler) {
    return (T) values.get(of(handler));
  }

  /**
   * What a text means.
   *
   * @throws IOException with a sentence on what is wrong with it, without any secret
   */
  T read(String text, Value written) throws IOException {
    String wrong = "is " + Problems.quote(text) + ". " + advice();
    try {
      Optional<T> read = form.reader().apply(form.live() ? text : text.strip(), written);
      if (read.isPresent()) {
        return read.get();
      }
    } catch (IllegalArgumentException e) {
      wrong = e.getMessage();
    }
    if (form.live()) {
      wrong = "(" + text.length() + " characters) cannot be right. " + advice();
    } else if (!written.literal()) {
      // What was looked up may be a secret, in the wrong place.
      wrong = "gets a wrong value from its ${…}. " + advice();
    }
    throw new IOException(written.key() + " " + wrong);
  }
}
