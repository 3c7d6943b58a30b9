package loomagent.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loomagent.base.Nearest;
import loomagent.base.Secret;

/** The command line: {@code java -jar loom-agent.jar [COMMAND] [OPTION]…}. */
public final class Main {

  private static final Map<String, String> ALIASES =
      Map.of("--help", "help", "-h", "help", "--version", "version", "-V", "version");

  /** How a person calls the agent: a package has a command of its own. */
  private static final String CALLED = System.getProperty("loomagent.command", "");

  private Main() {}

  /** Text that tells what to type, as it has to be typed here. */
  static String typed(String text) {
    return CALLED.isEmpty() ? text : text.replace("java -jar loom-agent.jar", CALLED);
  }

  /**
   * Runs a command and ends the process.
   *
   * @param words the command line
   */
  public static void main(String... words) {
    prepare();
    // UTF-8 whatever the locale: a service runs with LC_ALL=C, and events are not ASCII.
    PrintStream out = stream(FileDescriptor.out);
    PrintStream err = stream(FileDescriptor.err);
    System.setOut(out);
    System.setErr(err);
    Map<String, String> environment = environment(System.getenv(), Path.of("/proc/self/fd/2"));
    Terminal terminal = new Terminal(out, err, environment, Path.of(""));
    int status = run(List.of(words), terminal).status();
    out.flush();
    err.flush();
    // Not exit: a handler's own shutdown hook that hangs must not keep the process alive.
    Runtime.getRuntime().halt(status);
  }

  /**
   * Without a JOURNAL_STREAM that was inherited from a service whose journal takes the output of
   * this process no more, as when it goes to a file: the variable names the stream it is meant of.
   */
  static Map<String, String> environment(Map<String, String> inherited, Path err) {
    Map<String, String> environment = new HashMap<>(inherited);
    environment.computeIfPresent("JOURNAL_STREAM", (key, is) -> is.equals(stream(err)) ? is : null);
    return environment;
  }

  /** As systemd names it: the numbers of its device and its inode. */
  private static String stream(Path file) {
    try {
      return Files.getAttribute(file, "unix:dev") + ":" + Files.getAttribute(file, "unix:ino");
    } catch (IOException | RuntimeException unknown) { // another system, or closed
      return "";
    }
  }

  /** Finds the command and runs it. */
  static Exit run(List<String> words, Terminal terminal) {
    try {
      String name = words.isEmpty() ? "run" : ALIASES.getOrDefault(words.get(0), words.get(0));
      boolean implied = words.isEmpty() || name.startsWith("-");
      Command command = implied ? new RunCommand() : find(name);
      List<String> rest = implied ? words : words.subList(1, words.size());
      if (rest.contains("--help") || rest.contains("-h")) {
        terminal.out().print(typed(command.page()));
        return Exit.OK;
      }
      return command.run(Arguments.parse(rest, command), terminal);
    } catch (UsageException wrong) {
      terminal.err().println("loom-agent: " + wrong.getMessage());
      terminal.err().println(typed("See: java -jar loom-agent.jar help"));
      return Exit.USAGE;
    } catch (Exception | Error fault) {
      terminal.wrong("loom-agent: a fault of its own, please report it: " + fault);
      fault.printStackTrace(terminal.err());
      return Exit.INTERNAL;
    }
  }

  private static Command find(String name) throws UsageException {
    Optional<Command> found =
        Command.all().stream().filter(command -> command.name().equals(name)).findFirst();
    if (found.isPresent()) {
      return found.get();
    }
    List<String> names = Command.all().stream().map(Command::name).toList();
    String advice =
        Nearest.to(name, names)
            .map(near -> "Did you mean \"" + near + "\"?")
            .orElse("There are " + String.join(", ", names));
    throw new UsageException("there is no command \"" + name + "\". " + advice);
  }

  private static PrintStream stream(FileDescriptor descriptor) {
    PrintStream plain =
        new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    return Secret.masking(plain);
  }

  /** What the JDK reads once, at its first use. */
  private static void prepare() {
    // Names are looked up anew at each dial: a server moves while the agent runs for years.
    Security.setProperty("networkaddress.cache.ttl", "0");
    Security.setProperty("networkaddress.cache.negative.ttl", "0");
    // A tunnel through a proxy that asks for Basic authentication, which Java switches off.
    property("jdk.http.auth.tunneling.disabledSchemes", "");
  }

  private static void property(String name, String value) {
    if (System.getProperty(name) == null) {
      System.setProperty(name, value);
    }
  }
}
