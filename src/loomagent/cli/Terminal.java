package loomagent.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import loomagent.ops.Control;

/**
 * What a command talks to.
 *
 * @param out for what was asked for
 * @param err for errors and the agent's log
 * @param environment the process's environment variables
 * @param folder where relative paths begin
 * @param agent the one in whose process the command is; else it is looked for
 */
record Terminal(
    PrintStream out,
    PrintStream err,
    Map<String, String> environment,
    Path folder,
    Optional<Control.Service> agent) {

  Terminal(PrintStream out, PrintStream err, Map<String, String> environment, Path folder) {
    this(out, err, environment, folder, Optional.empty());
  }

  /** Says what is wrong where there is no log yet, or none any more. */
  void wrong(String line) {
    err.println((toJournal() ? "<3>" : "") + line);
  }

  /** Whether systemd's journal takes what is said: each line may have a priority then. */
  boolean toJournal() {
    return environment.containsKey("JOURNAL_STREAM");
  }
}
