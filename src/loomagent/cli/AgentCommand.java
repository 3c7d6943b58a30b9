package loomagent.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import loomagent.config.Configuration;

/** A command that the running agent carries out, word for word. */
final class AgentCommand implements Command {
  private final String name;
  private final String summary;
  private final String page;
  private final int most;

  private AgentCommand(String name, String summary, int most, String page) {
    this.name = name;
    this.summary = summary;
    this.most = most;
    this.page = page;
  }

  /** {@code reload}. */
  static Command reload() {
    return new AgentCommand(
        Served.RELOAD,
        "have the running agent read its configuration and jars again",
        0,
        """
        java -jar loom-agent.jar reload [--config FILE] [--set KEY=VALUE]...

        Has the running agent do what SIGHUP does, waits until it is done, and says what changed.
        If anything is wrong, nothing changes and it says what.

        Example
          java -jar loom-agent.jar reload --config /etc/loom-agent/agent.properties

        Exit status: 0 done, 64 wrong usage, 69 no agent runs on this folder, 78 configuration wrong
        """);
  }

  /** {@code level}. */
  static Command level() {
    return new AgentCommand(
        Served.LEVEL,
        "how much the running agent logs, or to change that",
        1,
        """
        java -jar loom-agent.jar level [error|warn|info|debug|trace]
            [--config FILE] [--set KEY=VALUE]...

        Without a word: the level that is in force. With one: that level from now on, until the
        agent is restarted or a reload brings another log.level. Secrets are masked at each.

        Examples
          java -jar loom-agent.jar level
          java -jar loom-agent.jar level debug

        Exit status: 0 done, 64 wrong usage, 69 no agent runs on this folder, 78 configuration wrong
        """);
  }

  /** {@code page}. */
  static Command statusPage() {
    return new AgentCommand(
        Served.PAGE,
        "the address of the running agent's status page, with buttons",
        0,
        """
        java -jar loom-agent.jar page [--config FILE] [--set KEY=VALUE]...

        Prints the address of the status page, with a token in it that is good for 15 minutes: with
        it the page has buttons to pause and resume handlers, to try dead letters again, and to
        reload. Without it nothing on the page changes anything. http.listen turns the page on.

        Example
          java -jar loom-agent.jar page

        Exit status: 0 printed, 64 wrong usage, 69 no agent runs on this folder or it has no page,
        78 configuration wrong
        """);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String summary() {
    return summary;
  }

  @Override
  public String page() {
    return page;
  }

  @Override
  public int words() {
    return most;
  }

  @Override
  public Exit run(Arguments arguments, Terminal terminal) throws Exception {
    List<String> words = new ArrayList<>(List.of(name));
    words.addAll(arguments.words());
    return ask(words, arguments, terminal);
  }

  /** Asks the agent that runs, and says so if none does. */
  static Exit ask(List<String> words, Arguments arguments, Terminal terminal) throws Exception {
    Optional<Exit> asked = running(words, arguments, terminal);
    if (asked.isPresent()) {
      return asked.get();
    }
    Optional<Configuration> loaded =
        Loaded.from(arguments.source(terminal).withoutLookups(), terminal);
    loaded.ifPresent(
        configuration ->
            terminal
                .err()
                .println("loom-agent: no agent runs on data.dir " + configuration.dataDir()));
    return loaded.isPresent() ? Exit.UNREACHABLE : Exit.CONFIGURATION;
  }

  /** Asks the agent that runs, whatever has become of its configuration meanwhile. */
  static Optional<Exit> running(List<String> words, Arguments arguments, Terminal terminal)
      throws Exception {
    Optional<Path> folder = Configuration.dataDir(arguments.source(terminal).withoutLookups());
    return folder.isPresent() ? Workplace.ask(folder.get(), words, terminal) : Optional.empty();
  }
}
