package loomagent.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import loomagent.Event;
import loomagent.agent.Layout;
import loomagent.agent.Plan;
import loomagent.base.Words;
import loomagent.config.Configuration;
import loomagent.config.ConnectionSettings;
import loomagent.config.HandlerSettings;
import loomagent.delivery.Cursor;
import loomagent.delivery.DeadLetters;
import loomagent.journal.Entry;
import loomagent.journal.JournalFiles;
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
    java -jar loom-agent.jar explain (--id ID | --file EVENT.json)
        [--config FILE] [--set KEY=VALUE]...

    Says of each handler whether it takes the event, and which pattern of its events setting
    decides that; and whether the subscription asks Loom for such events at all. Of an event of
    the journal it says as well whether the handler is done with it. Nothing is connected, opened
    or delivered.

      --id ID    an event of the journal; beside a running agent as well
      --file F   a file with one event as JSON, such as a line of the log handler

    Examples
      java -jar loom-agent.jar explain --id bd6b9b7f-5ea2-4015-a07a-e3ba15d083cd
      java -jar loom-agent.jar explain --file job.json
    """;
  }

  @Override
  public Map<String, Boolean> options() {
    return Map.of("--file", true, "--id", true);
  }

  @Override
  public Exit run(Arguments arguments, Terminal terminal) throws UsageException, IOException {
    if (arguments.has("--file") == arguments.has("--id")) {
      throw new UsageException("explain needs --id with an event's id, or --file with an event");
    }
    Optional<Path> file = arguments.file("--file", terminal);
    Optional<Event> ofFile = file.isPresent() ? Optional.of(read(file.get())) : Optional.empty();
    Optional<Configuration> loaded =
        Loaded.from(arguments.source(terminal).withoutLookups(), terminal);
    if (loaded.isEmpty()) {
      return Exit.CONFIGURATION;
    }
    Configuration configuration = loaded.get();
    if (ofFile.isPresent()) {
      explain(ofFile.get(), name -> "", configuration, terminal);
      return Exit.OK;
    }
    Layout layout = new Layout(configuration.dataDir());
    String id = arguments.value("--id").orElse("");
    Optional<Entry> found = find(layout, id);
    if (found.isEmpty()) {
      terminal.err().println("loom-agent: the journal has no event " + Words.line(id, 80));
      return Exit.USAGE;
    }
    Entry entry = found.get();
    terminal.out().println("journaled " + entry.time() + " as number " + entry.sequence());
    explain(entry.event(), name -> fate(layout, name, entry), configuration, terminal);
    return Exit.OK;
  }

  private static void explain(
      Event event, UnaryOperator<String> fate, Configuration configuration, Terminal terminal) {
    terminal.out().println(Words.line(event.toString(), 300));
    terminal.out().println("  " + subscription(configuration, event));
    Plan plan = Plan.of(configuration, Handlers.find(configuration.handlersDir()));
    for (Plan.Planned planned : plan.handlers()) {
      HandlerSettings settings = planned.settings();
      boolean known = // by which connection it comes: a file does not say
          configuration.connections().stream()
              .anyMatch(connection -> connection.name().equals(event.connection()));
      boolean named = settings.events().matches(event.name());
      boolean taken =
          settings.enabled() && (known ? settings.takes(event.name(), event.connection()) : named);
      String why = settings.enabled() ? settings.events().why(event.name()) : "switched off";
      if (settings.enabled() && named && !settings.connections().isEmpty()) {
        why += ", of the connections " + String.join(", ", settings.connections()) + " alone";
      }
      terminal
          .out()
          .printf(
              "  %-4s %s (%s): %s%s%n",
              taken ? "yes" : "no",
              settings.name(),
              settings.type(),
              why,
              taken ? fate.apply(settings.name()) : "");
    }
    plan.problems().forEach(problem -> terminal.out().println("  wrong: " + problem));
  }

  private static Optional<Entry> find(Layout layout, String id) throws IOException {
    List<Entry> found = new ArrayList<>();
    JournalFiles.read(
        layout.journal(),
        0,
        entry -> {
          if (entry.event().id().equals(id)) {
            found.add(entry);
          }
          return found.isEmpty();
        });
    return found.stream().findFirst();
  }

  /** What has become of an event that a handler takes, as far as its files say. */
  private static String fate(Layout layout, String handler, Entry entry) {
    try {
      List<DeadLetters.Letter> dead = new ArrayList<>();
      DeadLetters.read(
          layout.dead(handler),
          letter -> {
            if (letter.event().id().equals(entry.event().id())) {
              dead.add(letter);
            }
            return dead.isEmpty();
          });
      Optional<Cursor.Position> position = Cursor.read(layout.cursor(handler));
      if (!dead.isEmpty()) {
        return "; a dead letter since " + dead.get(0).time();
      } else if (position.isEmpty()) {
        return "";
      }
      boolean open =
          position.get().next() <= entry.sequence()
              || position.get().open().contains(entry.sequence());
      return open ? "; it waits" : "; done, or before this handler's time";
    } catch (IOException unreadable) {
      return "; what became of it cannot be read (" + unreadable.getMessage() + ")";
    }
  }

  private static String subscription(Configuration configuration, Event event) {
    List<ConnectionSettings> all = configuration.connections();
    if (all.stream().allMatch(connection -> connection.events().isEmpty())) {
      return "events is not set yet";
    }
    List<String> subscribed =
        all.stream()
            .filter(connection -> connection.events().contains(event.name()))
            .map(ConnectionSettings::name)
            .toList();
    if (subscribed.isEmpty()) {
      return "NOT subscribed: Loom will not send it. Add it to the events setting";
    }
    return subscribed.size() == all.size()
        ? "subscribed: the events setting names it"
        : "subscribed by the connections " + String.join(", ", subscribed);
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
