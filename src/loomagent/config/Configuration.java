package loomagent.config;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A configuration in which nothing is wrong. Immutable, and safe to use from any thread. Secrets
 * and the handlers' own settings are looked up at each use; the rest was read once, at the start.
 * {@link Key} has the meaning and the limits of each setting; a path is absolute and may not exist.
 *
 * @param values by their keys, as {@link #get} has them
 * @param connections in the order in which they are named; never none
 * @param handlers in the order in which they were first written; none when no key names one
 * @param warnings what is accepted but should be said, one line each, without any secret
 * @param origin the file it was read from, as it was named, or words that say there was none
 * @param folder what relative paths in it are relative to; absolute
 * @param written what was set, by key
 */
public record Configuration(
    Map<String, Object> values,
    List<ConnectionSettings> connections,
    List<HandlerSettings> handlers,
    List<String> warnings,
    String origin,
    Path folder,
    Map<String, Value> written) {

  /**
   * Reads and checks everything. Reads files; to be called once, at start.
   *
   * @throws ConfigurationException with everything that is wrong; nothing else is ever thrown for
   *     what stands in the file, the environment or {@code --set}
   */
  public static Configuration load(Source source) throws ConfigurationException {
    return new Reader(source).read();
  }

  /**
   * Where the agent's folder is, whatever else may be wrong: to ask an agent that runs on.
   *
   * @param source what there is
   * @return {@code data.dir}; empty if that itself is wrong
   */
  public static Optional<Path> dataDir(Source source) {
    return new Reader(source).dataDir();
  }

  /** What is set, or the default; not for a handler's or a connection's key. */
  public <T> T get(Key<T> key) {
    return key.among(values, "");
  }

  public Duration reconnectFirst() {
    return get(Key.RECONNECT_FIRST);
  }

  public Duration reconnectLongest() {
    return get(Key.RECONNECT_LONGEST);
  }

  public Duration staleAfter() {
    return get(Key.STALE_AFTER);
  }

  public Duration journalKeep() {
    return get(Key.JOURNAL_KEEP);
  }

  /** In bytes. */
  public long journalMaxSize() {
    return get(Key.JOURNAL_MAX_SIZE);
  }

  public Path dataDir() {
    return get(Key.DATA_DIR);
  }

  public Path handlersDir() {
    return get(Key.HANDLERS_DIR);
  }

  /** A plain address of a host and a port: no user, no path. */
  public Optional<URI> proxyUrl() {
    return find(Key.PROXY_URL);
  }

  /** Present if, and only if, {@link #proxyPassword} is; then {@link #proxyUrl} is as well. */
  public Optional<String> proxyUser() {
    return find(Key.PROXY_USER);
  }

  public Optional<Value> proxyPassword() {
    return find(Key.PROXY_PASSWORD);
  }

  /**
   * Whom to reach directly: names, also with {@code .} or {@code *.} in front, addresses, blocks
   * such as {@code 10.0.0.0/8}, or {@code *}.
   */
  public List<String> proxyBypass() {
    return find(Key.PROXY_BYPASS).orElse(List.of());
  }

  /** Like every PEM file: there and readable when the configuration was loaded. */
  public Optional<Path> tlsCa() {
    return find(Key.TLS_CA);
  }

  /** Present if, and only if, {@link #tlsClientKey} is. */
  public Optional<Path> tlsClientCertificate() {
    return find(Key.TLS_CLIENT_CERTIFICATE);
  }

  public Optional<Path> tlsClientKey() {
    return find(Key.TLS_CLIENT_KEY);
  }

  /**
   * Where the status page is to be: the host as it is written, an IPv6 address in brackets, not
   * looked up; port 0 is any free one. Anywhere but on this machine's loopback {@link
   * #httpPassword} is present.
   */
  public Optional<InetSocketAddress> httpListen() {
    return find(Key.HTTP_LISTEN);
  }

  public Optional<Value> httpPassword() {
    return find(Key.HTTP_PASSWORD);
  }

  public String logLevel() {
    return get(Key.LOG_LEVEL);
  }

  public String logFormat() {
    return get(Key.LOG_FORMAT);
  }

  public Duration shutdownTimeout() {
    return get(Key.SHUTDOWN_TIMEOUT);
  }

  /**
   * What another configuration says otherwise. What the ${…} lead to is not looked at: it is read
   * at each use.
   *
   * @param other such as a later one
   * @return keys that are set to another text there, or in one of the two alone
   */
  public SortedSet<String> differences(Configuration other) {
    SortedSet<String> keys = new TreeSet<>(written.keySet());
    keys.addAll(other.written.keySet());
    keys.removeIf(key -> raw(key).equals(other.raw(key)));
    return keys;
  }

  private Optional<String> raw(String key) {
    return Optional.ofNullable(written.get(key)).map(Value::raw);
  }

  /**
   * Whose a key is.
   *
   * @param key as it is written
   * @return the handler's name; empty for a key of the agent's
   */
  public static Optional<String> handlerOf(String key) {
    return Naming.handler(key);
  }

  private <T> Optional<T> find(Key<T> key) {
    return Optional.ofNullable(get(key));
  }
}
