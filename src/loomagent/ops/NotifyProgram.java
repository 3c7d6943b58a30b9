package loomagent.ops;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import loomagent.base.Words;

/**
 * {@code systemd-notify}, run once a notification; some 10 ms each. Without root's rights it is the
 * sender itself, whatever its {@code --pid}: the unit needs {@code NotifyAccess=all}.
 */
final class NotifyProgram implements Notifications {
  private static final List<Path> PLACES =
      List.of(
          Path.of("/usr/bin/systemd-notify"),
          Path.of("/bin/systemd-notify"),
          Path.of("/run/current-system/sw/bin/systemd-notify"));

  /** It waits up to five seconds for systemd to have read what it sent. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** In bytes, of what it says when it fails. */
  private static final int MAX_WORDS = 200;

  private final String address;
  private final List<Path> places;
  private final Duration patience;

  NotifyProgram(String address) {
    this(address, PLACES, PATIENCE);
  }

  NotifyProgram(String address, List<Path> places, Duration patience) {
    this.address = address;
    this.places = places;
    this.patience = patience;
  }

  @Override
  public void send(String assignments) throws IOException {
    Path program =
        places.stream()
            .filter(Files::isExecutable)
            .findFirst()
            .orElseThrow(() -> new IOException("there is no " + places.get(0)));
    List<String> words = new ArrayList<>(List.of(program.toString()));
    assignments.lines().forEach(words::add);
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().putAll(Map.of("NOTIFY_SOCKET", address, "LC_ALL", "C.UTF-8"));
    Process process = builder.start();
    try {
      process.getOutputStream().close();
      if (!ended(process)) {
        throw new IOException(program + " did not end within " + Words.of(patience));
      }
      if (process.exitValue() != 0) {
        byte[] said = process.getInputStream().readNBytes(MAX_WORDS);
        throw new IOException(program + ": " + Words.line(new String(said, UTF_8).strip(), 200));
      }
    } finally {
      process.destroyForcibly();
      process.getInputStream().close();
    }
  }

  private boolean ended(Process process) {
    LongSupplier left = patienceFrom(System.nanoTime());
    while (true) {
      try {
        return process.waitFor(left.getAsLong(), TimeUnit.NANOSECONDS);
      } catch (InterruptedException handlers) {
        // one that interrupts every thread that it finds, and makes no time pass
      }
    }
  }

  private LongSupplier patienceFrom(long start) {
    return () -> start + patience.toNanos() - System.nanoTime();
  }
}
