package loomagent.ops;

import java.util.ResourceBundle;

/** A log that nobody reads: for what is tried out, and told in another way. */
public final class Quiet implements System.Logger {

  /** The one there need be. */
  public static final System.Logger LOGGER = new Quiet();

  private Quiet() {}

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
