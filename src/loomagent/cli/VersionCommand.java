package loomagent.cli;

import loomagent.base.Version;

/** {@code version}. */
final class VersionCommand implements Command {

  @Override
  public String name() {
    return "version";
  }

  @Override
  public String summary() {
    return "the versions of the agent and of Java";
  }

  @Override
  public String page() {
    return """
    java -jar loom-agent.jar version

    Prints the versions of the agent and of the Java that runs it.

    Example
      java -jar loom-agent.jar version
    """;
  }

  @Override
  public Exit run(Arguments arguments, Terminal terminal) {
    terminal.out().println("loom-agent " + Version.agent() + " (Java " + Runtime.version() + ")");
    return Exit.OK;
  }
}
