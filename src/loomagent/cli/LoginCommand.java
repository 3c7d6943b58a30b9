package loomagent.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import loomagent.agent.Credentials;
import loomagent.agent.WayOut;
import loomagent.auth.DeviceLogin;
import loomagent.auth.TokenException;
import loomagent.base.Words;
import loomagent.config.Configuration;
import loomagent.config.ConnectionSettings;
import loomagent.ops.Logging;

/** {@code login}: somebody approves in a browser, and the connection has its tokens. */
final class LoginCommand implements Command {
  /** An address with a code in it may be long, and a terminal's line is not. */
  private static final int LONGEST = 500;

  @Override
  public String name() {
    return "login";
  }

  @Override
  public String summary() {
    return "get a connection its tokens: approve it in a browser, on any device";
  }

  @Override
  public String page() {
    return """
    java -jar loom-agent.jar login [--connection NAME] [--config FILE] [--set KEY=VALUE]...

    Prints an address and a code, and waits until somebody has opened the one in a browser, on
    any device, and typed in the other. Then the tokens are in the data folder. It needs no
    terminal, and may run beside the agent, which uses the new tokens with its next connection.
    It needs oauth.client-id, and of an app with a secret oauth.client-secret as well.

      --connection NAME   for which connection, if there are several

    Examples
      java -jar loom-agent.jar login
      java -jar loom-agent.jar login --connection berlin --config /etc/loom-agent/agent.properties

    Exit status: 0 done, 64 wrong usage, 69 unreachable, 74 disk, 77 not authorised (declined, or
    not approved in time), 78 configuration wrong
    """;
  }

  @Override
  public Map<String, Boolean> options() {
    return Map.of("--connection", true);
  }

  @Override
  public Exit run(Arguments arguments, Terminal terminal)
      throws UsageException, InterruptedException {
    Optional<Configuration> loaded =
        Loaded.from(arguments.source(terminal).withoutLookups(), terminal);
    if (loaded.isEmpty()) {
      return Exit.CONFIGURATION;
    }
    Configuration configuration = loaded.get();
    ConnectionSettings connection = connection(configuration, arguments.value("--connection"));
    Optional<String> useless = useless(connection);
    if (useless.isPresent()) {
      terminal.err().println("loom-agent: " + useless.get());
      return Exit.CONFIGURATION;
    }
    Logging.install(terminal.err(), configuration.logLevel(), "text");
    try {
      Credentials credentials =
          new Credentials(
              configuration.dataDir(),
              WayOut.of(configuration, Logging.logger("net")),
              Clock.systemUTC(),
              ThreadLocalRandom.current(),
              Logging.logger("auth"));
      var unused =
          credentials
              .login(connection, wait -> TimeUnit.NANOSECONDS.sleep(wait.toNanos()))
              .run(
                  credentials.store(connection),
                  Credentials.first(connection),
                  prompt -> show(prompt, terminal.out()));
      terminal.out().println("Done. The connection " + connection.name() + " has its tokens.");
      return Exit.OK;
    } catch (TokenException none) {
      terminal.err().println("loom-agent: " + none.getMessage());
      return Exit.of(none);
    } catch (IOException certificates) {
      terminal.err().println("loom-agent: " + certificates.getMessage());
      return Exit.CONFIGURATION;
    }
  }

  private static ConnectionSettings connection(Configuration configuration, Optional<String> asked)
      throws UsageException {
    String names =
        configuration.connections().stream()
            .map(ConnectionSettings::name)
            .collect(Collectors.joining(", "));
    if (asked.isEmpty() && configuration.connections().size() > 1) {
      throw new UsageException("say for which connection: --connection with one of " + names);
    }
    return configuration.connections().stream()
        .filter(connection -> connection.name().equals(asked.orElse(connection.name())))
        .findFirst()
        .orElseThrow(
            () ->
                new UsageException(
                    "there is no connection \""
                        + Words.line(asked.orElse(""), 80)
                        + "\". There is "
                        + names));
  }

  /** Why the connection would not use what a login gives. */
  private static Optional<String> useless(ConnectionSettings connection) {
    String name = "the connection " + connection.name();
    if (connection.oauth().isEmpty()) {
      return Optional.of(
          connection.token().isPresent()
              ? name + " has a token of its own. Set oauth.client-id in place of token"
              : name + " has no oauth.client-id. Set it to the app's client id in the Hub");
    }
    return Optional.empty();
  }

  private static void show(DeviceLogin.Prompt prompt, PrintStream out) {
    Duration left = Duration.between(Instant.now(), prompt.until());
    out.println("Open       " + Words.line(prompt.address(), LONGEST));
    out.println("and enter  " + Words.line(prompt.code(), LONGEST));
    if (!prompt.complete().isEmpty()) {
      out.println("or open    " + Words.line(prompt.complete(), LONGEST));
    }
    out.printf(
        Locale.ROOT,
        "Waiting until it is approved, for %s at the most (%s).%n",
        Words.of(left),
        prompt.until().truncatedTo(ChronoUnit.SECONDS));
    out.flush();
  }
}
