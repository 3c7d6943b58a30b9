package loomagent.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import loomagent.simulator.Events;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;

/** {@code simulate}: Loom alone, to write handlers against. */
final class SimulateCommand implements Command {
  private static final int PORT = 4040;

  @Override
  public String name() {
    return "simulate";
  }

  @Override
  public String summary() {
    return "a simulated Loom on loopback, to write handlers against";
  }

  @Override
  public String page() {
    return """
    java -jar loom-agent.jar simulate [--port P] [--rate R] [--file F.ndjson]
                                      [--token T] [--app A] [--password W]
                                      [--client-id I] [--client-secret S] [--token-life D]

    Plays Loom on 127.0.0.1 until Ctrl-C: the websocket, with events made up at a rate, or from
    a file, or POSTed to it, the API to pull missed ones from, which remembers the newest
    100000, and the Hub that gives tokens. It prints the settings that point an agent to it.

      --port P       the port (4040; 0 takes any that is free)
      --rate R       events a second while somebody is subscribed (1; 0 for none); made-up ones
                     go on for ten minutes after the last subscriber left, which misses them
      --file F       take the events from a file with one JSON event a line, once, in order;
                     they wait for a subscriber
      --token T      the bearer token to accept (made up anew at each start)
      --app A        the app's technical name, to pull with (simulated_app)
      --password W   the app's event password, to pull with (made up anew at each start)
      --client-id I, --client-secret S
                     what the Hub gives tokens for (simulated_client, made up at each start)
      --token-life D how long a token from the Hub is good, such as 30s or 5m (60m); then the
                     websocket that uses it is told token_expired

    While it runs
      curl -X POST http://127.0.0.1:4040/admin/events -d '{"name":"mission_control.job_added"}'
      curl -X POST 'http://127.0.0.1:4040/admin/disconnect?reason=server_restart&reconnect=true'
      curl -X POST http://127.0.0.1:4040/admin/drop
      curl -X POST 'http://127.0.0.1:4040/admin/away?for=30s'

    The last one cuts every websocket and lets none in for a while, so that an agent misses
    events and has a gap to close.

    The Hub is as strict as the real one: scopes name an Organization that granted them, refresh
    tokens work once, a token of an Organization gets its events alone. A login (device flow)
    approves itself after a few seconds.

    Examples
      java -jar loom-agent.jar simulate
      java -jar loom-agent.jar simulate --port 8080 --rate 0 --token secret
      java -jar loom-agent.jar simulate --file events.ndjson --rate 100
    """;
  }

  @Override
  public Map<String, Boolean> options() {
    return Map.of(
        "--port", true,
        "--rate", true,
        "--file", true,
        "--token", true,
        "--app", true,
        "--password", true,
        "--client-id", true,
        "--client-secret", true,
        "--token-life", true);
  }

  @Override
  public Exit run(Arguments arguments, Terminal terminal)
      throws UsageException, InterruptedException {
    Settings settings = settings(arguments, terminal);
    Stop stop = Stop.onSignals();
    try (Simulator simulator = Simulator.start(settings)) {
      introduce(simulator, terminal.out());
      stop.await();
      return Exit.OK;
    } catch (IOException taken) {
      terminal.err().println("loom-agent: " + taken.getMessage());
      return Exit.UNREACHABLE;
    }
  }

  private static Settings settings(Arguments arguments, Terminal terminal) throws UsageException {
    Optional<Path> file = arguments.file("--file", terminal);
    try {
      Events events = file.isPresent() ? Events.fromFile(file.get()) : Events.madeUp();
      Settings settings =
          Settings.defaults()
              .withPort(arguments.number("--port", 0, 65_535).orElse(PORT))
              .withEvents(rate(arguments), events)
              .withPull(pull(arguments))
              .withHub(hub(arguments))
              .withLog(terminal.err()::println);
      Optional<String> token = arguments.value("--token");
      return token.isPresent() ? settings.withTokens(Set.of(token.get())) : settings;
    } catch (IOException unreadable) {
      throw new UsageException(
          "--file "
              + file.orElseThrow()
              + (Files.exists(file.get())
                  ? " cannot be read: " + unreadable.getMessage()
                  : ": there is no such file"));
    } catch (IllegalArgumentException wrong) {
      throw new UsageException(wrong.getMessage());
    }
  }

  private static Settings.Pull pull(Arguments arguments) {
    Settings.Pull pull = Settings.defaults().pull();
    return pull.withLogin(
        arguments.value("--app").orElse(pull.app()), arguments.value("--password").orElse(""));
  }

  private static Settings.Hub hub(Arguments arguments) throws UsageException {
    Settings.Hub hub = Settings.Hub.defaults();
    String life = arguments.value("--token-life").orElse("60m");
    if (!life.matches("[1-9]\\d{0,5}[smh]")) {
      throw new UsageException("--token-life is \"" + life + "\"; write 30s, 5m or 1h");
    }
    return hub.withClient(
            arguments.value("--client-id").orElse(hub.id()),
            arguments.value("--client-secret").orElse(""))
        .withLife(Duration.parse("PT" + life), false, true);
  }

  private static double rate(Arguments arguments) throws UsageException {
    String text = arguments.value("--rate").orElse("1");
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException noNumber) {
      throw new UsageException("--rate is \"" + text + "\"; write a number, such as 0.5 or 100");
    }
  }

  private static void introduce(Simulator simulator, PrintStream out) {
    out.println("Loom is simulated. Point an agent to it with these settings:");
    out.println();
    out.println("loom.url = " + simulator.url());
    out.println("token = " + simulator.token());
    out.println("events = mission_control.job_added,mission_control.job_updated");
    out.println("organization = " + Events.ORGANIZATION);
    out.println("loom.api = " + simulator.api());
    out.println("backfill.app = " + simulator.app());
    out.println("backfill.password = " + simulator.eventPassword());
    out.println();
    out.println("Or, for tokens that end and are renewed, without the # and in place of token:");
    out.println();
    out.println("# hub.url = " + simulator.hub().url());
    out.println("# oauth.client-id = " + simulator.hub().clientId());
    out.println("# oauth.client-secret = " + simulator.hub().clientSecret());
    out.println("# oauth.scopes = loom.event.r");
    out.println();
    out.println("Publish an event:");
    out.println(
        "curl -X POST "
            + simulator.api()
            + "/admin/events -d '{\"name\":\"mission_control.job_added\"}'");
    out.println("Have an agent miss some:");
    out.println("curl -X POST '" + simulator.api() + "/admin/away?for=30s'");
    out.println("Ctrl-C ends it.");
  }
}
