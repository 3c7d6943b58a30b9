package loomagent.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loomagent.agent.Layout;
import loomagent.agent.Operations;
import loomagent.config.Configuration;

/** {@code dead}: the dead letters. */
final class DeadCommand implements Command {

  @Override
  public String name() {
    return "dead";
  }

  @Override
  public String summary() {
    return "the dead letters: what no handler could be given; list, show, retry, discard";
  }

  @Override
  public String page() {
    return """
    java -jar loom-agent.jar dead [list | show ID | retry | discard] [--handler H]
        [--id ID | --all] [--json] [--config FILE] [--set KEY=VALUE]...

    A dead letter is an event that a handler could not be given: it said so, or all of its
    retry.attempts failed. It waits here until somebody retries or discards it.

      list      handler, time, attempts, name, id and the last error of each (the default)
      show ID   everything about one, with its event
      retry     gives it to its handler once more; what is delivered is no dead letter any more
      discard   forgets it, for good

      --handler H   of this handler alone
      --id ID       the event of this id
      --all         all of them; retry and discard want --id or --all
      --json        for list: a line of JSON each

    Works beside a running agent and on the folder of a stopped one.

    Examples
      java -jar loom-agent.jar dead
      java -jar loom-agent.jar dead show bd6b9b7f-5ea2-4015-a07a-e3ba15d083cd
      java -jar loom-agent.jar dead retry --handler mis --all

    Exit status: 0 done, 64 wrong usage or no such letter, 69 some could not be delivered,
    74 disk, 78 configuration wrong
    """;
  }

  @Override
  public Map<String, Boolean> options() {
    return Map.of("--handler", true, "--id", true, "--all", false, "--json", false);
  }

  @Override
  public int words() {
    return 2;
  }

  @Override
  public Exit run(Arguments arguments, Terminal terminal) throws Exception {
    List<String> words = arguments.words();
    String action = words.isEmpty() ? "list" : words.get(0);
    if (!List.of("list", "show", "retry", "discard").contains(action)) {
      throw new UsageException(
          "dead does not know \"" + action + "\"; it has list, show, retry and discard");
    }
    String id = id(arguments, action);
    Optional<Configuration> loaded =
        Loaded.from(arguments.source(terminal).withoutLookups(), terminal);
    if (loaded.isEmpty()) {
      return Exit.CONFIGURATION;
    }
    Configuration configuration = loaded.get();
    Layout layout = new Layout(configuration.dataDir());
    String handler = handler(arguments, layout);
    Letters letters = new Letters(layout, handler, id, terminal);
    return switch (action) {
      case "list" -> letters.list(arguments.has("--json"));
      case "show" -> letters.show();
      case "retry" ->
          Workplace.work(configuration, List.of(Operations.DEAD_RETRY, handler, id), terminal);
      default ->
          Workplace.work(configuration, List.of(Operations.DEAD_DISCARD, handler, id), terminal);
    };
  }

  private static String id(Arguments arguments, String action) throws UsageException {
    List<String> words = arguments.words();
    if (words.size() == 2 && !action.equals("show")) {
      throw new UsageException("dead does not know what to do with \"" + words.get(1) + "\"");
    }
    String id = words.size() == 2 ? words.get(1) : arguments.value("--id").orElse("");
    if (action.equals("show") && id.isEmpty()) {
      throw new UsageException("dead show needs the id of an event; \"dead list\" has them");
    }
    boolean changes = action.equals("retry") || action.equals("discard");
    if (changes && id.isEmpty() != arguments.has("--all")) {
      throw new UsageException(
          "dead " + action + " needs --id with an event's id, or --all; not both");
    }
    return id;
  }

  private static String handler(Arguments arguments, Layout layout) throws UsageException {
    String handler = arguments.value("--handler").orElse("");
    try {
      if (!handler.isEmpty()) {
        Path unused = layout.dead(handler);
      }
      return handler;
    } catch (IllegalArgumentException noName) {
      throw new UsageException("--handler: " + noName.getMessage());
    }
  }
}
