package loomagent.cli;

import java.lang.System.Logger.Level;
import java.util.Optional;
import loomagent.config.Configuration;
import loomagent.config.Source;
import loomagent.ops.Logging;

/** {@code run}: the agent itself. */
final class RunCommand implements Command {

  @Override
  public String name() {
    return "run";
  }

  @Override
  public String summary() {
    return "subscribe, and hand each event to the handlers, until told to stop (the default)";
  }

  @Override
  public String page() {
    return """
    java -jar loom-agent.jar [run] [--config FILE] [--set KEY=VALUE]...

    Subscribes to Loom and hands each event to the handlers, until it is told to stop. It prints
    "Ready" once the server has confirmed the subscription, and again after each time it was
    lost: the agent never gives up by itself. Its log goes to standard error; standard output
    belongs to the handlers.

    SIGHUP (systemctl reload): reads the configuration and the handler jars again. Handlers are
    added, changed and removed; the subscription and what has not changed go on. What is wrong
    is said, and leaves all as it was. A jar that is new or changed in handlers.dir is taken in
    by itself. Settings of the agent's own count after a restart; the log says which changed.

    SIGTERM or Ctrl-C: the handlers finish what they have, up to shutdown.timeout, then the
    exit status is 0. A second one ends it at once.

      --config FILE     the configuration (./agent.properties)
      --set KEY=VALUE   one setting, over the file and the environment; may be repeated

    Examples
      java -jar loom-agent.jar
      java -jar loom-agent.jar run --config /etc/loom-agent/agent.properties
      java -jar loom-agent.jar --set log.level=debug --set handler.log.format=json

    Exit status: 0 stopped, 64 wrong usage, 70 internal fault, 74 disk, 78 configuration wrong
    """;
  }

  @Override
  public Exit run(Arguments arguments, Terminal terminal) throws InterruptedException {
    Source source = arguments.source(terminal);
    Optional<Configuration> configuration = Loaded.from(source, terminal);
    if (configuration.isEmpty()) {
      return Exit.CONFIGURATION;
    }
    Stop stop = Stop.orReloadOnSignals();
    System.Logger log = Logging.logger("agent");
    return new Session(configuration.get(), arguments.own(), terminal)
        .run(
            stop,
            (agent, reloading) -> reloading.until(stop, agent, source),
            lines -> lines.forEach(line -> log.log(Level.INFO, line.strip())));
  }
}
