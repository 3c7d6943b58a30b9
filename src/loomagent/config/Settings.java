package loomagent.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads each setting as what it has to be. A wrong one is told, and the default stands in for it
 * until everything has been looked at.
 */
record Settings(
    Map<String, Entry> entries,
    Placeholders placeholders,
    boolean lookups,
    Problems problems,
    Problems warnings) {
  // One subscribe command carries them all; Loom's apps have dozens.
  static final int MAX_EVENTS = 500;

  // Nine digits of any unit: no sum of such durations overflows.
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");
  private static final Map<String, Duration> UNITS =
      Map.of(
          "ms", Duration.ofMillis(1),
          "s", Duration.ofSeconds(1),
          "m", Duration.ofMinutes(1),
          "h", Duration.ofHours(1),
          "d", Duration.ofDays(1));

  /** What is written, filled in, without spaces around it; empty if there is nothing usable. */
  Optional<String> text(String key, String advice) {
    Entry entry = entries.get(key);
    if (entry == null || !entry.whole()) {
      return Optional.empty();
    }
    List<String> faults = new ArrayList<>();
    String text = new Value(entry, placeholders).text(faults).strip();
    if (faults.isEmpty() && text.isEmpty()) {
      faults.add(key + " is empty. " + advice);
    }
    faults.forEach(fault -> problems.add(entry.origin(), "%s", fault));
    return faults.isEmpty() ? Optional.of(text) : Optional.empty();
  }

  /** What the parser makes of the text; what it complains of is told behind the key's name. */
  <T> Optional<T> parsed(String key, String advice, Function<String, T> parser) {
    return text(key, advice)
        .flatMap(
            text -> {
              try {
                return Optional.of(parser.apply(text));
              } catch (IllegalArgumentException e) {
                Entry entry = entries.get(key);
                // The complaint may quote what a ${…} brought in: a secret, perhaps.
                String wrong =
                    entry.literal()
                        ? e.getMessage()
                        : "gets a wrong value from " + entry.shown() + ". Correct it there.";
                problems.add(entry.origin(), "%s %s", key, wrong);
                return Optional.empty();
              }
            });
  }

  String choice(String key, String advice, String standard, String... allowed) {
    Function<String, String> parser =
        text -> {
          if (!List.of(allowed).contains(text)) {
            throw wrong(
                "is %s. Write one of: %s.", Problems.quote(text), String.join(", ", allowed));
          }
          return text;
        };
    return parsed(key, advice, parser).orElse(standard);
  }

  Duration duration(Key key, String least, String most) {
    Function<String, Duration> parser =
        text -> {
          Duration duration = duration(text);
          if (duration.compareTo(duration(least)) < 0 || duration.compareTo(duration(most)) > 0) {
            throw wrong("is %s. Write %s to %s.", text, least, most);
          }
          return duration;
        };
    return parsed(key.key(), key.advice(), parser).orElse(duration(key.defaultText()));
  }

  private static Duration duration(String text) {
    Matcher form = DURATION.matcher(text);
    if (!form.matches()) {
      throw wrong(
          "is %s. Write a number of at most nine digits and its unit, like 250ms, 10s, 5m, 2h, 7d.",
          Problems.quote(text));
    }
    return UNITS.get(form.group(2)).multipliedBy(Long.parseLong(form.group(1)));
  }

  Path path(Key key, String standard) {
    Function<String, Path> parser =
        text -> {
          // "C:\temp" has become "C:", a tab and "emp" by now.
          if (text.matches("[A-Za-z]:[^/\\\\].*") || text.chars().anyMatch(c -> c < ' ')) {
            throw wrong("has lost a \\. Write \\\\ or / instead.");
          }
          try {
            return placeholders.folder().resolve(text).normalize();
          } catch (InvalidPathException e) {
            throw wrong("is no path here: %s. Correct it.", e.getReason());
          }
        };
    return parsed(key.key(), key.advice(), parser)
        .orElse(placeholders.folder().resolve(standard).normalize());
  }

  List<String> events() {
    Function<String, List<String>> parser =
        text -> {
          Set<String> names = new LinkedHashSet<>();
          String[] items = text.split(",", MAX_EVENTS + 1);
          if (items.length > MAX_EVENTS) {
            throw wrong("has more than %d names. Write fewer.", MAX_EVENTS);
          }
          for (String item : items) {
            addEvent(names, item.strip());
          }
          return List.copyOf(names);
        };
    return parsed(Key.EVENTS.key(), Key.EVENTS.advice(), parser).orElse(List.of());
  }

  /** Each wrong name is told, and not only the first. */
  private void addEvent(Set<String> names, String name) {
    Entry entry = entries.get(Key.EVENTS.key());
    String shown = entry.literal() ? Problems.quote(name) : "a name from " + entry.shown();
    if (name.length() <= 256 && name.matches("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)+")) {
      if (!names.add(name)) {
        warnings.add(entry.origin(), "events has %s twice. Once is enough.", shown);
      }
    } else {
      problems.add(
          entry.origin(),
          name.indexOf('*') < 0
              ? "events: %s is no event name. Write it like mission_control.job_added."
              : "events: %s holds a *. Loom takes whole names only; write them all.",
          shown);
    }
  }

  /** In the order in which they were first written. */
  List<HandlerSettings> handlers() {
    Map<String, List<Entry>> byName = new LinkedHashMap<>();
    for (Entry entry : entries.values()) {
      Catalogue.handler(entry.key())
          .ifPresent(name -> byName.computeIfAbsent(name, n -> new ArrayList<>()).add(entry));
    }
    List<HandlerSettings> handlers = new ArrayList<>();
    byName.forEach((name, all) -> handlers.add(handler(name, all)));
    return List.copyOf(handlers);
  }

  private HandlerSettings handler(String name, List<Entry> all) {
    Map<String, Value> own = new LinkedHashMap<>();
    for (Entry entry : all) {
      if (Catalogue.kind(entry.key()) == Catalogue.Kind.OWN) {
        own.put(entry.key().substring("handler..".length() + name.length()), live(entry));
      }
    }
    String type = Key.HANDLER_TYPE.advice().replace(Catalogue.NAME, name);
    String enabled = Key.HANDLER_ENABLED.of(name);
    return new HandlerSettings(
        name,
        text(Key.HANDLER_TYPE.of(name), type).orElse(name),
        parsed(Key.HANDLER_EVENTS.of(name), Key.HANDLER_EVENTS.advice(), EventGlobs::parse)
            .orElse(EventGlobs.parse("*")),
        choice(enabled, Key.HANDLER_ENABLED.advice(), "true", "true", "false").equals("true"),
        new LiveSettings(own),
        all.get(0).origin().text());
  }

  /** Looked up now only to tell what is wrong with it. */
  Value live(Entry entry) {
    Value value = new Value(entry, placeholders);
    List<String> faults = new ArrayList<>();
    if (entry.whole() && (lookups || entry.literal())) {
      value.text(faults);
    }
    faults.forEach(fault -> problems.add(entry.origin(), "%s", fault));
    return value;
  }

  private static IllegalArgumentException wrong(String words, Object... parts) {
    return new IllegalArgumentException(words.formatted(parts));
  }
}
