package bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;

/**
 * From a socket to printed events: the agent, with its disk, beside the Node script of Loom's
 * documentation and the same in Java, without one. The same server pushes the same events to each
 * in turn; each prints to a file. The time is that from the first event sent to the last growth of
 * that file, which is then counted.
 */
final class Throughput {
  private final int events;
  private int size;

  Throughput(int events) {
    this.events = events;
  }

  /** Events a second, microseconds of CPU an event with the start, and MB. */
  private record Run(double rate, double cpu, double peak) {}

  static void run(Bench bench) throws Exception {
    Path folder = bench.folder();
    String printed = "webhook received";
    Contender agent = Contender.agent("loom-agent, with its disk", folder, bench.jar());
    List<Contender> contenders =
        List.of(
            Contender.node("Loom's Node script, no disk", folder, "loom.mjs", printed),
            agent,
            Contender.java("Java-WebSocket, Jackson, no disk", folder, printed),
            Contender.agent(
                "loom-agent, as its unit runs it", folder, bench.jar(), Bench.UNIT_OPTIONS),
            Contender.node("Node, one JSON line an event", folder, "lines.mjs", Contender.ID));
    Throughput throughput = new Throughput(bench.events());
    Map<Contender, List<Run>> runs = throughput.compare(contenders, bench.runs());
    double[] bars = {1.5, 0, 1, 0, 0}; // those with none are beside it for the reader alone
    Table table = bench.table();
    for (int i = 0; i < bars.length; i++) {
      Contender peer = contenders.get(i);
      if (!peer.equals(agent)) {
        List<Run> theirs = runs.get(peer);
        String name = peer.name();
        table.more("events a second", "", rate(runs.get(agent)), name, rate(theirs), bars[i]);
        table.less("CPU of an event", "µs", cpu(runs.get(agent)), name, cpu(theirs), 0);
      }
    }
  }

  private static double cpu(List<Run> runs) {
    return Table.median(runs.stream().mapToDouble(Run::cpu).toArray());
  }

  private static double rate(List<Run> runs) {
    return Table.median(runs.stream().mapToDouble(Run::rate).toArray());
  }

  private Map<Contender, List<Run>> compare(List<Contender> contenders, int times)
      throws Exception {
    double alone = Math.max(alone(), alone()); // the first one warms the server up, too
    Map<Contender, List<Run>> runs = new LinkedHashMap<>();
    for (int run = 1; run <= times; run++) {
      for (Contender contender : contenders) {
        Run done = run(contender);
        runs.computeIfAbsent(contender, first -> new ArrayList<>()).add(done);
        Bench.say("%d/%d  %-32s %,9.0f events/s", run, times, contender.name(), done.rate());
      }
    }
    Bench.say("%n%,d events of %d bytes each, sent as fast as they are read", events, size);
    Bench.say(
        "%-32s %9s %9s %9s %8s %8s",
        "events/s, " + times + " runs in turn", "median", "min", "max", "CPU", "memory");
    for (Contender contender : contenders) {
      List<Run> all = runs.get(contender);
      Bench.say(
          "%-32s %,9.0f %,9.0f %,9.0f %5.1f µs %5.0f MB",
          contender.name(),
          rate(all),
          all.stream().mapToDouble(Run::rate).min().orElse(0),
          all.stream().mapToDouble(Run::rate).max().orElse(0),
          cpu(all),
          all.stream().mapToDouble(Run::peak).max().orElse(0));
    }
    Bench.say("%-32s %,9.0f", "the server, only read from", alone);
    if (alone < 2 * runs.values().stream().mapToDouble(Throughput::rate).max().orElse(0)) {
      Bench.say("That is less than twice the fastest: the server may be what was measured.");
    }
    return runs;
  }

  /** What the server sends to somebody who does nothing but read, in events a second. */
  private double alone() throws Exception {
    Flood flood = new Flood(events);
    try (Simulator simulator = serve(flood);
        Socket client = new Socket(InetAddress.getLoopbackAddress(), simulator.url().getPort())) {
      String request =
          "GET " + Flood.ALONE + " HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Key: x\r\n\r\n";
      client.getOutputStream().write(request.getBytes(UTF_8));
      byte[] waste = new byte[1 << 17];
      long start = flood.started();
      for (long left = (long) events * flood.size(); left > 0; ) {
        int read = client.getInputStream().read(waste);
        if (read < 0) {
          throw new IOException("the server ended");
        }
        left -= read;
      }
      return events * 1e9 / (System.nanoTime() - start);
    }
  }

  private static Simulator serve(Flood flood) throws IOException {
    Settings patient = Settings.defaults().withPatience(Duration.ofMinutes(1));
    Simulator simulator = Simulator.start(patient);
    simulator.always(flood);
    return simulator;
  }

  private Run run(Contender contender) throws Exception {
    Flood flood = new Flood(events);
    try (Simulator simulator = serve(flood)) {
      Process process = contender.start(simulator.url());
      try {
        long start = flood.started();
        long end = printed(contender, process, events);
        size = flood.size();
        double cpu = process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1e3;
        double peak = Contender.memory(process, "VmHWM:");
        return new Run(events * 1e9 / (end - start), cpu / events, peak);
      } finally {
        Contender.end(process);
      }
    }
  }

  /** When the output grew for the last time before it held every event. */
  static long printed(Contender contender, Process process, int events) throws Exception {
    long size = -1;
    long grown = System.nanoTime();
    while (true) {
      long now = System.nanoTime();
      long length = Files.size(contender.output());
      if (length != size) {
        size = length;
        grown = now;
      } else if (now - grown > 1_000_000_000L) {
        long printed = count(contender);
        if (printed == events) {
          return grown;
        }
        if (printed > events || now - grown > 30_000_000_000L) {
          throw new IOException(
              printed
                  + " of "
                  + events
                  + " events were printed, by "
                  + process
                  + ": see build/bench/errors");
        }
        TimeUnit.SECONDS.sleep(1); // so as not to take the machine from who is slow
      }
      TimeUnit.MILLISECONDS.sleep(2);
    }
  }

  private static long count(Contender contender) throws IOException {
    try (BufferedReader lines = Files.newBufferedReader(contender.output())) {
      return lines.lines().filter(line -> line.contains(contender.mark())).count();
    }
  }
}
