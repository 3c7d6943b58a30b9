package loomagent.cli;

import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import loomagent.agent.Plan;
import loomagent.config.Configuration;
import loomagent.plugin.HandlerType;
import loomagent.plugin.Handlers;

/** {@code handlers}: what there is to choose from. */
final class HandlersCommand implements Command {

  @Override
  public String name() {
    return "handlers";
  }

  @Override
  public String summary() {
    return "every handler type found, its jar, and what is wrong with it";
  }

  @Override
  public String page() {
    return """
    java -jar loom-agent.jar handlers [--config FILE] [--set KEY=VALUE]...

    Lists every handler type that was found on the class path and in handlers.dir, with its
    version and jar, and which configured handlers use it. What could not be loaded is listed
    below, with what to do. Nothing is opened.

    Examples
      java -jar loom-agent.jar handlers
      java -jar loom-agent.jar handlers --set handlers.dir=build/libs
    """;
  }

  @Override
  public Exit run(Arguments arguments, Terminal terminal) {
    Optional<Configuration> loaded =
        Loaded.from(arguments.source(terminal).withoutLookups(), terminal);
    if (loaded.isEmpty()) {
      return Exit.CONFIGURATION;
    }
    Handlers found = Handlers.find(loaded.get().handlersDir());
    Plan plan = Plan.of(loaded.get(), found);
    PrintStream out = terminal.out();
    out.printf("%-16s %-10s %-24s %s%n", "TYPE", "VERSION", "FROM", "USED BY");
    for (HandlerType type : found.types()) {
      List<String> users =
          plan.handlers().stream()
              .filter(planned -> planned.type().equals(type))
              .map(HandlersCommand::user)
              .toList();
      out.printf(
          "%-16s %-10s %-24s %s%n",
          type.type(),
          type.version().isEmpty() ? "-" : type.version(),
          type.source(),
          users.isEmpty() ? "-" : String.join(", ", users));
    }
    if (!found.libraries().isEmpty()) {
      out.println(
          "libraries, which built-in handlers see: " + String.join(", ", found.libraries()));
    }
    if (found.types().stream().allMatch(HandlerType::builtIn)) {
      out.println("No handler jar in " + loaded.get().handlersDir());
    }
    found.faults().forEach(fault -> out.println("wrong: " + fault));
    found.notes().forEach(note -> out.println("note: " + note));
    plan.problems().forEach(problem -> out.println("wrong: " + problem));
    return Exit.OK;
  }

  private static String user(Plan.Planned planned) {
    String name = planned.settings().name();
    return planned.settings().enabled() ? name : name + " (switched off)";
  }
}
