package bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;

/**
 * What the agent allocates for an event, by the thread that does: the socket's, the connection's,
 * the journal's, the lane's. A handler counts, from within, over the second half of the events.
 */
final class Allocation {
  private Allocation() {}

  static void run(Bench bench) throws Exception {
    Path bytes = bench.folder().resolve("allocated");
    Files.deleteIfExists(bytes);
    int events = bench.events();
    String settings =
        """
        handlers.dir = handlers
        handler.probe.measure = allocation
        handler.probe.out = %s
        handler.probe.count = %d
        handler.probe.from = %d
        """
            .formatted(bytes, events, events / 2);
    Contender agent =
        Contender.agent("", bench.folder(), bench.jar(), List.of(Contender.JAVA), settings);
    Flood flood = new Flood(events);
    try (Simulator simulator =
        Simulator.start(Settings.defaults().withPatience(Duration.ofMinutes(1)))) {
      simulator.always(flood);
      Process process = agent.start(simulator.url());
      try {
        flood.started();
        await(bytes, process);
      } finally {
        Contender.end(process);
      }
    }
    double sum = 0;
    for (String line : Files.readAllLines(bytes)) {
      double each = Double.parseDouble(line.substring(0, line.indexOf(' ')));
      sum += each;
      if (each > 0) {
        bench
            .table()
            .alone("bytes allocated an event," + line.substring(line.indexOf(' ')), "", each);
      }
    }
    bench.table().alone("bytes allocated an event of " + flood.size() + ", in all", "", sum);
  }

  /** Until a process has written a file. */
  static void await(Path file, Process process) throws Exception {
    long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (Files.notExists(file)) {
      if (System.nanoTime() - end > 0 || !process.isAlive()) {
        throw new IOException(file + " does not come: see build/bench/errors");
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }
}
