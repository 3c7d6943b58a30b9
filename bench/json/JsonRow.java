package bench.json;

import bench.Table;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Reading JSON, beside the libraries that are used most, with JMH. */
public final class JsonRow {
  private static final Map<String, String> NAMES =
      Map.of(
          "oursFromString", "itself, from a String",
          "jacksonStreaming", "Jackson, streaming",
          "jacksonDatabind", "Jackson, databind",
          "jacksonTree", "Jackson, its own tree",
          "jacksonMaps", "Jackson, Maps and Lists",
          "gson", "Gson",
          "minimalJson", "minimal-json");

  private JsonRow() {}

  /** Runs all, or those whose name has the pattern in it. */
  public static void run(Table table, int forks) throws RunnerException {
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include("bench.json.*Benchmark")
                    .forks(forks)
                    .jvmArgsAppend("-Xbatch") // warm is warm, however busy the machine
                    .warmupIterations(8)
                    .warmupTime(TimeValue.milliseconds(300))
                    .measurementIterations(100)
                    .measurementTime(TimeValue.milliseconds(10))
                    .addProfiler(GCProfiler.class)
                    .verbosity(VerboseMode.SILENT)
                    .build())
            .run();
    for (RunResult result : results) {
      System.out.println(
          String.format(
              Locale.ROOT,
              "%-20s %-18s %,10.0f ns, median %,10.0f  %,9.0f bytes",
              group(result),
              method(result),
              time(result),
              result.getPrimaryResult().getStatistics().getPercentile(50),
              bytes(result)));
    }
    for (RunResult ours : results) {
      if (method(ours).equals("ours")) {
        results.stream()
            .filter(peer -> peer != ours && group(peer).equals(group(ours)))
            .forEach(peer -> compare(table, ours, peer));
      }
    }
  }

  private static void compare(Table table, RunResult ours, RunResult peer) {
    String name = NAMES.getOrDefault(method(peer), method(peer));
    double bar = method(peer).startsWith("ours") ? 0 : 1;
    table.less(
        "JSON, " + group(ours),
        "ns",
        time(ours),
        "%s (%,.0f bytes to %,.0f)".formatted(name, bytes(peer), bytes(ours)),
        time(peer),
        bar);
  }

  private static String group(RunResult result) {
    String document = result.getParams().getParam("document");
    return document == null
        ? "envelope"
        : document.equals("event") ? "tree of an event" : "tree of 100 KB";
  }

  private static String method(RunResult result) {
    String name = result.getParams().getBenchmark();
    return name.substring(name.lastIndexOf('.') + 1);
  }

  /** The shortest of all iterations: other work on the machine can only make them longer. */
  private static double time(RunResult result) {
    return result.getPrimaryResult().getStatistics().getMin();
  }

  private static double bytes(RunResult result) {
    Result<?> allocated = result.getSecondaryResults().get("gc.alloc.rate.norm");
    return allocated == null ? Double.NaN : allocated.getScore();
  }
}
