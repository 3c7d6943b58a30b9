package loomagent.cli;

import java.util.List;
import java.util.Optional;
import loomagent.agent.Operations;
import loomagent.config.Configuration;

/** {@code pause} and {@code resume}: whether a handler gets events. */
final class PauseCommand implements Command {
  private final boolean pause;

  private PauseCommand(boolean pause) {
    this.pause = pause;
  }

  static Command pause() {
    return new PauseCommand(true);
  }

  static Command resume() {
    return new PauseCommand(false);
  }

  @Override
  public String name() {
    return pause ? Operations.PAUSE : Operations.RESUME;
  }

  @Override
  public String summary() {
    return pause ? "give a handler no events until it is resumed" : "give a handler events again";
  }

  @Override
  public String page() {
    return """
    java -jar loom-agent.jar pause HANDLER [--config FILE] [--set KEY=VALUE]...
    java -jar loom-agent.jar resume HANDLER [--config FILE] [--set KEY=VALUE]...

    A handler that is paused finishes what it has in hand and is given nothing more, over
    restarts and reloads too, until it is resumed: then it goes on where it was. Its events wait
    on disk meanwhile and are not deleted by age. status, the status page, /readyz and the log say
    that it is paused. Works beside a running agent and on the folder of a stopped one.

    Example
      java -jar loom-agent.jar %s mis

    Exit status: 0 done, 64 wrong usage or no such handler, 74 disk, 78 configuration wrong
    """
        .formatted(name());
  }

  @Override
  public int words() {
    return 1;
  }

  @Override
  public Exit run(Arguments arguments, Terminal terminal) throws Exception {
    if (arguments.words().isEmpty()) {
      throw new UsageException(
          name() + " needs a handler's name; the command \"handlers\" lists those that are there");
    }
    List<String> words = List.of(name(), arguments.words().get(0));
    Optional<Exit> asked = AgentCommand.running(words, arguments, terminal);
    if (asked.isPresent()) {
      return asked.get();
    }
    Optional<Configuration> configuration =
        Loaded.from(arguments.source(terminal).withoutLookups(), terminal);
    return configuration.isEmpty()
        ? Exit.CONFIGURATION
        : Workplace.work(configuration.get(), words, terminal);
  }
}
