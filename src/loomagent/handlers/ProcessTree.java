package loomagent.handlers;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A process and everything that came from it. What left its parent (a double fork, {@code setsid},
 * {@code nohup}) is known on Linux by a variable that this run alone has in its environment; it
 * stays unknown only if it got rid of both.
 */
final class ProcessTree {
  private static final File PROCESSES = new File("/proc");

  /** An environment is read no further: two megabytes are what Linux gives arguments and it. */
  private static final int ENVIRONMENT = 4 << 20;

  /** Below the five seconds that the agent waits for a delivery that it has interrupted. */
  private static final Duration LIMIT = Duration.ofSeconds(4);

  private static final Duration PAUSE = Duration.ofMillis(2);

  /** So often nothing may be found: what is just becoming another program has no environment. */
  private static final int QUIET = 4;

  private final Process process;
  private final String mark;

  /**
   * The tree of a process.
   *
   * @param mark a variable and its value, {@code NAME=VALUE}, which no other run has
   */
  ProcessTree(Process process, String mark) {
    this.process = process;
    this.mark = mark;
  }

  /**
   * Ends them all at once, by force, again and again until no new one is found.
   *
   * @return false if some were left after four seconds: what cannot be killed, or forks faster
   */
  boolean end() {
    long end = System.nanoTime() + LIMIT.toNanos();
    int quiet = 0;
    while (quiet < QUIET) {
      int found = endDescendants() + marked(0, ProcessHandle::destroyForcibly);
      if (System.nanoTime() - end > 0 && found > 0) {
        return false;
      }
      quiet = found > 0 ? 0 : quiet + 1;
      LockSupport.parkNanos(PAUSE.toNanos());
    }
    return true;
  }

  /** Whether some of it goes on that is younger than the process itself. Only Linux can tell. */
  boolean leftBehind() {
    return marked(process.pid(), handle -> {}) > 0;
  }

  private int endDescendants() {
    if (!process.isAlive()) {
      return 0;
    }
    // Before the process itself is ended: afterwards nobody knows whose children they were.
    try (Stream<ProcessHandle> descendants = process.descendants()) {
      descendants.forEach(ProcessHandle::destroyForcibly);
    }
    process.destroyForcibly();
    return 1;
  }

  /**
   * The youngest first, and each dealt with when it is found: what forks on and on is gone, and its
   * child not in the list, a few milliseconds later.
   */
  private int marked(long above, Consumer<ProcessHandle> deal) {
    int marked = 0;
    for (long pid : youngestFirst()) {
      // Asked once more when it is known who it is: a number that passed to another process
      // meanwhile must not get that one killed.
      Optional<ProcessHandle> handle =
          pid > above && hasMark(pid) ? ProcessHandle.of(pid) : Optional.empty();
      if (handle.isPresent() && hasMark(pid)) {
        marked++;
        deal.accept(handle.get());
      }
    }
    return marked;
  }

  /** Empty elsewhere than on Linux: then the descendants are all that is known. */
  private static long[] youngestFirst() {
    String[] names = PROCESSES.list();
    return Stream.of(names == null ? new String[0] : names)
        .filter(name -> name.matches("[0-9]{1,18}"))
        .map(Long::valueOf)
        .sorted(Comparator.reverseOrder())
        .mapToLong(Long::longValue)
        .toArray();
  }

  /** False of what has ended, and of another user's. */
  private boolean hasMark(long pid) {
    try (InputStream in = new FileInputStream(PROCESSES + "/" + pid + "/environ")) {
      String variables = new String(in.readNBytes(ENVIRONMENT), StandardCharsets.ISO_8859_1);
      return variables.startsWith(mark + "\0") || variables.contains("\0" + mark + "\0");
    } catch (IOException notOurs) {
      return false;
    }
  }
}
