package loomagent.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class JsonWriteTest {
  @Test
  void valuesAreWrittenCompactly() {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("s", "text");
    members.put("b", new StringBuilder("built"));
    members.put("n", null);
    members.put("l", Arrays.asList(true, false, null, List.of(), Map.of()));
    members.put("q", new ArrayDeque<>(List.of((byte) 1, (short) 2, 3, 4L)));
    assertEquals(
        "{\"s\":\"text\",\"b\":\"built\",\"n\":null,\"l\":[true,false,null,[],{}],\"q\":[1,2,3,4]}",
        Json.write(members));
    assertEquals("{\"k\":1}", Json.write(Map.of(new StringBuilder("k"), 1)));
  }

  @Test
  void numbersAreWrittenExactly() {
    assertEquals("-9223372036854775808", Json.write(Long.MIN_VALUE));
    assertEquals("1.5", Json.write(1.5));
    assertEquals("0.1", Json.write(0.1f));
    assertEquals("4.9E-324", Json.write(Double.MIN_VALUE));
    assertEquals(
        "123456789012345678901234567890",
        Json.write(new BigInteger("123456789012345678901234567890")));
    assertEquals("1.10", Json.write(new BigDecimal("1.10")));
    assertEquals("1E+1000", Json.write(new BigDecimal("1e1000")));
  }

  @Test
  void everyNumberWrittenIsReadBackTheSame() {
    String digits = "9".repeat(Json.MAX_DIGITS);
    for (int scale : new int[] {-1000, -999, -1, 0, 1, 500, 994, 999, 1000}) {
      for (String unscaled : List.of("1", "-10", "123456789012345678", digits, "-" + digits)) {
        BigDecimal number = new BigDecimal(new BigInteger(unscaled), scale);
        Object read = Json.parse(Json.write(number));
        assertEquals(number, read instanceof BigDecimal ? read : new BigDecimal(read.toString()));
      }
    }
    BigInteger largest = BigInteger.TEN.pow(1000).subtract(BigInteger.ONE);
    assertEquals(largest, Json.parse(Json.write(largest)));
  }

  @Test
  void whatHasNoFormInJsonIsRefused() {
    BigInteger tooLong = BigInteger.TEN.pow(1000);
    List<Object> refused =
        List.of(
            Double.NaN,
            Double.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            Float.NaN,
            'c',
            new Object(),
            new Date(0),
            new int[0],
            new AtomicLong(),
            Path.of("a"),
            tooLong,
            tooLong.negate(),
            BigInteger.ONE.shiftLeft(10_000_000),
            new BigDecimal("1e1001"),
            new BigDecimal("1e-1001"),
            new BigDecimal(tooLong, 5),
            new BigDecimal(BigInteger.ONE, Integer.MIN_VALUE),
            Map.of(1, 2),
            Collections.singletonMap(null, 1));
    for (Object value : refused) {
      assertThrows(IllegalArgumentException.class, () -> Json.write(value));
      assertThrows(IllegalArgumentException.class, () -> Json.write(List.of(Map.of("a", value))));
    }
  }

  @Test
  void refusalsNameTheTypeAndNeverTheValue() {
    var refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> Json.write(Map.of("a", Path.of("secret"), "b", new Date(0))));
    assertTrue(
        refused.getMessage().startsWith("java.util.Date has no form in JSON; pass a Map")
            || refused.getMessage().startsWith("nested deeper than the 200 levels"),
        refused.getMessage());
  }

  @Test
  void depthIsBoundedAndSoAreCycles() {
    Object value = 1L;
    for (int i = 0; i < Json.MAX_DEPTH; i++) {
      value = i % 2 == 0 ? List.of(value) : Map.of("a", value);
    }
    assertEquals(value, Json.parse(Json.write(value)));
    Object deeper = List.of(value);
    assertThrows(IllegalArgumentException.class, () -> Json.write(deeper));
    List<Object> cycle = new ArrayList<>();
    cycle.add(cycle);
    assertThrows(IllegalArgumentException.class, () -> Json.write(cycle));
  }

  @Test
  void stringsAreEscapedWhereTheyMustBe() {
    Map<String, String> strings = new LinkedHashMap<>();
    strings.put("", "");
    strings.put("plain / é 日 𝄞 \u007f", "plain / é 日 𝄞 \u007f");
    strings.put("\"\\\b\f\n\r\t", "\\\"\\\\\\b\\f\\n\\r\\t");
    strings.put("\0\u0001\u001f", "\\u0000\\u0001\\u001f");
    strings.put("a\u2028b\u2029c", "a\\u2028b\\u2029c");
    strings.put("\ud800", "\\ud800");
    strings.put("x\udc00y", "x\\udc00y");
    strings.put("\udc00\ud800", "\\udc00\\ud800");
    strings.put("\ud800\ud834\udd1e\udc00", "\\ud800𝄞\\udc00");
    strings.forEach(
        (text, escaped) -> {
          StringBuilder out = new StringBuilder("x");
          Json.writeString(out, new StringBuilder(text));
          assertEquals("x\"" + escaped + "\"", out.toString());
          assertEquals(text, Json.parse(out.substring(1)));
        });
  }

  @Test
  void everyCharacterIsReadBackTheSame() {
    StringBuilder all = new StringBuilder();
    for (int c = 0; c <= 0xffff; c++) {
      all.append((char) c);
    }
    for (int c = 0x10000; c <= Character.MAX_CODE_POINT; c += 257) {
      all.appendCodePoint(c);
    }
    String text = all.toString();
    assertEquals(text, Json.parse(Json.write(text)));
    assertEquals(Map.of(text, text), Json.parse(Json.write(Map.of(text, text))));
  }
}
