package loomagent.cli;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import loomagent.agent.Layout;
import loomagent.agent.Operations;
import loomagent.base.Words;
import loomagent.config.Configuration;
import loomagent.journal.JournalFiles;

/** {@code journal verify} and {@code journal repair}. */
final class JournalCommand implements Command {

  @Override
  public String name() {
    return "journal";
  }

  @Override
  public String summary() {
    return "verify: check every record of the journal; repair: set what is damaged aside";
  }

  @Override
  public String page() {
    return """
    java -jar loom-agent.jar journal (verify | repair) [--config FILE] [--set KEY=VALUE]...

    verify   reads every record and checks it. What is damaged is listed, with its file and place
    repair   keeps what is whole, and moves what is damaged into journal/damaged. Nothing is
             deleted. The agent steps over what is damaged anyway, so this is for peace of mind

    Both work beside a running agent and on the folder of a stopped one.

    Examples
      java -jar loom-agent.jar journal verify
      java -jar loom-agent.jar journal repair --config /etc/loom-agent/agent.properties

    Exit status: 0 all is whole (now), 64 wrong usage, 74 damaged, or the disk failed
    """;
  }

  @Override
  public int words() {
    return 1;
  }

  @Override
  public Exit run(Arguments arguments, Terminal terminal) throws Exception {
    String action = String.join(" ", arguments.words());
    if (!List.of("verify", "repair").contains(action)) {
      throw new UsageException("write journal verify, or journal repair");
    }
    Optional<Configuration> configuration =
        Loaded.from(arguments.source(terminal).withoutLookups(), terminal);
    if (configuration.isEmpty()) {
      return Exit.CONFIGURATION;
    }
    return action.equals("verify")
        ? verify(new Layout(configuration.get().dataDir()), terminal)
        : Workplace.work(configuration.get(), List.of(Operations.REPAIR), terminal);
  }

  private static Exit verify(Layout layout, Terminal terminal) throws IOException {
    JournalFiles.Report report = JournalFiles.verify(layout.journal());
    report.damages().forEach(damage -> terminal.out().println(damage));
    terminal
        .out()
        .println(
            layout.journal()
                + ": "
                + Words.count(report.records(), "record")
                + " whole, "
                + Words.count(report.damages().size(), "damaged place"));
    return report.damages().isEmpty() ? Exit.OK : Exit.DISK;
  }
}
