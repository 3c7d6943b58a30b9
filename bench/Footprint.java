package bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import loomagent.json.Json;
import loomagent.simulator.Peer;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;

/**
 * What it costs to run: the agent as its systemd unit runs it, beside the Node script of Loom's
 * documentation, on the same server, in turn. Linux only.
 *
 * <p>Usage: {@code Footprint JAR OPTIONS FOLDER RUNS IDLE NOTIFY [NAME JAVA ARCHIVE]...}; the
 * folder holds the script and {@code node_modules}, IDLE is for how many seconds each is left
 * alone, NOTIFY the socket that plays systemd ("" for none), and an archive "" none.
 */
final class Footprint {
  private static final int EVENTS = 100_000;

  /**
   * In seconds after the burst, in which its memory may be given back: twice, that it is noticed.
   */
  private static final int QUIET = 75;

  private final Path jar;
  private final Path options;
  private final Path folder;
  private final int idle;
  private final String notify;

  private Footprint(Path jar, Path options, Path folder, int idle, String notify) {
    this.jar = jar;
    this.options = options;
    this.folder = folder;
    this.idle = idle;
    this.notify = notify;
  }

  private interface Start {
    ProcessBuilder at(URI url) throws IOException;
  }

  private record Contender(String name, String mark, Start start, List<Run> runs) {
    double median(ToDoubleFunction<Run> figure) {
      double[] all = runs.stream().mapToDouble(figure).sorted().toArray();
      return (all[(all.length - 1) / 2] + all[all.length / 2]) / 2;
    }
  }

  /** Memory in MB; the start in milliseconds. */
  private record Run(
      double start,
      double resident,
      double own,
      double residentAfter,
      double ownAfter,
      double threads,
      double wakeUps) {}

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[2]).toAbsolutePath();
    Footprint footprint =
        new Footprint(
            Path.of(args[0]).toAbsolutePath(),
            Path.of(args[1]).toAbsolutePath(),
            folder,
            Integer.parseInt(args[4]),
            args[5]);
    List<Contender> contenders = new ArrayList<>();
    contenders.add(
        new Contender(
            "Loom's Node script", "webhook received", footprint::node, new ArrayList<>()));
    for (int i = 6; i + 2 < args.length; i += 3) {
      String java = args[i + 1];
      String archive = args[i + 2];
      contenders.add(
          new Contender(
              args[i], "\"id\":\"", url -> footprint.agent(url, java, archive), new ArrayList<>()));
    }
    for (int run = 1; run <= Integer.parseInt(args[3]); run++) {
      for (Contender each : contenders) {
        each.runs().add(footprint.run(each));
      }
    }
    print(contenders, args[3]);
  }

  private static void print(List<Contender> contenders, String runs) {
    say(
        "Medians of %s runs in turn. MB resident, and in brackets with what is shared divided by"
            + " its users: idle since the start, and idle again after 100,000 events",
        runs);
    say(
        "%-28s %9s %16s %16s %8s %10s",
        "", "start, ms", "idle", "and later", "threads", "wake-ups/s");
    for (Contender each : contenders) {
      say(
          "%-28s %9.0f %8.0f (%5.0f) %8.0f (%5.0f) %8.0f %10.1f",
          each.name(),
          each.median(Run::start),
          each.median(Run::resident),
          each.median(Run::own),
          each.median(Run::residentAfter),
          each.median(Run::ownAfter),
          each.median(Run::threads),
          each.median(Run::wakeUps));
    }
  }

  private static void say(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }

  private ProcessBuilder node(URI url) {
    ProcessBuilder node = new ProcessBuilder("node", folder.resolve("loom.mjs").toString());
    node.environment().put("LOOM_URL", url.toString());
    node.environment().put("JWT_TOKEN", "token");
    return node;
  }

  private ProcessBuilder agent(URI url, String java, String archive) throws IOException {
    Path config = folder.resolve("agent.properties");
    Files.writeString(
        config,
        """
        loom.url = %s
        token = token
        events = mission_control.job_added,mission_control.job_updated
        data.dir = data
        handler.log.format = json
        """
            .formatted(url));
    List<String> command = new ArrayList<>(List.of(java, "@" + options));
    command.add("-XX:SharedArchiveFile=" + (archive.isEmpty() ? folder + "/none" : archive));
    command.addAll(List.of("-jar", jar.toString(), "run", "--config", config.toString()));
    ProcessBuilder agent = new ProcessBuilder(command);
    agent.environment().put("MALLOC_ARENA_MAX", "2");
    if (!notify.isEmpty()) {
      agent.environment().put("NOTIFY_SOCKET", notify);
      agent.environment().put("WATCHDOG_USEC", "90000000");
    }
    return agent;
  }

  /** Confirms, pings, and floods when it is told to. */
  private static void serve(Peer peer, CompletableFuture<Long> live, CompletableFuture<Void> flood)
      throws IOException {
    peer.accept();
    peer.welcome();
    Object command = Json.parse(peer.readText().orElseThrow());
    String identifier = (String) ((Map<?, ?>) command).get("identifier");
    peer.confirm(identifier);
    live.complete(System.nanoTime());
    flood.join();
    for (int event = 0; event < EVENTS; event++) {
      peer.text(
          "{\"identifier\":%s,\"message\":{\"id\":\"bd6b9b7f-5ea2-4015-a07a-%012x\",\"name\":\"mission_control.job_added\",\"timestamp\":\"2023-07-23T22:04:46.000Z\",\"payload\":{\"job_id\":\"%s\"},\"subject\":\"Org/837ebb91-2d4b-4818-a19b-04fea7be8cde\"}}"
              .formatted(Json.write(identifier), event, "x".repeat(300)));
    }
    peer.serve();
  }

  private Run run(Contender contender) throws Exception {
    CompletableFuture<Long> live = new CompletableFuture<>();
    CompletableFuture<Void> flood = new CompletableFuture<>();
    Path output = folder.resolve("output");
    discard(folder.resolve("data"));
    Settings patient = Settings.defaults().withPatience(Duration.ofMinutes(10));
    try (Simulator simulator = Simulator.start(patient)) {
      simulator.always(peer -> serve(peer, live, flood));
      ProcessBuilder builder =
          contender.start().at(simulator.url()).redirectOutput(output.toFile());
      builder.redirectError(folder.resolve("errors").toFile());
      long begun = System.nanoTime();
      Process process = builder.start();
      try {
        double start = (live.get(1, TimeUnit.MINUTES) - begun) / 1e6;
        TimeUnit.SECONDS.sleep(5); // in which the start settles
        Path proc = Path.of("/proc/" + process.pid());
        Map<Path, Long> before = switches(proc);
        TimeUnit.SECONDS.sleep(idle);
        Map<Path, Long> after = switches(proc);
        after.replaceAll((thread, count) -> count - before.getOrDefault(thread, 0L));
        double wakeUps = (double) after.values().stream().mapToLong(Long::longValue).sum() / idle;
        double resident = memory(proc, "Rss:");
        double own = memory(proc, "Pss:");
        long threads = tasks(proc).size();
        flood.complete(null);
        await(output, contender.mark());
        TimeUnit.SECONDS.sleep(QUIET);
        return new Run(
            start, resident, own, memory(proc, "Rss:"), memory(proc, "Pss:"), threads, wakeUps);
      } finally {
        process.destroy();
        process.waitFor(30, TimeUnit.SECONDS);
        process.destroyForcibly();
      }
    }
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

  private static void await(Path output, String mark) throws Exception {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (true) {
      try (Stream<String> lines = Files.lines(output, UTF_8)) {
        if (lines.filter(line -> line.contains(mark)).count() >= EVENTS) {
          return;
        }
      }
      if (System.nanoTime() - end > 0) {
        throw new IOException("not all events were printed: see " + output + " and errors");
      }
      TimeUnit.SECONDS.sleep(1);
    }
  }

  private static void discard(Path data) throws IOException {
    if (Files.exists(data)) {
      try (Stream<Path> files = Files.walk(data)) {
        Path[] all = files.sorted(Comparator.reverseOrder()).toArray(Path[]::new);
        for (Path file : Arrays.asList(all)) {
          Files.delete(file);
        }
      }
    }
  }
}
