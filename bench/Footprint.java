package bench;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;

/**
 * What it costs to run: the agent as its systemd unit runs it, and as {@code java -jar} does,
 * beside the Node script of Loom's documentation, on the same server, in turn. Linux only.
 *
 * <p>Usage: {@code Footprint JAR OPTIONS FOLDER RUNS LIVES IDLE EVENTS NOTIFY [NAME JAVA
 * ARCHIVE]...}; the folder holds the script and {@code node_modules}, RUNS is how often each is
 * started, LIVES how often it is then left alone for IDLE seconds and given EVENTS; NOTIFY is the
 * socket that plays systemd ("" for none), and an archive "" none.
 */
final class Footprint {
  /**
   * In seconds after the burst, in which its memory may be given back: twice, that it is noticed.
   */
  private static final int QUIET = 75;

  private final int idle;
  private final int events;
  private final Map<Contender, List<Double>> starts = new LinkedHashMap<>();
  private final Map<Contender, List<Life>> lives = new LinkedHashMap<>();

  private Footprint(int idle, int events) {
    this.idle = idle;
    this.events = events;
  }

  /** Memory in MB. */
  private record Life(
      double resident,
      double own,
      double residentAfter,
      double ownAfter,
      double threads,
      double wakeUps) {}

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[2]).toAbsolutePath();
    Path jar = Path.of(args[0]).toAbsolutePath();
    List<Contender> contenders = new ArrayList<>();
    contenders.add(Contender.node("Loom's Node script", folder, "loom.mjs", "webhook received"));
    contenders.add(Contender.agent("plain java -jar", folder, jar));
    for (int i = 8; i + 2 < args.length; i += 3) {
      String archive = args[i + 2].isEmpty() ? folder + "/none" : args[i + 2];
      List<String> java =
          List.of(
              args[i + 1],
              "@" + Path.of(args[1]).toAbsolutePath(),
              "-XX:SharedArchiveFile=" + archive);
      Contender bare = Contender.agent(args[i], folder, jar, java, "handler.log.format = json");
      contenders.add(watched(bare, args[7]));
    }
    Footprint footprint = new Footprint(Integer.parseInt(args[5]), Integer.parseInt(args[6]));
    int runs = Integer.parseInt(args[3]);
    for (int run = 1; run <= runs; run++) {
      for (Contender each : contenders) {
        footprint.run(each, false);
      }
    }
    for (int run = 1; run <= Integer.parseInt(args[4]); run++) {
      for (Contender each : contenders) {
        footprint.run(each, true);
      }
    }
    footprint.print(contenders);
    footprint.tell(contenders, new Table(folder));
  }

  /** As its unit has it. */
  private static Contender watched(Contender agent, String notify) {
    return new Contender(
        agent.name(), agent.folder(), agent.mark(), url -> watched(agent, url, notify));
  }

  private static ProcessBuilder watched(Contender agent, URI url, String notify)
      throws IOException {
    ProcessBuilder builder = agent.start().at(url);
    builder.environment().put("MALLOC_ARENA_MAX", "2");
    if (!notify.isEmpty()) {
      builder.environment().put("NOTIFY_SOCKET", notify);
      builder.environment().put("WATCHDOG_USEC", "90000000");
    }
    return builder;
  }

  private void print(List<Contender> contenders) {
    Bench.say(
        "Medians of %d starts and %d lives in turn. MB resident, and in brackets with what is"
            + " shared divided by its users: idle since the start, and idle again after %,d events",
        starts.get(contenders.get(0)).size(), lives.get(contenders.get(0)).size(), events);
    Bench.say(
        "%-28s %9s %16s %16s %8s %10s",
        "", "start, ms", "idle", "and later", "threads", "wake-ups/s");
    for (Contender each : contenders) {
      Bench.say(
          "%-28s %9.0f %8.0f (%5.0f) %8.0f (%5.0f) %8.0f %10.1f",
          each.name(),
          start(each),
          median(each, Life::resident),
          median(each, Life::own),
          median(each, Life::residentAfter),
          median(each, Life::ownAfter),
          median(each, Life::threads),
          median(each, Life::wakeUps));
    }
  }

  private void tell(List<Contender> contenders, Table table) {
    Contender node = contenders.get(0);
    for (Contender each : contenders.subList(1, contenders.size())) {
      boolean asPromised = each.name().contains("archive");
      String of = ", " + each.name();
      double theirs = start(node);
      table.less(
          "start to live" + of, "ms", start(each), node.name(), theirs, asPromised ? 0.5 : 0);
      theirs = median(node, Life::resident);
      double ours = median(each, Life::resident);
      table.less("memory idle" + of, "MB", ours, node.name(), theirs, asPromised ? 1 : 0);
      theirs = median(node, Life::residentAfter);
      ours = median(each, Life::residentAfter);
      table.less("memory after events" + of, "MB", ours, node.name(), theirs, asPromised ? 1 : 0);
    }
  }

  private double start(Contender contender) {
    return Table.median(starts.get(contender).stream().mapToDouble(each -> each).toArray());
  }

  private double median(Contender contender, ToDoubleFunction<Life> figure) {
    return Table.median(lives.get(contender).stream().mapToDouble(figure).toArray());
  }

  private void run(Contender contender, boolean lives) throws Exception {
    CompletableFuture<Void> go = new CompletableFuture<>();
    Flood flood = new Flood(events, 1, go);
    Settings patient = Settings.defaults().withPatience(Duration.ofMinutes(10));
    try (Simulator simulator = Simulator.start(patient)) {
      simulator.always(flood);
      long begun = System.nanoTime();
      Process process = contender.start(simulator.url());
      try {
        flood.awaitClients();
        double start = (System.nanoTime() - begun) / 1e6;
        starts.computeIfAbsent(contender, first -> new ArrayList<>()).add(start);
        if (lives) {
          Life life = live(contender, process, go);
          this.lives.computeIfAbsent(contender, first -> new ArrayList<>()).add(life);
        }
      } finally {
        Contender.end(process);
        go.complete(null); // of a start alone: lets the server's thread go
      }
    }
  }

  private Life live(Contender contender, Process process, CompletableFuture<Void> go)
      throws Exception {
    Path proc = Path.of("/proc/" + process.pid());
    TimeUnit.SECONDS.sleep(5); // in which the start settles
    Map<Path, Long> before = switches(proc);
    TimeUnit.SECONDS.sleep(idle);
    Map<Path, Long> after = switches(proc);
    after.replaceAll((thread, count) -> count - before.getOrDefault(thread, 0L));
    double wakeUps = (double) after.values().stream().mapToLong(Long::longValue).sum() / idle;
    double resident = memory(proc, "Rss:");
    double own = memory(proc, "Pss:");
    long threads = tasks(proc).size();
    go.complete(null);
    Throughput.printed(contender, process, events);
    TimeUnit.SECONDS.sleep(QUIET);
    return new Life(resident, own, memory(proc, "Rss:"), memory(proc, "Pss:"), threads, wakeUps);
  }

  private static List<Path> tasks(Path proc) throws IOException {
    try (Stream<Path> tasks = Files.list(proc.resolve("task"))) {
      return tasks.toList();
    }
  }

  /** How often each of its threads has waited for something so far. */
  private static Map<Path, Long> switches(Path proc) throws IOException {
    Map<Path, Long> switches = new HashMap<>();
    for (Path task : tasks(proc)) {
      switches.put(task, (long) number(task.resolve("status"), "voluntary_ctxt_switches:"));
    }
    return switches;
  }

  private static double memory(Path proc, String which) throws IOException {
    return number(proc.resolve("smaps_rollup"), which) / 1024;
  }

  private static double number(Path file, String start) throws IOException {
    return Files.readAllLines(file).stream()
        .filter(line -> line.startsWith(start))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")))
        .sum();
  }
}
