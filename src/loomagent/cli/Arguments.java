package loomagent.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import loomagent.base.Nearest;
import loomagent.config.Source;

/** A command's options and words. */
final class Arguments {

  /** Options of every command, and whether a value follows. */
  private static final Map<String, Boolean> SHARED = Map.of("--config", true, "--set", true);

  private final Map<String, List<String>> options = new HashMap<>();
  private final List<String> words = new ArrayList<>();

  private Arguments() {}

  /**
   * Reads what stands after the command.
   *
   * @param given the words of the command line
   * @param command which command they are for
   */
  static Arguments parse(List<String> given, Command command) throws UsageException {
    Map<String, Boolean> known = new HashMap<>(SHARED);
    known.putAll(command.options());
    Arguments arguments = new Arguments();
    for (int i = 0; i < given.size(); i++) {
      String word = given.get(i);
      if (!word.startsWith("-")) {
        arguments.words.add(word);
        continue;
      }
      int equals = word.startsWith("--") ? word.indexOf('=') : -1;
      String option = equals < 0 ? word : word.substring(0, equals);
      Boolean valued = known.get(option);
      if (valued == null) {
        throw unknown(option, command, known.keySet());
      }
      if (!valued && equals >= 0) {
        throw new UsageException(option + " takes no value");
      }
      if (valued && equals < 0 && i + 1 == given.size()) {
        throw new UsageException(option + " needs a value behind it");
      }
      String value = !valued ? "" : equals < 0 ? given.get(++i) : word.substring(equals + 1);
      arguments.options.computeIfAbsent(option, first -> new ArrayList<>()).add(value);
    }
    if (arguments.words.size() > command.words()) {
      String extra = arguments.words.get(command.words());
      throw new UsageException(command.name() + " does not know what to do with \"" + extra + "\"");
    }
    return arguments;
  }

  boolean has(String option) {
    return options.containsKey(option);
  }

  /** The option's value; the last one counts. */
  Optional<String> value(String option) {
    List<String> values = options.getOrDefault(option, List.of());
    return values.isEmpty() ? Optional.empty() : Optional.of(values.get(values.size() - 1));
  }

  /** A whole number within bounds. */
  Optional<Integer> number(String option, int least, int most) throws UsageException {
    Optional<String> text = value(option);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      int number = Integer.parseInt(text.get());
      if (number >= least && number <= most) {
        return Optional.of(number);
      }
    } catch (NumberFormatException noNumber) {
      // said below, as one out of bounds is
    }
    throw new UsageException(
        option + " is \"" + text.get() + "\"; write a whole number from " + least + " to " + most);
  }

  List<String> words() {
    return List.copyOf(words);
  }

  /** The configuration's sources, with more {@code --set} behind those given. */
  Source source(Terminal terminal) {
    return new Source(
        value("--config").map(terminal.folder()::resolve),
        terminal.folder().resolve("agent.properties"),
        sets(),
        terminal.environment());
  }

  /** What says where the configuration comes from, to be given to another command. */
  List<String> own() {
    List<String> own = new ArrayList<>();
    value("--config").ifPresent(file -> own.addAll(List.of("--config", file)));
    sets().forEach(set -> own.addAll(List.of("--set", set)));
    return own;
  }

  List<String> sets() {
    return List.copyOf(options.getOrDefault("--set", List.of()));
  }

  /** A file as typed, from where the person stands. */
  Optional<Path> file(String option, Terminal terminal) {
    return value(option).map(terminal.folder()::resolve);
  }

  private static UsageException unknown(String option, Command command, Set<String> known) {
    String advice =
        Nearest.to(option, known)
            .map(near -> "Did you mean " + near + "?")
            .orElse("It has " + String.join(", ", new TreeSet<>(known)));
    return new UsageException(command.name() + " has no option " + option + ". " + advice);
  }
}
