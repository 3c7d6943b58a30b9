package bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import bench.json.JsonRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * One row of the benchmarks; what comes out is kept in the folder, for the last one, {@code table},
 * to print.
 *
 * <p>Usage: {@code Bench ROW JAR FOLDER RUNS EVENTS WS}; the folder holds the scripts and {@code
 * node_modules}, the last names the version of ws.
 */
record Bench(Path jar, Path folder, int runs, int events, String ws) {
  static final String UNIT_OPTIONS = "@" + Path.of("packaging/java.options").toAbsolutePath();

  public static void main(String[] args) throws Exception {
    Bench bench =
        new Bench(
            Path.of(args[1]).toAbsolutePath(),
            Path.of(args[2]).toAbsolutePath(),
            Integer.parseInt(args[3]),
            Integer.parseInt(args[4]),
            args[5]);
    say("%n== %s", args[0]);
    switch (args[0]) {
      case "json" -> JsonRow.run(bench.table(), 2);
      case "appends" -> Appends.run(bench);
      case "throughput" -> Throughput.run(bench);
      case "latency" -> Latency.run(bench);
      case "allocation" -> Allocation.run(bench);
      case "scale" -> Scale.run(bench);
      case "table" -> {
        bench.table().print();
        say("%n%s", bench.machine());
      }
      default -> throw new IllegalArgumentException("there is no row \"" + args[0] + "\"");
    }
  }

  Table table() {
    return new Table(folder);
  }

  static void say(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }

  private String machine() throws IOException {
    Process node = new ProcessBuilder("node", "-v").start();
    String version = new String(node.getInputStream().readAllBytes(), UTF_8).strip();
    String system = System.getProperty("os.name") + " " + System.getProperty("os.version");
    int cores = Runtime.getRuntime().availableProcessors();
    return "java %s, node %s, %s, %s, %d cores, %s"
        .formatted(
            Runtime.version(), version, ws, system, cores, Files.getFileStore(folder).type());
  }
}
