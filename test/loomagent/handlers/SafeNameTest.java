package loomagent.handlers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SafeNameTest {

  @Test
  void whatEventsAreUsuallyCalledStays() {
    for (String text :
        List.of(
            "bd6b9b7f-1f2a-4c3d-9e8f-000000000001",
            "mission_control.job_added",
            "2026-03-01",
            "a",
            "A.b-C_9",
            "x".repeat(60))) {
      assertEquals(text, SafeName.of(text));
    }
  }

  @Test
  void whatIsReplacedGetsAHash() {
    assertEquals("Org_2b271d51~", SafeName.of("Org/2b271d51").replaceFirst("[0-9a-f]{16}$", ""));
    for (String text :
        List.of(
            "",
            ".",
            "..",
            "...",
            "../x",
            "/etc/passwd",
            "..\\x",
            "a/../../b",
            "C:x",
            "a\0b",
            ".hid",
            "-rf",
            "a.",
            "a b",
            "~",
            "a~b",
            "con",
            "NUL.json",
            "com1",
            "lpt9.x",
            "a\nb",
            "\u202Ex",
            "\uD800",
            "a*?",
            "$(id)",
            "a;b",
            "x".repeat(61),
            "a%2f",
            "\u0308")) {
      String name = SafeName.of(text);
      assertTrue(name.matches("[A-Za-z0-9_][A-Za-z0-9._-]*~[0-9a-f]{16}"), text + " " + name);
      assertTrue(name.length() <= SafeName.LONGEST, name);
    }
  }

  @Test
  void differentTextsAreDifferentNames() {
    Set<String> names = new HashSet<>();
    for (String text :
        List.of(
            "a/b",
            "a:b",
            "a_b",
            "a b",
            "a~b",
            "x".repeat(61),
            "x".repeat(62),
            "\uD800",
            "\uD801",
            "?")) {
      assertTrue(names.add(SafeName.of(text)), text);
      assertTrue(names.add(SafeName.of(SafeName.of(text) + "~")), "nobody can write the hash");
    }
    assertNotEquals(SafeName.of("a/b"), SafeName.of(SafeName.of("a/b")));
  }

  @Test
  void whateverTheTextItIsOneHarmlessPartOfAPath() {
    Random random = new Random(7);
    String nasty = "./\\:*?\"<>|\0\n\r\t~%$& -_aZ9ü日\uD83D\uDE00\u202E\uFEFF\uD800";
    Set<String> texts = new HashSet<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(i % 100 == 0 ? 300 : 9); n > 0; n--) {
        text.append(nasty.charAt(random.nextInt(nasty.length())));
      }
      String name = SafeName.of(text.toString());
      assertTrue(name.matches("(?U)[\\w][\\w.~-]*") && !name.endsWith("."), name);
      assertTrue(name.getBytes(UTF_8).length <= SafeName.LONGEST, name);
      assertEquals(texts.add(text.toString()), names.add(name), name);
    }
  }
}
