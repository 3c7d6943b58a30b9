package loomagent.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A configuration in which nothing is wrong. Immutable, and safe to use from any thread. The token
 * and the handlers' own settings are looked up at each use; the rest was read once, at the start.
 *
 * @param environment {@code sandbox} or {@code production}
 * @param url the websocket address: wss, or ws to this machine; a host, no user, no fragment
 * @param events 1 to 500 names like {@code app.event}, each once, in the order written
 * @param token the access token, to be resolved at every dial
 * @param reconnectFirst 10 ms to 1 h
 * @param reconnectLongest from {@code reconnectFirst} to 24 h
 * @param staleAfter 1 s to 1 h
 * @param dataDir absolute; may not exist yet
 * @param handlersDir absolute; may not exist
 * @param logLevel {@code error}, {@code warn}, {@code info}, {@code debug} or {@code trace}
 * @param logFormat {@code text}, {@code json} or {@code journal}
 * @param shutdownTimeout 0 to 10 min
 * @param handlers in the order in which they were first written; none when no key names one
 * @param warnings what is accepted but should be said, one line each, without any secret
 * @param origin the file it was read from, as it was named, or words that say there was none
 */
public record Configuration(
    String environment,
    URI url,
    List<String> events,
    Value token,
    Duration reconnectFirst,
    Duration reconnectLongest,
    Duration staleAfter,
    Path dataDir,
    Path handlersDir,
    String logLevel,
    String logFormat,
    Duration shutdownTimeout,
    List<HandlerSettings> handlers,
    List<String> warnings,
    String origin) {
  // Where there is none, that is told, and nobody gets to see this one.
  private static final Entry NO_TOKEN =
      new Entry(Key.TOKEN.key(), "", new Entry.Origin(0, ""), false);

  /**
   * Reads and checks everything. Reads files; to be called once, at start.
   *
   * @throws ConfigurationException with everything that is wrong; nothing else is ever thrown for
   *     what stands in the file, the environment or {@code --set}
   */
  public static Configuration load(Source source) throws ConfigurationException {
    Problems problems = new Problems();
    Problems warnings = new Problems();
    Layers layers = new Layers(source, problems, warnings);
    // A relative file has the working directory as its folder, also when it is not there.
    Path folder = source.chosen().toAbsolutePath().resolveSibling("");
    Placeholders placeholders = new Placeholders(folder, source.environment());
    Settings settings =
        new Settings(layers.winners(), placeholders, source.lookups(), problems, warnings);
    sayWhatIsMissing(source, layers, problems);
    Configuration read = read(source, layers, settings);
    compareBackoff(settings, read);
    if (!problems.inOrder().isEmpty()) {
      throw new ConfigurationException(problems.inOrder());
    }
    return read;
  }

  private static void sayWhatIsMissing(Source source, Layers layers, Problems problems) {
    Entry.Origin origin = new Entry.Origin(Entry.Origin.MISSING, source.chosen().toString());
    boolean absent = layers.fileState() == Layers.FileState.ABSENT;
    for (Key key : List.of(Key.EVENTS, Key.TOKEN)) {
      if (layers.fileState() != Layers.FileState.UNREADABLE
          && !layers.winners().containsKey(key.key())) {
        String why = absent ? ", and there is no such file" : "";
        problems.add(origin, "%s is missing%s. %s", key.key(), why, key.advice());
      }
    }
  }

  private static Configuration read(Source source, Layers layers, Settings settings) {
    Map<String, String> variables = source.environment();
    String environment = choice(settings, Key.ENVIRONMENT, "sandbox", "sandbox", "production");
    String url =
        environment.equals("production")
            ? "wss://loom.zaikio.com/websocket"
            : Key.LOOM_URL.defaultText();
    // systemd separates several by colons; the first is the service's own.
    String state = variables.getOrDefault("STATE_DIRECTORY", "").split(":", 2)[0];
    // systemd sets it for a service whose output goes to the journal.
    String format = variables.containsKey("JOURNAL_STREAM") ? "journal" : "text";
    return new Configuration(
        environment,
        settings
            .parsed(Key.LOOM_URL.key(), Key.LOOM_URL.advice(), LoomUrl::parse)
            .orElse(URI.create(url)),
        settings.events(),
        settings.live(settings.entries().getOrDefault(Key.TOKEN.key(), NO_TOKEN)),
        settings.duration(Key.RECONNECT_FIRST, "10ms", "1h"),
        settings.duration(Key.RECONNECT_LONGEST, "10ms", "24h"),
        settings.duration(Key.STALE_AFTER, "1s", "1h"),
        settings.path(Key.DATA_DIR, state.isEmpty() ? Key.DATA_DIR.defaultText() : state),
        settings.path(Key.HANDLERS_DIR, Key.HANDLERS_DIR.defaultText()),
        choice(settings, Key.LOG_LEVEL, "info", "error", "warn", "info", "debug", "trace"),
        choice(settings, Key.LOG_FORMAT, format, "text", "json", "journal"),
        settings.duration(Key.SHUTDOWN_TIMEOUT, "0s", "10m"),
        settings.handlers(),
        settings.warnings().inOrder(),
        layers.fileState() == Layers.FileState.READ ? source.chosen().toString() : "no file");
  }

  private static String choice(Settings settings, Key key, String standard, String... allowed) {
    return settings.choice(key.key(), key.advice(), standard, allowed);
  }

  private static void compareBackoff(Settings settings, Configuration read) {
    Key first = Key.RECONNECT_FIRST;
    Key longest = Key.RECONNECT_LONGEST;
    List<Entry.Origin> written =
        Stream.of(longest, first)
            .filter(key -> settings.entries().containsKey(key.key()))
            .map(key -> settings.entries().get(key.key()).origin())
            .toList();
    // Where one of them is wrong in itself, its default proves nothing.
    if (read.reconnectLongest.compareTo(read.reconnectFirst) < 0
        && written.stream().noneMatch(settings.problems()::tell)) {
      settings
          .problems()
          .add(
              written.get(0),
              "%s is %s, shorter than %s (%s). Raise it, or lower %3$s.",
              longest.key(),
              settings.text(longest.key(), "").orElse(longest.defaultText()),
              first.key(),
              settings.text(first.key(), "").orElse(first.defaultText()));
    }
  }
}
