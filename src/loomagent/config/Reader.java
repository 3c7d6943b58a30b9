package loomagent.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import loomagent.base.Words;

/**
 * Lays the file, the environment and {@code --set} over each other, reads each setting as what it
 * has to be, and tells all that is wrong. Used once.
 */
final class Reader {
  // Problems are told in this order, behind those of the file's lines: 1 MB has fewer.
  private static final int MISSING = 2_000_000;
  private static final int ENVIRONMENT = 3_000_000;
  private static final int SET = 4_000_000;
  private static final int DEFAULT = 5_000_000;

  private static final String PREFIX = "LOOM_AGENT_";

  private final Problems problems = new Problems();
  private final Problems warnings = new Problems();
  private final Source source;

  /** What counts of each key, in the order in which the keys were first written. */
  private final Map<String, Value> written = new LinkedHashMap<>();

  /** What each key's value was read as, by the key as it is written. */
  private final Map<String, Object> values = new HashMap<>();

  Reader(Source source) {
    this.source = source;
  }

  /** The defaults alone, as the table has them. */
  static HandlerSettings byDefault(String handler) {
    Source nothing =
        new Source(Optional.empty(), Path.of("agent.properties"), List.of(), Map.of())
            .withoutLookups();
    return new Reader(nothing).handler(handler, List.of(), "default");
  }

  Configuration read() throws ConfigurationException {
    lay();
    written.values().forEach(this::read);
    boolean found = Files.exists(source.chosen());
    // Where the file could not be read, nobody knows what is in it.
    if (!source.lookups()) {
      values.putIfAbsent(Key.EVENTS.name(), List.of());
    } else if (!problems.tell(0)) {
      sayWhatIsMissing(found ? ". " : ", and there is no such file. ");
    }
    if (!problems.tell(0)) {
      together(Key.BACKFILL_APP, Key.BACKFILL_PASSWORD);
      together(Key.BACKFILL_PASSWORD, Key.BACKFILL_APP);
    }
    readDefaults("");
    compare("", Key.RECONNECT_FIRST, Key.RECONNECT_LONGEST);
    List<HandlerSettings> handlers = handlers();
    List<String> wrong = problems.inOrder();
    if (!wrong.isEmpty()) {
      throw new ConfigurationException(wrong);
    }
    String origin = found ? source.chosen().toString() : "no file";
    return new Configuration(Map.copyOf(values), handlers, warnings.inOrder(), origin);
  }

  private void lay() {
    List<Value> all = systemd();
    all.addAll(PropertiesFile.read(source, problems));
    List<Value> sets = sets();
    all.addAll(environment(Stream.concat(all.stream(), sets.stream()).map(Value::key).toList()));
    all.addAll(sets);
    for (Value value : all) {
      String key = value.key();
      if (Key.later(key)) {
        warnings.add(value, key + " belongs to a later version; this one ignores it.");
      } else if (Key.find(key).isPresent() || Key.handler(key).isPresent()) {
        written.put(key, value);
        warnOfReaders(value);
        warnOfSlip(value);
      } else {
        problems.add(value, Key.complaint(key));
      }
    }
  }

  /** What a service is told by its unit. */
  private List<Value> systemd() {
    Map<String, String> environment = source.environment();
    List<Value> told = new ArrayList<>();
    // Several folders are separated by colons; the first is the service's own.
    String state = environment.getOrDefault("STATE_DIRECTORY", "").split(":", 2)[0];
    if (!state.isEmpty()) {
      told.add(value(Key.DATA_DIR.name(), state, ENVIRONMENT, "environment STATE_DIRECTORY"));
    }
    // Set when the output goes to the journal.
    if (environment.containsKey("JOURNAL_STREAM")) {
      told.add(value(Key.LOG_FORMAT.name(), "journal", ENVIRONMENT, "environment JOURNAL_STREAM"));
    }
    return told;
  }

  private Value value(String key, String raw, int order, String origin) {
    return new Value(key, raw, order, origin, source);
  }

  private void warnOfReaders(Value value) {
    boolean live = Key.find(value.key()).filter(key -> key.form().live()).isPresent();
    if (live && value.literal() && (value.order() >= SET || readByOthers(value))) {
      String where =
          value.order() >= SET ? "on the command line" : "in a file that others may read";
      String fact = value.key() + " is written out " + where;
      warnings.add(value, fact + ". Use ${file:…} or ${credential:…}.");
    }
  }

  /** Nobody checks the own settings of a handler that does not. */
  private void warnOfSlip(Value value) {
    if (Key.find(value.key()).isEmpty()) {
      String fact = Problems.plain(value.key()) + " goes to the handler as a setting of its own. ";
      Key.misspelt(value.key())
          .map(near -> fact + "Did you mean " + Problems.quote(near) + "?")
          .ifPresent(words -> warnings.add(value, words));
    }
  }

  private boolean readByOthers(Value value) {
    try {
      return value.order() < MISSING
          && PosixFilePermissions.toString(Files.getPosixFilePermissions(source.chosen()))
              .matches("...(r.....|...r..)");
    } catch (IOException | UnsupportedOperationException e) {
      return false; // There are no such permissions here (Windows).
    }
  }

  private List<Value> sets() {
    List<Value> sets = new ArrayList<>();
    for (String set : source.sets()) {
      String[] pair = set.split("=", 2);
      int order = SET + sets.size();
      if (pair.length < 2) {
        // Not shown: it may be a secret whose key was forgotten.
        problems.add(order, "--set", "a \"=\" is missing. Write --set KEY=VALUE.");
      } else {
        String key = pair[0].strip();
        sets.add(value(key, pair[1], order, "--set " + Problems.plain(key)));
      }
    }
    return sets;
  }

  private List<Value> environment(List<String> written) {
    Map<String, List<String>> keys = variables(written);
    List<Value> values = new ArrayList<>();
    int order = ENVIRONMENT;
    for (String name : new TreeSet<>(source.environment().keySet())) {
      String origin = "environment " + Problems.plain(name);
      List<String> meant =
          keys.getOrDefault(name, Key.ofHandler(name).map(List::of).orElse(List.of()));
      order++;
      for (String key : meant) {
        values.add(value(key, source.environment().get(name), order, origin));
      }
      if (meant.isEmpty() && name.startsWith(PREFIX)) {
        warnings.add(order, origin, "belongs to no key and is ignored. Correct it, or unset it.");
      }
    }
    return values;
  }

  /** Which keys each variable stands for: two keys that differ only in a dot share one. */
  private static Map<String, List<String>> variables(List<String> written) {
    Set<String> keys = new HashSet<>(Key.names());
    for (String key : written) {
      String handler = Key.handler(key).orElse("");
      if (!handler.isEmpty()) {
        keys.add(key);
        Key.names().forEach(name -> keys.add(name.replace(Key.NAME, handler)));
      }
    }
    return keys.stream().collect(Collectors.groupingBy(Key::variable));
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

  private void sayWhatIsMissing(String why) {
    for (Key<?> key : Key.all()) {
      if (key.required() && !written.containsKey(key.name())) {
        String missing = key.name() + " is missing" + why + key.advice();
        problems.add(MISSING, source.chosen().toString(), missing);
      }
    }
  }

  private void together(Key<?> key, Key<?> other) {
    if (written.containsKey(key.name()) && !written.containsKey(other.name())) {
      String told = key.name() + " needs " + other.name() + " beside it. Write both, or neither.";
      problems.add(written.get(key.name()), told);
    }
  }

  /** Of a handler's keys, or of all others; also in place of what is wrong. */
  private void readDefaults(String handler) {
    boolean production = "production".equals(values.get(Key.ENVIRONMENT.name()));
    for (Key<?> key : Key.all()) {
      String name = key.of(handler);
      boolean handlers = key.name().contains(Key.NAME);
      String text = key.standard();
      if (production) {
        text = LoomUrl.PRODUCTION.getOrDefault(name, text);
      }
      if (handlers != handler.isEmpty() && !values.containsKey(name) && !text.isEmpty()) {
        read(value(name, text.replace(Key.NAME, handler), DEFAULT, "the default"));
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
      Key.handler(value.key())
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
