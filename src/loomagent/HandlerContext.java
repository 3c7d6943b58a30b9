package loomagent;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** What a handler is given when it opens. Stub it in a unit test: it is only an interface. */
public interface HandlerContext {

  /**
   * The {@code <name>} of {@code handler.<name>} in the configuration.
   *
   * @return the name; unique within one agent
   */
  String name();

  /**
   * The handler's own settings: every {@code handler.<name>.<setting>} that the agent does not know
   * itself, by {@code <setting>}.
   *
   * <p>A value with {@code ${file:…}}, {@code ${env:…}} or {@code ${credential:…}} is read anew at
   * each {@code get}, so ask again when a password may have changed.
   *
   * @return an unmodifiable view; {@code get} throws {@link java.io.UncheckedIOException} if what
   *     the value points to cannot be read
   */
  Map<String, String> settings();

  /**
   * A folder of this handler's own inside the agent's {@code data.dir}, kept over restarts.
   *
   * @return an existing folder, made at the first call
   * @throws IOException if it cannot be made
   */
  Path directory() throws IOException;

  /**
   * Where a path of a setting leads: a relative one is relative to the folder of the configuration
   * file, as the agent's own paths are.
   *
   * @param path as it is written
   * @return an absolute path, which may not exist
   * @throws java.nio.file.InvalidPathException if no path can be written so
   */
  default Path resolve(String path) {
    return Path.of(path).toAbsolutePath();
  }

  /**
   * The agent's log, with the handler's name on each line.
   *
   * @return a logger that any thread may use
   */
  System.Logger logger();
}
