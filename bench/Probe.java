package bench;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import loomagent.Event;
import loomagent.EventHandler;
import loomagent.HandlerContext;
import loomagent.RetryLater;

/**
 * A handler that measures the agent from within. What it does is its setting {@code measure}:
 * {@code latency}, how long each event was on its way; {@code allocation}, what each thread
 * allocates; {@code nothing}, be down for ever.
 */
public final class Probe implements EventHandler {
  private final Map<Long, Long> before = new LinkedHashMap<>(); // bytes by thread
  private String measure = "";
  private Path out = Path.of("");
  private Stamps stamps = Stamps.NONE;
  private int count;
  private int from;
  private int seen;

  @Override
  public void open(HandlerContext context) {
    Map<String, String> settings = context.settings();
    measure = settings.get("measure");
    if (!measure.equals("nothing")) {
      out = Path.of(settings.get("out"));
      count = Integer.parseInt(settings.get("count"));
      from = Integer.parseInt(settings.get("from"));
      stamps = new Stamps(out, count, from);
    }
  }

  @Override
  public void handle(Event event) throws Exception {
    switch (measure) {
      case "latency" -> stamps.add(System.nanoTime() - sent(event.json()));
      case "allocation" -> {
        seen++;
        if (seen == from) {
          allocated().forEach((thread, bytes) -> before.put(thread.getThreadId(), bytes));
        } else if (seen == count) {
          report();
        }
      }
      default -> throw new RetryLater(Duration.ofMinutes(1), "down for ever");
    }
  }

  @Override
  public void close() {}

  /** The event says when it was sent. It is not parsed: that is not the agent's time. */
  private static long sent(String json) {
    int start = json.lastIndexOf("\"sent\":") + 7;
    return Long.parseLong(json, start, json.indexOf('}', start), 10);
  }

  private static Map<ThreadInfo, Long> allocated() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Map<ThreadInfo, Long> bytes = new LinkedHashMap<>();
    for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
      bytes.put(thread, threads.getThreadAllocatedBytes(thread.getThreadId()));
    }
    return bytes;
  }

  private void report() throws IOException {
    StringBuilder lines = new StringBuilder();
    allocated()
        .forEach(
            (thread, bytes) -> {
              long more = bytes - before.getOrDefault(thread.getThreadId(), 0L);
              lines.append(more / (count - from)).append(' ');
              lines.append(thread.getThreadName()).append('\n');
            });
    Path fresh = out.resolveSibling(out.getFileName() + ".new");
    Files.writeString(fresh, lines);
    Files.move(fresh, out);
  }
}
