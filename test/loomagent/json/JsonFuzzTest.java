package loomagent.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import loomagent.base.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random documents and frames, whole and damaged. */
@Tag("fuzz")
class JsonFuzzTest {
  private static final int ROUNDS = 2_000;
  private static final String[] NAMES = {
    "type",
    "identifier",
    "message",
    "reason",
    "reconnect",
    "id",
    "name",
    "subject",
    "payload",
    "",
    "a"
  };

  @Test
  void whatIsWrittenIsReadBackTheSame() {
    Fuzz.run(
        ROUNDS,
        fuzz -> {
          Object value = value(fuzz.random, 5);
          assertEquals(value, Json.parse(Json.write(value)));
          byte[] spaced = fuzz.input(bytes(spaced(fuzz.random, value)));
          assertEquals(value, Json.parse(spaced, 0, spaced.length));
        });
  }

  @Test
  void whateverTheBytesAreEveryReaderSaysOfThemWhatTheGrammarSays() {
    Envelope envelope = new Envelope();
    Items items = new Items();
    int[] verdicts = new int[2];
    boolean all =
        Fuzz.run(
            ROUNDS,
            fuzz -> {
              Random random = fuzz.random;
              Object frame = fuzz.once(10) ? value(random, 3) : frame(random);
              byte[] bytes = fuzz.input(bytes(spaced(random, frame)));
              agree(envelope, items, bytes, 0, bytes.length);
              for (int i = 0; i < 8; i++) {
                byte[] damaged = fuzz.damaged(bytes);
                int from = fuzz.once(8) ? random.nextInt(damaged.length + 1) : 0;
                verdicts[agree(envelope, items, damaged, from, damaged.length) ? 1 : 0]++;
              }
            });
    int sum = verdicts[0] + verdicts[1];
    assertTrue(!all || verdicts[0] > sum / 10 && verdicts[1] > sum / 25, Arrays.toString(verdicts));
  }

  /** Whether the bytes are JSON; fails when the envelope and the tree differ in anything. */
  private static boolean agree(Envelope envelope, Items items, byte[] bytes, int from, int to) {
    Object tree = null;
    JsonException refused = null;
    try {
      tree = Json.parse(bytes, from, to);
      assertEquals(Reference.parse(bytes, from, to), tree);
    } catch (JsonException e) {
      refused = e;
      assertThrows(Reference.Refused.class, () -> Reference.parse(bytes, from, to), e.getMessage());
    } catch (Reference.Refused strict) {
      throw new AssertionError("the grammar has no such text", strict);
    }
    agree(items, tree, bytes, from, to);
    try {
      envelope.read(bytes, from, to);
    } catch (JsonException e) {
      assertEquals(refused == null ? "accepted" : refused.getMessage(), e.getMessage());
      assertEquals(refused.offset(), e.offset());
      return false;
    }
    assertEquals(null, refused);
    assertEquals(tree instanceof Map, envelope.isObject());
    Map<?, ?> members = tree instanceof Map<?, ?> map ? map : Map.of();
    Object message = members.get("message");
    Map<?, ?> event = message instanceof Map<?, ?> map ? map : Map.of();
    assertEquals(members.get("type") != null, envelope.hasType());
    if (members.get("type") instanceof String || !envelope.hasType()) {
      assertEquals(string(members.get("type")), envelope.type());
    } else {
      assertEquals(members.get("type"), Json.parse(envelope.type()));
    }
    assertEquals(members.get("identifier") != null, envelope.hasIdentifier());
    assertEquals(string(members.get("identifier")), envelope.identifier());
    assertEquals(string(members.get("reason")), envelope.reason());
    assertEquals(members.get("reconnect") != Boolean.FALSE, envelope.reconnect());
    assertEquals(message != null, envelope.hasMessage());
    assertEquals(message instanceof Map, envelope.messageIsObject());
    assertEquals(string(event.get("id")), envelope.id());
    assertEquals(string(event.get("name")), envelope.name());
    assertEquals(string(event.get("subject")), envelope.subject());
    if (members.containsKey("message")) {
      assertEquals(message, Json.parse(envelope.messageText()));
      assertEquals(message, Json.parse(bytes, envelope.messageStart(), envelope.messageEnd()));
    }
    return true;
  }

  private static void agree(Items items, Object tree, byte[] bytes, int from, int to) {
    if (!(tree instanceof List<?> elements)) {
      assertThrows(JsonException.class, () -> items.read(bytes, from, to));
      return;
    }
    items.read(bytes, from, to);
    for (Object element : elements) {
      assertTrue(items.next());
      assertEquals(element, Json.parse(bytes, items.start(), items.end()));
    }
    assertFalse(items.next());
  }

  private static String string(Object value) {
    return value instanceof String text ? text : "";
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static Object frame(Random random) {
    Map<String, Object> frame = new LinkedHashMap<>();
    for (int i = random.nextInt(6); i >= 0; i--) {
      String name = NAMES[random.nextInt(NAMES.length)];
      frame.put(
          name, name.equals("message") && random.nextInt(4) > 0 ? event(random) : value(random, 2));
    }
    return frame;
  }

  private static Object event(Random random) {
    Map<String, Object> event = new LinkedHashMap<>();
    for (int i = random.nextInt(8); i > 0; i--) {
      event.put(NAMES[random.nextInt(NAMES.length)], value(random, 2));
    }
    return event;
  }

  private static Object value(Random random, int depth) {
    switch (random.nextInt(depth > 0 ? 10 : 7)) {
      case 0:
        return null;
      case 1:
        return random.nextBoolean();
      case 2:
        return random.nextLong() >> random.nextInt(64);
      case 3:
        return number(random);
      case 4, 5, 6:
        return text(random);
      case 7:
        List<Object> list = new ArrayList<>();
        for (int i = random.nextInt(6); i > 0; i--) {
          list.add(value(random, depth - 1));
        }
        return list;
      default:
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = random.nextInt(random.nextInt(4) == 0 ? 40 : 6); i > 0; i--) {
          map.put(
              random.nextBoolean() ? NAMES[random.nextInt(NAMES.length)] : text(random),
              value(random, depth - 1));
        }
        return map;
    }
  }

  private static Number number(Random random) {
    BigInteger digits = new BigInteger(random.nextInt(random.nextInt(4) == 0 ? 3000 : 90), random);
    digits = random.nextBoolean() ? digits : digits.negate();
    if (random.nextBoolean()) {
      return digits.bitLength() < 64 ? (Number) digits.longValue() : digits;
    }
    int scale =
        random.nextInt(random.nextBoolean() ? 20 : 2001) - (random.nextBoolean() ? 10 : 1000);
    BigDecimal number = new BigDecimal(digits, Math.max(-1000, Math.min(1000, scale)));
    return number.scale() == 0 ? number.setScale(1) : number;
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    int beyondAscii = random.nextInt(3) == 0 ? 4 : 40;
    for (int i = random.nextInt(random.nextInt(5) == 0 ? 200 : 20); i > 0; i--) {
      switch (random.nextInt(beyondAscii)) {
        case 0 -> text.append((char) random.nextInt(256));
        case 1 -> text.append((char) random.nextInt(0x10000));
        case 2 -> text.appendCodePoint(0x10000 + random.nextInt(0x100000));
        default -> text.append((char) (' ' + random.nextInt(95)));
      }
    }
    return text.toString();
  }

  /** The value with white space wherever it may stand, repeated members, and needless escapes. */
  private static String spaced(Random random, Object value) {
    StringBuilder out = new StringBuilder();
    spaced(random, value, out);
    return out.toString();
  }

  private static void spaced(Random random, Object value, StringBuilder out) {
    space(random, out);
    if (value instanceof Map<?, ?> members) {
      String before = "{";
      for (Map.Entry<?, ?> member : members.entrySet()) {
        for (int i = random.nextInt(10) == 0 ? 1 : 0; i >= 0; i--) {
          out.append(before);
          space(random, out);
          escaped(random, (String) member.getKey(), out);
          space(random, out);
          out.append(':');
          spaced(random, i == 0 ? member.getValue() : value(random, 1), out);
          before = ",";
        }
      }
      out.append(members.isEmpty() ? "{" : "");
      space(random, out);
      out.append('}');
    } else if (value instanceof List<?> elements) {
      out.append('[');
      for (int i = 0; i < elements.size(); i++) {
        out.append(i > 0 ? "," : "");
        spaced(random, elements.get(i), out);
      }
      space(random, out);
      out.append(']');
    } else if (value instanceof String text) {
      escaped(random, text, out);
    } else {
      out.append(Json.write(value));
    }
    space(random, out);
  }

  private static void space(Random random, StringBuilder out) {
    while (random.nextInt(4) == 0) {
      out.append(" \t\n\r".charAt(random.nextInt(4)));
    }
  }

  private static void escaped(Random random, String text, StringBuilder out) {
    if (random.nextInt(3) > 0) {
      Json.writeString(out, text);
      return;
    }
    out.append('"');
    text.chars()
        .forEach(c -> out.append(String.format(random.nextBoolean() ? "\\u%04x" : "\\u%04X", c)));
    out.append('"');
  }
}
