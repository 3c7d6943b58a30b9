package bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;

/**
 * From a socket to printed events: the agent, with its disk, beside the Node script of Loom's
 * documentation, without one. The same server pushes the same events to each in turn; each prints
 * to a file. The time is that from the first event sent to the last growth of that file, which is
 * then counted.
 *
 * <p>Usage: {@code Bench JAR FOLDER EVENTS RUNS WS}; the folder holds the scripts and {@code
 * node_modules}, the last names the version of ws.
 */
final class Bench {
  private static final String ID = "\"id\":\"";
  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin", "java").toString();

  private final int events;
  private final Path folder;
  private int size;

  private Bench(int events, Path folder) {
    this.events = events;
    this.folder = folder;
  }

  private interface Start {
    ProcessBuilder at(URI url) throws IOException;
  }

  /** Who is measured, and what its output holds once an event. */
  private record Contender(String name, Start start, String mark, List<Run> runs) {
    double[] rates() {
      return runs.stream().mapToDouble(Run::rate).sorted().toArray();
    }

    double median() {
      double[] rates = rates();
      return (rates[(rates.length - 1) / 2] + rates[rates.length / 2]) / 2;
    }
  }

  private record Run(double rate, long peakKb) {}

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[1]).toAbsolutePath();
    Contender documented =
        contender("Loom's Node script, no disk", "webhook received", script(folder, "loom.mjs"));
    Contender agent = contender("loom-agent, with its disk", ID, agent(Path.of(args[0]), folder));
    Contender unit =
        contender(
            "loom-agent, as its unit runs it",
            ID,
            agent(Path.of(args[0]), folder, "@packaging/java.options"));
    Contender lines = contender("Node, one JSON line an event", ID, script(folder, "lines.mjs"));
    Bench bench = new Bench(Integer.parseInt(args[2]), folder);
    bench.compare(List.of(documented, agent, unit, lines), Integer.parseInt(args[3]));
    say("%s", bench.machine(args[4]));
    say(
        "loom-agent to Loom's script: %.2f; to one JSON line an event: %.2f; as its unit runs it:"
            + " %.2f and %.2f",
        agent.median() / documented.median(),
        agent.median() / lines.median(),
        unit.median() / documented.median(),
        unit.median() / lines.median());
  }

  private static Contender contender(String name, String mark, Start start) {
    return new Contender(name, start, mark, new ArrayList<>());
  }

  private static Start script(Path folder, String name) {
    return url -> {
      ProcessBuilder node = new ProcessBuilder("node", folder.resolve(name).toString());
      node.environment().put("LOOM_URL", url.toString());
      node.environment().put("JWT_TOKEN", "token");
      return node;
    };
  }

  private static Start agent(Path jar, Path folder, String... options) {
    return url -> {
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
      List<String> command = new ArrayList<>(List.of(JAVA));
      command.addAll(List.of(options));
      command.addAll(List.of("-jar", jar.toAbsolutePath().toString(), "run", "--config"));
      command.add(config.toString());
      return new ProcessBuilder(command);
    };
  }

  private void compare(List<Contender> contenders, int runs) throws Exception {
    double alone = Math.max(alone(), alone()); // the first one warms the server up, too
    for (int run = 1; run <= runs; run++) {
      for (Contender contender : contenders) {
        Run done = run(contender);
        contender.runs().add(done);
        say("%d/%d  %-30s %,9.0f events/s", run, runs, contender.name(), done.rate());
      }
    }
    say("%n%,d events of %d bytes each, sent as fast as they are read", events, size);
    say(
        "%-30s %9s %9s %9s %8s",
        "events/s, " + runs + " runs in turn", "median", "min", "max", "memory");
    for (Contender contender : contenders) {
      double[] rates = contender.rates();
      long peak = contender.runs().stream().mapToLong(Run::peakKb).max().orElse(0) >> 10;
      say(
          "%-30s %,9.0f %,9.0f %,9.0f %5d MB",
          contender.name(), contender.median(), rates[0], rates[rates.length - 1], peak);
    }
    say("%-30s %,9.0f", "the server, only read from", alone);
    if (alone < 2 * contenders.stream().mapToDouble(Contender::median).max().orElse(0)) {
      say("That is less than twice the fastest: the server may be what was measured.");
    }
  }

  private static void say(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
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
    Path output = folder.resolve("output");
    discard(folder.resolve("data"));
    try (Simulator simulator = serve(flood)) {
      ProcessBuilder builder =
          contender.start().at(simulator.url()).redirectOutput(output.toFile());
      Process process = builder.redirectError(folder.resolve("errors").toFile()).start();
      try {
        long start = flood.started();
        long end = end(output, contender.mark());
        size = flood.size();
        return new Run(events * 1e9 / (end - start), peak(process));
      } finally {
        process.destroy();
        process.waitFor(30, TimeUnit.SECONDS);
        process.destroyForcibly();
      }
    }
  }

  /** When the output grew for the last time before it held every event. */
  private long end(Path output, String mark) throws Exception {
    long size = -1;
    long grown = System.nanoTime();
    while (true) {
      long now = System.nanoTime();
      long length = Files.size(output);
      if (length != size) {
        size = length;
        grown = now;
      } else if (now - grown > 1_000_000_000L) {
        long printed = count(output, mark);
        if (printed == events) {
          return grown;
        }
        if (printed > events || now - grown > 30_000_000_000L) {
          throw new IOException(
              printed + " of " + events + " events were printed: see build/bench/errors");
        }
        TimeUnit.SECONDS.sleep(1); // so as not to take the machine from who is slow
      }
      TimeUnit.MILLISECONDS.sleep(2);
    }
  }

  private static long count(Path output, String mark) throws IOException {
    try (BufferedReader lines = Files.newBufferedReader(output)) {
      return lines.lines().filter(line -> line.contains(mark)).count();
    }
  }

  /** The most memory that the process ever held at once, where Linux tells. */
  private static long peak(Process process) throws IOException {
    Path status = Path.of("/proc/" + process.pid() + "/status");
    try (Stream<String> lines = Files.exists(status) ? Files.lines(status) : Stream.empty()) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    }
  }

  private static void discard(Path data) throws IOException {
    if (Files.exists(data)) {
      try (Stream<Path> files = Files.walk(data)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private String machine(String ws) throws IOException {
    Process node = new ProcessBuilder("node", "-v").start();
    String version = new String(node.getInputStream().readAllBytes(), UTF_8).strip();
    String system = System.getProperty("os.name") + " " + System.getProperty("os.version");
    int cores = Runtime.getRuntime().availableProcessors();
    return "java %s, node %s, %s, %s, %d cores, %s"
        .formatted(
            Runtime.version(), version, ws, system, cores, Files.getFileStore(folder).type());
  }
}
