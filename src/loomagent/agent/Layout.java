package loomagent.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import loomagent.base.Words;

/**
 * Where things are in {@code data.dir}, be it of a running agent or of a stopped one.
 *
 * <pre>
 * agent.lock                     one agent a folder
 * agent.sock                     control: a Unix domain socket
 * journal/&lt;first sequence&gt;.log   a text line an event
 * cursors/&lt;handler&gt;              how far each handler is; with .begin, where it began
 * dead/&lt;handler&gt;.ndjson          event, attempts, last error
 * paused/&lt;handler&gt;               since when it is paused
 * gaps.ndjson                    each gap and what closed it
 * aside.ndjson                   what came as an event and was none
 * tokens/&lt;connection&gt;.json       what {@code auth} keeps of single-use tokens
 * handlers/&lt;handler&gt;/            a handler's own
 * jars/                          copies of the handler jars in use
 * </pre>
 *
 * @param folder {@code data.dir}
 */
public record Layout(Path folder) {

  private static final String LETTERS = ".ndjson";

  /** As the configuration has it: what comes from elsewhere must not lead out of the folder. */
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,63}");

  /** The folder with the journal's segments. */
  public Path journal() {
    return folder.resolve("journal");
  }

  /** The folder with a cursor a handler. */
  public Path cursors() {
    return folder.resolve("cursors");
  }

  /** The folder with a file of dead letters a handler. */
  public Path dead() {
    return folder.resolve("dead");
  }

  /** One handler's cursor. */
  public Path cursor(String handler) {
    return cursors().resolve(handler);
  }

  /**
   * One handler's dead letters.
   *
   * @param handler a handler's name
   * @return where they are, or would be
   * @throws IllegalArgumentException if no handler can have this name
   */
  public Path dead(String handler) {
    return dead().resolve(name(handler) + LETTERS);
  }

  /** Where it is said that a handler is paused. */
  Path paused(String handler) {
    return folder.resolve("paused").resolve(name(handler));
  }

  private static String name(String handler) {
    if (!NAME.matcher(handler).matches()) {
      throw new IllegalArgumentException(
          "\"" + Words.line(handler, 80) + "\" is no name of a handler");
    }
    return handler;
  }

  /** The list of gaps. */
  public Path gaps() {
    return folder.resolve("gaps.ndjson");
  }

  /** Where copies of handler jars are. */
  public Path jars() {
    return folder.resolve("jars");
  }

  /** The control socket. */
  public Path socket() {
    return folder.resolve("agent.sock");
  }

  /**
   * Every handler that has left a cursor or dead letters, configured or not.
   *
   * @return their names in order
   * @throws IOException if the folder cannot be read
   */
  public SortedSet<String> handlers() throws IOException {
    SortedSet<String> names = new TreeSet<>();
    for (Path kind : List.of(cursors(), dead())) {
      if (Files.isDirectory(kind)) {
        try (Stream<Path> files = Files.list(kind)) {
          files
              .map(file -> file.getFileName().toString().replaceFirst("\\.ndjson$", ""))
              .filter(name -> NAME.matcher(name).matches())
              .forEach(names::add);
        }
      }
    }
    return names;
  }
}
