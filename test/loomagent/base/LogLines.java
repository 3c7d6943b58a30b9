package loomagent.base;

import static org.junit.jupiter.api.Assertions.fail;

import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import java.util.concurrent.TimeUnit;

/** Collects what is logged above debug, or all if told to, and waits for it. */
public final class LogLines implements System.Logger {
  private record Line(Level level, String text) {}

  private final List<Line> lines = new ArrayList<>(); // guarded by this
  private volatile boolean all;

  /** Debug as well from now on. */
  public void collectAll() {
    all = true;
  }

  @Override
  public String getName() {
    return "test";
  }

  @Override
  public boolean isLoggable(Level level) {
    return all || level.getSeverity() > Level.DEBUG.getSeverity();
  }

  @Override
  public void log(Level level, ResourceBundle bundle, String text, Throwable thrown) {
    if (isLoggable(level)) { // or a failure that cannot say what it is would be asked
      add(level, text + (thrown == null ? "" : " " + thrown));
    }
  }

  @Override
  public void log(Level level, ResourceBundle bundle, String format, Object... parameters) {
    if (isLoggable(level)) {
      boolean plain = parameters == null || parameters.length == 0;
      add(level, plain ? format : MessageFormat.format(format, parameters));
    }
  }

  private synchronized void add(Level level, String text) {
    lines.add(new Line(level, text));
    notifyAll();
  }

  /** What was said, without its level. */
  public synchronized List<String> all() {
    return lines.stream().map(Line::text).toList();
  }

  /** With the level, as {@code WARNING it rains}. */
  public synchronized List<String> withLevels() {
    return lines.stream().map(line -> line.level() + " " + line.text()).toList();
  }

  public synchronized List<String> errors() {
    return lines.stream().filter(line -> line.level().equals(Level.ERROR)).map(Line::text).toList();
  }

  public synchronized void clear() {
    lines.clear();
  }

  public boolean says(String part) {
    return count(part) > 0;
  }

  public synchronized long count(String part) {
    return withLevels().stream().filter(line -> line.contains(part)).count();
  }

  /** The first line with the part, with its level; it has to come within ten seconds. */
  public synchronized String await(String part) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!says(part)) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (left <= 0) {
        return fail("no line with \"" + part + "\" among " + withLevels());
      }
      wait(left);
    }
    return withLevels().stream().filter(line -> line.contains(part)).findFirst().orElseThrow();
  }

  @Override
  public String toString() {
    return withLevels().toString();
  }
}
