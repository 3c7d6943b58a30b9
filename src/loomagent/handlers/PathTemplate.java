package loomagent.handlers;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loomagent.Event;
import loomagent.HandlerContext;

/**
 * A path with {@code {name}}, {@code {id}}, {@code {subject}} and {@code {date}} in it. What stands
 * in for them comes from the network: it is made a {@link SafeName}, and so never leaves the folder
 * before the first brace, which is fixed.
 */
final class PathTemplate {
  private static final Pattern BRACE = Pattern.compile("\\{([^{}]*)}");
  private static final List<String> KNOWN = List.of("{name}", "{id}", "{subject}", "{date}");

  /** Bytes of one name, as file systems have it. */
  private static final int NAME = 255;

  /** Bytes that a rotated file gets more. */
  private static final int TIME = 24;

  /** Bytes of a day, be it of a year with ten digits. */
  private static final int DAY = 40;

  private final Path folder;
  private final String rest;

  private PathTemplate(Path folder, String rest) {
    this.folder = folder;
    this.rest = rest;
  }

  /** What the setting {@code path} says. */
  static PathTemplate read(Settings settings, HandlerContext context) {
    String text = settings.required("path", "hot-folder/{id}.json or events-{date}.ndjson").strip();
    if (File.separatorChar == '\\') {
      text = text.replace('\\', '/');
    }
    int brace = text.indexOf('{') < 0 ? text.length() : text.indexOf('{');
    int cut = text.lastIndexOf('/', brace) + 1;
    String rest = text.substring(cut);
    check(text, rest, settings);
    try {
      var unused = Path.of(BRACE.matcher(rest).replaceAll("x"));
      return new PathTemplate(context.resolve(text.substring(0, cut)), rest);
    } catch (InvalidPathException wrong) {
      settings.problem("path is no path: " + wrong.getReason());
      return new PathTemplate(context.resolve(""), rest);
    }
  }

  private static void check(String text, String rest, Settings settings) {
    boolean strange =
        BRACE.matcher(text).results().anyMatch(brace -> !KNOWN.contains(brace.group()))
            || BRACE.matcher(text).replaceAll("").matches("(?s).*[{}].*");
    if (strange) {
      settings.problem(
          "path has a brace that is none of "
              + String.join(", ", KNOWN)
              + ". Write one of these; no other brace can be in it");
    }
    for (String part : rest.split("/", -1)) {
      if (!text.isEmpty() && (part.isEmpty() || part.equals(".") || part.equals(".."))) {
        settings.problem("path ends in a folder, or has . or .. behind a brace. Name a file");
        return;
      }
      if (longest(part) > NAME - (rest.contains("{id}") ? 0 : TIME)) {
        settings.problem(
            "path has a name that may become longer than the 255 bytes a file's name may have."
                + " Make folders of some of it, with /");
      }
    }
  }

  private static int longest(String part) {
    int braces =
        BRACE
            .matcher(part)
            .results()
            .mapToInt(found -> found.group().equals("{date}") ? DAY : SafeName.LONGEST)
            .sum();
    String fixed = BRACE.matcher(part).replaceAll("");
    return fixed.getBytes(StandardCharsets.UTF_8).length + braces;
  }

  /** The part that no event changes. */
  Path folder() {
    return folder;
  }

  /** Whether events have a say in it. */
  boolean varies() {
    return rest.indexOf('{') >= 0;
  }

  /** Whether each event has a file of its own. */
  boolean anEventEach() {
    return rest.contains("{id}");
  }

  /**
   * Where an event goes.
   *
   * @throws IOException never, unless this class is wrong: the path would leave the folder
   */
  Path of(Event event, Clock clock) throws IOException {
    String name =
        BRACE
            .matcher(rest)
            .replaceAll(found -> Matcher.quoteReplacement(value(found.group(), event, clock)));
    Path path = folder.resolve(name).normalize();
    if (!path.startsWith(folder) || path.getNameCount() <= folder.getNameCount()) {
      throw new IOException("the path of " + Text.line(event.id(), 80) + " leaves " + folder);
    }
    return path;
  }

  private static String value(String brace, Event event, Clock clock) {
    return SafeName.of(
        switch (brace) {
          case "{name}" -> event.name();
          case "{id}" -> event.id();
          case "{subject}" -> event.subject();
          default -> day(event, clock);
        });
  }

  /** Of the event and not of today, so that an event that comes again has the same path. */
  private static String day(Event event, Clock clock) {
    Instant time = event.receivedAt().or(event::timestamp).orElseGet(clock::instant);
    return LocalDate.ofInstant(time, ZoneOffset.UTC).toString();
  }
}
