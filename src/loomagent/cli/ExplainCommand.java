package loomagent.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import loomagent.Event;
import loomagent.agent.Plan;
import loomagent.base.Words;
import loomagent.config.Configuration;
import loomagent.config.HandlerSettings;
import loomagent.plugin.Handlers;

/** {@code explain}: why an event goes where it goes. */
final class ExplainCommand implements Command {

  /** No event is larger on the websocket. */
  private static final long LARGEST = 1 << 20;

  @Override
  public String name() {
    return "explain";
  }

  @Override
  public String summary() {
    return "which handlers an event goes to, and why the others do not take it";
  }

  @Override
  public String page() {
    return """
    java -jar loom-agent.jar explain --file EVENT.json [--config FILE] [--set KEY=VALUE]...

    Says of each handler whether it takes the event, and which pattern of its events setting
    decides that; and whether the subscription asks Loom for such events at all. Nothing is
    connected, opened or delivered.

      --file F   a file with one event as JSON, such as a line of the log handler

    Example
      java -jar loom-agent.jar explain --file job.json
    """;
  }

  @Override
  public Map<String, Boolean> options() {
    return Map.of("--file", true);
  }

  @Override
  public Exit run(Arguments arguments, Terminal terminal) throws UsageException {
    Path file =
        arguments
            .file("--file", terminal)
            .orElseThrow(() -> new UsageException("explain needs --file with an event"));
    Event event = read(file);
    Optional<Configuration> loaded =
        Loaded.from(arguments.source(terminal).withoutLookups(), terminal);
    if (loaded.isEmpty()) {
      return Exit.CONFIGURATION;
    }
    Configuration configuration = loaded.get();
    terminal.out().println(Words.line(event.toString(), 300));
    terminal.out().println("  " + subscription(configuration, event));
    Plan plan = Plan.of(configuration, Handlers.find(configuration.handlersDir()));
    for (Plan.Planned planned : plan.handlers()) {
      HandlerSettings settings = planned.settings();
      boolean taken = settings.enabled() && settings.events().matches(event.name());
      String why = settings.enabled() ? settings.events().why(event.name()) : "switched off";
      terminal
          .out()
          .printf(
              "  %-4s %s (%s): %s%n", taken ? "yes" : "no", settings.name(), settings.type(), why);
    }
    plan.problems().forEach(problem -> terminal.out().println("  wrong: " + problem));
    return Exit.OK;
  }

  private static String subscription(Configuration configuration, Event event) {
    if (configuration.events().isEmpty()) {
      return "events is not set yet";
    }
    return configuration.events().contains(event.name())
        ? "subscribed: the events setting names it"
        : "NOT subscribed: Loom will not send it. Add it to the events setting";
  }

  private static Event read(Path file) throws UsageException {
    try {
      if (Files.size(file) > LARGEST) {
        throw new UsageException(file + " is larger than any event; give a file with one event");
      }
      return Event.parse(Files.readString(file, StandardCharsets.UTF_8).strip());
    } catch (IOException unreadable) {
      throw new UsageException(
          Files.exists(file)
              ? file + " cannot be read (" + unreadable.getMessage() + ")"
              : file + ": there is no such file");
    } catch (IllegalArgumentException noEvent) {
      throw new UsageException(file + " is no event: " + noEvent.getMessage());
    }
  }
}
