package loomagent.delivery;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loomagent.Event;
import loomagent.base.Disk;
import loomagent.base.Fuzz;
import loomagent.base.LogLines;
import loomagent.delivery.DeadLetters.Letter;
import loomagent.json.Json;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is done to the file: each whole line is a letter, and no letter is a wrong one. */
@Tag("fuzz")
class DeadLettersFuzzTest {
  private static final Instant TIME = Instant.parse("2026-03-04T05:06:07.089Z");

  @TempDir Path folder;

  private Path file() {
    return folder.resolve("mis.ndjson");
  }

  private DeadLetters open() throws IOException {
    return DeadLetters.open(file(), Disk.REAL, new LogLines());
  }

  private static Letter letter(int number, String json) {
    return new Letter(
        TIME, number, 3, "no,\"event\":{}", Event.of("id-" + number, "a.b", json, "main"));
  }

  private static List<Letter> list(DeadLetters letters) throws IOException {
    List<Letter> all = new ArrayList<>();
    letters.list(all::add);
    return all;
  }

  /** Its exact bytes as text, and all that a line says. */
  private static String text(Letter letter) {
    return letter.time()
        + " "
        + letter.sequence()
        + " "
        + letter.attempts()
        + " "
        + letter.error()
        + " "
        + letter.event().connection()
        + " "
        + letter.event().json();
  }

  private static List<String> texts(List<Letter> letters) {
    return letters.stream().map(DeadLettersFuzzTest::text).toList();
  }

  private static List<String> lines(byte[] bytes) {
    String text = new String(bytes, ISO_8859_1);
    return List.of(text.substring(0, text.lastIndexOf('\n') + 1).split("(?<=\n)"));
  }

  private static void assertIsWhatItSays(Letter letter) {
    String json = letter.event().json();
    assertTrue(
        Json.parse(json) instanceof Map<?, ?> event && letter.event().id().equals(event.get("id")),
        () -> letter.event().id() + " has " + json);
  }

  @Test
  void eachWholeLineIsALetterAndNoLetterIsAWrongOne() throws IOException {
    DeadLetters good = open();
    good.add(letter(1, "{\"id\":\"id-1\",\"event\":{\"id\":\"x\"},\"n\":1.50}"));
    good.add(letter(2, "{ \"id\" : \"id-2\" }"));
    good.add(letter(3, "{\"id\":\"id-3\",\"t\":\"\u00fc\\u0000 }\"}"));
    byte[] whole = Files.readAllBytes(file());
    List<String> wholeLines = lines(whole);
    List<String> wholeTexts = texts(list(good));
    Letter fresh = letter(4, "{\"id\":\"id-4\"}");
    Fuzz.run(
        150,
        fuzz -> {
          byte[] damaged = fuzz.damaged(whole);
          Files.write(file(), damaged);
          DeadLetters letters = open();
          List<Letter> found = list(letters);
          assertEquals(found.size(), letters.count());
          found.forEach(DeadLettersFuzzTest::assertIsWhatItSays);
          List<String> rest = texts(found);
          for (String line : lines(damaged)) {
            int number = wholeLines.indexOf(line);
            int at = number < 0 ? -1 : rest.indexOf(wholeTexts.get(number));
            assertTrue(number < 0 || at >= 0, () -> line + " is not among " + texts(found));
            rest = rest.subList(at + 1, rest.size());
          }
          letters.add(fresh);
          found.add(fresh);
          assertEquals(texts(found), texts(list(open())));
          long gone = letters.remove(Set.of("id-4"));
          assertTrue(gone >= 1);
          String left = Files.readString(file(), ISO_8859_1);
          for (String line : lines(damaged)) {
            assertTrue(left.contains(line) || line.contains("id-4"), "what cannot be read is kept");
          }
        });
  }

  @Test
  void anEventThatSomebodyEditedIsReadAsItNowIsOrNotAtAll() {
    String event = "{\"id\":\"id-1\",\"x\":{\"a\":1,\"event\":{\"id\":\"id-2\"}}}";
    for (String line :
        List.of(
            "{\"time\":\"2026-03-04T05:06:07Z\",\"sequence\":1,\"connection\":\"c\",\"attempts\":1,\"error\":\"\","
                + " \"event\" : "
                + event
                + "}\n",
            "{\"event\":"
                + event
                + ",\"time\":\"2026-03-04T05:06:07Z\",\"sequence\":1,\"connection\":\"c\",\"attempts\":1,\"error\":\"\"}\n",
            "{\"time\":\"2026-03-04T05:06:07Z\",\"sequence\":1,\"connection\":\"c\",\"attempts\":1,\"error\":\"\",\"event\":"
                + event
                + ",\"event\":"
                + event
                + " }\n")) {
      try {
        Files.write(file(), line.getBytes(UTF_8));
        list(open()).forEach(DeadLettersFuzzTest::assertIsWhatItSays);
      } catch (IOException failure) {
        throw new AssertionError(line, failure);
      }
    }
  }
}
