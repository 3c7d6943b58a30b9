package loomagent.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import loomagent.journal.Journal.Taken;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class JournalTest {
  @TempDir Path temp;

  private Scene scene() {
    return new Scene(temp.resolve("journal"));
  }

  @Test
  void aNewFolderIsMadeForItsOwnerAloneAndIsEmpty() throws IOException {
    Scene scene = scene();
    try (Journal journal = scene.open()) {
      assertEquals(1, journal.oldest());
      assertEquals(1, journal.next());
      assertEquals(List.of(), Scene.read(journal, 1));
      assertEquals(
          new Journal.Stats(0, 0, Optional.empty(), Optional.empty(), ""), journal.stats());
      assertEquals(
          "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(scene.folder)));
      assertEquals(
          "rw-------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(scene.files().get(0))));
    }
    assertEquals(List.of(), scene.log.all());
  }

  @Test
  void aRecordIsTheLineThatIsDrawn() throws Exception {
    Scene scene = scene();
    String json = Scene.json(Scene.id(7), "é");
    try (Journal journal = scene.open()) {
      assertEquals(Taken.NEW, Scene.put(journal, Scene.id(7), json));
    }
    Path file = scene.folder.resolve("00000000000000000001.log");
    String line = Files.readString(file);
    String covered = "1 2026-03-01T10:00:00.000Z default " + json;
    java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
    crc.update(covered.getBytes(UTF_8));
    assertEquals(String.format("%08x %s\n", crc.getValue(), covered), line);
  }

  @Test
  void everyTextComesBackExactly() throws Exception {
    List<String> texts = new ArrayList<>();
    texts.add("{}");
    texts.add("{\"id\":\"a\"}");
    texts.add("{\n\t\"id\" :\r\n\"a\\n\\u000b\",\n\n\"x\":[\n1,\n2\n]}\n");
    texts.add("{\"id\":\"\\u0000\\ud800 \u00e9 \u4e2d \ud83d\ude00\",\"name\":\"\ufeff \u2028\"}");
    texts.add("{\"id\":\"z\",\"text\":\"" + "\u4e2d".repeat((1 << 20) / 3) + "\"}");
    Scene scene = scene();
    scene.maxSize = 64 << 20;
    try (Journal journal = scene.open()) {
      for (int i = 0; i < texts.size(); i++) {
        assertEquals(Taken.NEW, Scene.put(journal, "id " + i, texts.get(i)));
      }
      Scene.flush(journal);
      assertEquals(texts, Scene.read(journal, 1).stream().map(e -> e.event().json()).toList());
    }
    try (Journal journal = scene.open()) { // and now from the files
      List<Entry> entries = Scene.read(journal, 1);
      assertEquals(texts, entries.stream().map(e -> e.event().json()).toList());
      assertEquals("\u0000\ud800 \u00e9 \u4e2d \ud83d\ude00", entries.get(3).event().id());
      assertEquals("\ufeff \u2028", entries.get(3).event().name());
      assertEquals("default", entries.get(3).event().connection());
      assertEquals(Scene.START, entries.get(3).time());
    }
    assertEquals(
        texts.size(),
        Files.readString(scene.files().get(0)).chars().filter(c -> c == '\n').count());
  }

  @Test
  void aLargeEventPassesAndOneThatIsTooLargeIsRefused() throws Exception {
    Scene scene = scene();
    int around = Scene.json("large", "").length();
    String large = Scene.json("large", "x".repeat(Line.LONGEST_JSON - around));
    String tooLarge = Scene.json("large", "x".repeat(Line.LONGEST_JSON - around + 1));
    try (Journal journal = scene.open()) {
      assertEquals(Taken.NEW, Scene.put(journal, "large", large));
      IllegalArgumentException refused =
          assertThrows(
              IllegalArgumentException.class, () -> Scene.put(journal, "too large", tooLarge));
      assertEquals("an event of 4194305 bytes is too large", refused.getMessage());
    }
    try (Journal journal = scene.open()) {
      assertEquals(large, Scene.read(journal, 1).get(0).event().json());
    }
    assertEquals(1, JournalFiles.verify(scene.folder).records());
  }

  @Test
  void anIdIsTakenOnceAlsoBeforeItIsOnDiskAndAfterARestart() throws Exception {
    Scene scene = scene();
    try (Journal journal = scene.open()) {
      String json = Scene.json(Scene.id(1), "");
      assertEquals(Taken.NEW, Scene.put(journal, Scene.id(1), json));
      assertEquals(Taken.DUPLICATE, Scene.put(journal, Scene.id(1), json));
      Scene.flush(journal);
      assertEquals(Taken.DUPLICATE, Scene.put(journal, Scene.id(1), json));
      assertEquals(Taken.NEW, Scene.put(journal, "not a UUID", Scene.json("not a UUID", "")));
    }
    try (Journal journal = scene.open()) {
      assertEquals(Taken.DUPLICATE, Scene.put(journal, Scene.id(1), "{}"));
      assertEquals(Taken.DUPLICATE, Scene.put(journal, "not a UUID", "{}"));
      assertEquals(3, journal.next());
    }
  }

  @Test
  void numbersGoOnAfterARestart() throws Exception {
    Scene scene = scene();
    for (int i = 0; i < 5; i++) {
      try (Journal journal = scene.open()) {
        assertEquals(1 + 3L * i, journal.next());
        scene.fill(journal, 10L * i, 3, "");
        assertEquals(scene.appended, Scene.texts(Scene.read(journal, 0)));
      }
    }
    assertEquals(1, scene.files().size(), "a restart goes on in the same file");
    assertEquals(List.of(), scene.log.all());
  }

  @Test
  void aReaderIsGivenWhatIsOnDiskAndIsToldWhenMoreIs() throws Exception {
    Scene scene = scene();
    try (Journal journal = scene.open();
        JournalReader reader = journal.reader(2)) {
      Semaphore told = new Semaphore(0);
      journal.listen(told::release);
      assertEquals(List.of(), reader.read(10));
      assertEquals(2, reader.position());
      scene.fill(journal, 1, 4, "");
      assertTrue(told.tryAcquire(30, TimeUnit.SECONDS));
      assertEquals(2, reader.read(2).size());
      assertEquals(4, reader.position());
      assertEquals(4, reader.read(2).get(0).sequence());
      assertEquals(List.of(), reader.read(2));
      assertEquals(5, reader.position());
    }
  }

  @Test
  void anInterruptedThreadAppendsAndReadsAsAnyOther() throws Exception {
    Scene scene = scene();
    scene.maxSize = 8000;
    try (Journal journal = scene.open()) {
      scene.fill(journal, 1, 50, "x".repeat(100));
    }
    try (Journal journal = scene.open()) {
      Thread.currentThread().interrupt();
      assertEquals(Taken.NEW, Scene.put(journal, "a", Scene.json("a", "")));
      assertTrue(Scene.put(journal, "b", Scene.json("b", "")) == Taken.NEW);
      try (JournalReader reader = journal.reader(1)) {
        assertEquals(20, reader.read(20).size());
        assertEquals(20, reader.read(20).size());
      }
      assertTrue(Thread.interrupted());
      Scene.flush(journal);
      assertEquals(52, Scene.read(journal, 1).size());
      Thread.currentThread().interrupt();
      assertThrows(InterruptedException.class, () -> journal.flush(Duration.ofSeconds(9)));
      Thread.currentThread().interrupt();
    } // close() waits for what was taken, too
    assertTrue(Thread.interrupted());
  }

  @Test
  void aClosedJournalRefusesAndWhatItTookIsOnDisk() throws Exception {
    Scene scene = scene();
    Journal journal = scene.open();
    for (int i = 0; i < 1000; i++) {
      assertEquals(Taken.NEW, Scene.put(journal, Scene.id(i), Scene.json(Scene.id(i), "")));
    }
    journal.close();
    journal.close();
    assertEquals(Taken.REFUSED, Scene.put(journal, Scene.id(1000), "{}"));
    assertTrue(journal.flush(Duration.ofSeconds(1)));
    assertEquals(1001, journal.next());
    assertEquals(1, journal.roll());
    assertEquals(1000, JournalFiles.verify(scene.folder).records());
    assertEquals("the thread that writes has ended", journal.fault());
  }

  @Test
  void theNewestEventOfEachConnectionIsKnownHoweverOld() throws Exception {
    Scene scene = scene();
    scene.maxSize = 8000;
    byte[] quiet = Scene.json("quiet", "").getBytes(UTF_8);
    try (Journal journal = scene.open()) {
      assertEquals(Optional.empty(), journal.newest("quiet"));
      assertEquals(Taken.NEW, journal.append("quiet", "quiet", "", quiet, 0, quiet.length));
      scene.fill(journal, 1, 50, "x".repeat(100));
      assertEquals("quiet", journal.newest("quiet").orElseThrow().event().id());
      assertEquals(Scene.id(50), journal.newest("default").orElseThrow().event().id());
    }
    assertTrue(scene.files().size() > 3);
    try (Journal journal = scene.open()) {
      assertEquals(1, journal.newest("quiet").orElseThrow().sequence());
      assertEquals(51, journal.newest("default").orElseThrow().sequence());
      assertEquals(Optional.empty(), journal.newest("other"));
    }
  }

  @Test
  void theNewestOfAQuietConnectionIsTheLastOneInTheLastFileThatHasIt() throws Exception {
    Scene scene = scene();
    byte[] quiet = "{\"id\":\"quiet\"}".getBytes(UTF_8);
    try (Journal journal = scene.open()) {
      for (int file = 0; file < 4; file++) {
        for (int i = 2 * file; i < 2 * file + 2; i++) {
          if (file < 3) {
            journal.append("quiet", "quiet " + i, "", quiet, 0, quiet.length);
          }
          scene.fill(journal, i, 1, "");
        }
        journal.roll();
      }
    }
    // So that only the fourth and the empty fifth are read at the start.
    Path fifth = Segment.file(scene.folder, SeenIds.GENERATION + 13);
    Files.move(scene.files().get(4), fifth);
    Path third = scene.files().get(2);
    Files.writeString(third, Files.readString(third).replace("\"quiet\"", "\"quite\""));
    try (Journal journal = scene.open()) {
      assertEquals(7, journal.newest("quiet").orElseThrow().sequence());
      assertEquals(14, journal.newest("default").orElseThrow().sequence());
      assertEquals(Optional.empty(), journal.newest("other"));
    }
    Path second = scene.files().get(1);
    Files.delete(second);
    Files.createDirectory(second);
    try (Journal journal = scene.open()) {
      assertEquals(3, journal.newest("quiet").orElseThrow().sequence());
      assertTrue(scene.said(second + " cannot be read: "), scene.log::toString);
    }
  }

  @Test
  void theLatestEventsAreGivenInOrderAndNoMoreThanThereAre() throws Exception {
    Scene scene = scene();
    try (Journal journal = scene.open()) {
      assertEquals(List.of(), journal.latest(3, Entry::sequence));
      scene.fill(journal, 1, 5, "");
      assertEquals(List.of(3L, 4L, 5L), journal.latest(3, Entry::sequence));
      assertEquals(List.of(1L, 2L, 3L, 4L, 5L), journal.latest(9, Entry::sequence));
    }
    try (Journal journal = scene.open()) { // from the files
      assertEquals(List.of(4L, 5L), journal.latest(2, Entry::sequence));
    }
  }

  @Test
  void statsSayHowMuchThereIsAndSinceWhen() throws Exception {
    Scene scene = scene();
    try (Journal journal = scene.open()) {
      scene.fill(journal, 1, 1, "");
      scene.clock.forward(Duration.ofMinutes(5));
      scene.fill(journal, 2, 2, "");
      Journal.Stats stats = journal.stats();
      assertEquals(3, stats.events());
      assertEquals(Files.size(scene.files().get(0)), stats.bytes());
      assertEquals(Optional.of(Scene.START), stats.oldest());
      assertEquals(Optional.of(Scene.START.plusSeconds(300)), stats.newest());
      assertEquals("", stats.fault());
      assertEquals(3, journal.syncs().count(), "the one at the start is none of an event");
      assertTrue(journal.syncs().sum() < 60, () -> journal.syncs().toString());
    }
    try (Journal journal = scene.open()) {
      scene.clock.forward(Duration.ofMinutes(5));
      scene.fill(journal, 4, 1, "");
      assertEquals(Optional.of(Scene.START), journal.stats().oldest());
      assertEquals(Optional.of(Scene.START.plusSeconds(600)), journal.stats().newest());
    }
  }

  @Test
  void aFileThatIsNotOursIsLeftAloneWithAWord() throws Exception {
    Scene scene = scene();
    Files.createDirectories(scene.folder);
    Path note = Files.writeString(scene.folder.resolve("README"), "hello");
    Path other = Files.writeString(scene.folder.resolve("99999999999999999999.log"), "hello");
    try (Journal journal = scene.open()) {
      scene.fill(journal, 1, 1, "");
    }
    assertEquals(
        List.of(
            other + " is none of the journal's files; it is left alone",
            note + " is none of the journal's files; it is left alone"),
        scene.log.all());
    assertEquals("hello", Files.readString(note));
  }

  @Test
  void itsThreadMayBeInterruptedAtAnyTime() throws Exception {
    Scene scene = scene();
    int count = 2_000;
    try (Journal journal = scene.open()) {
      Thread writer =
          Thread.getAllStackTraces().keySet().stream()
              .filter(thread -> thread.getName().equals("journal"))
              .findFirst()
              .orElseThrow();
      assertTrue(writer.isDaemon(), "a disk that hangs holds no end of the agent");
      AtomicBoolean enough = new AtomicBoolean();
      Thread handler =
          new Thread(
              () -> {
                while (!enough.get()) {
                  writer.interrupt();
                  LockSupport.parkNanos(200_000);
                }
              });
      handler.start();
      for (int i = 1; i <= count; i++) {
        assertEquals(Taken.NEW, Scene.put(journal, Scene.id(i), Scene.json(Scene.id(i), "text")));
        LockSupport.parkNanos(10_000);
      }
      Scene.flush(journal);
      enough.set(true);
      handler.join();
      assertEquals(count, Scene.read(journal, 1).size());
    }
    assertTrue(scene.said("has interrupted the thread"), scene.log::toString);
    JournalFiles.Report report = JournalFiles.verify(scene.folder);
    assertEquals(List.of(), report.damages());
    try (Journal again = scene.open()) {
      assertEquals(count, Scene.read(again, 1).size()); // nothing lost, and nothing twice
    }
  }

  @Test
  void aFolderThatCannotBeUsedIsSaidInWords() throws Exception {
    Scene scene = scene();
    Files.writeString(scene.folder, "a file");
    IOException refusal = assertThrows(IOException.class, scene::open);
    assertTrue(
        refusal.getMessage().startsWith("the journal in " + scene.folder + " cannot be opened ("),
        refusal.getMessage());
    assertFalse(refusal.getMessage().contains("\n"));
  }
}
