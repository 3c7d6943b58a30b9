package bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;

/** What came out, a line a comparison, kept in a file: each row has a process of its own. */
public final class Table {
  private final Path file;

  /** The table in a folder. */
  public Table(Path folder) {
    file = folder.resolve("table");
  }

  /** More is better: the ratio is ours to theirs. */
  public void more(String what, String unit, double ours, String peer, double theirs, double bar) {
    line(what, unit, ours, peer, theirs, ours / theirs, bar);
  }

  /** Less is better: the ratio is theirs to ours. */
  public void less(String what, String unit, double ours, String peer, double theirs, double bar) {
    line(what, unit, ours, peer, theirs, theirs / ours, bar);
  }

  private void line(
      String what, String unit, double us, String peer, double them, double ratio, double bar) {
    String met = bar == 0 ? "" : ratio >= bar ? "yes" : "NO";
    write(
        "| %s | %s %s | %s | %s | %.2f | %s | %s |"
            .formatted(what, number(us), unit, peer, number(them), ratio, words(bar), met));
  }

  /** A figure that nothing is beside. */
  public void alone(String what, String unit, double ours) {
    write("| %s | %s %s | | | | | |".formatted(what, number(ours), unit));
  }

  private static String words(double bar) {
    return bar == 0 ? "" : bar == 1 ? "ahead" : "%.2f times".formatted(bar);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%,.0f", value);
  }

  private void write(String line) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(
          file, line + "\n", UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** The whole of it, as Markdown; a ratio above 1 is always to the agent's advantage. */
  void print() throws IOException {
    System.out.println("\n| what | loom-agent | beside | | times better | to reach | reached |");
    System.out.println("| --- | --- | --- | --- | --- | --- | --- |");
    List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
    lines.forEach(System.out::println);
  }

  /** The middle one. */
  public static double median(double... values) {
    double[] sorted = values.clone();
    java.util.Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }
}
