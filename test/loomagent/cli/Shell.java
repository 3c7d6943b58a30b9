package loomagent.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.LogManager;
import loomagent.Printed;

/** Types commands in a folder of its own, and keeps what they print. */
final class Shell {
  static final String TOKEN = "shell-token-5d41402abc4b2a76";

  private final Path folder;
  private final Map<String, String> environment = new HashMap<>(Map.of("LOOM_TOKEN", TOKEN));
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  Shell(Path folder) {
    this.folder = folder;
  }

  /** What a command did. */
  record Done(Exit exit, String out, String err) {

    /** The one line that holds this text. */
    String line(String text) {
      List<String> found = out.lines().filter(line -> line.contains(text)).toList();
      if (found.size() != 1) {
        throw new AssertionError("not one line with \"" + text + "\" in\n" + out + "---\n" + err);
      }
      return found.get(0);
    }
  }

  Shell variable(String name, String value) {
    environment.put(name, value);
    return this;
  }

  Path write(String name, String text) {
    try {
      Path file = folder.resolve(name);
      Files.createDirectories(file.getParent());
      return Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes agent.properties: a configuration that is right, and these lines. */
  Shell configured(String... lines) {
    write(
        "agent.properties",
        "events = app.added,app.changed\ntoken = ${env:LOOM_TOKEN}\n" + String.join("\n", lines));
    return this;
  }

  /** Runs {@code java -jar loom-agent.jar WORD…}. */
  Done run(String... words) {
    out.reset();
    err.reset();
    Terminal terminal = new Terminal(stream(out), stream(err), environment, folder);
    try {
      Exit exit = Main.run(List.of(words), terminal);
      Printed.keep(List.of(words), text(out) + text(err), folder, environment);
      return new Done(exit, text(out), text(err));
    } finally {
      restoreLogging();
    }
  }

  private String text(ByteArrayOutputStream printed) {
    return printed.toString(StandardCharsets.UTF_8).replace(folder + "/", "");
  }

  private static PrintStream stream(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }

  /** A command takes the JDK's logging over, as its process is all its own. This one is not. */
  private static void restoreLogging() {
    try {
      LogManager.getLogManager().readConfiguration();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
