package loomagent.plugin;

import loomagent.base.Words;

/**
 * Something about a jar or a folder that has to be said.
 *
 * @param source its name
 * @param text what it is, and what to do; one line
 */
public record Fault(String source, String text) {

  /** A name may have line breaks in it. */
  public Fault {
    source = Words.line(source, 200);
  }

  /** One line. */
  @Override
  public String toString() {
    return source + ": " + text;
  }
}
