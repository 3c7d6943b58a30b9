package loomagent.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ItemsTest {
  private final Items items = new Items();

  private List<String> read(String text) {
    byte[] utf8 = ("]," + text + ",[").getBytes(UTF_8);
    items.read(utf8, 2, utf8.length - 2);
    List<String> elements = new ArrayList<>();
    while (items.next()) {
      elements.add(new String(utf8, items.start(), items.end() - items.start(), UTF_8));
    }
    assertEquals(0, items.start() + items.end());
    assertFalse(items.next());
    return elements;
  }

  @Test
  void eachElementIsGivenAsItsExactText() {
    assertEquals(List.of(), read(" [ \n] "));
    assertEquals(
        List.of("{\"a\" : [1, 2]}", "\"],[\"", "-1.50e3", "null", "[[],{}]", "\"Größe 𝄞\""),
        read(" [ {\"a\" : [1, 2]} ,\"],[\",\n-1.50e3\t, null,[[],{}],\"Größe 𝄞\" ] "));
    assertEquals(List.of("1"), read("[1]"));
  }

  @Test
  void anElementIsReadByTheEnvelopeWhereItLies() {
    byte[] page = "[{\"id\":\"a\",\"name\":\"n\",\"subject\":\"s\"}, 5 ]".getBytes(UTF_8);
    items.read(page, 0, page.length);
    Envelope envelope = new Envelope();
    assertTrue(items.next());
    envelope.readMessage(page, items.start(), items.end());
    assertTrue(envelope.messageIsObject());
    assertEquals("a n s", envelope.id() + " " + envelope.name() + " " + envelope.subject());
    assertTrue(items.next());
    envelope.readMessage(page, items.start(), items.end());
    assertFalse(envelope.messageIsObject());
    assertFalse(items.next());
  }

  @Test
  void whatIsNoArrayOrBrokenAnywhereGivesNothing() {
    for (String text :
        List.of(
            "",
            "{}",
            "5",
            "null",
            "\"[]\"",
            "[",
            "]",
            "[1",
            "[1,",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1]]",
            "[1],",
            "[{\"a\":1,}]",
            "[1,[2,[3}]]",
            "[\"\t\"]",
            "[01]",
            "[1]\0",
            "\ufeff[1]")) {
      read("[1,2]");
      byte[] utf8 = text.getBytes(UTF_8);
      assertThrows(JsonException.class, () -> items.read(utf8, 0, utf8.length), text);
      assertFalse(items.next(), text);
    }
  }

  @Test
  void depthAndSizeAreBoundedAsInTheTree() {
    String most = "[".repeat(Json.MAX_DEPTH) + "]".repeat(Json.MAX_DEPTH);
    assertEquals(List.of(most.substring(1, most.length() - 1)), read(most));
    assertThrows(JsonException.class, () -> read("[" + most + "]"));
    byte[] large = new byte[Json.MAX_BYTES + 1];
    Arrays.fill(large, (byte) ' ');
    large[0] = '[';
    large[large.length - 2] = ']';
    items.read(large, 0, large.length - 1);
    large[1] = '[';
    items.read(large, 1, large.length);
    assertThrows(JsonException.class, () -> items.read(large, 0, large.length));
  }

  @Test
  void theSameIsRefusedAsByTheTreeAndAsMuchIsFound() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    String alphabet = "[]{},:\"a1 -.e\\ntrue";
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder("[");
      for (int j = random.nextInt(9); j >= 0; j--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      String json = text.append(random.nextInt(4) == 0 ? "" : "]").toString();
      int expected = -1;
      try {
        expected = ((List<?>) Json.parse(json)).size();
      } catch (JsonException refused) {
        assertThrows(JsonException.class, () -> read(json), "seed " + seed + ": " + json);
        continue;
      }
      List<String> elements = read(json);
      assertEquals(expected, elements.size(), "seed " + seed + ": " + json);
      assertEquals(
          Json.parse(json),
          elements.stream().map(Json::parse).collect(ArrayList::new, List::add, List::addAll));
    }
  }
}
