package loomagent.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import loomagent.base.LossyDisk;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is known again after a restart, with which number it goes on, and what is cut. */
@Timeout(60)
class RecoveryTest {
  @TempDir Path temp;

  private Scene scene;

  /** Three events in a file and three in another, the active one. */
  @BeforeEach
  void twoFiles() throws Exception {
    scene = new Scene(temp.resolve("journal"));
    try (Journal journal = scene.openQuickly()) {
      byte[] json = "{\"id\":\"quiet\"}".getBytes(StandardCharsets.UTF_8);
      journal.append("quiet", "quiet", "", json, 0, json.length);
      scene.fill(journal, 2, 2, "");
      journal.roll();
      scene.fill(journal, 4, 3, "");
    }
  }

  private Path file(long sequence) {
    return Segment.file(scene.folder, sequence);
  }

  private void assertGoesOnWith(long sequence) throws IOException {
    try (Journal journal = scene.openQuickly()) {
      assertEquals(sequence, journal.next());
    }
  }

  @Test
  void aGenerationOfIdsIsKnownAgainAndOfWhatIsOlderTheNewestByConnectionIsFound() throws Exception {
    Files.createFile(file(SeenIds.GENERATION + 5)); // as if so many had come since
    try (Journal journal = scene.openQuickly()) {
      assertEquals(SeenIds.GENERATION + 5, journal.next());
      assertEquals(Journal.Taken.DUPLICATE, Scene.put(journal, Scene.id(4), "{}"));
      assertEquals(Journal.Taken.NEW, Scene.put(journal, Scene.id(3), "{}"));
      assertEquals(1, journal.newest("quiet").orElseThrow().sequence());
    }
  }

  @Test
  void howManyCameWhenIsKnownAgain() throws Exception {
    try (Journal journal = scene.openQuickly()) {
      assertEquals(6, journal.activity().events().get(Activity.SPANS - 1));
    }
  }

  @Test
  void theNameOfAFileThatIsNotEmptyIsNotGivenToAnother() throws Exception {
    Files.createFile(file(10));
    assertGoesOnWith(10);
    Files.writeString(file(10), "torn");
    assertGoesOnWith(11);
  }

  @Test
  void soManyNumbersAreLeftOutAsMayHaveBeenInTheDamagedEnd() throws Exception {
    Files.writeString(file(4), Files.readString(file(4)) + "torn\n".repeat(20));
    assertGoesOnWith(7 + Line.most(100));
  }

  @Test
  void aTornEndIsCutOnlyOnceItIsKeptAndAnotherFileIsBegunAndEachStepIsSynced() throws Exception {
    byte[] whole = Files.readAllBytes(file(4));
    int cut = whole.length * 2 / 3;
    Files.write(file(4), Arrays.copyOf(whole, whole.length - 1));
    List<String> steps = new ArrayList<>();
    LossyDisk disk = new LossyDisk(scene.folder);
    disk.fail((kind, file) -> steps.add(kind + " " + scene.folder.relativize(file)));
    try (Journal journal = scene.open(disk)) {
      assertEquals(1, disk.open());
      assertEquals(cut, Files.size(file(4)));
      assertEquals(Files.size(file(1)) + cut, journal.stats().bytes());
      assertEquals(
          List.of(
              file(4)
                  + " ended in "
                  + (whole.length - 1 - cut)
                  + " bytes that are no whole record, as after a power cut: cut off, and kept as "
                  + scene.folder.resolve("damaged").resolve(file(4).getFileName())),
          scene.log.all());
    }
    assertEquals(0, disk.open());
    assertEquals(
        List.of(
            "SYNC 00000000000000000004.log",
            "REPLACE damaged/00000000000000000004.log",
            "CREATE " + file(6 + Line.most(whole.length - 1 - cut)).getFileName(),
            "TRUNCATE 00000000000000000004.log",
            "SYNC 00000000000000000004.log"),
        steps);
  }

  @Test
  void aTornEndThatCannotBeKeptIsNotCutAndThatIsSaid() throws Exception {
    Files.writeString(file(4), Files.readString(file(4)) + "torn");
    LossyDisk disk = new LossyDisk(scene.folder);
    disk.fail(
        (kind, file) -> {
          if (kind == LossyDisk.Kind.REPLACE) {
            throw new IOException("no");
          }
        });
    try (Journal journal = scene.open(disk)) {
      assertEquals(1, scene.log.count(" 4 bytes that are no whole record, as after a power cut. "));
      assertEquals(1, scene.log.count(". They could not be cut off: java.io.IOException: no"));
      scene.fill(journal, 7, 1, "");
      assertEquals(7, Scene.read(journal, 0).size());
    }
  }

  @Test
  void damageThatIsLeftInTheMiddleIsSaidAtOnce() throws Exception {
    for (long sequence : List.of(1L, 4L)) {
      byte[] content = Files.readAllBytes(file(sequence));
      content[20] ^= 1;
      Files.write(file(sequence), content);
    }
    try (Journal journal = scene.openQuickly()) {
      assertEquals(7, journal.next());
      assertEquals(2, scene.log.all().size(), scene.log::toString);
      assertEquals(2, scene.log.count(" stepped over."));
    }
  }

  @Test
  void theEndOfASealedFileIsDamageInTheMiddleToo() throws Exception {
    Files.writeString(file(1), Files.readString(file(1)) + "torn");
    try (Journal journal = scene.openQuickly()) {
      assertEquals(7, journal.next());
      assertEquals(1, scene.log.all().size(), scene.log::toString);
      assertEquals(1, scene.log.count("(the file ends in it): stepped over."));
    }
  }
}
