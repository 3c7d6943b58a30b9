package bench;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;

/**
 * How long an event is on its way from the server's socket to the code that handles it, at a
 * thousand a second: in the agent by way of its disk, in the others without one. Before each run
 * the disk is asked how long one fsync takes.
 */
final class Latency {
  private static final int EVENTS = 15_000;
  private static final int WARM = 5_000;

  private final Path folder;
  private final Path stamps;
  private final List<Run> fsyncs = new ArrayList<>();

  private Latency(Path folder) {
    this.folder = folder;
    this.stamps = folder.resolve("stamps");
  }

  /** In milliseconds. */
  private record Run(double p50, double p99, double p999) {}

  static void run(Bench bench) throws Exception {
    Latency latency = new Latency(bench.folder());
    Contender agent = latency.agent("loom-agent, with its disk", bench);
    Contender node = latency.node("Loom's Node script, no disk");
    Contender java = latency.java("Java-WebSocket, Jackson, no disk");
    Contender unit = latency.agent("loom-agent, as its unit runs it", bench, Bench.UNIT_OPTIONS);
    Map<Contender, List<Run>> runs = new LinkedHashMap<>();
    for (int run = 1; run <= bench.runs(); run++) {
      for (Contender contender : List.of(agent, node, java, unit)) {
        Run done = latency.run(contender);
        runs.computeIfAbsent(contender, first -> new ArrayList<>()).add(done);
        Bench.say(
            "%d/%d  %-32s p50 %6.3f ms, p99 %7.3f, p99.9 %7.3f",
            run, bench.runs(), contender.name(), done.p50, done.p99, done.p999);
      }
    }
    double p50 = median(latency.fsyncs, Run::p50);
    double p99 = median(latency.fsyncs, Run::p99);
    Bench.say("one fsync of 600 bytes meanwhile: p50 %.3f ms, p99 %.3f", p50, p99);
    Table table = bench.table();
    String what = "latency at 1,000/s, ";
    table.less(what + "p50", "ms", median(runs.get(agent), Run::p50), "one fsync, p50", p50, 1);
    table.less(what + "p99", "ms", median(runs.get(agent), Run::p99), "one fsync, p99", p99, 0);
    table.less(what + "p99", "ms", median(runs.get(agent), Run::p99), "the bar", 10, 1);
    for (Contender peer : List.of(node, java, unit)) {
      compare(table, "p50", runs.get(agent), peer, runs.get(peer), Run::p50);
      compare(table, "p99", runs.get(agent), peer, runs.get(peer), Run::p99);
      compare(table, "p99.9", runs.get(agent), peer, runs.get(peer), Run::p999);
    }
  }

  private static void compare(
      Table table,
      String which,
      List<Run> ours,
      Contender peer,
      List<Run> theirs,
      ToDoubleFunction<Run> figure) {
    String what = "latency at 1,000/s, " + which;
    table.less(what, "ms", median(ours, figure), peer.name(), median(theirs, figure), 0);
  }

  private static double median(List<Run> runs, ToDoubleFunction<Run> figure) {
    return Table.median(runs.stream().mapToDouble(figure).toArray());
  }

  private Contender agent(String name, Bench bench, String... options) {
    return Contender.probe(name, bench, "latency", stamps, WARM, EVENTS, options);
  }

  private Contender java(String name) {
    return Contender.java(name, folder, "", stamps.toString(), "" + EVENTS, "" + WARM);
  }

  private Contender node(String name) {
    Contender plain = Contender.node(name, folder, "stamps.mjs", "");
    return new Contender(
        name,
        folder,
        "",
        url -> {
          ProcessBuilder builder = plain.start().at(url);
          builder.environment().put("STAMPS", stamps.toString());
          builder.environment().put("EVENTS", "" + EVENTS);
          builder.environment().put("FROM", "" + WARM);
          return builder;
        });
  }

  private Run run(Contender contender) throws Exception {
    fsyncs.add(fsync());
    try (Simulator simulator = Simulator.start(Settings.defaults())) {
      simulator.always(new Pace(EVENTS));
      contender.until(stamps, simulator.url());
    }
    double[] nanos =
        Files.readAllLines(stamps).stream().mapToDouble(Double::parseDouble).sorted().toArray();
    return of(nanos);
  }

  private static Run of(double[] sorted) {
    return new Run(at(sorted, 0.5), at(sorted, 0.99), at(sorted, 0.999));
  }

  private static double at(double[] sorted, double share) {
    return sorted[(int) (share * (sorted.length - 1))] / 1e6;
  }

  /** How long the disk takes to make one record safe. */
  private Run fsync() throws Exception {
    Path file = folder.resolve("fsync");
    double[] nanos = new double[2_000];
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (int i = 0; i < nanos.length; i++) {
        TimeUnit.MILLISECONDS.sleep(1);
        long start = System.nanoTime();
        channel.write(ByteBuffer.allocate(600));
        channel.force(false);
        nanos[i] = System.nanoTime() - start;
      }
    }
    Files.delete(file);
    Arrays.sort(nanos);
    return of(nanos);
  }
}
