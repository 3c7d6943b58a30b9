package loomagent.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class EnvelopeTest {
  private static final String IDENTIFIER =
      "{\"channel\":\"EventChannel\",\"events\":\"mission_control.job_added\"}";
  private static final String MESSAGE =
      "{\"id\":\"bd6b9b7f-5ea2-4015-a07a-e3ba15d083cd\",\"timestamp\":\"2023-07-23T22:04:46.000Z\","
          + "\"name\":\"mission_control.job_added\",\"version\":\"1.0\",\"payload\":{\"_meta\":[{\"id\":9}]},"
          + "\"subject\":\"Org/837ebb91-2d4b-4818-a19b-04fea7be8cde\"}";

  private final Envelope envelope = new Envelope();

  private Envelope read(String frame) {
    byte[] utf8 = frame.getBytes(UTF_8);
    envelope.read(utf8, 0, utf8.length);
    return envelope;
  }

  private void assertEmpty() {
    assertFalse(envelope.hasType());
    assertFalse(envelope.hasIdentifier());
    assertFalse(envelope.hasMessage());
    assertFalse(envelope.messageIsObject());
    assertTrue(envelope.reconnect());
    assertEquals(0, envelope.messageStart());
    assertEquals(0, envelope.messageEnd());
    for (String text :
        List.of(
            envelope.type(), envelope.identifier(), envelope.messageText(), envelope.reason())) {
      assertEquals("", text);
    }
    assertEquals("", envelope.id() + envelope.name() + envelope.subject());
  }

  @Test
  void anEventGivesItsIdNameSubjectAndExactText() {
    byte[] frame =
        ("..{\"identifier\":" + Json.write(IDENTIFIER) + ", \"message\" : " + MESSAGE + " }..")
            .getBytes(UTF_8);
    envelope.read(frame, 2, frame.length - 2);
    assertTrue(envelope.isObject());
    assertFalse(envelope.hasType());
    assertTrue(envelope.hasIdentifier());
    assertEquals(IDENTIFIER, envelope.identifier());
    assertTrue(envelope.hasMessage());
    assertTrue(envelope.messageIsObject());
    assertEquals("bd6b9b7f-5ea2-4015-a07a-e3ba15d083cd", envelope.id());
    assertEquals("mission_control.job_added", envelope.name());
    assertEquals("Org/837ebb91-2d4b-4818-a19b-04fea7be8cde", envelope.subject());
    assertEquals(MESSAGE, envelope.messageText());
    int length = envelope.messageEnd() - envelope.messageStart();
    assertEquals(MESSAGE, new String(frame, envelope.messageStart(), length, UTF_8));
  }

  @Test
  void anIdentifierANameAndASubjectThatStayTheSameAreDecodedOnce() {
    String event = "{\"message\":{\"name\":\"a\\u002eb\",\"subject\":\"Org/1\"}}";
    String name = read(event).name();
    String subject = envelope.subject();
    assertEquals("a.b", name);
    assertEquals("Org/1", subject);
    assertSame(name, read(event).name());
    assertSame(subject, envelope.subject());
    assertEquals("", read("{\"message\":{\"name\":5}}").name());
    assertEquals("", envelope.subject());

    String frame = "{\"identifier\":" + Json.write(IDENTIFIER) + "}";
    String first = read(frame).identifier();
    assertEquals(IDENTIFIER, first);
    assertSame(first, read(" " + frame).identifier());
    assertEquals("other", read("{\"identifier\":\"other\"}").identifier());
    assertEquals(IDENTIFIER, read(frame).identifier());
    String large = "x".repeat(100_000);
    assertEquals(large, read("{\"identifier\":\"" + large + "\"}").identifier());
    assertEquals("", read("{\"identifier\":\"\"}").identifier());
    assertEquals("", read("{\"identifier\":5}").identifier());
    assertTrue(envelope.hasIdentifier());
  }

  @Test
  void framesWithATypeAreToldApart() {
    assertEquals("welcome", read("{\"type\":\"welcome\"}").type());
    assertTrue(envelope.hasType());
    assertEquals("ping", read("{\"type\":\"ping\",\"message\":1690149886}").type());
    assertTrue(envelope.hasMessage());
    assertFalse(envelope.messageIsObject());
    assertEquals("1690149886", envelope.messageText());
    assertEquals(
        "confirm_subscription",
        read("{\"identifier\":\"{}\",\"type\":\"confirm_\\u0073ubscription\"}").type());
    assertEquals("{}", envelope.identifier());
  }

  @Test
  void aTypeThatIsNoStringIsGivenAsItsText() {
    for (String type : List.of("5", "-1.50e3", "true", "{\"a\": [1]}", "[]")) {
      assertEquals(type, read("{\"type\": " + type + " }").type());
      assertTrue(envelope.hasType());
    }
    assertEquals("", read("{\"type\":null}").type());
    assertFalse(envelope.hasType());
    assertEquals("", read("{\"type\":\"\"}").type());
    assertTrue(envelope.hasType());
  }

  @Test
  void aDisconnectGivesItsReasonAndWhetherToComeBack() {
    read("{\"type\":\"disconnect\",\"reason\":\"unauthorized\",\"reconnect\":false}");
    assertEquals("unauthorized", envelope.reason());
    assertFalse(envelope.reconnect());
    assertEquals("", read("{\"type\":\"disconnect\",\"reason\":null,\"reconnect\":true}").reason());
    assertTrue(envelope.reconnect());
    for (String value : List.of("null", "0", "\"false\"", "[]", "{}")) {
      assertTrue(read("{\"reconnect\":" + value + ",\"reason\":" + value + "}").reconnect());
    }
    assertEquals("", read("{\"reason\":{\"reason\":\"x\"}}").reason());
  }

  @Test
  void membersOfDeeperLevelsAreNotMistakenForTheFrames() {
    String inner =
        "{\"type\":\"ping\",\"reason\":\"r\",\"reconnect\":false,\"id\":\"x\",\"name\":\"y\",\"identifier\":\"z\",\"message\":{\"id\":\"w\"}}";
    read(
        "{\"message\":{\"payload\":"
            + inner
            + ",\"id\":\"1\",\"more\":["
            + inner
            + "],\"type\":\"disconnect\",\"message\":3}}");
    assertEquals("1", envelope.id());
    assertEquals("", envelope.name());
    assertFalse(envelope.hasType());
    assertFalse(envelope.hasIdentifier());
    assertTrue(envelope.reconnect());
    assertTrue(envelope.messageIsObject());
    read("{\"id\":\"frame\",\"name\":\"frame\",\"subject\":\"frame\",\"other\":{\"id\":1}}");
    assertEmpty();
  }

  @Test
  void theMessageIsGivenWhateverItIs() {
    for (String message :
        List.of("{}", "[ 1 , {\"id\":\"no\"} ]", "\"a\\u0000\\ud800é\"", "0.10", "true", "false")) {
      read("{\"message\":" + message + ",\"x\":0}");
      assertTrue(envelope.hasMessage());
      assertEquals(message.equals("{}"), envelope.messageIsObject());
      assertEquals(message, envelope.messageText());
      assertEquals("", envelope.id());
    }
    assertFalse(read("{\"message\":null}").hasMessage());
    assertEquals("null", envelope.messageText());
    assertFalse(read("{}").hasMessage());
  }

  @Test
  void aRepeatedMemberCountsLast() {
    assertEquals("b", read("{\"type\":\"a\",\"type\":\"b\"}").type());
    assertFalse(read("{\"type\":\"a\",\"type\":null}").hasType());
    assertFalse(read("{\"reconnect\":true,\"reconnect\":false}").reconnect());
    read("{\"message\":{\"id\":\"1\",\"name\":\"n\",\"id\":\"2\"},\"message\":{\"id\":\"3\"}}");
    assertEquals("3", envelope.id());
    assertEquals("", envelope.name());
    assertEquals("{\"id\":\"3\"}", envelope.messageText());
    assertEquals("", read("{\"message\":{\"id\":\"1\"},\"message\":5}").id());
    assertEquals("", read("{\"message\":{\"id\":\"1\",\"id\":null}}").id());
    assertEquals("2", read("{\"message\":{\"id\":\"1\",\"\\u0069d\":\"2\"}}").id());
  }

  @Test
  void namesAreComparedAsTheyDecode() {
    read(
        "{\"\\u006des\\u0073age\":{\"\\u0069d\":\"i\",\"n\\u0061me\":\"n\",\"subjec\\u0074\":\"s\"},\"t\\u0079pe\":\"t\"}");
    assertEquals("i", envelope.id());
    assertEquals("n", envelope.name());
    assertEquals("s", envelope.subject());
    assertEquals("t", envelope.type());
    read(
        "{\"Type\":1,\"typ\":1,\"types\":1,\"typé\":1,\"t\\u0000pe\":1,\"\":1,\"messag\\u0435\":{\"id\":\"1\"}}");
    assertEmpty();
  }

  @Test
  void stringsAreDecodedInFull() {
    read(
        "{\"message\":{\"id\":\"\\u0000\\ud800\\n"
            + "\",\"name\":\"Größe 日 𝄞\",\"subject\":\"\\ud834\\udd1e\\u20ac\"}}");
    assertEquals("\0\ud800\n", envelope.id());
    assertEquals("Größe 日 𝄞", envelope.name());
    assertEquals("𝄞€", envelope.subject());
    read("{\"message\":{\"id\":5,\"name\":[\"n\"],\"subject\":{\"id\":\"x\"}}}");
    assertEquals("", envelope.id() + envelope.name() + envelope.subject());
  }

  @Test
  void jsonThatIsNoObjectIsAnEmptyFrame() {
    for (String frame : List.of("[]", "1", "\"type\"", "null", "[{\"type\":\"ping\"}]", "true")) {
      read(MESSAGE);
      assertFalse(read(frame).isObject());
      assertEmpty();
    }
    assertTrue(read(" {} ").isObject());
    assertEmpty();
  }

  @Test
  void nothingOfAnEarlierOrFailedFrameRemains() {
    String full =
        "{\"type\":\"t\",\"identifier\":\"i\",\"reason\":\"r\",\"reconnect\":false,\"message\":"
            + MESSAGE;
    read(full + "}");
    read("{}");
    assertEmpty();
    for (String broken : List.of(full, full + "}}", full + ",}", "")) {
      assertThrows(JsonException.class, () -> read(broken));
      assertFalse(envelope.isObject());
      assertEmpty();
    }
    new Envelope().id();
  }

  @Test
  void theWholeFrameIsChecked() {
    for (String value :
        List.of("{\"a\":01}", "[1,]", "\"\t\"", "\"\\x\"", "{\"b\"}", "1e9999", "[".repeat(200))) {
      assertThrows(
          JsonException.class, () -> read("{\"message\":{\"payload\":" + value + "}}"), value);
      assertThrows(JsonException.class, () -> read("{\"other\":" + value + "}"), value);
    }
  }

  @Test
  void depthIsBoundedAsInTheTree() {
    for (String name : List.of("message", "other")) {
      int most = Json.MAX_DEPTH - 1;
      String frame = "{\"" + name + "\":" + "[".repeat(most) + "]".repeat(most) + "}";
      Json.parse(frame);
      read(frame);
      String deeper = "{\"" + name + "\":" + "[".repeat(most + 1) + "]".repeat(most + 1) + "}";
      assertThrows(JsonException.class, () -> Json.parse(deeper));
      assertThrows(JsonException.class, () -> read(deeper));
    }
    int most = Json.MAX_DEPTH - 2;
    String inner = "[".repeat(most) + "]".repeat(most);
    read("{\"message\":{\"id\":" + inner + "}}");
    assertThrows(JsonException.class, () -> read("{\"message\":{\"id\":[" + inner + "]}}"));
    assertThrows(JsonException.class, () -> read("{\"message\":".repeat(1_000_000)));
  }

  @Test
  void anEventByItselfIsReadAsTheMessageOfAFrame() {
    byte[] alone = (".. " + MESSAGE + " ..").getBytes(UTF_8);
    envelope.readMessage(alone, 2, alone.length - 2);
    assertTrue(envelope.messageIsObject());
    assertEquals("bd6b9b7f-5ea2-4015-a07a-e3ba15d083cd", envelope.id());
    assertEquals("mission_control.job_added", envelope.name());
    assertEquals(MESSAGE, envelope.messageText());
    assertThrows(JsonException.class, () -> envelope.readMessage(alone, 0, alone.length));
    assertEmpty();
  }

  @Test
  void anEventByItselfIsReadToItsEndAndNothingIsLeftOfWhatWasReadBefore() {
    read("{\"type\":\"ping\",\"reason\":\"r\"}");
    byte[] event = "{\"id\":\"1\"}".getBytes(UTF_8);
    envelope.readMessage(event, 0, event.length);
    assertFalse(envelope.hasType());
    assertEquals("", envelope.reason());
    assertEquals("1", envelope.id());
    assertSame(event, envelope.utf8());
    for (String broken : List.of("{\"id\":\"1\"} {}", "{\"id\":\"1\",\"name\":}")) {
      byte[] bytes = broken.getBytes(UTF_8);
      assertThrows(JsonException.class, () -> envelope.readMessage(bytes, 0, bytes.length), broken);
      assertEmpty();
    }
  }
}
