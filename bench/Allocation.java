package bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
    int events = bench.events();
    Flood flood = new Flood(events);
    try (Simulator simulator =
        Simulator.start(Settings.defaults().withPatience(Duration.ofMinutes(1)))) {
      simulator.always(flood);
      Contender.probe("", bench, "allocation", bytes, events / 2, events)
          .until(bytes, simulator.url());
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
}
