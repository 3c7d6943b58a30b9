package loomagent.cli;

import java.util.ResourceBundle;

/** A log that nobody reads: {@code check} says each thing once, in its own line. */
final class Quiet implements System.Logger {
  static final System.Logger LOGGER = new Quiet();

  @Override
  public String getName() {
    return "quiet";
  }

  @Override
  public boolean isLoggable(Level level) {
    return false;
  }

  @Override
  public void log(Level level, ResourceBundle bundle, String text, Throwable thrown) {}

  @Override
  public void log(Level level, ResourceBundle bundle, String format, Object... parameters) {}
}
