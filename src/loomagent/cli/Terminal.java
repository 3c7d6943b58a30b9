package loomagent.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a command talks to.
 *
 * @param out for what was asked for
 * @param err for errors and the agent's log
 * @param environment the process's environment variables
 * @param folder where relative paths begin
 */
record Terminal(PrintStream out, PrintStream err, Map<String, String> environment, Path folder) {

  /** Says what is wrong where there is no log yet, or none any more. */
  void wrong(String line) {
    err.println((toJournal() ? "<3>" : "") + line);
  }

  /** Whether systemd's journal takes what is said: each line may have a priority then. */
  boolean toJournal() {
    return environment.containsKey("JOURNAL_STREAM");
  }
}
