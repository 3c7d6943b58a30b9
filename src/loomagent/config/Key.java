package loomagent.config;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

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
  public static final Key<URI> HUB_URL =
      key("hub.url", LoomUrl.SANDBOX_HUB, "Another address of the Hub", Form.HUB);
  public static final Key<List<String>> EVENTS = required("events", Form.EVENTS);
  public static final Key<UUID> ORGANIZATION =
      optional(
          "organization", "Whose events these are, if the token does not say", Form.ORGANIZATION);
  public static final Key<Value> TOKEN = optional("token", "A ready token", Form.TOKEN);
  public static final Key<String> OAUTH_CLIENT_ID =
      optional("oauth.client-id", "Who asks for tokens", Form.CLIENT);
  public static final Key<Value> OAUTH_CLIENT_SECRET =
      optional("oauth.client-secret", "Proves who asks", Form.CLIENT_SECRET);
  public static final Key<List<String>> OAUTH_SCOPES =
      optional("oauth.scopes", "What the token is to allow", Form.SCOPES);
  public static final Key<Value> OAUTH_REFRESH_TOKEN =
      optional("oauth.refresh-token", "Where the chain begins", Form.REFRESH_TOKEN);
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
  public static final Key<Boolean> STANDBY =
      key("standby", "false", "Whether a second connection is held at all times", Form.FLAG);

  /** All keys so far: each may be a connection's own. */
  private static final Set<String> OWN = Set.copyOf(ALL.keySet());

  public static final Key<List<String>> CONNECTIONS =
      optional("connections", "Several connections", Form.NAMES);
  public static final Key<Duration> RECONNECT_FIRST =
      key("reconnect.first", "1s", "The longest wait before a first try", Form.time("10ms", "1h"));
  public static final Key<Duration> RECONNECT_LONGEST =
      key("reconnect.longest", "60s", "The wait grows up to this", Form.time("10ms", "24h"));
  public static final Key<Duration> STALE_AFTER =
      key("stale-after", "10s", "Silence that counts as a dead connection", Form.time("1s", "1h"));
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
  public static final Key<URI> PROXY_URL = optional("proxy.url", "The way out", Form.PROXY);
  public static final Key<String> PROXY_USER =
      optional("proxy.user", "If the proxy asks who it is", Form.PROXY_USER);
  public static final Key<Value> PROXY_PASSWORD =
      optional("proxy.password", "Needed beside proxy.user", Form.PROXY_PASSWORD);
  public static final Key<List<String>> PROXY_BYPASS =
      optional("proxy.bypass", "Reached without the proxy", Form.BYPASS);
  public static final Key<Path> TLS_CA =
      optional("tls.ca", "Authorities to trust beside Java's own", Form.PEM);
  public static final Key<Path> TLS_CLIENT_CERTIFICATE =
      optional("tls.client-certificate", "What the agent shows of itself", Form.PEM);
  public static final Key<Path> TLS_CLIENT_KEY =
      optional("tls.client-key", "Needed beside tls.client-certificate", Form.PEM);
  public static final Key<InetSocketAddress> HTTP_LISTEN =
      optional("http.listen", "Where the status page and the metrics are", Form.LISTEN);
  public static final Key<Value> HTTP_PASSWORD =
      optional("http.password", "Whoever asks there has to know it", Form.HTTP_PASSWORD);
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
  public static final Key<List<String>> HANDLER_CONNECTION =
      optional("handler.<name>.connection", "Only from these connections", Form.NAMES);
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

  /** Of all keys. */
  static Set<String> names() {
    return new TreeSet<>(ALL.keySet());
  }

  /** Of those that may be a connection's own. */
  static Set<String> own() {
    return OWN;
  }

  /** The key of the table, also as a handler's or a connection's own. */
  static Optional<Key<?>> find(String key) {
    String general = Naming.general(key);
    String plain = Naming.ofConnection(general);
    return Optional.ofNullable(
        plain.isEmpty() ? ALL.get(general) : OWN.contains(plain) ? ALL.get(plain) : null);
  }

  /** The default, which the environment has a say in; empty where there is none. */
  String standard(String environment) {
    return environment.equals("production")
        ? LoomUrl.PRODUCTION.getOrDefault(name, standard)
        : standard;
  }

  /** As it is written for the handler of this name. */
  String of(String handler) {
    return name.replace(NAME, handler);
  }

  /** As it is written for the connection of this name alone. */
  String ofConnection(String connection) {
    return Naming.connections(connection, name);
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
