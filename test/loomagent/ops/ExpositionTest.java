package loomagent.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loomagent.base.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ExpositionTest {
  private static final Path PROMTOOL = Path.of("/usr/bin/promtool");
  private static final String NASTY = "a\"b\\c\nd\\n{},= é \ud83d\ude00";

  /** Every kind and every number there may be. */
  private static List<Metric> all() {
    Histogram histogram =
        new Histogram(List.of(Duration.ofMillis(5), Duration.ofSeconds(1), Duration.ofMinutes(1)));
    histogram.add(1_000_000);
    histogram.add(5_000_000);
    histogram.add(90_000_000_000L);
    Histogram none = new Histogram(List.of(Duration.ofNanos(100)));
    return List.of(
        Metric.gauge(
            "loom_agent_connected",
            "Whether it is live:\n\\ 1 or 0.",
            List.of(
                sample(1, "connection", "default"),
                sample(0, "connection", NASTY),
                sample(Double.NaN, "connection", ""))),
        Metric.counter(
            "loom_agent_reconnects_total",
            "How often.",
            List.of(sample(1e18, "connection", "a", "reason", "closed"))),
        Metric.gauge("loom_agent_journal_bytes", "Size.", List.of(sample(31_400_000_000d))),
        Metric.gauge(
            "loom_agent_last_frame_timestamp_seconds",
            "When.",
            List.of(
                sample(1.7609874001234E9, "connection", "a"),
                sample(Double.POSITIVE_INFINITY, "connection", "b"),
                sample(Double.NEGATIVE_INFINITY, "connection", "c"),
                sample(-0.000001, "connection", "d"),
                sample(Double.MIN_VALUE, "connection", "e"))),
        Metric.histogram(
            "loom_agent_delivery_seconds",
            "How long.",
            List.of(
                new Metric.Distribution(Map.of("handler", NASTY), histogram.snapshot()),
                new Metric.Distribution(Map.of("handler", "none"), none.snapshot()))),
        Metric.histogram(
            "loom_agent_journal_sync_seconds",
            "How long.",
            List.of(new Metric.Distribution(Map.of(), histogram.snapshot()))),
        Metric.gauge("loom_agent_dead_letters", "None so far.", List.of()));
  }

  private static Metric.Sample sample(double value, String... labels) {
    Map<String, String> all = new java.util.LinkedHashMap<>();
    for (int i = 0; i < labels.length; i += 2) {
      all.put(labels[i], labels[i + 1]);
    }
    return new Metric.Sample(all, value);
  }

  @Test
  void itReadsBackAsWhatItWas() {
    Map<String, Double> read = new Parser(Exposition.of(all())).read();
    assertEquals(1, read.get("loom_agent_connected{connection=default}"));
    assertEquals(0, read.get("loom_agent_connected{connection=" + NASTY + "}"));
    assertEquals(Double.NaN, read.get("loom_agent_connected{connection=}"));
    assertEquals(1e18, read.get("loom_agent_reconnects_total{connection=a,reason=closed}"));
    String frame = "loom_agent_last_frame_timestamp_seconds{connection=";
    assertEquals(1.7609874001234E9, read.get(frame + "a}"));
    assertEquals(Double.POSITIVE_INFINITY, read.get(frame + "b}"));
    assertEquals(Double.NEGATIVE_INFINITY, read.get(frame + "c}"));
    assertEquals(-0.000001, read.get(frame + "d}"));
    assertEquals(Double.MIN_VALUE, read.get(frame + "e}"));
    String bucket = "loom_agent_delivery_seconds_bucket{handler=" + NASTY + ",le=";
    assertEquals(2, read.get(bucket + "0.005}"));
    assertEquals(2, read.get(bucket + "1}"));
    assertEquals(2, read.get(bucket + "60}"));
    assertEquals(3, read.get(bucket + "+Inf}"));
    assertEquals(3, read.get("loom_agent_delivery_seconds_count{handler=" + NASTY + "}"));
    assertEquals(90.006, read.get("loom_agent_delivery_seconds_sum{handler=" + NASTY + "}"), 1e-9);
    assertEquals(0, read.get("loom_agent_delivery_seconds_bucket{handler=none,le=0.0000001}"));
    assertEquals(90.006, read.get("loom_agent_journal_sync_seconds_sum"), 1e-9);
  }

  @Test
  void numbersHaveNoExponent() {
    String text = Exposition.of(all());
    assertFalse(Pattern.compile(" -?[0-9.]+[eE]").matcher(text).find(), text);
    assertTrue(text.contains("\nloom_agent_journal_bytes 31400000000\n"), text);
    assertTrue(text.contains("{connection=\"a\",reason=\"closed\"} 1000000000000000000\n"), text);
  }

  @Test
  void prometheusOwnToolFindsNothingWrong() throws Exception {
    assumeTrue(Files.isExecutable(PROMTOOL), "install prometheus");
    assertEquals("", promtool(Exposition.of(all()), "check", "metrics"));
  }

  @Test
  void theAlertsInTheReadmeCanBeLoaded(@TempDir Path folder) throws Exception {
    assumeTrue(Files.isExecutable(PROMTOOL), "install prometheus");
    String readme = Files.readString(Path.of("README.md"));
    Matcher shown = Pattern.compile("```yaml\n(groups:.*?)```", Pattern.DOTALL).matcher(readme);
    assertTrue(shown.find());
    Path rules = Files.writeString(folder.resolve("rules.yml"), shown.group(1));
    String said = promtool("", "check", "rules", rules.toString());
    assertTrue(said.contains("SUCCESS: 7 rules found"), said);
  }

  private static String promtool(String input, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(PROMTOOL.toString()));
    command.addAll(List.of(arguments));
    Process promtool = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (var in = promtool.getOutputStream()) {
      in.write(input.getBytes(StandardCharsets.UTF_8));
    }
    String said = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(promtool.waitFor(20, TimeUnit.SECONDS));
    assertEquals(0, promtool.exitValue(), said);
    return said;
  }

  /** The format as its specification has it; fails on anything else. */
  private static final class Parser {
    private static final String NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
    private static final Pattern COMMENT =
        Pattern.compile("# (HELP|TYPE) (" + NAME + ") (.*)", Pattern.DOTALL);
    private static final Pattern SAMPLE =
        Pattern.compile("(" + NAME + ")(?:\\{(.*)})? (-?[0-9]+(?:\\.[0-9]+)?|NaN|[+-]Inf)");
    private static final Pattern LABEL =
        Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\n]|\\\\[\\\\n\"])*)\"(,|$)");

    private final String text;
    private final Map<String, Double> samples = new HashMap<>();
    private final Map<String, String> types = new HashMap<>();
    private final Set<String> helped = new HashSet<>();
    private String family = "";

    Parser(String text) {
      this.text = text;
    }

    Map<String, Double> read() {
      assertTrue(text.endsWith("\n"), "the last line ends, too");
      assertFalse(text.contains("\r"));
      text.substring(0, text.length() - 1).lines().forEach(this::line);
      assertEquals(types.keySet(), helped);
      types.forEach((name, type) -> assertEquals(type.equals("counter"), name.endsWith("_total")));
      histograms();
      return samples;
    }

    private void line(String line) {
      Matcher comment = COMMENT.matcher(line);
      if (comment.matches()) {
        family = comment.group(2);
        if (comment.group(1).equals("HELP")) {
          assertTrue(helped.add(family), line);
          assertTrue(comment.group(3).matches("([^\\\\]|\\\\[\\\\n])+"), line);
        } else {
          assertEquals(null, types.put(family, comment.group(3)), line);
          assertTrue(comment.group(3).matches("counter|gauge|histogram"), line);
        }
        return;
      }
      Matcher sample = SAMPLE.matcher(line);
      assertTrue(sample.matches(), line);
      String suffix = types.get(family).equals("histogram") ? "_(bucket|sum|count)" : "";
      assertTrue(sample.group(1).matches(family + suffix), line);
      String name = sample.group(1) + labels(sample.group(2), line);
      assertEquals(null, samples.put(name, number(sample.group(3))), "twice: " + line);
    }

    private static String labels(String written, String line) {
      if (written == null) {
        return "";
      }
      List<String> labels = new ArrayList<>();
      Matcher label = LABEL.matcher(written);
      int at = 0;
      while (at < written.length()) {
        assertTrue(label.find(at) && label.start() == at, line);
        labels.add(label.group(1) + "=" + unescaped(label.group(2)));
        at = label.end();
      }
      return "{" + String.join(",", labels) + "}";
    }

    private static String unescaped(String value) {
      return Pattern.compile("\\\\(.)")
          .matcher(value)
          .replaceAll(m -> Matcher.quoteReplacement(m.group(1).equals("n") ? "\n" : m.group(1)));
    }

    private static double number(String text) {
      return switch (text) {
        case "+Inf" -> Double.POSITIVE_INFINITY;
        case "-Inf" -> Double.NEGATIVE_INFINITY;
        default -> Double.parseDouble(text);
      };
    }

    /** The last bucket counts all. */
    private void histograms() {
      samples.forEach(
          (name, value) -> {
            if (name.contains("le=+Inf}")) {
              String count = name.replace("_bucket", "_count").replaceFirst(",?le=\\+Inf}", "}");
              assertEquals(value, samples.get(count.replaceFirst("\\{}$", "")), name);
            }
          });
    }
  }
}
