package loomagent.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import loomagent.agent.DataFolder;
import loomagent.agent.Layout;
import loomagent.agent.Plan;
import loomagent.agent.StoppedAgent;
import loomagent.agent.WayOut;
import loomagent.config.Configuration;
import loomagent.ops.Control;
import loomagent.ops.Logging;
import loomagent.ops.Quiet;
import loomagent.plugin.Handlers;

/** Where a command does its work: in the running agent, or in the folder of a stopped one. */
final class Workplace {
  private Workplace() {}

  /**
   * Has the running agent do it, and does it here if none runs.
   *
   * @param words as {@link StoppedAgent#serve} takes them
   */
  static Exit work(Configuration configuration, List<String> words, Terminal terminal)
      throws Exception {
    Optional<Exit> asked = ask(configuration.dataDir(), words, terminal);
    if (asked.isPresent()) {
      return asked.get();
    }
    Logging.install(terminal.err(), configuration.logLevel(), "text");
    try {
      WayOut.of(configuration, Quiet.LOGGER).lend();
    } catch (IOException unusable) {
      terminal.err().println("loom-agent: " + unusable.getMessage());
      return Exit.CONFIGURATION;
    }
    try (DataFolder folder = DataFolder.hold(configuration.dataDir())) {
      Plan plan = Plan.of(configuration, Handlers.find(configuration.handlersDir()));
      try (StoppedAgent agent = new StoppedAgent(configuration, plan, folder, Logging::logger)) {
        return Exit.of(agent.serve(words, terminal.out()::println, terminal.err()::println));
      }
    } catch (IOException disk) {
      terminal.err().println("loom-agent: " + disk.getMessage());
      return Exit.DISK;
    }
  }

  /** Has the running agent do it; empty if none runs. */
  static Optional<Exit> ask(Path dataDir, List<String> words, Terminal terminal) throws Exception {
    if (terminal.agent().isPresent()) {
      Control.Service agent = terminal.agent().get();
      return Optional.of(
          Exit.of(agent.serve(words, terminal.out()::println, terminal.err()::println)));
    }
    OptionalInt status =
        Control.ask(
            new Layout(dataDir).socket(), words, terminal.out()::println, terminal.err()::println);
    return status.isPresent() ? Optional.of(Exit.of(status.getAsInt())) : Optional.empty();
  }
}
