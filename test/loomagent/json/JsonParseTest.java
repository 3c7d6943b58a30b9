package loomagent.json;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

class JsonParseTest {
  @Test
  void everyKindOfValueMayStandAlone() {
    assertEquals(Map.of(), Json.parse("{}"));
    assertEquals(List.of(), Json.parse("[]"));
    assertEquals("", Json.parse("\"\""));
    assertEquals(true, Json.parse("true"));
    assertEquals(false, Json.parse("false"));
    assertNull(Json.parse("null"));
  }

  @Test
  void textsOfTheGrammarAreRead() {
    Map<String, Object> texts = new LinkedHashMap<>();
    texts.put(" \t\r\n[ \t\r\n] \t\r\n", List.of());
    texts.put("[[]   ]", List.of(List.of()));
    texts.put("[\"\"]", List.of(""));
    texts.put("[1\n]", List.of(1L));
    texts.put("[null, 1, \"1\", {}]", Arrays.asList(null, 1L, "1", Map.of()));
    texts.put("[1,null,null,null,2]", Arrays.asList(1L, null, null, null, 2L));
    texts.put("{\"a\":[]}", Map.of("a", List.of()));
    texts.put("{\"\":0}", Map.of("", 0L));
    texts.put("{\n\"a\" : \"b\" \n}", Map.of("a", "b"));
    texts.put("{\"a\\u0000b\":\"\\u0000\"}", Map.of("a\0b", "\0"));
    texts.put("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", List.of("\"\\/\b\f\n\r\t"));
    texts.put("\"\\u0041\\u00e9\\u00E9\\u20ac\"", "Aéé€");
    texts.put("\"\\ud83d\\ude39\\uD834\\uDD1E\"", "\ud83d\ude39\ud834\udd1e");
    texts.put("\"\\\\u0000\"", "\\u0000");
    texts.put("\"a/*b*/c//d\"", "a/*b*/c//d");
    texts.put("\" \u007f \u0080 \u2028 \u2029 \ufeff \uffff \udbff\udfff\"", null);
    texts.put("[\"\u00e9\",\"€uro\",\"日本語日本語\",\"𝄞𝄞\"]", List.of("é", "€uro", "日本語日本語", "𝄞𝄞"));
    texts.put(
        "\"Brosch\u00fcre \\\"Gr\u00f6\u00dfe\\\" \\u20ac 日 𝄞 end\"",
        "Broschüre \"Größe\" € 日 𝄞 end");
    texts.forEach(
        (text, value) ->
            assertEquals(
                value == null ? text.substring(1, text.length() - 1) : value,
                Json.parse(text),
                text));
  }

  @Test
  void whateverIsNotTheGrammarIsRefused() {
    String refused =
        "|[1 true]|[a\u00e5]|[\"\":"
            + " 1]|[\"a\",]|[\"a\",,]|[,1]|[1,,2]|[1,]|[\"x\"]]|[1]x|[\"x\"|[x|[3[4]]|[1:2]|[|[1|]|[,]|{|}|{]|[}|{\"a\"}|{\"a\":}|{\"a\":1,}|{\"a\":1,,\"b\":2}|{\"a\""
            + " \"b\"}|{:\"b\"}|{\"a\"::\"b\"}|{\"a\":\"b\"}}|{\"a\":\"b\"}#|{\"a\":\"b\",|{\"a\"|{a:\"b\"}|{'a':0}|{1:1}|{null:1}|{\"a\":1"
            + " \"b\":2}|{\"x\", null}|{[: \"x\"}|{\"a\":\"b\"}/**/|{\"a\":/**/\"b\"}|//\u00e9\n"
            + "1|1/|#1|\"|\"\"x|\"a|'a'|abc|\"\\|\"\\\"|\"\\x\"|\"\\U0041\"|\"\\a\"|\"\\0\"|\"\\u\"|\"\\u0\"|\"\\u00\"|\"\\u00A\"|\"\\u00G0\"|\"\\u"
            + " 041\"|\"\\u-001\"|\"\\ud800\\u\"|\"\\ud800\\u1\""
            + "|\\u0020\"\"|\u00a01|\u20281|\f1|\u000b1|1\0|tru|nul|fals|truth|nulll|True|TRUE|NaN|Infinity|-Infinity|-NaN|undefined|-|+|+1|-a|--1|++1|01|-01|00|012|-012|1.|-1.|.1|-.1|1.e1|.e1|1e|1E|1e+|1e-|1eE2|1.0e|1.0e+|1e1.5|1e1e1|0x1|0x|1_000|1"
            + " 000|1f|1L|2.e3|2.e+3|9.e+|1+2|-2.|-"
            + " 1|\uff11|0e|0E+|1e\u0661|[-]|[1.]|[01]|[-01]|[+1]|[1e]|[\"\ta\"]|[\"a\n"
            + "\"]|[\"\u001f\"]|[\"\\\ud83d\ude39\"]|<null>|\u2060[]|*|;|,|:|[1;2]|[1,2)";
    List<String> texts = new ArrayList<>(List.of(refused.split("\\|", -1)));
    texts.addAll(List.of(" ", "\n", "\"a\0b\"", "\"a\u0001", "\u0000", "\ufeff1", "\ufeff{}", "|"));
    assertTrue(texts.size() > 150);
    for (String text : texts) {
      assertThrows(JsonException.class, () -> Json.parse(text), text);
    }
  }

  @Test
  void escapedLoneSurrogatesSurvive() {
    for (String text :
        List.of(
            "\ud800",
            "\udc00",
            "\udfff\ud800",
            "a\udbffb",
            "\ud800\ud800\udc00",
            "é\ud800",
            "\ud800é日𝄞")) {
      StringBuilder json = new StringBuilder();
      text.chars().forEach(c -> json.append(String.format("\\u%04X", c)));
      assertEquals(text, Json.parse("\"" + json + "\""));
    }
    assertEquals("x\ud834y", Json.parse("\"x\\ud834y\""));
    assertEquals("𝄞\ud834\n", Json.parse("\"𝄞\\ud834\\n\""));
  }

  @Test
  void aSurrogateOutsideAnEscapeMustBeOneOfAPair() {
    for (String text : List.of("\"\ud800\"", "\"a\udc00\"", "\"\udc00\ud800\"", "\ud800")) {
      JsonException refused = assertThrows(JsonException.class, () -> Json.parse(text));
      assertTrue(Character.isSurrogate(text.charAt(refused.offset())), refused.getMessage());
    }
  }

  @Test
  void invalidUtf8IsRefusedWhereverItStands() {
    String invalid =
        "80 bf c0 c1 c080 c1bf e08080 e09fbf eda080 edbfbf f0808080 f08fbfbf f4908080 f5808080"
            + " f8888080 fe ff c3 c328 e2 e282 e28228 e228a1 f0 f09f f09f98 f09f9828 f09f2880"
            + " f0289f80 c3c3a9 fb fc8080808080 e9";
    for (String hex : invalid.split(" ")) {
      for (String around :
          List.of(
              "\"|\"",
              "\"abcdefgh|\"",
              "\"|abcdefghijklmn\"",
              "{\"|\":0}",
              "\"é|é\"",
              "|",
              "[|]",
              "\"|")) {
        byte[] text = bytes(around, hex);
        assertThrows(
            JsonException.class, () -> Json.parse(text, 0, text.length), hex + " in " + around);
      }
    }
  }

  @Test
  void theFirstAndLastCharacterOfEachLengthAreRead() {
    for (String hex : "7f c280 dfbf e0a080 ed9fbf ee8080 efbfbf f0908080 f48fbfbf".split(" ")) {
      byte[] text = bytes("\"|\"", hex);
      String value = (String) Json.parse(text, 0, text.length);
      assertEquals(new String(text, 1, text.length - 2, UTF_8), value, hex);
    }
  }

  private static byte[] bytes(String around, String hex) {
    StringBuilder latin = new StringBuilder();
    for (int i = 0; i < hex.length(); i += 2) {
      latin.append((char) Integer.parseInt(hex.substring(i, i + 2), 16));
    }
    String encoded = new String(around.getBytes(UTF_8), ISO_8859_1);
    return encoded.replace("|", latin).getBytes(ISO_8859_1);
  }

  @Test
  void everyByteOfAStringIsCheckedWhateverItsPlaceInAWord() {
    for (int length = 0; length < 40; length++) {
      String plain = "abcdefghijklmnopqrstuvwxyz0123456789ABCD".substring(0, length);
      assertEquals(plain, Json.parse("\"" + plain + "\""));
      assertEquals(Map.of(plain, plain), Json.parse("{\"" + plain + "\":\"" + plain + "\"}"));
      for (int i = 0; i <= length; i++) {
        String head = plain.substring(0, i);
        String tail = plain.substring(i);
        for (char c : new char[] {0, 1, 31, '"'}) {
          String text = "\"" + head + c + tail + "\"";
          assertThrows(JsonException.class, () -> Json.parse(text), text);
        }
        for (String c : List.of("\\n", "\u007f", "é", "€", "𝄞", "\\u00e9", "\\u20ac")) {
          Object value = c.startsWith("\\") ? Json.parse("\"" + c + "\"") : c;
          assertEquals(head + value + tail, Json.parse("\"" + head + c + tail + "\""));
          assertEquals(
              Map.of(head + value + tail, 1L), Json.parse("{\"" + head + c + tail + "\":1}"));
        }
      }
    }
  }

  @Test
  void onlyTheRangeAskedForIsRead() {
    byte[] text = "xx[1,2]yy\"abcdefghijkl\"".getBytes(UTF_8);
    assertEquals(List.of(1L, 2L), Json.parse(text, 2, 7));
    assertEquals("abcdefghijkl", Json.parse(text, 9, 23));
    assertThrows(JsonException.class, () -> Json.parse(text, 9, 22));
    assertThrows(JsonException.class, () -> Json.parse(text, 2, 6));
    assertThrows(JsonException.class, () -> Json.parse(text, 3, 3));
    assertThrows(IndexOutOfBoundsException.class, () -> Json.parse(text, 9, 24));
  }

  @Test
  void depthIsBoundedAndTheBoundItselfIsAllowed() {
    int most = Json.MAX_DEPTH;
    for (String[] level : new String[][] {{"[", "]"}, {"{\"a\":", "}"}}) {
      String inner = level[0].equals("[") ? "" : "1";
      Json.parse(level[0].repeat(most) + inner + level[1].repeat(most));
      String deeper = level[0].repeat(most + 1) + inner + level[1].repeat(most + 1);
      assertThrows(JsonException.class, () -> Json.parse(deeper));
    }
    assertThrows(JsonException.class, () -> Json.parse("[".repeat(1_000_000)));
    assertThrows(JsonException.class, () -> Json.parse("[{\"\":".repeat(500_000)));
  }

  @Test
  void sizeIsBoundedAndTheBoundItselfIsAllowed() {
    byte[] text = "[1,2]".getBytes(UTF_8);
    assertEquals(List.of(1L, 2L), Json.parse(text, 0, 5, 5));
    JsonException refused = assertThrows(JsonException.class, () -> Json.parse(text, 0, 5, 4));
    assertEquals("the text has 5 bytes, more than the 4 allowed here", refused.getMessage());
    assertThrows(JsonException.class, () -> Json.parse(" ".repeat(Json.MAX_BYTES) + "1"));
    assertThrows(JsonException.class, () -> Json.parse("é".repeat(Json.MAX_BYTES / 2 + 1)));
    assertEquals(1L, Json.parse(" ".repeat(Json.MAX_BYTES - 1) + "1"));
  }

  @Test
  void aRepeatedMemberCountsLastAtThePlaceOfTheFirst() {
    assertEquals("{a=3, b=2}", Json.parse("{\"a\":1,\"b\":2,\"a\":3}").toString());
    assertEquals("{a=null}", Json.parse("{\"a\":1,\"\\u0061\":null}").toString());
  }

  @Test
  void anObjectMayHaveHundredsOfThousandsOfMembers() {
    for (String head : List.of("k", "sharedhd", "longer than the rest ")) {
      StringBuilder many = new StringBuilder("{\"" + head + "7\":0");
      for (int i = 0; i < 200_000; i++) {
        many.append(",\"").append(head).append(i).append("\":").append(i);
      }
      Map<?, ?> members = (Map<?, ?>) Json.parse(many.append("}").toString());
      assertEquals(200_000, members.size());
      assertEquals(head + 7, members.keySet().iterator().next());
      assertEquals(199_999L, members.get(head + 199_999));
    }
  }

  @Test
  void objectsKeepTheirOrderWhateverTheirSize() {
    for (int size = 0; size <= 40; size++) {
      Map<String, Object> expected = new LinkedHashMap<>();
      for (int i = size; i > 0; i--) {
        expected.put("member" + i * 7919, i % 5 == 0 ? null : (long) i);
      }
      Map<?, ?> members = (Map<?, ?>) Json.parse(Json.write(expected));
      assertEquals(expected, members);
      assertEquals(members, expected);
      assertEquals(expected.hashCode(), members.hashCode());
      assertEquals(size, members.entrySet().size());
      assertEquals(new ArrayList<>(expected.keySet()), new ArrayList<>(members.keySet()));
      expected.forEach((name, value) -> assertEquals(value, members.get(name)));
      assertEquals(size > 4, members.containsKey("member" + 5 * 7919));
      assertFalse(members.containsKey("other"));
      assertNull(members.get("other"));
      assertNull(members.get(null));
    }
  }

  @Test
  @SuppressWarnings("unchecked")
  void theTreeCannotBeChanged() {
    for (int size : new int[] {0, 1, 5, 50}) {
      StringBuilder text = new StringBuilder("{\"list\":[" + "1,".repeat(size) + "1],\"none\":[]");
      for (int i = 0; i < size; i++) {
        text.append(",\"m").append(i).append("\":1");
      }
      var members = (Map<String, Object>) Json.parse(text + "}");
      assertThrows(UnsupportedOperationException.class, () -> members.put("a", 1));
      assertThrows(UnsupportedOperationException.class, () -> members.remove("list"));
      assertThrows(UnsupportedOperationException.class, members::clear);
      var entry = members.entrySet().iterator().next();
      assertThrows(UnsupportedOperationException.class, () -> entry.setValue(2));
      for (String name : List.of("list", "none")) {
        var list = (List<Object>) members.get(name);
        assertThrows(UnsupportedOperationException.class, () -> list.add(1));
        assertThrows(UnsupportedOperationException.class, () -> list.add(0, 1));
      }
      var list = (List<Object>) members.get("list");
      assertThrows(UnsupportedOperationException.class, () -> list.set(0, 2));
      var entries = members.entrySet().iterator();
      members.forEach((name, value) -> entries.next());
      assertThrows(NoSuchElementException.class, entries::next);
    }
  }

  @Test
  void errorsNameThePlaceWhatWasExpectedAndWhatWasFound() {
    Map<String, String> errors = new LinkedHashMap<>();
    errors.put(
        "{\"identifier\"}", "line 1, column 14: expected ':' after the member's name, found '}'");
    errors.put("", "line 1, column 1: expected a value, found the end of the text");
    errors.put("[1,\n 2 3]", "line 2, column 4: expected ',' or ']', found '3'");
    errors.put("{\"é日𝄞\":x}", "line 1, column 8: expected a value, found 'x'");
    errors.put("{'a':1}", "line 1, column 2: expected a member's name in double quotes, found '''");
    errors.put(
        "\ufeff1", "line 1, column 1: expected a value, found a byte-order mark; leave it out");
    errors.put(
        "\ufeff", "line 1, column 1: expected a value, found a byte-order mark; leave it out");
    errors.put("!", "line 1, column 1: expected a value, found '!'");
    errors.put("~", "line 1, column 1: expected a value, found '~'");
    errors.put("\u007f", "line 1, column 1: expected a value, found the byte 0x7F");
    errors.put("t rue", "line 1, column 2: expected the word true, found the byte 0x20");
    errors.put("[\ufeff", "line 1, column 2: expected a value, found the byte 0xEF");
    errors.put(
        "\"a\tb\"",
        "line 1, column 3: expected an escape in place of a control character, found the byte"
            + " 0x09");
    errors.put(
        "\"ab", "line 1, column 4: expected '\"' to end the string, found the end of the text");
    errors.put(
        "\"\\x\"",
        "line 1, column 3: expected one of \" \\ / b f n r t u after a backslash, found 'x'");
    errors.put(
        "\"\\u12g4\"", "line 1, column 6: expected four hexadecimal digits after \\u, found 'g'");
    errors.put("trUe", "line 1, column 3: expected the word true, found 'U'");
    errors.put("1 2", "line 1, column 3: expected nothing after the value, found '2'");
    errors.put("é", "line 1, column 1: expected a value, found the byte 0xC3");
    errors.put("-x", "line 1, column 2: expected a digit, found 'x'");
    errors.put("1.x", "line 1, column 3: expected a digit after the point, found 'x'");
    errors.put("1ex", "line 1, column 3: expected a digit in the exponent, found 'x'");
    errors.put("[007]", "line 1, column 2: a number begins with a zero; drop it");
    errors.put("[1e9999]", "line 1, column 2: a number with a power of ten beyond 1000");
    errors.put("\n" + "9".repeat(1001), "line 2, column 1: a number of more than 1000 digits");
    errors.put("[".repeat(201), "line 1, column 201: nested deeper than the 200 levels allowed");
    errors.put(
        "\"\ud800\"", "character 2: half a surrogate pair; write it as an escape, or drop it");
    errors.forEach(
        (text, message) -> {
          var refused = assertThrows(JsonException.class, () -> Json.parse(text), text);
          assertEquals(message, refused.getMessage());
        });
  }

  @Test
  void offsetsCountBytesInBytesAndCharactersInAString() {
    String text = "[\"é日𝄞\" x";
    assertEquals(8, assertThrows(JsonException.class, () -> Json.parse(text)).offset());
    byte[] utf8 = ("  " + text).getBytes(UTF_8);
    var refused = assertThrows(JsonException.class, () -> Json.parse(utf8, 2, utf8.length));
    assertEquals(13, refused.offset());
  }
}
