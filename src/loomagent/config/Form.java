package loomagent.config;

import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a value has to look like, in words and in code.
 *
 * @param words what to write; they stand behind "Write" and behind the key's meaning
 * @param live whether it is a secret: never shown, never changed, looked up anew at each use
 * @param reader gives nothing for a wrong text, or throws IllegalArgumentException with a sentence
 *     to stand behind the key
 */
record Form<T>(String words, boolean live, BiFunction<String, Value, Optional<T>> reader) {
  // One subscribe command carries them all; Loom's apps have dozens.
  private static final int MAX_EVENTS = 500;
  private static final Pattern EVENT =
      Pattern.compile("(?=.{1,256}$)[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)+");
  // It is sent in a header, and common servers refuse larger ones.
  private static final int MAX_TOKEN = 16 << 10;
  // Nine digits of any unit: no sum of such durations overflows.
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");
  private static final Map<String, Duration> UNITS =
      Map.of(
          "ms", Duration.ofMillis(1),
          "s", Duration.ofSeconds(1),
          "m", Duration.ofMinutes(1),
          "h", Duration.ofHours(1),
          "d", Duration.ofDays(1));

  static final Form<String> TYPE =
      form("log, or the type of a handler in a jar", text -> some(text, !text.isEmpty()));
  static final Form<Boolean> FLAG =
      form("true or false", text -> some(text.equals("true"), text.matches("true|false")));
  static final Form<URI> ADDRESS =
      form("wss://…, or ws://… on this machine only", text -> Optional.of(LoomUrl.parse(text)));
  static final Form<EventGlobs> GLOBS =
      form("names or globs, with commas, at most 500", text -> Optional.of(EventGlobs.parse(text)));
  static final Form<List<String>> EVENTS =
      form(
          "whole event names like mission_control.job_added, with commas, at most 500; no *",
          Form::events);
  static final Form<Value> TOKEN =
      new Form<>(
          "the access token, best as ${file:…}, ${credential:…} or ${env:…}; at most 16 KB, no"
              + " Bearer, no space",
          true,
          (text, written) -> some(written, text.matches("[!-~]{1," + MAX_TOKEN + "}")));
  static final Form<Path> FOLDER = new Form<>("a folder", false, Form::folder);

  static Form<String> choice(String... allowed) {
    String words = String.join(", ", allowed).replaceFirst(", (\\w+)$", " or $1");
    return form(words, text -> some(text, List.of(allowed).contains(text)));
  }

  static Form<Duration> time(String least, String most) {
    return form(
        least + " to " + most,
        text ->
            time(text)
                .filter(time -> time.compareTo(time(least).orElseThrow()) >= 0)
                .filter(time -> time.compareTo(time(most).orElseThrow()) <= 0));
  }

  private static <T> Form<T> form(String words, Function<String, Optional<T>> reader) {
    return new Form<>(words, false, (text, written) -> reader.apply(text));
  }

  private static <T> Optional<T> some(T read, boolean right) {
    return right ? Optional.of(read) : Optional.empty();
  }

  private static Optional<Duration> time(String text) {
    Matcher form = DURATION.matcher(text);
    return form.matches()
        ? Optional.of(UNITS.get(form.group(2)).multipliedBy(Long.parseLong(form.group(1))))
        : Optional.empty();
  }

  private static Optional<Path> folder(String text, Value written) {
    // "C:\temp" has become "C:", a tab and "emp" by now.
    if (text.matches("[A-Za-z]:[^/\\\\].*") || text.chars().anyMatch(c -> c < ' ')) {
      throw new IllegalArgumentException("has lost a \\. Write \\\\ or / instead.");
    }
    try {
      return some(written.source().folder().resolve(text).normalize(), !text.isEmpty());
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  /** Each once: written twice, a name means no more. */
  private static Optional<List<String>> events(String text) {
    List<String> names = Arrays.stream(text.split(",", -1)).map(String::strip).toList();
    String wrong =
        names.stream()
            .filter(name -> !EVENT.matcher(name).matches())
            .limit(20)
            .map(Problems::quote)
            .collect(Collectors.joining(", "));
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException("holds " + wrong + ". Write " + EVENTS.words() + ".");
    }
    return some(names.stream().distinct().toList(), names.size() <= MAX_EVENTS);
  }
}
