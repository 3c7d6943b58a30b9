package loomagent.handlers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import loomagent.Event;
import loomagent.HandlerContext;
import loomagent.json.Json;
import org.junit.jupiter.api.Test;

class LogHandlerTest {

  /** Each call of {@code write} by itself. */
  private static final class Writes extends OutputStream {
    final List<String> texts = new ArrayList<>();

    @Override
    public void write(int one) {
      texts.add(Character.toString(one));
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
      texts.add(new String(Arrays.copyOfRange(bytes, from, from + length), UTF_8));
    }
  }

  private record Context(Map<String, String> settings) implements HandlerContext {
    @Override
    public String name() {
      return "log";
    }

    @Override
    public Path directory() {
      throw new AssertionError("log keeps nothing");
    }

    @Override
    public System.Logger logger() {
      throw new AssertionError("log logs nothing");
    }
  }

  private static List<String> written(Map<String, String> settings, String... events)
      throws IOException {
    Writes writes = new Writes();
    LogHandler handler = new LogHandler(writes);
    handler.open(new Context(settings));
    for (String event : events) {
      handler.handle(Event.parse(event));
    }
    return writes.texts;
  }

  @Test
  void aLineHasTimeNameIdAndSubject() throws IOException {
    assertEquals(
        List.of("2026-03-01T10:00:00.500Z a.b 1 Org/2\n"),
        written(
            Map.of(),
            "{\"id\":\"1\",\"name\":\"a.b\",\"subject\":\"Org/2\","
                + "\"timestamp\":\"2026-03-01T12:00:00.500+02:00\"}"));
    assertEquals(List.of("- - 1 -\n"), written(Map.of("format", "line"), "{\"id\":\"1\"}"));
  }

  @Test
  void jsonIsTheExactEvent() throws IOException {
    String event =
        "{ \"name\" : \"a.b\",\"id\":\"1\",\t\"x\":1.50,\"é\":\"\\u00e9\\u0000\\ud800\" }";
    assertEquals(List.of(event + "\n"), written(Map.of("format", "json"), event));
  }

  @Test
  void jsonOfSeveralLinesBecomesOneLineThatSaysTheSame() throws IOException {
    String event = "{\r\n  \"id\":\"1\",\n  \"text\":\"a\\nb\\r\",\r  \"list\":[1,\n2]\n}\n";
    String line = written(Map.of("format", "json"), event).get(0);
    assertEquals(line.length() - 1, line.indexOf('\n'));
    assertFalse(line.contains("\r"));
    assertEquals(Json.parse(event), Json.parse(line));
  }

  @Test
  void everyEventIsOneWrite() throws IOException {
    String[] events = {
      "{\"id\":\"1\"}", "{\n\"id\":\"" + "x".repeat(200_000) + "\"}", "{\"id\":\"3\"}"
    };
    assertEquals(3, written(Map.of("format", "json"), events).size());
    assertEquals(3, written(Map.of(), events).size());
  }

  @Test
  void noEventForgesALineOrMovesTheCursor() throws IOException {
    int[] points = {
      0, 7, 8, 9, 0xA, 0xB, 0xC, 0xD, 0x1B, ' ', 0x7F, 0x85, 0x9B, 0xA0, 0xAD, 0x200B, 0x200E,
      0x2028, 0x2029, 0x202E, 0x2066, 0x3000, 0xFEFF, 0xE0041
    };
    for (int point : points) {
      String forged = Character.toString(point);
      Map<String, String> event =
          Map.of("id", "1" + forged + "2", "name", "a" + forged + "b", "subject", forged + "Org/2");
      String line = written(Map.of(), Json.write(event)).get(0);
      assertEquals("- a\uFFFDb 1\uFFFD2 \uFFFDOrg/2\n", line, "U+" + Integer.toHexString(point));
    }
  }

  @Test
  void lettersOfAllTheWorldAreShown() throws IOException {
    assertEquals(
        List.of("- ärger.日本語 😀 Org/é\n"),
        written(Map.of(), "{\"id\":\"😀\",\"name\":\"ärger.日本語\",\"subject\":\"Org/é\"}"));
  }

  @Test
  void aWrongSettingIsRefusedWithWhatWouldBeRight() {
    assertEquals("format is \"xml\"; write line or json", refusal(Map.of("format", "xml")));
    assertEquals("format is \"\"; write line or json", refusal(Map.of("format", "")));
    String unknown = refusal(Map.of("fromat", "json", "colour", "red", "format", "json"));
    assertTrue(unknown.startsWith("unknown setting colour, fromat; "), unknown);
    assertTrue(unknown.contains("format"), unknown);
  }

  @Test
  void anOutputThatCannotBeWrittenIsAFailureOfTheEvent() {
    LogHandler handler =
        new LogHandler(
            new OutputStream() {
              @Override
              public void write(int one) throws IOException {
                throw new IOException("Broken pipe");
              }
            });
    handler.open(new Context(Map.of()));
    assertThrows(IOException.class, () -> handler.handle(Event.parse("{\"id\":\"1\"}")));
  }

  @Test
  void itsTypeIsLog() {
    assertEquals("log", new LogHandler(OutputStream.nullOutputStream()).type());
  }

  private static String refusal(Map<String, String> settings) {
    return assertThrows(IllegalArgumentException.class, () -> written(settings)).getMessage();
  }
}
