package loomagent.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import loomagent.Event;
import loomagent.base.Disk;
import loomagent.base.LogLines;
import loomagent.json.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeadLettersTest {
  private static final Instant TIME = Instant.parse("2026-03-04T05:06:07.089Z");

  @TempDir Path folder;
  private final LogLines log = new LogLines();

  private Path file() {
    return folder.resolve("mis.ndjson");
  }

  private DeadLetters open() throws IOException {
    return DeadLetters.open(file(), Disk.REAL, log);
  }

  private static DeadLetters.Letter letter(int number, String error) {
    String json = "{\"id\":\"id-" + number + "\",\"name\":\"a.b\",\"payload\":{\"n\":1.50}}";
    return letter(number, error, json);
  }

  private static DeadLetters.Letter letter(int number, String error, String json) {
    Event event = Event.of("id-" + number, "a.b", json, "main");
    return new DeadLetters.Letter(TIME, number, 3, error, event);
  }

  private static List<String> ids(DeadLetters letters) throws IOException {
    List<String> ids = new ArrayList<>();
    letters.list(letter -> ids.add(letter.event().id()));
    return ids;
  }

  @Test
  void aLetterIsALineThatSaysAll() throws IOException {
    open().add(letter(12, "IOException: \"no\",\"event\":{}"));
    assertEquals(
        "{\"time\":\"2026-03-04T05:06:07.089Z\",\"sequence\":12,\"connection\":\"main\",\"attempts\":3,\"error\":\"IOException:"
            + " \\\"no\\\",\\\"event\\\":{}\",\"event\":{\"id\":\"id-12\",\"name\":\"a.b\",\"payload\":{\"n\":1.50}}}\n",
        Files.readString(file()));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file())));
    DeadLetters.Letter found = open().find("id-12").orElseThrow();
    assertEquals(TIME, found.time());
    assertEquals(12, found.sequence());
    assertEquals(3, found.attempts());
    assertEquals("IOException: \"no\",\"event\":{}", found.error());
    assertEquals("main", found.event().connection());
    assertEquals("a.b", found.event().name());
    assertEquals(
        "{\"id\":\"id-12\",\"name\":\"a.b\",\"payload\":{\"n\":1.50}}", found.event().json());
  }

  @Test
  void anEventOfSeveralLinesStaysOneLineAndMeansTheSame() throws IOException {
    String json = "{\n  \"id\": \"id-1\",\r\n\t\"text\": \"Grüße \\n 😀 \\ud800 }\"\n}";
    DeadLetters letters = open();
    letters.add(letter(1, "no", json));
    letters.add(letter(2, "no"));
    String kept = letters.find("id-1").orElseThrow().event().json();
    assertEquals(json.replace('\n', ' '), kept);
    assertEquals(Json.parse(json), Json.parse(kept));
    assertEquals(List.of("id-1", "id-2"), ids(letters));
  }

  @Test
  void lettersAreCountedFoundAndTakenOut() throws IOException {
    DeadLetters letters = open();
    assertEquals(0, letters.count());
    assertEquals(0, letters.remove(Set.of("id-1")));
    for (int i = 1; i <= 5; i++) {
      letters.add(letter(i, "no"));
    }
    letters.add(letter(2, "again"));
    assertEquals(6, letters.count());
    assertEquals("again", letters.find("id-2").orElseThrow().error());
    assertEquals(3, letters.remove(Set.of("id-2", "id-5", "id-9")));
    assertEquals(List.of("id-1", "id-3", "id-4"), ids(letters));
    assertEquals(3, letters.count());
    assertEquals(Optional.empty(), letters.find("id-2"));
    assertEquals(3, open().count());
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file())));
  }

  @Test
  void aLetterCanBeRevised() throws IOException {
    DeadLetters letters = open();
    letters.add(letter(1, "no"));
    letters.add(letter(2, "no"));
    Map<String, DeadLetters.Letter> failed = Map.of("id-2", letter(2, "still no"));
    assertEquals(1, letters.revise(old -> Optional.of(failed.getOrDefault(old.event().id(), old))));
    assertEquals("still no", letters.find("id-2").orElseThrow().error());
    assertEquals("no", letters.find("id-1").orElseThrow().error());
    assertEquals(2, letters.count());
  }

  @Test
  void aTornTailIsSteppedOverAndCutBeforeTheNextLetter() throws IOException {
    open().add(letter(1, "no"));
    byte[] first = Files.readAllBytes(file());
    open().add(letter(2, "no"));
    byte[] both = Files.readAllBytes(file());
    for (int length = first.length; length < both.length - 1; length++) {
      Files.write(file(), Arrays.copyOf(both, length));
      DeadLetters letters = open();
      assertEquals(1, letters.count());
      letters.add(letter(3, "no"));
      assertEquals(List.of("id-1", "id-3"), ids(letters), "cut to " + length);
      assertEquals(2, Files.readString(file()).lines().count());
    }
    assertEquals(List.of(), log.all());
  }

  @Test
  void aLetterThatOnlyLacksItsNewlineIsKept() throws IOException {
    open().add(letter(1, "no"));
    byte[] first = Files.readAllBytes(file());
    Files.write(file(), Arrays.copyOf(first, first.length - 1)); // as an editor may leave it
    DeadLetters letters = open();
    assertEquals(1, letters.count());
    letters.add(letter(2, "no"));
    assertEquals(List.of("id-1", "id-2"), ids(letters));
  }

  @Test
  void aDamagedLineIsSaidSteppedOverAndKept() throws IOException {
    DeadLetters letters = open();
    letters.add(letter(1, "no"));
    Files.writeString(file(), "{\"time\":\"tod", StandardOpenOption.APPEND);
    Files.write(file(), new byte[] {-1, 0, '\n', '\n'}, StandardOpenOption.APPEND);
    letters.add(letter(2, "no"));
    letters = open();
    assertEquals(List.of("id-1", "id-2"), ids(letters));
    assertEquals(2, log.all().size());
    assertTrue(log.all().get(0).contains("mis.ndjson:2: this dead letter cannot be read"));
    letters.remove(Set.of("id-1"));
    String kept = new String(Files.readAllBytes(file()), UTF_8);
    assertTrue(kept.startsWith("{\"time\":\"tod"), kept);
    assertEquals(List.of("id-2"), ids(letters));
    assertEquals(1, letters.count());
  }

  @Test
  void aFullDiskAddsNothingAndTakesNothingOut() throws IOException {
    FullDisk disk = new FullDisk();
    DeadLetters letters = DeadLetters.open(file(), disk, log);
    letters.add(letter(1, "no"));
    byte[] before = Files.readAllBytes(file());
    for (int room : new int[] {0, 1, 60}) {
      disk.fill(room);
      assertThrows(IOException.class, () -> letters.add(letter(2, "no")));
      assertThrows(IOException.class, () -> letters.revise(letter -> Optional.of(letter(9, "x"))));
      assertEquals(new String(before, UTF_8), Files.readString(file()));
      assertEquals(1, letters.count());
    }
    disk.empty();
    letters.add(letter(2, "no"));
    letters.remove(Set.of("id-1"));
    assertEquals(List.of("id-2"), ids(letters));
  }

  @Test
  void lettersOfARemovedHandlerCanBeReadAsFarAsOneLikes() throws IOException {
    DeadLetters.read(
        file(),
        letter -> {
          throw new AssertionError("there is no such file");
        });
    DeadLetters letters = open();
    for (int i = 0; i < 20; i++) {
      letters.add(letter(i, "no"));
    }
    List<String> ids = new ArrayList<>();
    DeadLetters.read(
        file(),
        letter -> {
          ids.add(letter.event().id());
          return ids.size() < 3;
        });
    assertEquals(List.of("id-0", "id-1", "id-2"), ids);
  }
}
