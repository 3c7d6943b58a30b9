package loomagent.config;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loomagent.base.Nearest;

/**
 * A key. The sample {@code agent.properties} says what the table says, in the same words; a test
 * holds the two together.
 *
 * @param <T> what a value is read as
 * @param name with {@code <name>} for a handler's own
 * @param standard the default as it would be written; empty for a required key
 * @param meaning for the person who writes the file
 * @param form what may be written
 */
public record Key<T>(String name, String standard, String meaning, Form<T> form) {
  static final String NAME = "<name>";

  private static final Map<String, Key<?>> ALL = new LinkedHashMap<>();

  public static final Key<String> ENVIRONMENT =
      key("environment", "sandbox", "Which Loom is called", Form.choice("sandbox", "production"));
  public static final Key<URI> LOOM_URL =
      key("loom.url", LoomUrl.SANDBOX, "Another address than the environment's", Form.ADDRESS);
  public static final Key<List<String>> EVENTS = key("events", "", "Required", Form.EVENTS);
  public static final Key<Value> TOKEN = key("token", "", "Required", Form.TOKEN);
  public static final Key<Duration> RECONNECT_FIRST =
      key("reconnect.first", "1s", "The longest wait before a first try", Form.time("10ms", "1h"));
  public static final Key<Duration> RECONNECT_LONGEST =
      key("reconnect.longest", "60s", "The wait grows up to this", Form.time("10ms", "24h"));
  public static final Key<Duration> STALE_AFTER =
      key("stale-after", "10s", "Silence that counts as a dead connection", Form.time("1s", "1h"));
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

  /** In the contract, but not in this version: accepted, with a warning. */
  private static final Set<String> LATER =
      Set.of(
          """
          organization loom.api hub.url oauth.client-id oauth.client-secret oauth.scopes \
          oauth.refresh-token backfill.app backfill.password backfill.margin backfill.since \
          standby connections journal.keep journal.max-size proxy.url proxy.user proxy.password \
          proxy.bypass tls.ca tls.client-certificate tls.client-key http.listen http.password \
          handler.<name>.connection handler.<name>.start handler.<name>.retry.first \
          handler.<name>.retry.longest handler.<name>.retry.attempts handler.<name>.timeout \
          handler.<name>.lanes handler.<name>.key\
          """
              .split(" "));

  private static final String CONNECTION = "connection.<name>.";
  // The name becomes a file's: small letters, so that no two names are one file on any disk.
  private static final Pattern NAMED =
      Pattern.compile(
          "((?:handler|connection)\\.)[a-z0-9][a-z0-9_-]{0,63}(\\.[\\p{L}\\p{N}\\p{P}\\p{S}]{1,180})");
  // Also api-key and X-Auth-Token: one too many only makes a message shorter.
  private static final Pattern SECRET =
      Pattern.compile("(?s).*(secret|password|token|key|authorization|cookie)[^.]*");

  private static <T> Key<T> key(String name, String standard, String meaning, Form<T> form) {
    Key<T> key = new Key<>(name, standard, meaning, form);
    ALL.put(name, key);
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
    boolean handler = general(key).startsWith("handler.<name>.");
    return handler ? Optional.of(key.split("\\.", 3)[1]) : Optional.empty();
  }

  private static String general(String key) {
    Matcher named = NAMED.matcher(key);
    // Nobody's name is <name>.
    return named.matches() ? named.group(1) + NAME + named.group(2) : key.replace(NAME, "");
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

  static boolean secret(String key) {
    return SECRET.matcher(key.toLowerCase(Locale.ROOT)).matches();
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
