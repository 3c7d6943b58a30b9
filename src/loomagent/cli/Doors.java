package loomagent.cli;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
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
  /** Milliseconds until the status page is tried again: a port gets free, an interface comes up. */
  private static final long AGAIN = 60_000;

  private final System.Logger log = Logging.logger("agent");
  private final Configuration configuration;
  private final Agent agent;
  private final Served served;
  private Optional<Control> control = Optional.empty();
  private volatile Optional<StatusServer> page = Optional.empty();
  private volatile String missing =
      "there is no status page: set http.listen, such as 127.0.0.1:9464, and restart the agent";
  private final Thread opening = new Thread(this::keepTrying, "http-opening");

  Doors(
      Configuration configuration,
      Agent agent,
      Reloading reloading,
      List<String> own,
      Map<String, String> environment) {
    this.configuration = configuration;
    this.agent = agent;
    // What the file says by now of the folder counts after a restart.
    List<String> whole = new ArrayList<>(own);
    whole.addAll(List.of("--set", "data.dir=" + configuration.dataDir().toAbsolutePath()));
    this.served = new Served(agent, reloading, whole, environment, this::unlocked);
  }

  void open(Path socket) {
    try {
      Control listening = Control.listen(socket, served, Logging.logger("control"));
      control = Optional.of(listening);
      agent.watch(listening::fault);
    } catch (IOException unreachable) {
      log.log(
          Level.WARNING,
          "commands such as status, reload and replay cannot reach this agent: {0}",
          unreachable.getMessage());
    }
    if (configuration.httpListen().isPresent() && !openPage(Level.ERROR)) {
      opening.setDaemon(true);
      opening.start();
    }
  }

  private void keepTrying() {
    try {
      do {
        Thread.sleep(AGAIN);
      } while (!openPage(Level.DEBUG));
    } catch (InterruptedException closed) {
      // nobody needs it any more
    }
  }

  private boolean openPage(Level failure) {
    try {
      StatusServer opened = page();
      page = Optional.of(opened);
      log.log(Level.INFO, "The status page is at {0}", opened.address());
    } catch (IOException unshown) {
      missing = unshown.getMessage() + ". It is tried again every minute";
      log.log(failure, "{0}; the agent works without it", missing);
    }
    return page.isPresent();
  }

  private String unlocked() throws IOException {
    return page.orElseThrow(() -> new IOException(missing)).unlock();
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

  void close() throws InterruptedException {
    opening.interrupt();
    opening.join(1_000); // a name that is looked up heeds no interrupt; the process ends anyway
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
