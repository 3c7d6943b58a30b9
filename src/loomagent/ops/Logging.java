package loomagent.ops;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Collectors;
import loomagent.base.Secret;
import loomagent.base.Words;
import loomagent.json.Json;

/**
 * The agent's log: one line a fact, on one stream, with every secret masked. It takes over the
 * JDK's logging, so that what a handler or a library logs goes the same way. Any thread.
 */
public final class Logging extends Handler {

  /** All the agent's loggers are below this one; the rest of the name is shown on each line. */
  public static final String ROOT = "loomagent";

  private static final SimpleFormatter MESSAGES = new SimpleFormatter();

  /** What {@code log.level} may be, the quietest first. */
  public static final List<String> LEVELS = List.of("error", "warn", "info", "debug", "trace");

  private static final List<Level> JDK_LEVELS =
      List.of(Level.SEVERE, Level.WARNING, Level.INFO, Level.FINE, Level.ALL);

  private final PrintStream out;
  private final String format;

  /** Keeps the level: the JDK holds loggers weakly. */
  private static final Logger AGENT = Logger.getLogger(ROOT);

  private Logging(PrintStream out, String format) {
    this.out = out;
    this.format = format;
  }

  /**
   * Sends all logging of this process to a stream.
   *
   * @param out where to
   * @param level one of {@link #LEVELS}: what the agent says; everybody else is held to {@code
   *     info}
   * @param format {@code text}, {@code json} or {@code journal}
   */
  public static void install(PrintStream out, String level, String format) {
    LogManager.getLogManager().reset();
    Logging logging = new Logging(out, format);
    Logger root = Logger.getLogger("");
    root.addHandler(logging);
    root.setLevel(Level.INFO);
    level(level);
  }

  /**
   * Changes how much the agent says, from now on.
   *
   * @param level one of {@link #LEVELS}
   * @throws IllegalArgumentException if it is none
   */
  public static void level(String level) {
    int found = LEVELS.indexOf(level);
    if (found < 0) {
      throw new IllegalArgumentException("log level " + level);
    }
    AGENT.setLevel(JDK_LEVELS.get(found));
  }

  /**
   * How much the agent says.
   *
   * @return one of {@link #LEVELS}
   */
  public static String level() {
    Level set = AGENT.getLevel(); // none for the instant in which a reload lays all anew
    return set == null ? "info" : LEVELS.get(JDK_LEVELS.indexOf(set));
  }

  /**
   * A logger below the agent's.
   *
   * @param part whose it is, such as {@code handler.mis}
   * @return a logger that any thread may use
   */
  public static System.Logger logger(String part) {
    return System.getLogger(ROOT + "." + part);
  }

  @Override
  public void publish(LogRecord entry) {
    if (!isLoggable(entry)) {
      return;
    }
    try {
      out.println(line(entry));
    } catch (Throwable shortOfMemory) {
      lost();
    }
  }

  // What is going on matters more than the log of it: whoever logs must not fail of it.
  private void lost() {
    try {
      out.println("a line of the log was lost");
    } catch (Throwable shortOfMemory) {
      // nor can this be said
    }
  }

  private String line(LogRecord entry) {
    return switch (format) {
      case "json" -> json(entry);
      case "journal" -> journal(entry);
      default -> entry.getInstant().truncatedTo(ChronoUnit.MILLIS) + text(entry);
    };
  }

  @Override
  public void flush() {
    out.flush();
  }

  @Override
  public void close() {
    out.flush();
  }

  private static String text(LogRecord entry) {
    return String.format(" %-5s %s", name(entry).toUpperCase(Locale.ROOT), fact(entry, ""));
  }

  /** The journal takes each line for an entry, so each says its priority. */
  private static String journal(LogRecord entry) {
    String priority = "<" + priority(entry) + ">";
    return priority + fact(entry, priority);
  }

  /**
   * Lines after the first are indented and other control characters shown as such: whatever is
   * logged, nothing in it passes for an entry of its own.
   */
  private static String fact(LogRecord entry, String start) {
    String text = part(entry) + ": " + message(entry) + "\n" + trace(entry);
    return text.stripTrailing()
        .lines()
        .map(line -> Words.line(line.replace("\t", "    "), Integer.MAX_VALUE - 8))
        .collect(Collectors.joining(System.lineSeparator() + start + "    "));
  }

  private static String json(LogRecord entry) {
    Map<String, Object> members = new LinkedHashMap<>();
    Instant time = entry.getInstant();
    members.put("time", time.toString());
    members.put("level", name(entry));
    members.put("source", part(entry));
    members.put("message", message(entry));
    if (entry.getThrown() != null) {
      members.put("trace", trace(entry));
    }
    return Json.write(members);
  }

  // Masked before it is quoted: in JSON a secret with a quote in it is another text.
  private static String message(LogRecord entry) {
    return Secret.mask(MESSAGES.formatMessage(entry));
  }

  private static String part(LogRecord entry) {
    String name = entry.getLoggerName() == null ? "?" : entry.getLoggerName();
    return name.startsWith(ROOT + ".") ? name.substring(ROOT.length() + 1).replace('.', ' ') : name;
  }

  private static String trace(LogRecord entry) {
    Throwable thrown = entry.getThrown();
    if (thrown == null) {
      return "";
    }
    StringWriter trace = new StringWriter();
    try {
      thrown.printStackTrace(new PrintWriter(trace));
    } catch (RuntimeException | StackOverflowError ofItsOwnMaking) {
      return thrown.getClass().getName() + ", which cannot say what it is";
    }
    return Secret.mask(trace.toString().stripTrailing());
  }

  private static String name(LogRecord entry) {
    return switch (priority(entry)) {
      case 3 -> "error";
      case 4 -> "warn";
      case 6 -> "info";
      default -> entry.getLevel().intValue() >= Level.FINE.intValue() ? "debug" : "trace";
    };
  }

  /** As syslog and systemd count: 3 error, 4 warning, 6 information, 7 debug. */
  private static int priority(LogRecord entry) {
    int level = entry.getLevel().intValue();
    if (level >= Level.SEVERE.intValue()) {
      return 3;
    }
    if (level >= Level.WARNING.intValue()) {
      return 4;
    }
    return level >= Level.INFO.intValue() ? 6 : 7;
  }
}
