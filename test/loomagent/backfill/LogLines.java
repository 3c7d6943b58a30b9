package loomagent.backfill;

import static org.junit.jupiter.api.Assertions.fail;

import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import java.util.concurrent.TimeUnit;

/** Collects what is logged above debug, and waits for it. */
final class LogLines implements System.Logger {
  private final List<String> lines = new ArrayList<>();

  @Override
  public String getName() {
    return "test";
  }

  @Override
  public boolean isLoggable(Level level) {
    return level.getSeverity() > Level.DEBUG.getSeverity();
  }

  @Override
  public void log(Level level, ResourceBundle bundle, String text, Throwable thrown) {
    log(level, bundle, text + (thrown == null ? "" : " " + thrown), new Object[0]);
  }

  @Override
  public synchronized void log(
      Level level, ResourceBundle bundle, String format, Object... parameters) {
    if (isLoggable(level)) {
      boolean plain = parameters == null || parameters.length == 0;
      lines.add(level + " " + (plain ? format : MessageFormat.format(format, parameters)));
      notifyAll();
    }
  }

  synchronized List<String> lines() {
    return List.copyOf(lines);
  }

  synchronized long count(String part) {
    return lines.stream().filter(line -> line.contains(part)).count();
  }

  /** The first line with the part, which has to come within ten seconds. */
  synchronized String await(String part) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (true) {
      for (String line : lines) {
        if (line.contains(part)) {
          return line;
        }
      }
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (left <= 0) {
        return fail("no line with \"" + part + "\" among " + lines);
      }
      wait(left);
    }
  }
}
