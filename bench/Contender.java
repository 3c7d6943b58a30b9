package bench;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Who is measured: how it is started on a server, in which folder of its own, and what its output
 * holds once an event.
 */
record Contender(String name, Path folder, String mark, Start start) {
  static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();

  /** What an event's JSON has once. */
  static final String ID = "\"id\":\"";

  /** The command, for a server's address. */
  interface Start {
    ProcessBuilder at(URI url) throws IOException;
  }

  /** Loom's own script, or another in the folder. */
  static Contender node(String name, Path folder, String script, String mark) {
    return new Contender(
        name,
        folder,
        mark,
        url -> environment(new ProcessBuilder("node", folder.resolve(script).toString()), url));
  }

  /** What a team would write in Java that has no agent. */
  static Contender java(String name, Path folder, String mark, String... words) {
    return new Contender(
        name,
        folder,
        mark,
        url -> {
          List<String> command = new ArrayList<>(List.of(JAVA, "-cp"));
          command.addAll(List.of(System.getProperty("java.class.path"), "bench.JavaPeer"));
          command.addAll(List.of(words));
          return environment(new ProcessBuilder(command), url);
        });
  }

  private static ProcessBuilder environment(ProcessBuilder builder, URI url) {
    builder.environment().put("LOOM_URL", url.toString());
    builder.environment().put("JWT_TOKEN", "token");
    return builder;
  }

  /** The agent, by a Java with its options, with these settings besides the usual ones. */
  static Contender agent(String name, Path folder, Path jar, List<String> java, String settings) {
    return new Contender(
        name,
        folder,
        ID,
        url -> {
          Path config = folder.resolve("agent.properties");
          Files.writeString(
              config,
              """
              loom.url = %s
              token = token
              events = mission_control.job_added,mission_control.job_updated
              data.dir = data
              %s
              """
                  .formatted(url, settings));
          List<String> command = new ArrayList<>(java);
          command.addAll(List.of("-jar", jar.toString(), "run", "--config", config.toString()));
          return new ProcessBuilder(command);
        });
  }

  /** As {@code java -jar} does, writing each event to its output as one line of JSON. */
  static Contender agent(String name, Path folder, Path jar, String... options) {
    List<String> java = new ArrayList<>(List.of(JAVA));
    java.addAll(List.of(options));
    return agent(name, folder, jar, java, "handler.log.format = json");
  }

  /** With a handler that measures from one event on, and writes what it found to a file. */
  static Contender probe(
      String name, Bench bench, String measure, Path out, int from, int count, String... options) {
    List<String> java = new ArrayList<>(List.of(JAVA));
    java.addAll(List.of(options));
    String settings =
        """
        handlers.dir = handlers
        handler.probe.measure = %s
        handler.probe.out = %s
        handler.probe.from = %d
        handler.probe.count = %d
        """
            .formatted(measure, out, from, count);
    return agent(name, bench.folder(), bench.jar(), java, settings);
  }

  Path output() {
    return folder.resolve("output");
  }

  /** Starts it, with nothing left of its last run. */
  Process start(URI url) throws IOException {
    discard(folder.resolve("data"));
    return go(url);
  }

  /** Starts it on what its last run left. */
  Process go(URI url) throws IOException {
    ProcessBuilder builder = start.at(url).redirectOutput(output().toFile());
    return builder.redirectError(folder.resolve("errors").toFile()).start();
  }

  /** Runs it until it has written a file. */
  void until(Path file, URI url) throws Exception {
    Files.deleteIfExists(file);
    Process process = start(url);
    try {
      long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
      while (Files.notExists(file)) {
        if (System.nanoTime() - end > 0 || !process.isAlive()) {
          throw new IOException(file + " does not come: see build/bench/errors");
        }
        TimeUnit.MILLISECONDS.sleep(100);
      }
    } finally {
      end(process);
    }
  }

  /** Ends it, in good order if it can. */
  static void end(Process process) throws InterruptedException {
    process.destroy();
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }

  /** Memory that a process holds or held, in MB, where Linux tells. */
  static double memory(Process process, String which) throws IOException {
    Path status = Path.of("/proc/" + process.pid() + "/status");
    try (Stream<String> lines = Files.exists(status) ? Files.lines(status) : Stream.empty()) {
      return lines
          .filter(line -> line.startsWith(which))
          .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024)
          .sum();
    }
  }

  /** Deletes a folder and all that is in it. */
  static void discard(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
