package loomagent.config;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Lays the file, the environment and {@code --set} over each other. Used once. */
final class Layers {
  // Problems are told in this order, behind those of the file's lines: 1 MB has fewer.
  static final int MISSING = 2_000_000;
  static final int ENVIRONMENT = 3_000_000;
  static final int SET = 4_000_000;
  static final int DEFAULT = 5_000_000;

  private static final String PREFIX = "LOOM_AGENT_";

  private final Source source;
  private final Problems problems;
  private final Problems warnings;

  Layers(Source source, Problems problems, Problems warnings) {
    this.source = source;
    this.problems = problems;
    this.warnings = warnings;
  }

  /**
   * What counts of each key, in the order in which the keys were first written; of keys that are
   * none it is told.
   */
  Map<String, Value> lay() {
    List<Value> all = systemd();
    all.addAll(PropertiesFile.read(source, problems));
    List<Value> sets = sets();
    all.addAll(environment(Stream.concat(all.stream(), sets.stream()).toList()));
    all.addAll(sets);
    Map<String, Value> written = new LinkedHashMap<>();
    for (Value value : all) {
      String key = value.key();
      if (Key.find(key).isPresent() || Naming.handler(key).isPresent()) {
        written.put(key, value);
        warnOfSlip(value);
      } else {
        problems.add(value, Naming.complaint(key));
      }
    }
    return written;
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

  /** Nobody checks the own settings of a handler that does not. */
  private void warnOfSlip(Value value) {
    if (Key.find(value.key()).isEmpty()) {
      String fact = Problems.plain(value.key()) + " goes to the handler as a setting of its own. ";
      Naming.misspelt(value.key())
          .map(near -> fact + "Did you mean " + Problems.quote(near) + "?")
          .ifPresent(words -> warnings.add(value, words));
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

  private List<Value> environment(List<Value> written) {
    Map<String, List<String>> keys = variables(written);
    List<Value> values = new ArrayList<>();
    int order = ENVIRONMENT;
    for (String name : new TreeSet<>(source.environment().keySet())) {
      String origin = "environment " + Problems.plain(name);
      List<String> meant =
          keys.getOrDefault(name, Naming.ofHandler(name).map(List::of).orElse(List.of()));
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
  private Map<String, List<String>> variables(List<Value> written) {
    Set<String> keys = new HashSet<>(Key.names());
    for (Value value : written) {
      String handler = Naming.handler(value.key()).orElse("");
      if (!handler.isEmpty()) {
        keys.add(value.key());
        Key.names().forEach(name -> keys.add(name.replace(Key.NAME, handler)));
      }
    }
    for (String connection : connections(written)) {
      Key.own().forEach(key -> keys.add(Naming.connections(connection, key)));
    }
    return keys.stream().collect(Collectors.groupingBy(Naming::variable));
  }

  /** As far as can be known so early; that a name is wrong is told elsewhere. */
  private List<String> connections(List<Value> written) {
    String key = Key.CONNECTIONS.name();
    Stream<Value> variable =
        Stream.ofNullable(source.environment().get(Naming.variable(key)))
            .map(raw -> value(key, raw, ENVIRONMENT, "environment"));
    return Stream.concat(written.stream().filter(value -> value.key().equals(key)), variable)
        .sorted((a, b) -> Integer.compare(b.order(), a.order()))
        .findFirst()
        .map(Layers::names)
        .orElse(List.of());
  }

  private static List<String> names(Value value) {
    try {
      return Key.CONNECTIONS.read(value.text(), value);
    } catch (IOException wrong) {
      return List.of();
    }
  }
}
