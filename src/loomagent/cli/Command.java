package loomagent.cli;

import java.util.List;
import java.util.Map;

/** One command of the command line. */
interface Command {

  /** What is typed. */
  String name();

  /** What it does, in half a line. */
  String summary();

  /** Its page of help: how it is called, what it does, examples. */
  String page();

  /** Its options: the name and whether a value follows. All commands share {@link Arguments}'. */
  default Map<String, Boolean> options() {
    return Map.of();
  }

  /** How many words may stand beside the options. */
  default int words() {
    return 0;
  }

  /**
   * Does it.
   *
   * @return the exit status
   * @throws UsageException if an option's value makes no sense
   * @throws Exception anything unexpected: a fault of the agent
   */
  Exit run(Arguments arguments, Terminal terminal) throws Exception;

  /** All there are, in the order of the help. */
  static List<Command> all() {
    return List.of(
        new RunCommand(),
        new CheckCommand(),
        new LoginCommand(),
        new DemoCommand(),
        new SimulateCommand(),
        new StatusCommand(),
        new EventsCommand(),
        new ReplayCommand(),
        new DeadCommand(),
        new JournalCommand(),
        new HandlersCommand(),
        PauseCommand.pause(),
        PauseCommand.resume(),
        AgentCommand.reload(),
        AgentCommand.level(),
        AgentCommand.statusPage(),
        new ExplainCommand(),
        new VersionCommand(),
        new HelpCommand());
  }
}
