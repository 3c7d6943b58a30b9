package loomagent.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** From the files: what is given at once, which file is open, and what is amiss with one. */
@Timeout(60)
class JournalReaderTest {
  @TempDir Path temp;

  private Scene scene;
  private Journal journal;

  /** Two files of three events each and an empty one, none of them in memory. */
  @BeforeEach
  void twoFiles() throws Exception {
    scene = new Scene(temp.toRealPath().resolve("journal"));
    try (Journal before = scene.openQuickly()) {
      scene.fill(before, 1, 3, "");
      before.roll();
      scene.fill(before, 4, 3, "");
      before.roll();
    }
    journal = scene.openQuickly();
  }

  @AfterEach
  void close() {
    journal.close();
  }

  private static List<Long> read(JournalReader reader, int most) throws IOException {
    return reader.read(most).stream().map(Entry::sequence).toList();
  }

  /** Which of the journal's files are open beside the one that is written, if that can be asked. */
  private List<Path> open() throws IOException {
    Path links = Path.of("/proc/self/fd");
    assumeTrue(Files.isDirectory(links));
    try (Stream<Path> all = Files.list(links)) {
      List<Path> open =
          all.flatMap(JournalReaderTest::target)
              .filter(file -> file.startsWith(scene.folder))
              .collect(Collectors.toCollection(ArrayList::new));
      assertTrue(open.remove(scene.folder.resolve("00000000000000000007.log")));
      return open;
    }
  }

  private static Stream<Path> target(Path link) {
    try {
      return Stream.of(Files.readSymbolicLink(link));
    } catch (IOException closed) {
      return Stream.of();
    }
  }

  @Test
  void oneFileIsOpenWhileItIsReadAndNoneOnceTheReaderKeepsUpOrIsClosed() throws Exception {
    List<Path> files = scene.files();
    JournalReader reader = journal.reader(0);
    assertEquals(List.of(1L, 2L), read(reader, 2));
    assertEquals(List.of(files.get(0)), open());
    assertEquals(List.of(3L, 4L), read(reader, 2));
    assertEquals(List.of(files.get(1)), open());
    reader.close();
    assertEquals(List.of(), open());
    assertEquals(List.of(5L, 6L), read(reader, 2), "it goes on all the same");
    assertEquals(List.of(files.get(1)), open());
    assertEquals(List.of(), read(reader, 2));
    assertEquals(List.of(), open(), "nothing is in the third yet, and a failed sync makes it anew");
    scene.fill(journal, 7, 1, "");
    assertEquals(List.of(7L), read(reader, 2));
    assertEquals(List.of(), open());
    reader.close();
  }

  @Test
  void anErrorComesAfterTheEventsBeforeItAndIsTriedAgain() throws Exception {
    Path second = scene.files().get(1);
    Path elsewhere = Files.move(second, temp.resolve("elsewhere"));
    Files.createDirectory(second);
    try (JournalReader reader = journal.reader(1)) {
      assertEquals(List.of(1L, 2L, 3L), read(reader, 9));
      assertEquals(List.of(), open());
      assertThrows(FileNotFoundException.class, () -> reader.read(9));
      Files.delete(second);
      Files.move(elsewhere, second);
      assertEquals(List.of(4L, 5L, 6L), read(reader, 9));
    }
    assertEquals(List.of(), scene.log.all());
  }

  @Test
  void aFileThatSomebodyDeletedIsSaid() throws Exception {
    Path first = scene.files().get(0);
    Files.delete(first);
    try (JournalReader reader = journal.reader(1)) {
      assertEquals(List.of(4L, 5L, 6L), read(reader, 9));
    }
    assertEquals(
        List.of("ERROR " + first + " is gone: somebody deleted it, and its events"),
        scene.log.withLevels());
  }

  @Test
  void whatIsDamagedMeanwhileIsSaid() throws Exception {
    Path first = scene.files().get(0);
    byte[] content = Files.readAllBytes(first);
    content[0] ^= 1;
    Files.write(first, content);
    try (JournalReader reader = journal.reader(1)) {
      assertEquals(List.of(2L, 3L), read(reader, 2));
    }
    assertEquals(1, scene.log.count(first + ": "));
    assertTrue(scene.said("stepped over"));
  }

  @Test
  void oneEventBeyondAMegabyteIsEnoughForOneCall() throws Exception {
    int around = Scene.json(Scene.id(7), "7").length();
    scene.fill(journal, 7, 2, "x".repeat((1 << 20) - around));
    scene.fill(journal, 9, 4, "x".repeat(3 << 18));
    journal.close();
    journal = scene.openQuickly();
    try (JournalReader reader = journal.reader(7)) {
      assertEquals(List.of(7L, 8L), read(reader, 9));
      assertEquals(List.of(9L, 10L, 11L), read(reader, 9));
      assertEquals(List.of(12L), read(reader, 9));
    }
  }
}
