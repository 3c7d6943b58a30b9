package loomagent.journal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import loomagent.base.Disk;
import loomagent.base.LossyDisk;
import loomagent.journal.JournalFiles.Bounds;
import loomagent.journal.JournalFiles.Damage;
import loomagent.journal.JournalFiles.Report;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class JournalFilesTest {
  @TempDir Path temp;

  private Scene scene;

  /** Three files of three events each. */
  @BeforeEach
  void threeFiles() throws Exception {
    scene = new Scene(temp.resolve("journal"));
    try (Journal journal = scene.openQuickly()) {
      scene.fill(journal, 1, 3, "");
      journal.roll();
      scene.fill(journal, 4, 3, "");
      journal.roll();
      scene.fill(journal, 7, 3, "");
    }
  }

  private List<Object> read(long from, int most) throws IOException {
    List<Object> seen = new ArrayList<>();
    JournalFiles.read(
        scene.folder,
        from,
        new JournalFiles.Visitor() {
          @Override
          public boolean entry(Entry entry) {
            seen.add(entry.sequence());
            return seen.size() < most;
          }

          @Override
          public void damaged(Damage damage) {
            seen.add(damage);
          }
        });
    return seen;
  }

  private int length(int file) throws IOException {
    return (int) Files.size(scene.files().get(file)) / 3; // of one record
  }

  /** Changes a byte of the n-th record of a file. */
  private Damage damage(int file, int record) throws IOException {
    Path path = scene.files().get(file);
    byte[] content = Files.readAllBytes(path);
    int length = content.length / 3;
    content[record * length + 60] ^= 1;
    Files.write(path, content);
    return new Damage(path, (long) record * length, length, "its checksum does not match");
  }

  @Test
  void aFolderThatIsNotThereIsEmpty() throws IOException {
    Path none = temp.resolve("none");
    assertEquals(new Bounds(1, 1), JournalFiles.bounds(none));
    assertEquals(new Report(0, 0, List.of(), List.of()), JournalFiles.verify(none));
    JournalFiles.read(none, 0, entry -> false);
  }

  @Test
  void readingBeginsAndEndsWhereItIsTold() throws IOException {
    assertEquals(List.of(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L), read(0, 99));
    assertEquals(List.of(5L, 6L, 7L), read(5, 3));
    assertEquals(List.of(9L), read(9, 3));
    assertEquals(List.of(), read(10, 3));
    assertEquals(List.of(1L), read(-1, 1));
    assertEquals(new Bounds(1, 10), JournalFiles.bounds(scene.folder));
  }

  @Test
  void damageIsShownWhereItIs() throws IOException {
    Damage first = damage(0, 1);
    Damage last = damage(2, 2);
    assertEquals(List.of(1L, first, 3L, 4L, 5L, 6L, 7L, 8L, last), read(0, 99));
    assertEquals(List.of(4L, 5L), read(4, 2), "a file below is not looked at");
    assertEquals(
        new Report(3, 7, List.of(first, last), List.of()), JournalFiles.verify(scene.folder));
    assertEquals(new Bounds(1, 9), JournalFiles.bounds(scene.folder));
    assertEquals(
        last.file()
            + ": "
            + last.bytes()
            + " bytes at "
            + last.offset()
            + " are no whole record (its checksum does not match)",
        last.toString());
  }

  @Test
  void aRecordThatComesAgainIsGivenOnce() throws IOException {
    Path first = scene.files().get(0);
    Path second = scene.files().get(1);
    String records = Files.readString(first);
    Files.writeString(first, records + records);
    Files.writeString(second, records + Files.readString(second));
    assertEquals(List.of(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L), read(0, 99));
  }

  @Test
  void aFileThatIsDeletedMeanwhileWasTooOldAndOneThatCannotBeReadIsSaid() throws IOException {
    Path second = scene.files().get(1);
    List<Long> seen = new ArrayList<>();
    JournalFiles.read(
        scene.folder,
        0,
        entry -> {
          seen.add(entry.sequence());
          second.toFile().delete();
          return true;
        });
    assertEquals(List.of(1L, 2L, 3L, 7L, 8L, 9L), seen);
    Files.createDirectory(second);
    assertThrows(FileNotFoundException.class, () -> read(0, 99));
  }

  @Test
  void aTextThatIsNoJsonIsDamageThoughItsChecksumMatches() throws Exception {
    try (Journal journal = scene.openQuickly()) {
      assertEquals(Journal.Taken.NEW, Scene.put(journal, "x", "{\"id\":\"x"));
    }
    assertEquals("its event is no JSON", ((Damage) read(10, 99).get(0)).reason());
    Report report = JournalFiles.verify(scene.folder);
    assertEquals(9, report.records());
    assertEquals(1, report.damages().size());
    try (Journal journal = scene.openQuickly()) {
      assertEquals(9, Scene.read(journal, 1).size());
      assertTrue(journal.next() > 10);
    }
  }

  @Test
  void whatIsJustBeingWrittenIsNotThereYet() throws IOException {
    Path last = scene.files().get(2);
    byte[] whole = Files.readAllBytes(last);
    Files.write(last, Arrays.copyOf(whole, whole.length - 5));
    assertEquals(List.of(7L, 8L), read(7, 99));
    assertEquals(new Report(3, 8, List.of(), List.of()), JournalFiles.verify(scene.folder));
    Path first = scene.files().get(0);
    Files.write(first, Arrays.copyOf(Files.readAllBytes(first), whole.length - 5));
    assertEquals(
        "the file ends in it", JournalFiles.verify(scene.folder).damages().get(0).reason());
  }

  @Test
  void repairKeepsWhatIsWholeAndSetsAsideTheRest() throws IOException {
    byte[] untouched = Files.readAllBytes(scene.files().get(1));
    Damage first = damage(0, 0);
    Damage second = damage(0, 2);
    Damage last = damage(2, 2);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (Path file : scene.files()) {
      bytes.write(Files.readAllBytes(file));
    }
    Report report = JournalFiles.repair(scene.folder, Disk.REAL, Long.MAX_VALUE);
    assertEquals(3, report.files());
    assertEquals(6, report.records());
    assertEquals(List.of(first, second, last), report.damages());
    assertEquals(2, report.setAside().size());
    assertEquals(List.of(2L, 4L, 5L, 6L, 7L, 8L), read(0, 99));
    assertArrayEquals(untouched, Files.readAllBytes(scene.files().get(1)));
    long kept = 0;
    for (Path file : scene.files()) {
      kept += Files.size(file);
    }
    for (Path file : report.setAside()) {
      assertEquals(scene.folder.resolve("damaged"), file.getParent());
      kept += Files.size(file);
    }
    assertEquals(bytes.size(), kept, "nothing is deleted");
    assertEquals(List.of(), JournalFiles.verify(scene.folder).damages());
    assertEquals(List.of(), JournalFiles.repair(scene.folder, Disk.REAL, Long.MAX_VALUE).damages());
    try (Journal journal = scene.openQuickly()) {
      assertTrue(journal.next() >= 10, "9 may be known to a cursor");
      assertEquals(6, Scene.read(journal, 0).size());
    }
  }

  @Test
  void aFileIsBegunForTheNumbersOfADamagedEndAloneAndNoneIsLeftOpen() throws IOException {
    LossyDisk disk = new LossyDisk(scene.folder);
    damage(2, 1);
    JournalFiles.repair(scene.folder, disk, Long.MAX_VALUE);
    assertEquals(3, scene.files().size());
    Path last = scene.files().get(2);
    Files.writeString(last, Files.readString(last) + "torn");
    JournalFiles.repair(scene.folder, disk, Long.MAX_VALUE);
    assertEquals(scene.folder.resolve("00000000000000000011.log"), scene.files().get(3));
    assertEquals(4, scene.files().size());
    assertEquals(0, disk.open());
  }

  @Test
  void repairingAgainKeepsAllThatWasSetAsideForItsOwnerAlone() throws IOException {
    damage(0, 0);
    List<Path> once = JournalFiles.repair(scene.folder, Disk.REAL, Long.MAX_VALUE).setAside();
    byte[] before = Files.readAllBytes(once.get(0));
    Path file = scene.files().get(0);
    Files.writeString(file, "nonsense\n" + Files.readString(file));
    List<Path> twice = JournalFiles.repair(scene.folder, Disk.REAL, Long.MAX_VALUE).setAside();
    assertArrayEquals(before, Files.readAllBytes(once.get(0)));
    assertEquals("nonsense\n", Files.readString(twice.get(0)));
    damage(0, 0);
    List<Path> thrice = JournalFiles.repair(scene.folder, Disk.REAL, Long.MAX_VALUE).setAside();
    assertEquals(twice.get(0).toString().replace(".2", ".3"), thrice.get(0).toString());
    assertEquals(
        "rwx------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(once.get(0).getParent())));
  }

  @Test
  void beforeASequenceOnlySealedFilesAreRepaired() throws IOException {
    damage(0, 0);
    damage(1, 0);
    damage(2, 0);
    assertEquals(0, JournalFiles.repair(scene.folder, Disk.REAL, 3).files());
    assertEquals(1, JournalFiles.repair(scene.folder, Disk.REAL, 6).files());
    assertEquals(2, JournalFiles.repair(scene.folder, Disk.REAL, 7).files());
    assertEquals(2, JournalFiles.repair(scene.folder, Disk.REAL, 1000).files());
    assertEquals(1, JournalFiles.verify(scene.folder).damages().size());
  }

  @Test
  void besideARunningAgentItsReadersGoOn() throws Exception {
    damage(0, 0);
    damage(2, 1);
    assertEquals(length(0), length(2));
    try (Journal journal = scene.openQuickly();
        JournalReader reader = journal.reader(1)) {
      assertEquals(2, reader.read(1).get(0).sequence());
      Report report = JournalFiles.repair(scene.folder, Disk.REAL, journal.roll());
      assertEquals(2, report.damages().size());
      assertEquals(List.of(3L, 4L), reader.read(2).stream().map(Entry::sequence).toList());
      scene.fill(journal, 10, 2, "");
      assertEquals(
          List.of(5L, 6L, 7L, 9L, 10L, 11L),
          reader.read(20).stream().map(Entry::sequence).toList());
      assertEquals(9, Scene.read(journal, 0).size());
      assertEquals(List.of(), JournalFiles.verify(scene.folder).damages());
      scene.fill(journal, 12, 2, "");
    }
    assertEquals(11, JournalFiles.verify(scene.folder).records());
  }
}
