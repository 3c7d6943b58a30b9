package loomagent.handlers;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loomagent.HandlerContext;

/**
 * The settings of a built-in handler while it opens: each is asked for once, and {@link #done} says
 * everything that is wrong at once, settings that nobody asked for included.
 */
final class Settings {
  private static final Pattern AMOUNT = Pattern.compile("([0-9]{1,12})([A-Za-z]{1,2})");

  private final HandlerContext context;
  private final String type;
  private final SortedSet<String> known = new TreeSet<>();
  private final SortedSet<String> asked = new TreeSet<>();
  private final List<String> problems = new ArrayList<>();

  /**
   * The settings of one handler.
   *
   * @param type as a person knows the handler
   */
  Settings(HandlerContext context, String type) {
    this.context = context;
    this.type = type;
  }

  /** What is written there; empty if nothing is, or only blanks. */
  Optional<String> text(String setting) {
    known.add(setting);
    asked.add(setting);
    return Optional.ofNullable(context.settings().get(setting)).filter(text -> !text.isBlank());
  }

  /** What is written there; "" and a problem if nothing is. */
  String required(String setting, String example) {
    Optional<String> text = text(setting);
    if (text.isEmpty()) {
      problem(setting + " is not set. Write one, such as " + example);
    }
    return text.orElse("");
  }

  /** One of some words; a blank is none of them. */
  String choice(String setting, String standard, List<String> words) {
    text(setting);
    String word = context.settings().getOrDefault(setting, standard).strip();
    if (!words.contains(word)) {
      problem(setting + " is \"" + word + "\"; write " + String.join(" or ", words));
    }
    return word;
  }

  /** True or false. */
  boolean flag(String setting, boolean standard) {
    return choice(setting, Boolean.toString(standard), List.of("true", "false")).equals("true");
  }

  /** A whole number within bounds. */
  int number(String setting, int standard, int least, int most) {
    Optional<String> text = text(setting).map(String::strip);
    if (text.isEmpty()) {
      return standard;
    }
    int number = text.get().matches("[0-9]{1,9}") ? Integer.parseInt(text.get()) : -1;
    if (number < least || number > most) {
      problem(setting + " is \"" + text.get() + "\"; write a number, " + least + " to " + most);
    }
    return number;
  }

  /** Bytes: a whole number and B, KB, MB or GB. Empty if none is set. */
  Optional<Long> size(String setting, String example) {
    return amount(
        setting, Map.of("B", 1L, "KB", 1L << 10, "MB", 1L << 20, "GB", 1L << 30), example);
  }

  /** A time: a whole number and ms, s, m, h or d. Empty if none is set. */
  Optional<Duration> time(String setting, String example) {
    Map<String, Long> units =
        Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);
    return amount(setting, units, example).map(Duration::ofMillis);
  }

  private Optional<Long> amount(String setting, Map<String, Long> units, String example) {
    Optional<String> text = text(setting).map(String::strip);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Matcher amount = AMOUNT.matcher(text.get());
    if (!amount.matches() || !units.containsKey(amount.group(2))) {
      problem(setting + " is \"" + text.get() + "\"; write a number and a unit, like " + example);
      return Optional.empty();
    }
    return Optional.of(Long.parseLong(amount.group(1)) * units.get(amount.group(2)));
  }

  /** A path; a relative one is relative to the configuration's folder. Empty if none is set. */
  Optional<Path> path(String setting) {
    try {
      return text(setting).map(String::strip).map(context::resolve);
    } catch (InvalidPathException wrong) {
      problem(setting + " is no path: " + wrong.getReason());
      return Optional.empty();
    }
  }

  /** Every setting that begins so, by the rest of its name. Their values are not read here. */
  SortedMap<String, String> names(String prefix, String shown) {
    known.add(shown);
    SortedMap<String, String> found = new TreeMap<>();
    for (String setting : context.settings().keySet()) {
      if (setting.startsWith(prefix) && setting.length() > prefix.length()) {
        asked.add(setting);
        found.put(setting.substring(prefix.length()), setting);
      }
    }
    return found;
  }

  /** Something is wrong: one sentence without an end, that says what would be right. */
  void problem(String text) {
    problems.add(text);
  }

  /** The end of asking. */
  void done() {
    SortedSet<String> unknown = new TreeSet<>(context.settings().keySet());
    unknown.removeAll(asked);
    if (!unknown.isEmpty()) {
      problems.add(
          0,
          "unknown setting "
              + String.join(", ", unknown)
              + "; "
              + type
              + " knows "
              + String.join(", ", known));
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join(". ", problems));
    }
  }
}
