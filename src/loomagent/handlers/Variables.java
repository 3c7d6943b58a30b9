package loomagent.handlers;

import java.io.File;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.regex.Pattern;
import loomagent.Event;
import loomagent.HandlerContext;
import loomagent.Undeliverable;

/**
 * The environment of a program that is run for an event: little of the agent's, which may hold
 * tokens and passwords; what {@code environment.<NAME>} says; and the event's members.
 */
final class Variables {
  private static final String SETTING = "environment.";
  private static final String OWN = "LOOM_EVENT_";
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,99}");

  /** What programs need to find others, their user's files and their language. */
  private static final Set<String> INHERITED =
      Set.of("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR");

  /** What hardly a program runs without on Windows, where names have no case. */
  private static final Set<String> WINDOWS =
      Set.of(
          "SYSTEMROOT",
          "SYSTEMDRIVE",
          "WINDIR",
          "COMSPEC",
          "PATHEXT",
          "TEMP",
          "TMP",
          "USERNAME",
          "USERPROFILE",
          "APPDATA",
          "LOCALAPPDATA",
          "PROGRAMDATA",
          "PROGRAMFILES");

  /**
   * Bytes of a member of an event. Linux starts no program with more than 128 KB in a variable, and
   * it would be tried again for nothing.
   */
  private static final int MEMBER = 32 << 10;

  private final HandlerContext context;
  private final SortedMap<String, String> settings; // by the variable's name

  private Variables(HandlerContext context, SortedMap<String, String> settings) {
    this.context = context;
    this.settings = settings;
  }

  /** Those that are set; their values are asked for at each run. */
  static Variables read(Settings settings, HandlerContext context) {
    SortedMap<String, String> names = settings.names(SETTING, SETTING + "<NAME>");
    for (String name : names.keySet()) {
      if (!NAME.matcher(name).matches()) {
        settings.problem(
            SETTING + name + " is no variable; write A-Z, a-z, 0-9 and _, no digit in front");
      } else if (name.startsWith(OWN)) {
        settings.problem(SETTING + name + " is set by the handler; write another name than " + OWN);
      }
    }
    return new Variables(context, names);
  }

  /** Whether the system takes the text as it is. On Unix that depends on the locale. */
  static boolean passes(String text) {
    // As ProcessBuilder does it, which writes a ? for what it cannot.
    Charset charset =
        Runtime.version().feature() < 18
            ? Charset.defaultCharset()
            : Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
    return File.separatorChar == '\\' || charset.newEncoder().canEncode(text);
  }

  /**
   * The values that are set, as they are now.
   *
   * @throws IOException if one cannot be passed on; neither the message nor its cause has the value
   */
  Map<String, String> configured() throws IOException {
    Map<String, String> values = new LinkedHashMap<>();
    for (Map.Entry<String, String> each : settings.entrySet()) {
      String value = context.settings().getOrDefault(each.getValue(), "");
      if (value.indexOf('\0') >= 0) {
        throw new IOException(each.getValue() + " holds a NUL character. Take it out");
      }
      if (!passes(value)) {
        throw new IOException(
            each.getValue()
                + " holds a character that this locale does not have. Start the agent with"
                + " LC_ALL=C.UTF-8 in its environment");
      }
      values.put(each.getKey(), value);
    }
    return values;
  }

  /**
   * Turns the agent's own environment into that of a run.
   *
   * @throws Undeliverable if a member of the event is too long for a variable
   * @throws IOException as {@link #configured}
   */
  void into(Map<String, String> environment, Event event) throws IOException {
    // What stays is never read: a PATH that is no text in this locale keeps its bytes.
    environment.keySet().removeIf(name -> !inherited(name));
    environment.putAll(configured());
    put(environment, "ID", event.id());
    put(environment, "NAME", event.name());
    put(environment, "SUBJECT", event.subject());
    put(environment, "TIMESTAMP", event.timestamp().map(Instant::toString).orElse(""));
    put(environment, "LINK", event.link().orElse(""));
    put(environment, "ATTEMPT", Integer.toString(event.attempt()));
  }

  private static boolean inherited(String name) {
    return INHERITED.contains(name)
        || name.startsWith("LC_")
        || File.separatorChar == '\\'
            && (WINDOWS.contains(name.toUpperCase(Locale.ROOT)) || name.equalsIgnoreCase("PATH"));
  }

  // No variable holds a NUL. The exact text is in the JSON.
  private static void put(Map<String, String> environment, String name, String value) {
    if (value.getBytes(StandardCharsets.UTF_8).length > MEMBER) {
      throw new Undeliverable(
          "the event's "
              + name.toLowerCase(Locale.ROOT)
              + " is longer than the 32 KB that an environment variable may have here");
    }
    environment.put(OWN + name, value.replace('\0', '\uFFFD'));
  }
}
