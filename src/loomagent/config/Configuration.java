package loomagent.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A configuration in which nothing is wrong. Immutable, and safe to use from any thread. Secrets
 * and the handlers' own settings are looked up at each use; the rest was read once, at the start.
 * {@link Key} has the meaning and the limits of each setting; a path is absolute and may not exist.
 *
 * @param values by their keys, as {@link #get} has them
 * @param handlers in the order in which they were first written; none when no key names one
 * @param warnings what is accepted but should be said, one line each, without any secret
 * @param origin the file it was read from, as it was named, or words that say there was none
 */
public record Configuration(
    Map<String, Object> values,
    List<HandlerSettings> handlers,
    List<String> warnings,
    String origin) {

  /**
   * Reads and checks everything. Reads files; to be called once, at start.
   *
   * @throws ConfigurationException with everything that is wrong; nothing else is ever thrown for
   *     what stands in the file, the environment or {@code --set}
   */
  public static Configuration load(Source source) throws ConfigurationException {
    return new Reader(source).read();
  }

  /** What is set, or the default; not for a handler's key. */
  public <T> T get(Key<T> key) {
    return key.among(values, "");
  }

  public URI url() {
    return get(Key.LOOM_URL);
  }

  public List<String> events() {
    return get(Key.EVENTS);
  }

  public Value token() {
    return get(Key.TOKEN);
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

  public Path dataDir() {
    return get(Key.DATA_DIR);
  }

  public Path handlersDir() {
    return get(Key.HANDLERS_DIR);
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
}
