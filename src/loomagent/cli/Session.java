package loomagent.cli;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import loomagent.agent.Agent;
import loomagent.agent.DataFolder;
import loomagent.agent.Plan;
import loomagent.agent.WayOut;
import loomagent.base.Version;
import loomagent.base.Words;
import loomagent.cable.Subscription.State;
import loomagent.config.Configuration;
import loomagent.net.Network;
import loomagent.ops.Logging;
import loomagent.ops.Systemd;
import loomagent.plugin.Copies;

/** One life of an agent on the command line: from a configuration to the summary. */
final class Session {

  /** Waits for the end; gets the agent, to look at and to reload. */
  interface Until {
    void end(Agent agent, Reloading reloading) throws InterruptedException;
  }

  /** Takes the summary. */
  interface Report {
    void lines(List<String> lines);
  }

  private final Configuration configuration;
  private final List<String> own;
  private final Terminal terminal;
  private final System.Logger log = Logging.logger("agent");
  private final AtomicBoolean live = new AtomicBoolean();

  /**
   * Of one agent.
   *
   * @param own {@code --config} and {@code --set} as they were given
   */
  Session(Configuration configuration, List<String> own, Terminal terminal) {
    this.configuration = configuration;
    this.own = own;
    this.terminal = terminal;
  }

  Exit run(Stop stop, Until until, Report report) throws InterruptedException {
    Logging.install(terminal.err(), configuration.logLevel(), configuration.logFormat());
    try (Systemd systemd = Systemd.in(terminal.environment(), Logging.logger("systemd"))) {
      return run(systemd, stop, until, report);
    }
  }

  private Exit run(Systemd systemd, Stop stop, Until until, Report report)
      throws InterruptedException {
    configuration.warnings().forEach(warning -> log.log(Level.WARNING, warning));
    Network.divide(configuration.connections().size());
    Network network;
    try {
      network = WayOut.of(configuration, Logging.logger("network"));
    } catch (IOException unusable) {
      return wrong(List.of(String.valueOf(unusable.getMessage())));
    }
    network.lend();
    try (DataFolder folder = DataFolder.hold(configuration.dataDir())) {
      return run(network, folder, systemd, stop, until, report);
    } catch (IOException disk) {
      terminal.wrong("loom-agent: " + disk.getMessage());
      return Exit.DISK;
    }
  }

  private Exit run(
      Network network, DataFolder folder, Systemd systemd, Stop stop, Until until, Report report)
      throws InterruptedException, IOException {
    Copies copies = new Copies(folder.layout().jars());
    Reloading reloading = Reloading.first(configuration, terminal, copies, systemd);
    Plan plan = reloading.plan();
    if (!plan.problems().isEmpty()) {
      return wrong(plan.problems());
    }
    log.log(
        Level.DEBUG,
        "loom-agent {0} on Java {1}, {2}",
        Version.agent(),
        Runtime.version(),
        configuration.origin());
    Agent agent =
        new Agent(
            configuration,
            plan,
            network,
            folder,
            Logging::logger,
            state -> became(state, reloading, systemd));
    try (agent) {
      systemd.watch(agent.insight());
      List<String> problems = agent.start(stop::asked);
      if (!problems.isEmpty()) {
        return wrong(problems);
      }
      Doors doors = new Doors(configuration, agent, reloading, own, terminal.environment());
      if (stop.reloads()) {
        reloading.listen(stop); // whoever finds the socket may ask at once
      }
      doors.open(folder.layout().socket());
      until.end(agent, reloading);
      systemd.stopping(configuration.shutdownTimeout());
      stopping(doors);
    }
    try {
      report.lines(agent.summary());
    } catch (OutOfMemoryError full) {
      // a handler's, which hangs; all is done
    }
    return Exit.OK;
  }

  private void stopping(Doors doors) throws InterruptedException {
    try {
      log.log(
          Level.DEBUG,
          "stopping: handlers have {0} to finish",
          Words.of(configuration.shutdownTimeout()));
      doors.close();
    } catch (OutOfMemoryError full) {
      // a handler's: the agent ends in order all the same
    }
  }

  // The subscription comes first on the screen, then what else there is to know.
  private void became(State state, Reloading reloading, Systemd systemd) {
    systemd.nudge();
    if (state == State.LIVE && live.compareAndSet(false, true)) {
      reloading.note();
    }
  }

  private Exit wrong(List<String> problems) {
    problems.forEach(terminal::wrong);
    terminal.wrong("Nothing was started. Mend this, then try: check --offline");
    return Exit.CONFIGURATION;
  }
}
