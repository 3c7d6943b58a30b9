package loomagent.config;

import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
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
  // As RFC 7617 sends it: a colon would end the name. Real ones have a dozen characters.
  private static final String APP_NAME = "[!-9;-~]{1,128}";
  private static final int MAX_PASSWORD = 1 << 10;
  private static final String MEMBER = "payload\\.[A-Za-z0-9_-]{1,128}";
  // Loom keeps events for weeks; what is older than this is a slip of the pen.
  private static final String OLDEST = "3650d";
  // Nine digits of any unit: no sum of such durations overflows.
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");
  private static final Map<String, Duration> UNITS =
      Map.of(
          "ms", Duration.ofMillis(1),
          "s", Duration.ofSeconds(1),
          "m", Duration.ofMinutes(1),
          "h", Duration.ofHours(1),
          "d", Duration.ofDays(1));
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,9})(KB|MB|GB|TB)");
  private static final Map<String, Long> BYTES =
      Map.of("KB", 1L << 10, "MB", 1L << 20, "GB", 1L << 30, "TB", 1L << 40);

  static final Form<String> TYPE =
      form("log, or the type of a handler in a jar", text -> some(text, !text.isEmpty()));
  static final Form<Boolean> FLAG =
      form("true or false", text -> some(text.equals("true"), text.matches("true|false")));
  static final Form<URI> ADDRESS =
      form("wss://…, or ws://… on this machine only", text -> Optional.of(LoomUrl.websocket(text)));
  static final Form<URI> API =
      form("https://…, or http://… on this machine only", text -> Optional.of(LoomUrl.api(text)));
  static final Form<UUID> ORGANIZATION =
      form(
          "a UUID like 2b271d51-e447-4a16-810f-5abdc596700a, without the Org/",
          text ->
              text.matches("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}")
                  ? Optional.of(UUID.fromString(text))
                  : Optional.empty());
  static final Form<EventGlobs> GLOBS =
      form("names or globs, with commas, at most 500", text -> Optional.of(EventGlobs.parse(text)));
  static final Form<List<String>> EVENTS =
      form(
          "whole event names like mission_control.job_added, with commas, at most 500; no *",
          Form::events);
  static final Form<Value> TOKEN =
      secret("the access token", "16 KB, no Bearer, no space", MAX_TOKEN);
  static final Form<String> APP =
      form(
          "the app's technical name, at most 128 characters, no space, no colon",
          text -> some(text, text.matches(APP_NAME)));
  static final Form<Value> PASSWORD =
      secret("the app's event password", "1 KB, no space", MAX_PASSWORD);
  static final Form<Instant> SINCE =
      new Form<>(
          "a time like 2026-10-01T06:00:00+02:00, or an age like 2h, at most " + OLDEST,
          false,
          Form::since);
  static final Form<Path> FOLDER = new Form<>("a folder", false, Form::folder);
  static final Form<HandlerSettings.Start> START =
      form(
          "newest or oldest",
          text ->
              text.matches("newest|oldest")
                  ? Optional.of(HandlerSettings.Start.valueOf(text.toUpperCase(Locale.ROOT)))
                  : Optional.empty());
  static final Form<String> KEY =
      form(
          "subject, name, link or payload.<member>",
          text -> some(text, text.matches("subject|name|link|" + MEMBER)));

  static Form<String> choice(String... allowed) {
    String words = String.join(", ", allowed).replaceFirst(", (\\w+)$", " or $1");
    return form(words, text -> some(text, List.of(allowed).contains(text)));
  }

  static Form<Duration> time(String least, String most) {
    return within(least, most, Form::time);
  }

  /** In bytes. */
  static Form<Long> size(String least, String most) {
    return within(least, most, Form::size);
  }

  static Form<Integer> number(String least, String most) {
    return within(least, most, Form::number);
  }

  private static <T extends Comparable<T>> Form<T> within(
      String least, String most, Function<String, Optional<T>> reader) {
    return form(
        least + " to " + most,
        text ->
            reader
                .apply(text)
                .filter(value -> value.compareTo(reader.apply(least).orElseThrow()) >= 0)
                .filter(value -> value.compareTo(reader.apply(most).orElseThrow()) <= 0));
  }

  private static Form<Value> secret(String what, String limits, int most) {
    return new Form<>(
        what + ", best as ${file:…}, ${credential:…} or ${env:…}; at most " + limits,
        true,
        (text, written) -> some(written, text.matches("[!-~]{1," + most + "}")));
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

  private static Optional<Long> size(String text) {
    Matcher form = SIZE.matcher(text);
    if (!form.matches()) {
      return Optional.empty();
    }
    long number = Long.parseLong(form.group(1));
    long unit = BYTES.get(form.group(2));
    return some(number * unit, number <= Long.MAX_VALUE / unit);
  }

  private static Optional<Integer> number(String text) {
    return text.matches("[0-9]{1,9}") ? Optional.of(Integer.valueOf(text)) : Optional.empty();
  }

  /** An age counts from the time of loading. */
  private static Optional<Instant> since(String text, Value written) {
    Instant now = written.source().clock().instant();
    Optional<Instant> asked = time(text).map(now::minus).or(() -> instant(text));
    if (asked.filter(now::isBefore).isPresent()) {
      throw new IllegalArgumentException("is in the future. Write " + SINCE.words() + ".");
    }
    Instant oldest = now.minus(time(OLDEST).orElseThrow());
    return asked.filter(time -> !time.isBefore(oldest));
  }

  private static Optional<Instant> instant(String text) {
    try {
      return Optional.of(OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
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
