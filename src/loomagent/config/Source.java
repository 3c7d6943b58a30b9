package loomagent.config;

import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything a configuration is read from.
 *
 * @param file the file named with {@code --config}; it has to exist
 * @param defaultFile the file read when none is named; it may be absent
 * @param sets each {@code --set KEY=VALUE}, as given; of the same key the last one counts
 * @param environment the process's environment variables
 * @param lookups whether all that only a subscription needs has to be there: events, the token, and
 *     what the ${…} in secrets and the handlers' own settings point to
 * @param clock what an age counts back from
 */
public record Source(
    Optional<Path> file,
    Path defaultFile,
    List<String> sets,
    Map<String, String> environment,
    boolean lookups,
    Clock clock) {
  public Source {
    sets = List.copyOf(sets);
    environment = Map.copyOf(environment);
  }

  /** As the running agent needs it: everything has to be there. */
  public Source(
      Optional<Path> file, Path defaultFile, List<String> sets, Map<String, String> environment) {
    this(file, defaultFile, sets, environment, true, Clock.systemUTC());
  }

  /**
   * For a command that does not subscribe: it works where there is no token, or none to be read.
   */
  public Source withoutLookups() {
    return new Source(file, defaultFile, sets, environment, false, clock);
  }

  Path chosen() {
    return file.orElse(defaultFile);
  }

  /** What relative paths are relative to; of a relative file, under the working directory. */
  Path folder() {
    return chosen().toAbsolutePath().resolveSibling("");
  }

  /** The file only: the environment and {@code --set} may hold secrets. */
  @Override
  public String toString() {
    return "Source[" + chosen() + "]";
  }
}
