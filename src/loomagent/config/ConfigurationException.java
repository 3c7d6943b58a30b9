package loomagent.config;

import java.util.List;

/** A configuration that cannot be used, with everything that is wrong in it. */
public final class ConfigurationException extends Exception {
  private static final long serialVersionUID = 1L;

  ConfigurationException(List<String> problems) {
    super(String.join("\n", problems));
  }

  /**
   * Each mistake in a line of its own, ready to print: the file's by line, then missing keys, the
   * environment, and {@code --set}. Never empty, and never with a secret's text in it.
   */
  public List<String> problems() {
    return getMessage().lines().toList();
  }
}
