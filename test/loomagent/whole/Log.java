package loomagent.whole;

import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import java.util.function.Supplier;
import loomagent.schedule.Schedule;

/** What is said, by the agent and of it, with the time. */
final class Log implements System.Logger {
  /** Has a story told in all detail, which changes nothing else. */
  static final String DETAILS = "loomagent.details";

  private static final int LAST = 80;

  private final boolean details = Boolean.getBoolean(DETAILS);

  private final Schedule schedule;
  private final List<String> lines = new ArrayList<>();

  Log(Schedule schedule) {
    this.schedule = schedule;
  }

  void tell(String what) {
    double seconds = schedule.nanos() / 1e9;
    lines.add("%.3f s, step %d: %s".formatted(seconds, schedule.steps(), what));
  }

  /** What is of interest only where something went wrong. */
  void detail(Supplier<String> what) {
    if (details) {
      tell(what.get());
    }
  }

  List<String> lines() {
    return lines;
  }

  String last() {
    List<String> last = lines.subList(Math.max(0, lines.size() - LAST), lines.size());
    return String.join("\n  ", last);
  }

  @Override
  public String getName() {
    return "simulated";
  }

  @Override
  public boolean isLoggable(Level level) {
    return level.getSeverity() > Level.DEBUG.getSeverity() || details;
  }

  @Override
  public void log(Level level, ResourceBundle bundle, String text, Throwable thrown) {
    if (isLoggable(level)) {
      tell(level + " " + text + (thrown == null ? "" : " " + thrown));
    }
  }

  @Override
  public void log(Level level, ResourceBundle bundle, String format, Object... parameters) {
    if (isLoggable(level)) {
      boolean plain = parameters == null || parameters.length == 0;
      tell(level + " " + (plain ? format : MessageFormat.format(format, parameters)));
    }
  }
}
