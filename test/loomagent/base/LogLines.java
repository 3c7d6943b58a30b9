package loomagent.base;

import java.text.MessageFormat;
import java.util.List;
import java.util.ResourceBundle;

/** Collects what is logged above debug. */
public record LogLines(List<String> lines) implements System.Logger {

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
    if (isLoggable(level)) {
      lines.add(text + (thrown == null ? "" : " " + thrown));
    }
  }

  @Override
  public void log(Level level, ResourceBundle bundle, String format, Object... parameters) {
    if (isLoggable(level)) {
      lines.add(
          parameters == null || parameters.length == 0
              ? format
              : MessageFormat.format(format, parameters));
    }
  }
}
