package loomagent.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import loomagent.agent.Agent;
import loomagent.agent.Operations;
import loomagent.ops.Control;
import loomagent.ops.Logging;

/**
 * What the control socket does: the command lines of those commands that are about a running agent,
 * and what these commands themselves ask for. Any thread.
 */
final class Served implements Control.Service {

  static final String RELOAD = "reload";
  static final String LEVEL = "level";
  static final String PAGE = "page";

  /** What a command line would do in a process of its own; of these, the agent does it. */
  private static final Set<String> LINES = Set.of("events", "dead", "replay");

  /** Gives an address of the status page with a new token in it. */
  @FunctionalInterface
  interface Unlocking {
    /** Throws, in words, if there is no page. */
    String address() throws IOException;
  }

  private final Agent agent;
  private final Reloading reloading;
  private final List<String> own;
  private final Map<String, String> environment;
  private final Unlocking page;

  /**
   * For one agent.
   *
   * @param own {@code --config} and {@code --set} as the agent itself was given them, and its
   *     folder
   * @param page gives an address of the status page that may be used to change things
   */
  Served(
      Agent agent,
      Reloading reloading,
      List<String> own,
      Map<String, String> environment,
      Unlocking page) {
    this.agent = agent;
    this.reloading = reloading;
    this.own = own;
    this.environment = environment;
    this.page = page;
  }

  @Override
  public int serve(List<String> words, Consumer<String> out, Consumer<String> err)
      throws Exception {
    String command = words.get(0);
    List<String> rest = words.subList(1, words.size());
    return switch (command) {
      case RELOAD -> reload(rest, out, err).status();
      case LEVEL -> level(rest, out, err).status();
      case PAGE -> page(out, err).status();
      default -> isLine(words) ? line(words, out, err).status() : agent(words, out, err);
    };
  }

  private int agent(List<String> words, Consumer<String> out, Consumer<String> err)
      throws InterruptedException {
    try {
      return agent.serve(words, out, err);
    } catch (IOException disk) {
      err.accept("loom-agent: the disk failed: " + disk);
      return Exit.DISK.status();
    }
  }

  /** As a person types it: what the command itself asks for names the handler first. */
  private static boolean isLine(List<String> words) {
    boolean asked = words.size() > 1 && !words.get(1).startsWith("--");
    return LINES.contains(words.get(0)) && !(words.get(0).equals(Operations.REPLAY) && asked);
  }

  private Exit line(List<String> words, Consumer<String> out, Consumer<String> err) {
    if (words.stream().anyMatch(word -> word.startsWith("--config") || word.startsWith("--set"))) {
      err.accept("a running agent has its own configuration: leave out --config and --set");
      return Exit.USAGE;
    }
    List<String> whole = new ArrayList<>(words);
    whole.addAll(own);
    try (PrintStream lines = lines(out);
        PrintStream errors = lines(err)) {
      // The agent is asked at once: it is there, and no other may be taken for it.
      Optional<Control.Service> here = Optional.of(this::agent);
      return Main.run(whole, new Terminal(lines, errors, environment, Path.of(""), here));
    }
  }

  private static PrintStream lines(Consumer<String> taker) {
    OutputStream stream =
        new OutputStream() {
          private final ByteArrayOutputStream line = new ByteArrayOutputStream();

          @Override
          public void write(int next) {
            if (next == '\n') {
              taker.accept(line.toString(StandardCharsets.UTF_8).stripTrailing());
              line.reset();
            } else {
              line.write(next);
            }
          }

          @Override
          public void close() {
            if (line.size() > 0) {
              write('\n');
            }
          }
        };
    return new PrintStream(stream, false, StandardCharsets.UTF_8);
  }

  private Exit reload(List<String> rest, Consumer<String> out, Consumer<String> err)
      throws InterruptedException {
    if (!rest.isEmpty()) {
      err.accept("reload takes no more words");
      return Exit.USAGE;
    }
    Reloading.Result result = reloading.ask();
    result.lines().forEach(result.done() ? out : err);
    return result.done() ? Exit.OK : Exit.CONFIGURATION;
  }

  private static Exit level(List<String> rest, Consumer<String> out, Consumer<String> err) {
    if (rest.size() > 1 || !rest.isEmpty() && !Logging.LEVELS.contains(rest.get(0))) {
      err.accept("level takes one of " + String.join(", ", Logging.LEVELS));
      return Exit.USAGE;
    }
    rest.forEach(Logging::level);
    out.accept(
        "log.level is "
            + Logging.level()
            + (rest.isEmpty() ? "" : ", until the configuration says otherwise or a restart"));
    return Exit.OK;
  }

  private Exit page(Consumer<String> out, Consumer<String> err) {
    try {
      out.accept(page.address());
      return Exit.OK;
    } catch (IOException none) {
      err.accept(none.getMessage());
      return Exit.UNREACHABLE;
    }
  }
}
