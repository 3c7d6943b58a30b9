package loomagent.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

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

  /** What is set, or the default; not for a handler's key, nor for one that may be absent. */
  public <T> T get(Key<T> key) {
    return key.among(values, "");
  }

  public URI url() {
    return get(Key.LOOM_URL);
  }

  /** Of the Loom API, to put a path behind: no slash at the end, no query. */
  public URI loomApi() {
    return get(Key.LOOM_API);
  }

  public Optional<UUID> organization() {
    return find(Key.ORGANIZATION);
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

  /** Present if, and only if, {@link #backfillPassword} is. */
  public Optional<String> backfillApp() {
    return find(Key.BACKFILL_APP);
  }

  public Optional<Value> backfillPassword() {
    return find(Key.BACKFILL_PASSWORD);
  }

  public Duration backfillMargin() {
    return get(Key.BACKFILL_MARGIN);
  }

  /** Not in the future; an age was counted back from the time of loading. */
  public Optional<Instant> backfillSince() {
    return find(Key.BACKFILL_SINCE);
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

  public String logLevel() {
    return get(Key.LOG_LEVEL);
  }

  public String logFormat() {
    return get(Key.LOG_FORMAT);
  }

  public Duration shutdownTimeout() {
    return get(Key.SHUTDOWN_TIMEOUT);
  }

  private <T> Optional<T> find(Key<T> key) {
    return Optional.ofNullable(get(key));
  }
}
