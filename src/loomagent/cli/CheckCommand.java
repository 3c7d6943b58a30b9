package loomagent.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import loomagent.agent.DataFolder;
import loomagent.agent.Plan;
import loomagent.agent.Scratch;
import loomagent.agent.StoppedAgent;
import loomagent.agent.WayOut;
import loomagent.config.Configuration;
import loomagent.config.ConfigurationException;
import loomagent.config.ConnectionSettings;
import loomagent.delivery.Delivery;
import loomagent.net.Network;
import loomagent.ops.Logging;
import loomagent.ops.Quiet;
import loomagent.plugin.Fault;
import loomagent.plugin.Handlers;

/** {@code check}: says of each thing on the way to an event whether it is right. */
final class CheckCommand implements Command {

  /** A handler that needs longer to open is told as slow. */
  private static final Duration OPENING_LIMIT = Duration.ofSeconds(10);

  private static final Duration CLOSING_LIMIT = Duration.ofSeconds(1);

  @Override
  public String name() {
    return "check";
  }

  @Override
  public String summary() {
    return "whether all is right: configuration, folder, handlers, network, token, subscription";
  }

  @Override
  public String page() {
    return """
    java -jar loom-agent.jar check [--offline] [--config FILE] [--set KEY=VALUE]...

    Says of each thing, a line each, whether it is right, and of what is wrong what to do:
    the configuration, the data folder, the handlers (each is opened and closed again), and
    then, for each connection, the server's name, the proxy, TLS, the token, the upgrade, the
    welcome, the subscription and the pull API. It delivers and journals nothing, and may run
    beside the agent. A refresh token, which works once, is exchanged only if there is no token at
    hand and no agent runs; its successor is kept in the data folder for the agent.

      --offline   stop before the network

    Examples
      java -jar loom-agent.jar check
      java -jar loom-agent.jar check --offline --config /etc/loom-agent/agent.properties

    Exit status: 0 all right, 64 wrong usage, 69 unreachable, 74 disk, 77 not authorised,
    78 configuration wrong; the first thing that is wrong decides
    """;
  }

  @Override
  public Map<String, Boolean> options() {
    return Map.of("--offline", false);
  }

  @Override
  public Exit run(Arguments arguments, Terminal terminal) throws Exception {
    Steps steps = new Steps(terminal);
    Configuration configuration;
    try {
      configuration = Configuration.load(arguments.source(terminal));
    } catch (ConfigurationException wrong) {
      wrong.problems().forEach(each -> steps.wrong("configuration", each, Exit.CONFIGURATION));
      return steps.exit();
    }
    Logging.install(terminal.err(), "error", "text");
    configuration.warnings().forEach(warning -> steps.odd("configuration", warning));
    steps.right("configuration", configuration.origin());
    Path data = configuration.dataDir();
    DataFolder.fault(data)
        .ifPresentOrElse(
            fault -> steps.wrong("data folder", fault, Exit.DISK),
            () -> steps.right("data folder", data + (Files.exists(data) ? "" : ", to be made")));
    DataFolder.littleRoom(data).ifPresent(little -> steps.odd("data folder", little));
    Optional<Network> network = network(configuration, steps);
    network.ifPresent(Network::lend);
    handlers(configuration, steps);
    if (network.isPresent() && !arguments.has("--offline")) {
      walk(configuration, network.get(), steps);
    }
    return steps.exit();
  }

  private static Optional<Network> network(Configuration configuration, Steps steps) {
    try {
      return Optional.of(WayOut.of(configuration, Quiet.LOGGER));
    } catch (IOException unusable) {
      steps.wrong("certificates", String.valueOf(unusable.getMessage()), Exit.CONFIGURATION);
      return Optional.empty();
    }
  }

  private static void walk(Configuration configuration, Network network, Steps steps)
      throws InterruptedException {
    for (ConnectionSettings connection : configuration.connections()) {
      new Walk(configuration, connection, network, steps).check();
    }
  }

  private static void handlers(Configuration configuration, Steps steps)
      throws IOException, InterruptedException {
    Handlers found = Handlers.find(configuration.handlersDir());
    for (Fault fault : found.faults()) {
      steps.wrong("handler jar", fault.toString(), Exit.CONFIGURATION);
    }
    found.notes().forEach(note -> steps.odd("handler jar", note.toString()));
    Plan plan = Plan.of(configuration, found);
    plan.problems().forEach(problem -> steps.wrong("handler", problem, Exit.CONFIGURATION));
    plan.notes().forEach(note -> steps.odd("handler", note));
    // A folder of its own: what a handler leaves there belongs to no agent.
    Path scratch = Files.createTempDirectory("loom-agent-check");
    try {
      for (Plan.Planned planned : plan.handlers()) {
        handler(planned, scratch, steps);
      }
    } finally {
      Scratch.delete(scratch);
    }
  }

  private static void handler(Plan.Planned planned, Path scratch, Steps steps)
      throws IOException, InterruptedException {
    String name = planned.settings().name();
    String what = name + ": " + planned.type().type() + " from " + planned.type().source();
    if (!planned.settings().enabled()) {
      steps.odd("handler", what + ", switched off");
      return;
    }
    Delivery delivery = StoppedAgent.trial(planned, scratch, Quiet.LOGGER);
    delivery.start();
    switch (delivery.awaitOpening(OPENING_LIMIT)) {
      case OPEN -> steps.right("handler", what + ", takes " + planned.settings().events());
      case PENDING -> steps.odd("handler", what + ", still opening after 10s");
      case MISCONFIGURED ->
          steps.wrong("handler", what + ": " + delivery.lastError(), Exit.CONFIGURATION);
      case FAILED ->
          steps.wrong(
              "handler", what + ", cannot be opened: " + delivery.lastError(), Exit.CONFIGURATION);
    }
    delivery.drain();
    delivery.awaitEnd(CLOSING_LIMIT);
  }
}
