package loomagent.cli;

import java.io.PrintStream;

/** The lines of {@code check}: one for each thing, and the exit status that they add up to. */
final class Steps {
  private final PrintStream out;
  private Exit exit = Exit.OK;

  Steps(PrintStream out) {
    this.out = out;
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
    out.printf("%-5s  %-13s  %s%n", verdict, thing, fact);
  }
}
