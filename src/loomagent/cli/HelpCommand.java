package loomagent.cli;

import java.util.List;
import java.util.Optional;
import loomagent.base.Nearest;

/** {@code help}. */
final class HelpCommand implements Command {

  @Override
  public String name() {
    return "help";
  }

  @Override
  public String summary() {
    return "this list, or a page on one command";
  }

  @Override
  public String page() {
    return """
    java -jar loom-agent.jar help [COMMAND]

    Lists the commands, or shows the page of one, with examples.

    Examples
      java -jar loom-agent.jar help
      java -jar loom-agent.jar help check
    """;
  }

  @Override
  public int words() {
    return 1;
  }

  @Override
  public Exit run(Arguments arguments, Terminal terminal) throws UsageException {
    List<String> words = arguments.words();
    if (words.isEmpty()) {
      terminal.out().print(Main.typed(list()));
      return Exit.OK;
    }
    String name = words.get(0);
    Optional<Command> found =
        Command.all().stream().filter(command -> command.name().equals(name)).findFirst();
    if (found.isPresent()) {
      terminal.out().print(Main.typed(found.get().page()));
      return Exit.OK;
    }
    throw new UsageException(
        "there is no command \""
            + name
            + "\". "
            + Nearest.to(name, Command.all().stream().map(Command::name).toList())
                .map(near -> "Did you mean \"" + near + "\"?")
                .orElse("\"help\" alone lists them"));
  }

  private static String list() {
    StringBuilder list =
        new StringBuilder(
            """
            loom-agent subscribes to Zaikio Loom's events and hands them to handlers.

            java -jar loom-agent.jar [COMMAND] [--config FILE] [--set KEY=VALUE]...

            """);
    for (Command command : Command.all()) {
      list.append(String.format("  %-10s %s%n", command.name(), command.summary()));
    }
    return list.append(
            """

            New here?      java -jar loom-agent.jar demo
            One command:   java -jar loom-agent.jar help COMMAND
            """)
        .toString();
  }
}
