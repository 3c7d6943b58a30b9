package loomagent.ops;

import java.util.List;
import java.util.Map;
import loomagent.base.Histogram;

/**
 * A family of metrics, as Prometheus has them.
 *
 * @param name with its unit, such as {@code loom_agent_journal_bytes}
 * @param help what it is, in a line
 * @param type what its numbers are
 * @param samples of a counter or a gauge
 * @param distributions of a histogram
 */
public record Metric(
    String name, String help, Type type, List<Sample> samples, List<Distribution> distributions) {

  /** What the numbers are. */
  public enum Type {
    /** It only rises, until the process begins anew. */
    COUNTER,
    /** It is so now. */
    GAUGE,
    /** How long each took, by bounds. */
    HISTOGRAM
  }

  /**
   * One number.
   *
   * @param labels by name; what they hold may be any text
   * @param value may be NaN
   */
  public record Sample(Map<String, String> labels, double value) {}

  /**
   * One histogram.
   *
   * @param labels by name; what they hold may be any text
   * @param counted in seconds
   */
  public record Distribution(Map<String, String> labels, Histogram.Snapshot counted) {}

  /** A family of counters; its name ends in {@code _total}. */
  public static Metric counter(String name, String help, List<Sample> samples) {
    return new Metric(name, help, Type.COUNTER, samples, List.of());
  }

  /** A family of gauges. */
  public static Metric gauge(String name, String help, List<Sample> samples) {
    return new Metric(name, help, Type.GAUGE, samples, List.of());
  }

  /** A family of histograms; its name ends in {@code _seconds}. */
  public static Metric histogram(String name, String help, List<Distribution> distributions) {
    return new Metric(name, help, Type.HISTOGRAM, List.of(), distributions);
  }
}
