package loomagent.config;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import loomagent.base.Words;
import loomagent.net.Loopback;

/** Reads each setting as what it has to be, and tells all that is wrong. Used once. */
final class Reader {

  /** The origin of what nobody has written. */
  static final String DEFAULT = "default";

  private final Problems problems = new Problems();
  private final Problems warnings = new Problems();
  private final Source source;

  /** What counts of each key, in the order in which the keys were first written. */
  private final Map<String, Value> written;

  /** What each key's value was read as, by the key as it is written. */
  private final Map<String, Object> values = new HashMap<>();

  Reader(Source source) {
    this.source = source;
    this.written = new Layers(source, problems, warnings).lay();
  }

  /** The defaults alone, as the table has them. */
  static HandlerSettings byDefault(String handler) {
    Source nothing =
        new Source(Optional.empty(), Path.of("agent.properties"), List.of(), Map.of())
            .withoutLookups();
    return new Reader(nothing).handler(handler, List.of(), DEFAULT);
  }

  Configuration read() throws ConfigurationException {
    written.values().forEach(this::read);
    new Exposure(source, warnings).check(written, values);
    boolean found = Files.exists(source.chosen());
    Connections connections = new Connections(source, problems, warnings, written, values);
    readDefaults("");
    // Where the file could not be read, nobody knows what is in it.
    if (!problems.tell(0)) {
      connections.check();
      together(Key.PROXY_USER, Key.PROXY_PASSWORD);
      together(Key.PROXY_PASSWORD, Key.PROXY_USER);
      together(Key.TLS_CLIENT_CERTIFICATE, Key.TLS_CLIENT_KEY);
      together(Key.TLS_CLIENT_KEY, Key.TLS_CLIENT_CERTIFICATE);
      List.of(Key.PROXY_USER, Key.PROXY_PASSWORD, Key.PROXY_BYPASS)
          .forEach(key -> needs(key, Key.PROXY_URL, Key.PROXY_URL.advice()));
      needs(Key.HTTP_PASSWORD, Key.HTTP_LISTEN, Key.HTTP_LISTEN.advice());
      listen();
      if (source.lookups()) {
        connections.sayWhatIsMissing(found ? ". " : ", and there is no such file. ");
      }
    }
    compare("", Key.RECONNECT_FIRST, Key.RECONNECT_LONGEST);
    List<HandlerSettings> handlers = handlers();
    List<String> wrong = problems.inOrder();
    if (!wrong.isEmpty()) {
      throw new ConfigurationException(wrong);
    }
    String origin = found ? source.chosen().toString() : "no file";
    return new Configuration(
        Map.copyOf(values),
        connections.settings(),
        handlers,
        warnings.inOrder(),
        origin,
        source.folder(),
        Map.copyOf(written));
  }

  /** Of one key alone; empty where that is wrong, or the file cannot be read. */
  Optional<Path> dataDir() {
    String key = Key.DATA_DIR.name();
    String standard = Key.DATA_DIR.standard();
    Value usual = new Value(key, standard, Layers.DEFAULT, "the default", source);
    read(written.getOrDefault(key, usual));
    return Optional.ofNullable(Key.DATA_DIR.among(values, "")).filter(any -> !problems.tell(0));
  }

  private void read(Value value) {
    Optional<Key<?>> key = Key.find(value.key());
    boolean live = key.isEmpty() || key.get().form().live();
    if (live && !source.lookups() && !value.literal()) {
      values.put(value.key(), value);
    } else if (!problems.tell(value.order())) {
      try {
        String text = value.text();
        values.put(value.key(), key.isPresent() ? key.get().read(text, value) : value);
      } catch (IOException e) {
        problems.add(value, e.getMessage());
      }
    }
  }

  private void together(Key<?> key, Key<?> other) {
    needs(key, other, "Write both, or neither.");
  }

  private void needs(Key<?> key, Key<?> other, String advice) {
    if (written.containsKey(key.name()) && !written.containsKey(other.name())) {
      String told = key.name() + " needs " + other.name() + " beside it. " + advice;
      problems.add(written.get(key.name()), told);
    }
  }

  /** Whoever reaches the status page from elsewhere has to show a password. */
  private void listen() {
    InetSocketAddress listen = Key.HTTP_LISTEN.among(values, "");
    if (listen != null && !Loopback.is(listen.getHostString())) {
      needs(
          Key.HTTP_LISTEN,
          Key.HTTP_PASSWORD,
          "Write both, or listen on this machine alone: 127.0.0.1:" + listen.getPort() + ".");
    }
  }

  /** Of a handler's keys, or of the process's; also in place of what is wrong. */
  private void readDefaults(String handler) {
    for (Key<?> key : Key.all()) {
      String name = key.of(handler);
      boolean mine =
          key.name().contains(Key.NAME) != handler.isEmpty() && !Key.own().contains(name);
      if (mine && !values.containsKey(name) && !key.standard().isEmpty()) {
        String text = key.standard().replace(Key.NAME, handler);
        read(new Value(name, text, Layers.DEFAULT, "the default", source));
      }
    }
  }

  private void compare(String handler, Key<Duration> first, Key<Duration> longest) {
    Duration from = first.among(values, handler);
    Duration to = longest.among(values, handler);
    List<Value> both =
        Stream.of(longest.of(handler), first.of(handler))
            .filter(written::containsKey)
            .map(written::get)
            .toList();
    // Where one of them is wrong in itself, its default proves nothing.
    if (to.compareTo(from) < 0 && both.stream().noneMatch(v -> problems.tell(v.order()))) {
      String told = "%s is %s, shorter than %s (%s). Raise it, or lower %3$s.";
      Object[] names = {longest.of(handler), Words.of(to), first.of(handler), Words.of(from)};
      problems.add(both.get(0), told.formatted(names));
    }
  }

  /** In the order in which they were first written. */
  private List<HandlerSettings> handlers() {
    Map<String, List<Value>> byName = new LinkedHashMap<>();
    for (Value value : written.values()) {
      Naming.handler(value.key())
          .ifPresent(name -> byName.computeIfAbsent(name, n -> new ArrayList<>()).add(value));
    }
    List<HandlerSettings> handlers = new ArrayList<>();
    byName.forEach((name, all) -> handlers.add(handler(name, all, all.get(0).origin())));
    return List.copyOf(handlers);
  }

  private HandlerSettings handler(String name, List<Value> all, String origin) {
    readDefaults(name);
    compare(name, Key.HANDLER_RETRY_FIRST, Key.HANDLER_RETRY_LONGEST);
    Map<String, Value> own = new LinkedHashMap<>();
    for (Value value : all) {
      if (Key.find(value.key()).isEmpty()) {
        own.put(value.key().substring("handler..".length() + name.length()), value);
      }
    }
    return HandlerSettings.of(name, values, new LiveSettings(own), origin);
  }
}
