package bench.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * From a frame to its id, its name and the text of its message. Each from what it reads fastest.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class EnvelopeBenchmark {
  private final Envelopes by = new Envelopes();
  private final byte[] utf8 = Documents.FRAME_UTF8;
  private final String text = Documents.FRAME;

  /** All find the same, or they are not to be compared. */
  @Setup
  public void check() throws Exception {
    Found right =
        new Found(
            "bd6b9b7f-5ea2-4015-a07a-e3ba15d083cd", "mission_control.job_added", Documents.MESSAGE);
    for (Object found :
        List.of(
            ours(),
            oursFromString(),
            jacksonStreaming(),
            jacksonDatabind(),
            gson(),
            fastjson2(),
            minimalJson(),
            nanojson())) {
      if (!found.equals(right)) {
        throw new IllegalStateException(found + " instead of " + right);
      }
    }
  }

  @Benchmark
  public Object ours() {
    return by.ours(utf8);
  }

  @Benchmark
  public Object oursFromString() {
    return by.ours(text.getBytes(UTF_8));
  }

  @Benchmark
  public Object jacksonStreaming() throws Exception {
    return by.jacksonStreaming(utf8);
  }

  @Benchmark
  public Object jacksonDatabind() throws Exception {
    return by.jacksonDatabind(utf8);
  }

  @Benchmark
  public Object gson() {
    return by.gson(text);
  }

  @Benchmark
  public Object fastjson2() {
    return by.fastjson(utf8);
  }

  @Benchmark
  public Object minimalJson() {
    return by.minimalJson(text);
  }

  @Benchmark
  public Object nanojson() throws Exception {
    return by.nanojson(text);
  }
}
