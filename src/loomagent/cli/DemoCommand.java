package loomagent.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import loomagent.agent.Agent;
import loomagent.agent.Scratch;
import loomagent.config.Configuration;
import loomagent.config.Source;
import loomagent.simulator.Events;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;

/** {@code demo}: simulator and agent in one process. */
final class DemoCommand implements Command {

  private static final String TOKEN = "LOOM_SIMULATOR_TOKEN";
  private static final String PASSWORD = "LOOM_SIMULATOR_PASSWORD";

  /** So that a person can read along. */
  private static final double EVENTS_A_SECOND = 2;

  /** How long the handlers may take over the last event. */
  private static final Duration LAST_LIMIT = Duration.ofSeconds(20);

  /** How often to look whether all events have arrived. */
  private static final long LOOK_EVERY_MILLIS = 20;

  @Override
  public String name() {
    return "demo";
  }

  @Override
  public String summary() {
    return "see it work: a simulated Loom and the agent in one process, no account";
  }

  @Override
  public String page() {
    return """
    java -jar loom-agent.jar demo [--events N] [--set KEY=VALUE]...

    Starts a simulated Loom on loopback, subscribes to it, and prints its made-up events, two a
    second, until Ctrl-C. It opens no connection to anywhere else and leaves nothing behind.

      --events N        stop by itself after N events (1 to 1000000)
      --set KEY=VALUE   a setting of the agent, to try handlers with

    Examples
      java -jar loom-agent.jar demo
      java -jar loom-agent.jar demo --events 5
      java -jar loom-agent.jar demo --set handler.log.format=json
    """;
  }

  @Override
  public Map<String, Boolean> options() {
    return Map.of("--events", true);
  }

  @Override
  public Exit run(Arguments arguments, Terminal terminal) throws Exception {
    int wanted = arguments.number("--events", 1, 1_000_000).orElse(Integer.MAX_VALUE);
    if (arguments.has("--config")) {
      throw new UsageException("demo has its own configuration. Use --set, or the command run");
    }
    Stop stop = Stop.onSignals();
    Path folder = Files.createTempDirectory("loom-agent-demo");
    try (Simulator simulator =
        Simulator.start(
            Settings.defaults().withEvents(EVENTS_A_SECOND, only(wanted, Events.madeUp())))) {
      Optional<Configuration> configuration =
          Loaded.from(source(arguments, terminal, folder, simulator), terminal);
      if (configuration.isEmpty()) {
        return Exit.CONFIGURATION;
      }
      return new Session(configuration.get(), List.of(), terminal)
          .run(
              stop,
              (agent, reloading) -> await(agent, wanted, stop),
              lines -> summary(lines, terminal));
    } finally {
      Scratch.delete(folder);
    }
  }

  private static void await(Agent agent, int wanted, Stop stop) throws InterruptedException {
    long end = Long.MAX_VALUE;
    while (!stop.await(LOOK_EVERY_MILLIS) && (end == Long.MAX_VALUE || !agent.isIdle())) {
      if (end == Long.MAX_VALUE && agent.received() >= wanted) {
        end = System.nanoTime() + LAST_LIMIT.toNanos();
      } else if (end != Long.MAX_VALUE && System.nanoTime() - end > 0) {
        return; // a handler that fails may go on failing; the summary says what waits for it
      }
    }
  }

  private static void summary(List<String> lines, Terminal terminal) {
    lines.forEach(terminal.out()::println);
  }

  private static Source source(
      Arguments arguments, Terminal terminal, Path folder, Simulator simulator) {
    List<String> sets =
        new ArrayList<>(
            List.of(
                "loom.url=" + simulator.url(),
                "loom.api=" + simulator.api(),
                "token=${env:" + TOKEN + "}",
                "organization=" + Events.ORGANIZATION,
                "backfill.app=" + simulator.app(),
                "backfill.password=${env:" + PASSWORD + "}",
                "events=mission_control.job_added,mission_control.job_updated",
                "data.dir=" + folder.resolve("data"),
                "handlers.dir=" + folder.resolve("handlers")));
    sets.addAll(arguments.sets());
    Map<String, String> environment = new HashMap<>(terminal.environment());
    environment.keySet().removeIf(variable -> variable.startsWith("LOOM_AGENT_"));
    environment.put(TOKEN, simulator.token());
    environment.put(PASSWORD, simulator.eventPassword());
    // A file that is not there, beside which a relative --set handlers.dir is looked for.
    // Root's home may be closed to the user that root's own command goes on as.
    Path here = terminal.folder().toAbsolutePath();
    Path beside = Files.isExecutable(here) ? terminal.folder() : folder;
    Path none = beside.resolve(folder.getFileName() + ".properties");
    return new Source(Optional.empty(), none, sets, environment);
  }

  private static Events only(int count, Events events) {
    AtomicInteger left = new AtomicInteger(count);
    return subscribed -> left.getAndDecrement() > 0 ? events.next(subscribed) : Optional.empty();
  }
}
