package loomagent.cli;

import java.time.Instant;
import loomagent.agent.Selection;
import loomagent.config.EventGlobs;

/** The options that pick events of the journal. */
final class Choice {
  private Choice() {}

  static Selection of(Arguments arguments) throws UsageException {
    return new Selection(
        arguments.value("--id").orElse(""),
        When.of(arguments, "--since", Instant.MIN),
        When.of(arguments, "--until", Instant.MAX),
        names(arguments.value("--name").orElse("*")));
  }

  private static EventGlobs names(String text) throws UsageException {
    try {
      return EventGlobs.parse(text);
    } catch (IllegalArgumentException wrong) {
      throw new UsageException("--name: " + wrong.getMessage());
    }
  }
}
