package loomagent.cli;

import java.nio.file.Files;
import java.util.Optional;
import loomagent.config.Configuration;
import loomagent.config.ConfigurationException;
import loomagent.config.Source;

/** Loads the configuration, and says everything that is wrong with it. */
final class Loaded {
  private Loaded() {}

  /** The configuration; if there is none, the errors have been printed. */
  static Optional<Configuration> from(Source source, Terminal terminal) {
    try {
      return Optional.of(Configuration.load(source));
    } catch (ConfigurationException wrong) {
      wrong.problems().forEach(terminal::wrong);
      terminal.wrong("Nothing was started. Mend this, then try: check --offline");
      if (source.file().isEmpty() && !Files.exists(source.defaultFile())) {
        terminal.err().println(Main.typed("New here? Try: java -jar loom-agent.jar demo"));
      }
      return Optional.empty();
    }
  }
}
