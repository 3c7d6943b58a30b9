package loomagent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EventTest {
  private static final String TEXT =
      """
      { "id":"62abcc92-e17e-4db0-b78e-13369251474b","name":"accounting.invoice_paid",
        "subject":"Org/2b271d51-e447-4a16-810f-5abdc596700a","version":"1.0",
        "timestamp":"2019-11-26T10:58:09.664Z","received_at":"2019-11-26T12:58:10+02:00",
        "payload":{"invoice_number":"b1a2","paid":true,"lines":[1,null]},
        "link":"https://account.example.tld/api/v1/payments/1234","nobody_knows":1.50 }\
      """;

  @Test
  void everyMemberIsReadAndTheTextStaysAsItWas() {
    Event event = Event.parse(TEXT);
    assertEquals("62abcc92-e17e-4db0-b78e-13369251474b", event.id());
    assertEquals("accounting.invoice_paid", event.name());
    assertEquals("Org/2b271d51-e447-4a16-810f-5abdc596700a", event.subject());
    assertEquals("1.0", event.version());
    assertEquals(Optional.of(Instant.parse("2019-11-26T10:58:09.664Z")), event.timestamp());
    assertEquals(Optional.of(Instant.parse("2019-11-26T10:58:10Z")), event.receivedAt());
    assertEquals(Optional.of("https://account.example.tld/api/v1/payments/1234"), event.link());
    assertEquals("b1a2", event.payload().get("invoice_number"));
    assertEquals(true, event.payload().get("paid"));
    assertEquals(Arrays.asList(1L, null), event.payload().get("lines"));
    assertEquals(TEXT, event.json());
    assertEquals("default", event.connection());
    assertEquals(1, event.attempt());
    assertFalse(event.replayed());
    assertEquals("accounting.invoice_paid 62abcc92-e17e-4db0-b78e-13369251474b", event.toString());
  }

  @Test
  void whatAnEventLacksIsEmpty() {
    Event event = Event.parse("{\"id\":\"1\"}");
    assertEquals("", event.name());
    assertEquals("", event.subject());
    assertEquals("", event.version());
    assertEquals(Optional.empty(), event.timestamp());
    assertEquals(Optional.empty(), event.receivedAt());
    assertEquals(Optional.empty(), event.link());
    assertEquals(Map.of(), event.payload());
  }

  @Test
  void aMemberOfAnotherTypeIsAsGoodAsNone() {
    Event event =
        Event.parse(
            "{\"id\":\"1\",\"name\":7,\"subject\":null,\"version\":1.0,\"timestamp\":1574765889,"
                + "\"received_at\":\"yesterday\",\"link\":[],\"payload\":\"text\"}");
    assertEquals("", event.name());
    assertEquals("", event.subject());
    assertEquals("", event.version());
    assertEquals(Optional.empty(), event.timestamp());
    assertEquals(Optional.empty(), event.receivedAt());
    assertEquals(Optional.empty(), event.link());
    assertEquals(Map.of(), event.payload());
    assertEquals(Map.of(), Event.parse("{\"id\":\"1\",\"payload\":[1]}").payload());
  }

  @Test
  void noNumberIsRounded() {
    Map<String, Object> payload =
        Event.parse(
                "{\"id\":\"1\",\"payload\":{\"long\":9223372036854775807,"
                    + "\"large\":9223372036854775808,\"price\":0.10,\"many\":1.00000000000000000001,"
                    + "\"power\":1E+2}}")
            .payload();
    assertEquals(Long.MAX_VALUE, payload.get("long"));
    assertEquals(new BigInteger("9223372036854775808"), payload.get("large"));
    assertEquals(new BigDecimal("0.10"), payload.get("price"));
    assertEquals(new BigDecimal("1.00000000000000000001"), payload.get("many"));
    assertEquals(new BigDecimal("1E+2"), payload.get("power"));
  }

  @Test
  void thePayloadKeepsItsOrderAndCannotBeChanged() {
    Event event =
        Event.parse("{\"id\":\"1\",\"payload\":{\"z\":1,\"a\":{\"in\":1},\"m\":[1],\"b\":2}}");
    Map<String, Object> payload = event.payload();
    assertEquals(List.of("z", "a", "m", "b"), new ArrayList<>(payload.keySet()));
    assertThrows(UnsupportedOperationException.class, () -> payload.put("c", 1));
    assertThrows(UnsupportedOperationException.class, () -> payload.remove("z"));
    assertThrows(UnsupportedOperationException.class, () -> payload.entrySet().clear());
    assertThrows(UnsupportedOperationException.class, () -> ((Map<?, ?>) payload.get("a")).clear());
    assertThrows(UnsupportedOperationException.class, () -> ((List<?>) payload.get("m")).clear());
    assertThrows(
        UnsupportedOperationException.class,
        () -> Event.parse("{\"id\":\"1\"}").payload().put("c", 1));
  }

  @Test
  void nulLoneSurrogatesAndEveryOtherCharacterSurvive() {
    String json =
        "{\"id\":\"\\u0000\",\"name\":\"a.\\ud800\",\"subject\":\"\\udfffÄ😀\\ud83d\\ude00\"}";
    Event event = Event.parse(json);
    assertEquals("\0", event.id());
    assertEquals("a.\ud800", event.name());
    assertEquals("\udfffÄ😀😀", event.subject());
    assertEquals(json, event.json());
  }

  @Test
  void itsTextCanBeHadAsUtf8ThatNobodyCanChange() {
    byte[] around = "..{\"id\":\"1\",\"payload\":\"Ä😀\"},,".getBytes(UTF_8);
    Event event = Event.of("1", "", around, 2, around.length - 2, "east");
    String json = new String(around, 2, around.length - 4, UTF_8);
    Arrays.fill(around, (byte) 'x');
    assertEquals(json, event.json());
    assertEquals(json, UTF_8.decode(event.utf8()).toString());
    assertEquals(json.getBytes(UTF_8).length, event.size());
    assertEquals("east", event.connection());
    assertTrue(event.utf8().isReadOnly());
    assertFalse(event.utf8().hasArray());
    event.utf8().get();
    assertEquals(event.size(), event.utf8().remaining());
    assertThrows(IndexOutOfBoundsException.class, () -> Event.of("1", "", around, 9, 99, "east"));
  }

  @Test
  void anotherAttemptIsTheSameEvent() {
    Event event = Event.of("1", "a.b", "{\"id\":\"1\",\"subject\":\"Org/2\"}", "east");
    for (Event again : List.of(event.at(3, true), Event.parse(event.json()).at(3, true))) {
      assertEquals(3, again.attempt());
      assertTrue(again.replayed());
      assertEquals("1", again.id());
      assertEquals("Org/2", again.subject());
      assertEquals(event.json(), again.json());
    }
    assertEquals("a.b", event.at(2, false).name());
    assertEquals("east", event.at(2, false).connection());
    assertEquals(1, event.attempt());
    assertFalse(event.replayed());
  }

  @Test
  void theTextIsReadNoSoonerThanAMemberIsAskedFor() {
    Event event = Event.of("1", "a.b", "no JSON", "default");
    assertEquals("1", event.id());
    assertEquals("a.b", event.name());
    assertEquals("no JSON", event.json());
    assertEquals("a.b 1", event.toString());
    assertThrows(IllegalArgumentException.class, event::subject);
  }

  @Test
  void whatIsNoEventIsRefusedInASentence() {
    assertEquals("An event is a JSON object.", refusal("[1]"));
    assertEquals("An event is a JSON object.", refusal("null"));
    String noId = "An event needs an \"id\" that is a string.";
    assertEquals(noId, refusal("{}"));
    assertEquals(noId, refusal("{\"id\":7}"));
    assertEquals(noId, refusal("{\"id\":\"\"}"));
    String noJson = refusal("{\"id\":\"1\"");
    assertTrue(noJson.contains("line 1, column 10: "), noJson);
    assertFalse(refusal("").isBlank());
    assertFalse(refusal("{\"id\":\"1\"} {}").isBlank());
  }

  private static String refusal(String json) {
    return assertThrows(IllegalArgumentException.class, () -> Event.parse(json)).getMessage();
  }
}
