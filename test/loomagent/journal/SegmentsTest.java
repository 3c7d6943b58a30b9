package loomagent.journal;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import loomagent.Event;
import loomagent.base.LogLines;
import loomagent.base.LossyDisk;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files as a whole: how old they are, and which of them may go. */
class SegmentsTest {
  private static final int SIZE = 100;
  private static final long NOBODY = Long.MAX_VALUE; // waits for anything

  @TempDir Path folder;

  private final LogLines log = new LogLines();

  /** Three files from 1, 11 and 21 on, of that age in milliseconds, with no event that is whole. */
  @BeforeEach
  void threeFiles() throws IOException {
    for (int first = 1; first < 31; first += 10) {
      Path file = Files.write(Segment.file(folder, first), new byte[SIZE]);
      Files.setLastModifiedTime(file, FileTime.fromMillis(first));
    }
  }

  private Segments segments(long maxSize) throws IOException {
    return new Segments(folder, maxSize, new LossyDisk(folder), log);
  }

  private static List<Long> kept(Segments segments) {
    return segments.all().stream().map(Segment::first).toList();
  }

  @Test
  void aFileIsAnEighthOfAllButNeverEmptyNorLargerThanIsQuicklyRead() {
    assertEquals(1, Segments.size(0));
    assertEquals(100, Segments.size(800));
    assertEquals(16 << 20, Segments.size(128 << 20));
    assertEquals(16 << 20, Segments.size(1L << 40));
  }

  @Test
  void whatIsTooMuchGoesButWhatSomebodyWaitsForAndTheActiveFile() throws IOException {
    Segments enough = segments(3 * SIZE);
    enough.tidy(NOBODY, 0);
    assertEquals(List.of(1L, 11L, 21L), kept(enough));
    Segments segments = segments(3 * SIZE - 1);
    Segment first = segments.holding(1).orElseThrow();
    segments.tidy(10, 0);
    segments.tidy(10, 0);
    assertEquals(List.of(1L, 11L, 21L), kept(segments));
    assertTrue(segments.has(first));
    assertEquals(
        List.of(
            "the journal holds 300 bytes, more than journal.max-size, since a handler still waits"
                + " for event 10"),
        log.all());
    segments.tidy(11, 0);
    assertEquals(List.of(11L, 21L), kept(segments));
    assertFalse(segments.has(first));
    assertEquals(2 * SIZE, segments.bytes());
    Segments small = segments(1);
    small.tidy(NOBODY, 0);
    assertEquals(List.of(21L), kept(small));
  }

  @Test
  void whatIsTooOldGoesButWhatSomebodyWaitsForAndTheActiveFile() throws IOException {
    Segments segments = segments(3 * SIZE);
    segments.tidy(NOBODY, 1);
    assertEquals(List.of(1L, 11L, 21L), kept(segments));
    segments.tidy(10, 99);
    assertEquals(List.of(1L, 11L, 21L), kept(segments));
    assertEquals(List.of(), log.all());
    segments.tidy(NOBODY, 11);
    assertEquals(List.of(11L, 21L), kept(segments));
    segments.tidy(NOBODY, 99);
    assertEquals(List.of(21L), kept(segments));
  }

  @Test
  void roomIsMadeByTheOldestFileThatNobodyWaitsFor() throws IOException {
    Segments segments = segments(3 * SIZE);
    assertFalse(segments.makeRoom(10));
    assertTrue(segments.makeRoom(11));
    assertEquals(List.of(11L, 21L), kept(segments));
    assertTrue(segments.makeRoom(NOBODY));
    assertFalse(segments.makeRoom(NOBODY), "the active one stays");
    assertFalse(Files.exists(Segment.file(folder, 11)));
    assertEquals(2, log.count("WARNING the disk is full: deleted the delivered events below "));
  }

  @Test
  void soManyDamagesAreRememberedAndSaidAndNoMore() throws IOException {
    Segments segments = segments(SIZE);
    for (int twice = 0; twice < 2; twice++) {
      for (int offset = 0; offset < 1_002; offset++) {
        segments.damaged(new JournalFiles.Damage(folder, offset, 1, "why"));
      }
    }
    assertEquals(1_000, log.all().size());
    assertEquals(
        folder
            + ": 1 byte at 0 are no whole record (why): stepped over. \"journal repair\" sets them"
            + " aside",
        log.all().get(0));
  }

  @Test
  void anEmptyFileIsNotBegunAgainAndNoneIsLeftOpen() throws IOException {
    LossyDisk disk = new LossyDisk(folder);
    Segments segments = new Segments(folder, SIZE, disk, log);
    List<String> steps = new ArrayList<>();
    disk.fail((kind, file) -> steps.add(kind + " " + file.getFileName()));
    segments.goOn();
    segments.roll(31);
    segments.roll(31);
    assertEquals(
        List.of("SYNC 00000000000000000021.log", "CREATE 00000000000000000031.log"), steps);
    assertEquals(1, disk.open());
    segments.close();
    assertEquals(0, disk.open());
    segments.roll(31); // as after a failure, which may have left something in it
    assertEquals(
        List.of("DELETE 00000000000000000031.log", "CREATE 00000000000000000031.log"),
        steps.subList(2, 4));
    segments.close();
  }

  private static void add(Batch batch, int sequence) {
    Event event = Event.of("1", "", "{}", "c");
    batch.add(
        new Entry(sequence, 1_000L * sequence, event),
        new byte[] {'c'},
        "{}".getBytes(US_ASCII),
        0,
        2);
  }

  private static Batch batch(int sequence) {
    Batch batch = new Batch();
    add(batch, sequence);
    return batch;
  }

  @Test
  void aFileIsFilledToItsLastByteAndTakesOneBatchHoweverLarge() throws IOException {
    int line = batch(31).length();
    Segments two = segments(8L * 2 * line);
    two.roll(31);
    for (int i = 31; i < 36; i++) {
      two.write(batch(i));
    }
    assertEquals(List.of(1L, 11L, 21L, 31L, 33L, 35L), kept(two));
    two.close();
    LossyDisk disk = new LossyDisk(folder);
    disk.fail((kind, file) -> assertNotEquals(LossyDisk.Kind.DELETE, kind));
    Segments small = new Segments(folder, 1, disk, log);
    small.roll(41);
    small.write(batch(41));
    small.write(batch(42));
    small.close();
    assertEquals(List.of(1L, 11L, 21L, 31L, 33L, 35L, 41L, 42L), kept(small));
  }

  @Test
  void theAgeOfAFileIsThatOfItsWholeEventsAsFarAsItIsOnDisk() throws IOException {
    Path other = folder.resolve("other");
    Batch batch = new Batch();
    for (int i = 1; i <= 4; i++) {
      add(batch, i);
    }
    byte[] bytes = Arrays.copyOf(batch.bytes(), batch.length());
    int line = bytes.length / 4;
    bytes[0] ^= 1;
    bytes[3 * line] ^= 1;
    Files.write(other, bytes);
    Segment whole = new Segment(1, other, bytes.length);
    assertEquals(2_000, whole.oldest());
    assertEquals(3_000, whole.newest());
    assertEquals(3_000, new Segment(1, other, bytes.length).newest());
    assertEquals(2_000, new Segment(1, other, 2L * line).newest());
    Files.delete(other);
    assertEquals(2_000, whole.oldest(), "it is read once");
    whole.took(5_000, 6_000);
    assertEquals(2_000, whole.oldest());
    assertEquals(6_000, whole.newest());
  }
}
