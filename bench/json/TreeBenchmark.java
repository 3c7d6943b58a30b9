package bench.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.alibaba.fastjson2.JSON;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.gson.Gson;
import com.google.gson.JsonElement;
import java.util.concurrent.TimeUnit;
import loomagent.json.Json;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A whole text to the library's own tree. Each from what it reads fastest. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TreeBenchmark {
  private final ObjectMapper mapper = new ObjectMapper();
  private final Gson gson = new Gson();

  @Param({"event", "large"})
  public String document = "event";

  private String text = "";
  private byte[] utf8 = {};

  @Setup
  public void read() {
    text = document.equals("event") ? Documents.MESSAGE : Documents.large();
    utf8 = text.getBytes(UTF_8);
  }

  @Benchmark
  public Object ours() {
    return Json.parse(utf8, 0, utf8.length);
  }

  @Benchmark
  public Object jacksonTree() throws Exception {
    return mapper.readTree(utf8);
  }

  /** Maps and Lists, as ours are. */
  @Benchmark
  public Object jacksonMaps() throws Exception {
    return mapper.readValue(utf8, Object.class);
  }

  @Benchmark
  public Object gson() {
    return gson.fromJson(text, JsonElement.class);
  }

  @Benchmark
  public Object fastjson2() {
    return JSON.parse(utf8);
  }

  @Benchmark
  public Object minimalJson() {
    return com.eclipsesource.json.Json.parse(text);
  }

  @Benchmark
  public Object nanojson() throws Exception {
    return com.grack.nanojson.JsonParser.any().from(text);
  }
}
