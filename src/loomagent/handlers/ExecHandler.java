package loomagent.handlers;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import loomagent.Event;
import loomagent.EventHandler;
import loomagent.HandlerContext;
import loomagent.Undeliverable;

/**
 * Runs a program for each event, without a shell: the event's JSON and a line feed on standard
 * input, its members in the environment. Exit status 0 is delivered, 65 is a dead letter, anything
 * else comes again. What it prints goes to the log. When a delivery takes too long, the program and
 * all that it started are ended.
 */
@SuppressWarnings("try") // nothing to close: a program never outlasts handle()
public final class ExecHandler implements EventHandler {
  /** EX_DATAERR of sysexits.h: the input was wrong, and stays so. */
  private static final int DEAD = 65;

  /** A shell and Java count a signal from here. */
  private static final int SIGNALLED = 128;

  private static final int LAST_SIGNAL = 64;

  /** How long what a program left behind may go on printing, or reading. */
  private static final Duration GRACE = Duration.ofMillis(250);

  /** How often a program is looked at that prints nothing; its end is noticed at once. */
  private static final long LONGEST_PAUSE = 32; // milliseconds

  private HandlerContext context;
  private List<String> command;
  private Path folder;
  private Variables variables;

  /** Does nothing yet. */
  public ExecHandler() {}

  @Override
  public void open(HandlerContext context) throws IOException {
    this.context = context;
    Settings settings = new Settings(context, "exec");
    command = command(settings);
    folder = settings.path("directory").orElseGet(() -> context.resolve(""));
    variables = Variables.read(settings, context);
    settings.done();
    prepare();
  }

  private static List<String> command(Settings settings) {
    String text = settings.required("command", "/usr/local/bin/ticket --queue 'large format'");
    if (text.isEmpty()) {
      return List.of();
    }
    try {
      if (!Variables.passes(text)) {
        throw new IllegalArgumentException(
            "holds a character that this locale does not have. Start the agent with"
                + " LC_ALL=C.UTF-8 in its environment");
      }
      return CommandLine.parse(text).words();
    } catch (IllegalArgumentException wrong) {
      settings.problem("command " + wrong.getMessage());
      return List.of();
    }
  }

  /** All but the event: what is wrong here may be right the next time. */
  private ProcessBuilder prepare() throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new IOException("directory " + folder + " is no folder. Create it, or mend directory");
    }
    Map<String, String> configured = variables.configured();
    String path = System.getenv().getOrDefault("PATH", "");
    List<String> words = new ArrayList<>(command);
    words.set(
        0, Program.find(words.get(0), configured.getOrDefault("PATH", path), context).toString());
    return new ProcessBuilder(words).directory(folder.toFile()).redirectErrorStream(true);
  }

  @Override
  public void handle(Event event) throws IOException, InterruptedException {
    ProcessBuilder builder = prepare();
    variables.into(builder.environment(), event);
    String run = UUID.randomUUID().toString();
    builder.environment().put("LOOM_EVENT_RUN", run);
    Process process = start(builder);
    // Once a process has ended, Java takes what is still printed into memory, without a bound, and
    // closes the stream. It needs this lock for that, and is to find the stream read and closed:
    // if a program is faster than this line, only what it left behind is not heard any more.
    synchronized (process.getInputStream()) {
      follow(process, run, event);
    }
  }

  private void follow(Process process, String run, Event event)
      throws IOException, InterruptedException {
    ProcessTree tree = new ProcessTree(process, "LOOM_EVENT_RUN=" + run);
    Output output = new Output(context.logger(), event.id());
    boolean done = false;
    try {
      Thread input = feed(process.getOutputStream(), event.json());
      read(process, tree, output);
      input.join(GRACE.toMillis());
      done = !input.isAlive(); // or what was left behind holds the input and does not read it
    } finally {
      if (!done && !tree.end()) {
        String words = "{0} started what cannot be ended. Look for LOOM_EVENT_RUN={1} in /proc";
        context.logger().log(Level.ERROR, words, command.get(0), run);
      }
      output.close();
    }
    judge(process.exitValue(), output.last());
  }

  private static Process start(ProcessBuilder builder) throws IOException {
    try {
      return builder.start();
    } catch (IOException failure) { // its message is the program, the folder and the system's word
      throw new IOException(
          failure.getMessage()
              + ". If it is a script, see that the program in its first line is there",
          failure);
    }
  }

  /**
   * By a thread of its own, because a program may never read. One that does not want it is fine.
   */
  private static Thread feed(OutputStream to, String json) {
    Runnable write =
        () -> {
          try (to) {
            to.write((json + "\n").getBytes(StandardCharsets.UTF_8));
          } catch (IOException unread) {
            // The exit status says whether it needed more.
          }
        };
    Thread input = new Thread(write, Thread.currentThread().getName() + "-input");
    input.setDaemon(true);
    input.start();
    return input;
  }

  /**
   * Reads until the program has ended, and never waits in a read: something that it left behind may
   * hold the other end for ever, and no thread gets out of that again.
   */
  private static void read(Process process, ProcessTree tree, Output output)
      throws IOException, InterruptedException {
    InputStream from = process.getInputStream();
    byte[] buffer = new byte[1 << 16];
    long pause = 1;
    long end = 0;
    boolean ended = false;
    try (from) {
      while (!ended || System.nanoTime() - end < 0) {
        boolean all = ended && !tree.leftBehind(); // before the look at what it printed
        int ready = from.available();
        if (ready > 0) {
          output.take(buffer, from.read(buffer, 0, Math.min(ready, buffer.length)));
          pause = 1;
          if (Thread.interrupted()) {
            throw new InterruptedException();
          }
        } else if (!ended) {
          ended = process.waitFor(pause, TimeUnit.MILLISECONDS);
          end = System.nanoTime() + GRACE.toNanos();
          pause = Math.min(2 * pause, LONGEST_PAUSE);
        } else if (all) {
          return;
        } else {
          Thread.sleep(1);
        }
      }
    }
  }

  private void judge(int status, String last) throws IOException {
    int signal = status - SIGNALLED;
    boolean signalled = signal > 0 && signal <= LAST_SIGNAL;
    String words =
        (signalled
                ? "killed by signal " + signal + " (exit status " + status + ")"
                : "exit status " + status)
            + (last.isEmpty() ? "" : ": " + last);
    if (status == DEAD) {
      throw new Undeliverable(words);
    }
    if (status != 0) {
      throw new IOException(words);
    }
  }
}
