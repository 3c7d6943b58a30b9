package loomagent.ops;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import loomagent.base.Histogram;
import loomagent.base.Secret;

/** Metrics as Prometheus reads them: its text format 0.0.4. One thread. */
final class Exposition {
  static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final StringBuilder out = new StringBuilder(8 << 10);

  private Exposition() {}

  static String of(List<Metric> metrics) {
    Exposition text = new Exposition();
    metrics.forEach(text::family);
    return text.out.toString();
  }

  private void family(Metric metric) {
    String name = metric.name();
    String help = Secret.mask(metric.help()).replace("\\", "\\\\").replace("\n", "\\n");
    String type = metric.type().name().toLowerCase(Locale.ROOT);
    out.append("# HELP ").append(name).append(' ').append(help).append('\n');
    out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    metric.samples().forEach(sample -> line(name, sample.labels(), number(sample.value())));
    metric.distributions().forEach(each -> histogram(name, each));
  }

  private void histogram(String name, Metric.Distribution distribution) {
    Histogram.Snapshot counted = distribution.counted();
    for (int i = 0; i < counted.counts().size(); i++) {
      Map<String, String> labels = new LinkedHashMap<>(distribution.labels());
      boolean last = i == counted.bounds().size();
      labels.put("le", last ? "+Inf" : number(counted.bounds().get(i)));
      line(name + "_bucket", labels, counted.counts().get(i).toString());
    }
    line(name + "_sum", distribution.labels(), number(counted.sum()));
    line(name + "_count", distribution.labels(), Long.toString(counted.count()));
  }

  private void line(String name, Map<String, String> labels, String value) {
    out.append(name);
    if (!labels.isEmpty()) {
      out.append(
          labels.entrySet().stream()
              .map(label -> label.getKey() + "=\"" + escaped(label.getValue()) + '"')
              .collect(Collectors.joining(",", "{", "}")));
    }
    out.append(' ').append(value).append('\n');
  }

  private static String escaped(String value) {
    return Secret.mask(value).replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  /** Without an exponent: 1.0E9 is right, and surprises whoever greps. */
  private static String number(double value) {
    if (Double.isFinite(value)) {
      return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
    }
    return Double.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  }
}
