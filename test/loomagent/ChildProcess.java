package loomagent;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A program that a test started, and what it printed. Every wait has a time limit, and looks only
 * at lines that came after the one the wait before it found on that stream; a wait that fails shows
 * all that was printed. Belongs to the test's thread.
 */
class ChildProcess implements AutoCloseable {
  private static final Duration KILLED = Duration.ofSeconds(10);

  private final String name;
  private final ProcessBuilder builder;
  private final Process process;
  private final Output out;
  private final Output err;

  ChildProcess(String name, ProcessBuilder builder) {
    this.name = name;
    this.builder = builder;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    // Whoever interrupts the tests is not left with a server that runs on.
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    out = new Output(process.getInputStream(), name + " stdout");
    err = new Output(process.getErrorStream(), name + " stderr");
  }

  /** The next line on standard error that holds {@code text}. */
  final String awaitErr(String text, Duration limit) {
    return await(
        err, line -> line.contains(text), "a line with \"" + text + "\" on standard error", limit);
  }

  /** The next line on standard error that is as wanted. */
  final String awaitErr(Predicate<String> wanted, Duration limit) {
    return await(err, wanted, "the wanted line on standard error", limit);
  }

  /** The next line on standard output that holds {@code text}. */
  final String awaitOut(String text, Duration limit) {
    return await(
        out, line -> line.contains(text), "a line with \"" + text + "\" on standard output", limit);
  }

  /** The next line on standard output that is as wanted. */
  final String awaitOut(Predicate<String> wanted, Duration limit) {
    return await(out, wanted, "the wanted line on standard output", limit);
  }

  /** The next {@code count} lines on standard output, all within {@code limit}. */
  final List<String> awaitOut(int count, Duration limit) {
    List<String> lines = new ArrayList<>();
    long end = System.nanoTime() + limit.toNanos();
    while (lines.size() < count) {
      Duration left = Duration.ofNanos(end - System.nanoTime());
      lines.add(await(out, line -> true, count + " lines on standard output", left));
    }
    return lines;
  }

  /**
   * Fails as soon as a line on standard error holds {@code text}; returns when none has for all of
   * {@code span}.
   */
  final void neverErr(String text, Duration span) {
    err.next(line -> line.contains(text), span)
        .ifPresent(line -> fail(name + " printed: " + line + report()));
    if (!process.isAlive()) {
      fail(name + " ended" + report());
    }
  }

  /** All of standard output so far. */
  final String out() {
    return out.text();
  }

  /** All of standard error so far. */
  final String err() {
    return err.text();
  }

  final boolean isAlive() {
    return process.isAlive();
  }

  final long pid() {
    return process.pid();
  }

  /** Sends a signal by its name without SIG: {@code signal("TERM")}. */
  final void signal(String signal) {
    try {
      Process kill =
          new ProcessBuilder("kill", "-" + signal, Long.toString(pid())).inheritIO().start();
      if (!kill.waitFor(KILLED.toSeconds(), TimeUnit.SECONDS) || kill.exitValue() != 0) {
        fail("kill -" + signal + " did not reach " + name + report());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** The exit status, once the program has ended and all that it printed has been read. */
  final int exitWithin(Duration limit) {
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        fail(name + " still ran after " + limit + report());
      }
      out.join();
      err.join();
      return process.exitValue();
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** Kills the program and all that it started. */
  @Override
  public final void close() {
    try (Stream<ProcessHandle> descendants = process.descendants()) {
      descendants.forEach(ProcessHandle::destroyForcibly);
    }
    process.destroyForcibly();
    exitWithin(KILLED);
    if (builder.directory() != null) {
      Printed.keep(
          builder.command(), out() + err(), builder.directory().toPath(), builder.environment());
    }
  }

  private String await(Output output, Predicate<String> wanted, String what, Duration limit) {
    Optional<String> line = output.next(wanted, limit);
    return line.orElseGet(() -> fail(name + " did not print " + what + " in time" + report()));
  }

  private String report() {
    String state = process.isAlive() ? "running" : "exit status " + process.exitValue();
    return "\n--- " + state + "\n--- standard output\n" + out() + "--- standard error\n" + err();
  }

  private static IllegalStateException interrupted(InterruptedException cause) {
    Thread.currentThread().interrupt();
    return new IllegalStateException(cause);
  }

  /**
   * One stream, read to its end by a thread of its own, so that the program never waits for a test.
   */
  private static final class Output {
    private static final Optional<String> END = Optional.empty();

    private final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();
    private final StringBuffer text = new StringBuffer();
    private final Thread reader;

    Output(InputStream stream, String name) {
      reader = new Thread(() -> read(stream), name);
      reader.setDaemon(true);
      reader.start();
    }

    Optional<String> next(Predicate<String> wanted, Duration limit) {
      long end = System.nanoTime() + limit.toNanos();
      try {
        while (true) {
          Optional<String> line =
              lines.poll(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
          if (line == null) {
            return Optional.empty();
          }
          if (line.isEmpty()) {
            lines.add(END); // the next wait is to find the end as well
            return END;
          }
          if (wanted.test(line.get())) {
            return line;
          }
        }
      } catch (InterruptedException e) {
        throw interrupted(e);
      }
    }

    String text() {
      return text.toString();
    }

    void join() throws InterruptedException {
      // A grandchild that outlives the program holds the stream open: not worth more than this.
      reader.join(KILLED.toMillis());
    }

    private void read(InputStream stream) {
      try (BufferedReader reading =
          new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
        for (String line = reading.readLine(); line != null; line = reading.readLine()) {
          text.append(line).append('\n');
          lines.add(Optional.of(line));
        }
      } catch (IOException e) {
        text.append("(unreadable: ")
            .append(e.getMessage())
            .append(")\n"); // what a killed program's stream may do
      } finally {
        lines.add(END);
      }
    }
  }
}
