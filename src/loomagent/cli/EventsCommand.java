package loomagent.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import loomagent.Event;
import loomagent.agent.Layout;
import loomagent.agent.Selection;
import loomagent.base.Words;
import loomagent.config.Configuration;
import loomagent.journal.Entry;
import loomagent.journal.JournalFiles;

/** {@code events}: what the journal holds. */
final class EventsCommand implements Command {

  /** About what a screen shows. */
  private static final int STANDARD = 20;

  /** They are held in memory until the last one is known. */
  private static final int MOST = 1_000_000;

  @Override
  public String name() {
    return "events";
  }

  @Override
  public String summary() {
    return "what the journal holds";
  }

  @Override
  public String page() {
    return """
    java -jar loom-agent.jar events [--last N] [--name GLOB] [--since T] [--until T] [--id ID]
        [--json] [--config FILE] [--set KEY=VALUE]...

    Lists events of the journal, oldest first: when it was journaled, name, id, subject. Works
    beside a running agent and on the folder of a stopped one, and changes nothing.

      --last N      the last N of those asked for (20; all when --since or --id is given)
      --name GLOB   names or globs, with commas; ! in front excludes
      --since T     journaled at that time or later: 2026-03-01T08:00:00Z, or an age: 2h, 7d
      --until T     journaled at that time or earlier
      --id ID       the event of this id
      --json        the exact events, one line each

    Examples
      java -jar loom-agent.jar events
      java -jar loom-agent.jar events --since 2h --name 'mission_control.*'
      java -jar loom-agent.jar events --last 1000 --json
    """;
  }

  @Override
  public Map<String, Boolean> options() {
    return Map.of(
        "--last", true,
        "--name", true,
        "--since", true,
        "--until", true,
        "--id", true,
        "--json", false);
  }

  @Override
  public Exit run(Arguments arguments, Terminal terminal) throws UsageException, IOException {
    Selection selection = Choice.of(arguments);
    boolean all = arguments.has("--since") || arguments.has("--id");
    int last = arguments.number("--last", 1, MOST).orElse(all ? MOST : STANDARD);
    Optional<Configuration> loaded =
        Loaded.from(arguments.source(terminal).withoutLookups(), terminal);
    if (loaded.isEmpty()) {
      return Exit.CONFIGURATION;
    }
    Layout layout = new Layout(loaded.get().dataDir());
    Deque<Entry> found = find(layout, selection, last, terminal);
    boolean json = arguments.has("--json");
    found.forEach(entry -> print(entry, json, terminal.out()));
    if (found.isEmpty() && !json) {
      terminal.err().println("No such event in the journal " + layout.journal());
    }
    return Exit.OK;
  }

  private static Deque<Entry> find(Layout layout, Selection selection, int last, Terminal terminal)
      throws IOException {
    Deque<Entry> found = new ArrayDeque<>();
    JournalFiles.read(
        layout.journal(),
        0,
        new JournalFiles.Visitor() {
          @Override
          public boolean entry(Entry entry) {
            if (selection.takes(entry)) {
              found.add(entry);
              if (found.size() > last) {
                found.remove();
              }
            }
            return true;
          }

          @Override
          public void damaged(JournalFiles.Damage damage) {
            terminal.err().println("loom-agent: " + damage + ". See: journal verify");
          }
        });
    return found;
  }

  private static void print(Entry entry, boolean json, PrintStream out) {
    Event event = entry.event();
    out.println(
        json
            ? event.json().replace('\n', ' ').replace('\r', ' ')
            : line(entry.time(), event.name(), event.id(), event.subject()));
  }

  private static String line(Instant time, String... parts) {
    StringBuilder line = new StringBuilder(time.toString());
    for (String part : parts) {
      line.append(' ').append(part.isEmpty() ? "-" : Words.line(part, 200));
    }
    return line.toString();
  }
}
