package loomagent.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32C;
import loomagent.base.Fuzz;
import loomagent.json.JsonException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** One record, also such as no agent writes: its checksum is right, and its form is not. */
class LineTest {
  private static final String TIME = "2026-12-31T23:59:58.123Z";
  private static final String JSON = "{\"id\":\"1\",\"name\":\"a.b\"}";
  private static final String NOT_OF_THIS_FORM = "it is not of this form";
  private static final String NO_MATCH = "its checksum does not match";

  private final Line line = new Line();

  private static byte[] signed(byte[] body) {
    CRC32C crc = new CRC32C();
    crc.update(body, 0, body.length);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(String.format("%08x ", crc.getValue()).getBytes(UTF_8));
    all.writeBytes(body);
    return all.toByteArray();
  }

  private String read(byte[] bytes) {
    return line.read(bytes, 0, bytes.length);
  }

  private String readSigned(String body) {
    return read(signed(body.getBytes(UTF_8)));
  }

  @Test
  void aWholeLineIsReadWhereverItLies() {
    byte[] whole = signed(("42 " + TIME + " berlin " + JSON).getBytes(UTF_8));
    byte[] within = new byte[whole.length + 7];
    System.arraycopy(whole, 0, within, 3, whole.length);
    assertEquals("", line.read(within, 3, 3 + whole.length));
    assertEquals(42, line.sequence());
    assertEquals(Instant.parse(TIME).toEpochMilli(), line.millis());
    assertEquals("berlin", line.connection());
    Entry entry = line.entry();
    assertEquals(JSON, entry.event().json());
    assertEquals("1 a.b", entry.event().id() + " " + entry.event().name());
    assertEquals(42, entry.sequence());
    assertEquals(line.millis(), entry.millis());
    assertEquals("", readSigned("999999999999999999 0001-01-01T00:00:00.000Z c {}"));
    assertEquals(999_999_999_999_999_999L, line.sequence());
    assertEquals(Instant.parse("0001-01-01T00:00:00Z").toEpochMilli(), line.millis());
    assertEquals("", readSigned("1 " + TIME + " c {}"), "the shortest");
  }

  @Test
  void whatIsSignedAndOfAnotherFormIsNoRecord() {
    for (String body :
        List.of(
            "0 " + TIME + " c " + JSON,
            "-1 " + TIME + " c " + JSON,
            " " + TIME + " c " + JSON,
            "4x " + TIME + " c " + JSON,
            "1000000000000000000 " + TIME + " c " + JSON,
            "1 2026-13-31T23:59:58.123Z c " + JSON,
            "1 2026-02-30T23:59:58.123Z c " + JSON,
            "1 " + TIME + "-c " + JSON,
            "1 " + TIME + " " + JSON,
            "1 " + TIME + " c-" + "x".repeat(20),
            "1 " + TIME + " c-" + "x".repeat(20) + " ",
            "1".repeat(60),
            "1".repeat(18) + " " + "x".repeat(40))) {
      assertEquals(NOT_OF_THIS_FORM, readSigned(body), body);
    }
  }

  @Test
  void aChecksumIsEightSmallDigitsAndASpace() {
    String body = "42 " + TIME + " berlin " + JSON;
    String good = new String(signed(body.getBytes(UTF_8)), UTF_8);
    for (String bad :
        List.of(
            good.substring(0, 8) + "-" + good.substring(9),
            "g" + good.substring(1),
            "/" + good.substring(1),
            good.substring(0, 8).toUpperCase(Locale.ROOT) + "X" + good.substring(8),
            good.substring(0, 30),
            "",
            "00000000 ")) {
      assertEquals(NO_MATCH, read(bad.getBytes(UTF_8)), bad);
    }
  }

  @Test
  void aSignedTextThatIsTooShortIsNoRecordWhereverItLies() {
    byte[] signed = signed("x".getBytes(UTF_8));
    byte[] within = new byte[100 + signed.length];
    System.arraycopy(signed, 0, within, 100, signed.length);
    assertEquals(NO_MATCH, line.read(within, 100, within.length));
  }

  @Test
  void bytesHoldNoMoreRecordsThanShortestOnes() {
    int shortest = signed(("1 " + TIME + " c {}\n").getBytes(UTF_8)).length;
    assertEquals(0, Line.most(0));
    assertEquals(1, Line.most(1));
    assertEquals(1, Line.most(shortest));
    assertEquals(2, Line.most(shortest + 1));
  }

  @Test
  @Tag("fuzz")
  void whateverIsSignedIsReadOrRefused() {
    byte[] good = ("42 " + TIME + " berlin " + JSON).getBytes(UTF_8);
    int[] outcomes = new int[3];
    boolean all =
        Fuzz.run(
            5_000,
            fuzz -> {
              byte[] signed = signed(fuzz.damaged(good));
              if (!read(signed).isEmpty()) {
                outcomes[0]++;
                return;
              }
              assertTrue(line.sequence() > 0);
              try {
                assertEquals(line.sequence(), line.entry().sequence());
                outcomes[1]++;
              } catch (JsonException noJson) {
                outcomes[2]++;
              }
            });
    assertTrue(!all || outcomes[0] > 99 && outcomes[1] > 99 && outcomes[2] > 99);
  }
}
