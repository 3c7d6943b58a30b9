package loomagent.cli;

import java.util.List;
import java.util.Map;
import loomagent.agent.Agent;

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
    String json = arguments.has("--json") ? Agent.JSON : "";
    return AgentCommand.ask(List.of(Agent.STATUS, json), arguments, terminal);
  }
}
