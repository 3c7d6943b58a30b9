package loomagent.delivery;

import java.text.MessageFormat;
import java.util.List;
import java.util.ResourceBundle;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Keeps what is said to an operator. */
final class Log implements System.Logger {
  private final ConcurrentLinkedQueue<String> lines = new ConcurrentLinkedQueue<>();

  List<String> errors() {
    return with("ERROR ");
  }

  List<String> all() {
    return with("");
  }

  private List<String> with(String level) {
    return lines.stream()
        .filter(line -> line.startsWith(level) && !line.startsWith("DEBUG"))
        .map(line -> line.substring(line.indexOf(' ') + 1))
        .toList();
  }

  boolean says(String words) {
    return all().stream().anyMatch(line -> line.contains(words));
  }

  @Override
  public String getName() {
    return "test";
  }

  @Override
  public boolean isLoggable(Level level) {
    return true;
  }

  @Override
  public void log(Level level, ResourceBundle bundle, String text, Throwable thrown) {
    log(level, bundle, text);
  }

  @Override
  public void log(Level level, ResourceBundle bundle, String format, Object... parts) {
    String text = parts == null || parts.length == 0 ? format : MessageFormat.format(format, parts);
    lines.add(level + " " + text);
  }
}
