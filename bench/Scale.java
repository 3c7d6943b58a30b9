package bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loomagent.base.Disk;
import loomagent.journal.Journal;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;

/**
 * Memory and speed, as its unit runs it: with one connection and with many, which share the same
 * number of events; and with nothing in the journal and with millions of events that wait there for
 * a handler that is down, while another is given what comes.
 */
final class Scale {
  private static final int WAITING = Integer.getInteger("waiting", 10_000_000);
  private static final Duration LONG = Duration.ofMinutes(2);

  private final Bench bench;

  private Scale(Bench bench) {
    this.bench = bench;
  }

  /** Times in milliseconds, memory in MB. */
  private record Run(double start, double idle, double after, double rate) {}

  static void run(Bench bench) throws Exception {
    Scale scale = new Scale(bench);
    List<Run> one = scale.runs("1 connection", scale.connections(1), 1, true);
    for (int many : new int[] {10, 100}) {
      String name = many + " connections";
      scale.compare(
          one, "1 connection", scale.runs(name, scale.connections(many), many, true), name);
    }
    List<Run> none = scale.runs("nothing waiting", scale.waiting(), 1, true);
    String name = "%,d waiting".formatted(WAITING);
    Contender.discard(bench.folder().resolve("data"));
    scale.fill();
    scale.compare(none, "nothing waiting", scale.runs(name, scale.waiting(), 1, false), name);
    Contender.discard(bench.folder().resolve("data"));
  }

  private Contender connections(int count) {
    String names =
        IntStream.range(0, count).mapToObj(each -> "c" + each).collect(Collectors.joining(","));
    return agent("connections = " + names);
  }

  private Contender waiting() {
    return agent(
        """
        handlers.dir = handlers
        handler.down.type = probe
        handler.down.measure = nothing
        handler.down.start = oldest
        handler.down.retry.attempts = 0
        """);
  }

  private Contender agent(String settings) {
    return Contender.agent(
        "",
        bench.folder(),
        bench.jar(),
        List.of(Contender.JAVA, Bench.UNIT_OPTIONS),
        "handler.log.format = json\n" + settings);
  }

  private List<Run> runs(String name, Contender agent, int clients, boolean fresh)
      throws Exception {
    List<Run> runs = new ArrayList<>();
    for (int run = 0; run < bench.runs(); run++) {
      runs.add(run(agent, clients, fresh));
    }
    Bench.say(
        "%-20s live after %,6.0f ms, %4.0f MB idle, %4.0f MB later, %,8.0f events/s",
        name,
        median(runs, Run::start),
        median(runs, Run::idle),
        median(runs, Run::after),
        median(runs, Run::rate));
    return runs;
  }

  private void compare(List<Run> few, String fewName, List<Run> many, String name) {
    Table table = bench.table();
    double bar = 0.8;
    String of = ", " + name;
    double less = median(few, Run::rate);
    table.more("events a second" + of, "", median(many, Run::rate), fewName, less, bar);
    less = median(few, Run::after);
    table.less("memory after them" + of, "MB", median(many, Run::after), fewName, less, bar);
    less = median(few, Run::idle);
    table.less("memory idle" + of, "MB", median(many, Run::idle), fewName, less, bar);
    less = median(few, Run::start);
    table.less("start to live" + of, "ms", median(many, Run::start), fewName, less, 0);
  }

  private static double median(List<Run> runs, ToDoubleFunction<Run> figure) {
    return Table.median(runs.stream().mapToDouble(figure).toArray());
  }

  private Run run(Contender agent, int clients, boolean fresh) throws Exception {
    int each = bench.events() / clients;
    CompletableFuture<Void> go = new CompletableFuture<>();
    Flood flood = new Flood(each, clients, go);
    try (Simulator simulator = Simulator.start(Settings.defaults().withPatience(LONG))) {
      simulator.always(flood);
      long begun = System.nanoTime();
      Process process = fresh ? agent.start(simulator.url()) : agent.go(simulator.url());
      try {
        flood.awaitClients();
        double start = (System.nanoTime() - begun) / 1e6;
        TimeUnit.SECONDS.sleep(2); // in which the start settles
        double idle = Contender.memory(process, "VmRSS:");
        go.complete(null);
        long from = flood.started();
        long end = Throughput.printed(agent, process, each * clients);
        double after = Contender.memory(process, "VmRSS:");
        return new Run(start, idle, after, each * clients * 1e9 / (end - from));
      } finally {
        Contender.end(process);
      }
    }
  }

  /** Writes the journal that the agent then finds. */
  private void fill() throws Exception {
    Path folder = Files.createDirectories(bench.folder().resolve("data")).resolve("journal");
    Journal.Settings settings = new Journal.Settings(Duration.ofDays(7), 1L << 30);
    byte[] json =
        ("{\"id\":\"bd6b9b7f\",\"name\":\"mission_control.job_added\",\"payload\":{\"text\":\""
                + "x".repeat(250)
                + "\"}}")
            .getBytes(UTF_8);
    try (Journal journal =
        Journal.open(folder, settings, Disk.REAL, Clock.systemUTC(), System.getLogger("bench"))) {
      for (int event = 0; event < WAITING; event++) {
        String name = "mission_control.job_added";
        journal.append("default", "waiting-" + event, name, json, 0, json.length);
      }
      journal.flush(LONG);
    }
  }
}
