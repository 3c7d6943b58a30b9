package loomagent.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loomagent.agent.Agent;
import loomagent.config.Configuration;
import loomagent.config.Source;

/** {@code status}: what the running agent is doing. */
final class StatusCommand implements Command {

  @Override
  public String name() {
    return "status";
  }

  @Override
  public String summary() {
    return "what the running agent is doing";
  }

  @Override
  public String page() {
    return """
    java -jar loom-agent.jar status [--json] [--config FILE] [--set KEY=VALUE]...

    Asks the running agent, over the control socket in data.dir: is it connected and since when,
    what was missed and whether it was fetched, how far each handler is, what the journal holds.

      --json   for programs

    Examples
      java -jar loom-agent.jar status
      java -jar loom-agent.jar status --json --config /etc/loom-agent/agent.properties

    Exit status: 0 it runs, 64 wrong usage, 69 no agent runs on this folder, 78 configuration wrong
    """;
  }

  @Override
  public Map<String, Boolean> options() {
    return Map.of("--json", false);
  }

  @Override
  public Exit run(Arguments arguments, Terminal terminal) throws Exception {
    // Of an agent that runs on, whatever has become of its configuration meanwhile.
    Source source = arguments.source(terminal).withoutLookups();
    Optional<Path> folder = Configuration.dataDir(source);
    String json = arguments.has("--json") ? Agent.JSON : "";
    Optional<Exit> asked =
        folder.isPresent()
            ? Workplace.ask(folder.get(), List.of(Agent.STATUS, json), terminal)
            : Optional.empty();
    if (asked.isEmpty()) {
      if (Loaded.from(source, terminal).isEmpty()) {
        return Exit.CONFIGURATION;
      }
      terminal.err().println("loom-agent: no agent runs on data.dir " + folder.orElseThrow());
    }
    return asked.orElse(Exit.UNREACHABLE);
  }
}
