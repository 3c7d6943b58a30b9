package loomagent.cli;

import java.io.PrintStream;
import java.util.Map;

/** The lines of {@code check}: one for each thing, and the exit status that they add up to. */
final class Steps {
  /** As syslog counts: 3 error, 4 warning, 6 information. */
  private static final Map<String, Integer> PRIORITIES = Map.of("WRONG", 3, "look", 4, "ok", 6);

  private final PrintStream out;
  private final boolean toJournal;
  private Exit exit = Exit.OK;

  Steps(Terminal terminal) {
    this.out = terminal.out();
    this.toJournal = terminal.toJournal();
  }

  void right(String thing, String fact) {
    line("ok", thing, fact);
  }

  /** Not wrong, but worth a look. */
  void odd(String thing, String fact) {
    line("look", thing, fact);
  }

  /** Wrong; the first one decides the exit status. */
  void wrong(String thing, String fact, Exit status) {
    line("WRONG", thing, fact);
    if (exit == Exit.OK) {
      exit = status;
    }
  }

  boolean allRight() {
    return exit == Exit.OK;
  }

  Exit exit() {
    return exit;
  }

  private void line(String verdict, String thing, String fact) {
    String priority = toJournal ? "<" + PRIORITIES.get(verdict) + ">" : "";
    out.printf("%s%-5s  %-13s  %s%n", priority, verdict, thing, fact);
  }
}
