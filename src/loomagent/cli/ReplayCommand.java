package loomagent.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loomagent.agent.Operations;
import loomagent.agent.Selection;
import loomagent.config.Configuration;

/** {@code replay}: delivers journaled events again, to one handler. */
final class ReplayCommand implements Command {

  @Override
  public String name() {
    return "replay";
  }

  @Override
  public String summary() {
    return "deliver journaled events again, to one handler";
  }

  @Override
  public String page() {
    return """
    java -jar loom-agent.jar replay --handler H (--id ID | --since T [--until T] [--name GLOB])
        [--config FILE] [--set KEY=VALUE]...

    Gives one handler events of the journal again, one after the other, with the same ids; in
    Java they say so by replayed(). Those that the handler's events setting leaves out are not
    given to it. Beside a running agent it is the agent that delivers; in the folder of a stopped
    one it is this command, which opens the handler. What fails is tried again as the handler's
    retry settings say, and becomes a dead letter in the end.

      --handler H   the handler's name
      --id ID       the event of this id
      --since T     those journaled at that time or later: 2026-03-01T08:00:00Z, or an age: 2h, 7d
      --until T     and at that time or earlier
      --name GLOB   and of these names or globs

    Examples
      java -jar loom-agent.jar replay --handler mis --id bd6b9b7f-5ea2-4015-a07a-e3ba15d083cd
      java -jar loom-agent.jar replay --handler mis --since 2h --name 'mission_control.*'

    Exit status: 0 all delivered, 64 wrong usage, 69 some could not be delivered, 74 disk,
    78 configuration wrong
    """;
  }

  @Override
  public Map<String, Boolean> options() {
    return Map.of(
        "--handler", true, "--id", true, "--since", true, "--until", true, "--name", true);
  }

  @Override
  public Exit run(Arguments arguments, Terminal terminal) throws Exception {
    String handler =
        arguments
            .value("--handler")
            .orElseThrow(() -> new UsageException("replay needs --handler with a handler's name"));
    if (!arguments.has("--id") && !arguments.has("--since")) {
      throw new UsageException("replay needs --id with an event's id, or --since with a time");
    }
    Selection selection = Choice.of(arguments);
    Optional<Configuration> configuration =
        Loaded.from(arguments.source(terminal).withoutLookups(), terminal);
    if (configuration.isEmpty()) {
      return Exit.CONFIGURATION;
    }
    List<String> words = new ArrayList<>(List.of(Operations.REPLAY, handler));
    words.addAll(selection.words());
    return Workplace.work(configuration.get(), words, terminal);
  }
}
