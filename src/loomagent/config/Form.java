package loomagent.config;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
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
  private static final String EVENT = "(?=.{1,256}$)[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)+";
  // They are sent in a form; real apps have a dozen. RFC 6749's characters but for the comma.
  private static final int MAX_SCOPES = 100;
  private static final String SCOPE = "[!#-+\\--\\[\\]-~]{1,256}";
  private static final Pattern OWNED = Pattern.compile("(Org|Per)/.*");
  // Five times what one small machine holds.
  private static final int MAX_CONNECTIONS = 500;
  // A name stands for all below it: more than these nobody keeps up to date.
  private static final int MAX_HOSTS = 100;
  private static final String HOST =
      "(?=.{1,253}$)(\\*|(\\*?\\.)?[A-Za-z0-9_.-]+|\\[?[0-9A-Fa-f:.]+\\]?(/[0-9]{1,3})?)";
  // It is sent in a header, and common servers refuse larger ones.
  private static final int MAX_TOKEN = 16 << 10;
  // As RFC 7617 sends it: a colon would end the name. Real ones have a dozen characters.
  private static final String APP_NAME = "[!-9;-~]{1,128}";
  private static final String USER = "[ -9;-~]{1,128}";
  private static final String CLIENT_ID = "[!-9;-~]{1,256}";
  private static final int MAX_PASSWORD = 1 << 10;
  // Of the password that people on the network can try: fewer are found in days.
  private static final int MIN_HTTP = 8;
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
      form(
          "log, file, exec, webhook, jdbc, or the type of a handler in a jar",
          text -> some(text, !text.isEmpty()));
  static final Form<Boolean> FLAG =
      form("true or false", text -> some(text.equals("true"), text.matches("true|false")));
  static final Form<URI> ADDRESS =
      form("wss://…, or ws://… on this machine only", text -> Optional.of(LoomUrl.websocket(text)));
  static final Form<URI> API =
      form("https://…, or http://… on this machine only", text -> Optional.of(LoomUrl.api(text)));
  static final Form<URI> HUB =
      form("https://…, or http://… on this machine only", text -> Optional.of(LoomUrl.hub(text)));
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
          text -> items(text, EVENT, MAX_EVENTS, Form.EVENTS));
  static final Form<Value> TOKEN =
      secret("the access token", "16 KB, no Bearer, no space", MAX_TOKEN);
  static final Form<String> CLIENT =
      form(
          "the app's client ID, at most 256 characters, no space, no colon",
          text -> some(text, text.matches(CLIENT_ID)));
  static final Form<Value> CLIENT_SECRET =
      secret("the app's client secret", "1 KB, no space", MAX_PASSWORD);
  static final Form<List<String>> SCOPES =
      form("scopes with commas, at most 100; no Org/<uuid>. in front", Form::scopes);
  static final Form<Value> REFRESH_TOKEN =
      secret("the first refresh token", "16 KB, no space", MAX_TOKEN);
  static final Form<List<String>> NAMES =
      form("names of 1 to 64 of a-z, 0-9, _ and -, with commas, at most 500", Form::names);
  static final Form<URI> PROXY =
      form("http://host:port of an HTTP proxy", text -> Optional.of(ProxyUrl.parse(text)));
  static final Form<String> PROXY_USER =
      form(
          "the user's name there, at most 128 characters, no colon",
          text -> some(text, text.matches(USER)));
  static final Form<Value> PROXY_PASSWORD =
      secret("the user's password there", "1 KB, no umlauts", "[ -~]", 1, MAX_PASSWORD);
  static final Form<List<String>> BYPASS =
      form(
          "hosts, or blocks like 10.0.0.0/8, with commas, at most 100",
          text -> items(text, HOST, MAX_HOSTS, Form.BYPASS));
  static final Form<InetSocketAddress> LISTEN =
      form(
          "host:port, such as 127.0.0.1:9464 or [::1]:9464",
          text -> Optional.of(ListenAddress.parse(text)));
  static final Form<Value> HTTP_PASSWORD =
      secret(
          "a password of 8 characters or more", "1 KB, no space", "[!-~]", MIN_HTTP, MAX_PASSWORD);
  static final Form<Path> PEM = new Form<>("a PEM file", false, Form::pem);
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
    return secret(what, limits, "[!-~]", 1, most);
  }

  private static Form<Value> secret(
      String what, String limits, String character, int least, int most) {
    return new Form<>(
        what + ", best as ${file:…}, ${credential:…} or ${env:…}; at most " + limits,
        true,
        (text, written) -> some(written, text.matches(character + "{" + least + "," + most + "}")));
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

  /** Whether the file can be read is of interest only where it is about to be. */
  private static Optional<Path> pem(String text, Value written) {
    Optional<Path> file = folder(text, written);
    if (file.isPresent() && written.source().lookups()) {
      Path path = file.get();
      String fault =
          !Files.exists(path)
              ? "there is no such file"
              : !Files.isRegularFile(path)
                  ? "it is no ordinary file"
                  : !Files.isReadable(path) ? "this user may not read it" : "";
      if (!fault.isEmpty()) {
        throw new IllegalArgumentException(
            "needs " + Problems.quote(text) + ", but " + fault + ". Put that right.");
      }
    }
    return file;
  }

  private static Optional<List<String>> scopes(String text) {
    if (Arrays.stream(text.split(",")).anyMatch(scope -> OWNED.matcher(scope.strip()).matches())) {
      throw new IllegalArgumentException(
          "is written with Org/<uuid>. in front. Write only what stands behind that:"
              + " organization says whose.");
    }
    return items(text, SCOPE, MAX_SCOPES, SCOPES);
  }

  /** Twice the same name is a slip: one of the two was to be another. */
  private static Optional<List<String>> names(String text) {
    Optional<List<String>> names = items(text, Naming.NAME, MAX_CONNECTIONS, NAMES);
    if (names.isPresent() && names.get().size() < text.split(",").length) {
      throw new IllegalArgumentException("holds a name twice. Write each once.");
    }
    return names;
  }

  /** Each once: written twice, most mean no more. */
  private static Optional<List<String>> items(
      String text, String form, int most, Form<List<String>> list) {
    List<String> items = Arrays.stream(text.split(",", -1)).map(String::strip).toList();
    String wrong =
        items.stream()
            .filter(item -> !item.matches(form))
            .limit(20)
            .map(Problems::quote)
            .collect(Collectors.joining(", "));
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException("holds " + wrong + ". Write " + list.words() + ".");
    }
    return some(items.stream().distinct().toList(), items.size() <= most);
  }
}
