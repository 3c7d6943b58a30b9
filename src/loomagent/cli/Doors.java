package loomagent.cli;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loomagent.agent.Agent;
import loomagent.config.Configuration;
import loomagent.config.Value;
import loomagent.ops.Control;
import loomagent.ops.Logging;
import loomagent.ops.StatusServer;

/**
 * Where a running agent can be asked: the control socket, and the status page if there is to be
 * one. The agent does its work also where nobody can ask it anything.
 */
final class Doors {
  private final System.Logger log = Logging.logger("agent");
  private final Configuration configuration;
  private final Agent agent;
  private final Served served;
  private Optional<Control> control = Optional.empty();
  private volatile Optional<StatusServer> page = Optional.empty();

  Doors(
      Configuration configuration,
      Agent agent,
      Reloading reloading,
      List<String> own,
      Map<String, String> environment) {
    this.configuration = configuration;
    this.agent = agent;
    this.served =
        new Served(agent, reloading, own, environment, () -> page.map(StatusServer::unlock));
  }

  void open(Path socket) {
    try {
      control = Optional.of(Control.listen(socket, served, Logging.logger("control")));
    } catch (IOException unreachable) {
      log.log(
          Level.WARNING,
          "commands such as status, reload and replay cannot reach this agent: {0}",
          unreachable.getMessage());
    }
    try {
      if (configuration.httpListen().isPresent()) {
        page = Optional.of(page());
        log.log(Level.INFO, "The status page is at {0}", page.get().address());
      }
    } catch (IOException unshown) {
      log.log(Level.ERROR, "{0}. The agent works without it", unshown.getMessage());
    }
  }

  private StatusServer page() throws IOException {
    Optional<Value> password = configuration.httpPassword();
    return StatusServer.listen(
        configuration.httpListen().orElseThrow(),
        agent.insight(),
        served,
        password.map(value -> value::resolve),
        Logging.logger("http"));
  }

  void close() {
    page.ifPresent(StatusServer::close);
    try {
      if (control.isPresent()) {
        control.get().close();
      }
    } catch (IOException unclean) {
      log.log(Level.DEBUG, "the control socket is left behind: {0}", unclean.getMessage());
    }
  }
}
