package loomagent.delivery;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.zip.CRC32C;
import loomagent.base.Disk;
import loomagent.base.LogLines;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CursorTest {
  private static final long[] NONE = {};

  @TempDir Path folder;
  private final LogLines log = new LogLines();

  private Path file() {
    return folder.resolve("mis");
  }

  private Cursor open(long oldest, long end) throws IOException {
    return Cursor.open(file(), Cursor.Start.NEWEST, oldest, end, Disk.REAL, log);
  }

  private static void assertAt(long next, long[] open, Cursor.Position position) {
    assertEquals(position(next, open), position);
  }

  private static Cursor.Position position(long next, long... open) {
    return new Cursor.Position(next, LongStream.of(open).boxed().toList());
  }

  @Test
  void aNewHandlerBeginsAtTheNewestEventOrAtTheOldest() throws IOException {
    assertAt(70, NONE, open(5, 70).start());
    Path other = folder.resolve("other");
    assertAt(5, NONE, Cursor.open(other, Cursor.Start.OLDEST, 5, 70, Disk.REAL, log).start());
    assertAt(70, NONE, open(5, 100).start());
    assertEquals(List.of(), log.all());
  }

  @Test
  void whereItWasMovedToIsKnownWithoutASyncOrAClose() throws IOException {
    Cursor cursor = open(1, 1);
    cursor.move(12);
    assertAt(12, NONE, open(1, 100).start());
    cursor.move(40, new long[] {3, 17, 39, 0, 0}, 3);
    assertAt(40, new long[] {3, 17, 39}, Cursor.read(file()).orElseThrow());
    cursor.move(41);
    assertAt(41, NONE, open(1, 100).start());
    cursor.move(Long.MAX_VALUE);
    assertAt(Long.MAX_VALUE, NONE, Cursor.read(file()).orElseThrow());
  }

  @Test
  void asManyOpenEventsFitAsThereMayBe() throws IOException {
    long[] open =
        LongStream.range(0, Cursor.MOST_OPEN).map(i -> Long.MAX_VALUE - 2_000 + i).toArray();
    Cursor cursor = open(1, 1);
    cursor.move(Long.MAX_VALUE - 2, open, open.length);
    cursor.move(Long.MAX_VALUE - 1, open, open.length);
    Cursor again = open(1, Long.MAX_VALUE);
    assertAt(Long.MAX_VALUE - 1, open, again.start());
    again.move(7);
    assertAt(7, NONE, open(1, 100).start());
  }

  @Test
  void aPersonCanReadTheFile() throws IOException {
    Cursor cursor = open(1, 1);
    String made = Files.readString(file());
    assertEquals("0 1", made.trim().substring(9));
    assertEquals(-1, made.indexOf(0), "spaces, where nothing was written yet");
    cursor.move(40, new long[] {3, 17, 39}, 3);
    cursor.move(41);
    cursor.close();
    String text = Files.readString(file());
    assertEquals(
        List.of("2 41", "1 40 3 17 39"),
        text.lines()
            .filter(line -> !line.isBlank())
            .map(line -> line.trim().substring(9))
            .toList());
    assertEquals(2 * Cursor.SLOT, text.length());
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file())));
  }

  @Test
  void whateverIsTornInOneSlotTheOtherCounts() throws IOException {
    Cursor cursor = open(1, 1);
    cursor.move(40, new long[] {3, 17, 39}, 3);
    cursor.move(1_234, new long[] {1_001}, 1);
    cursor.close();
    byte[] whole = Files.readAllBytes(file());
    String text = new String(whole, US_ASCII);
    int newer = text.indexOf(" 1234 ") / Cursor.SLOT * Cursor.SLOT;
    int length = text.indexOf('\n', newer) + 1 - newer;
    for (int i = 0; i < length; i++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] damaged = whole.clone();
        damaged[newer + i] ^= (byte) (1 << bit);
        Files.write(file(), damaged);
        assertAt(40, new long[] {3, 17, 39}, open(1, 9_000).start());
      }
    }
    assertEquals(List.of(), log.all());
  }

  @Test
  void aWriteThatStopsAnywhereLeavesTheStateBefore() throws IOException {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    Cursor cursor = open(1, 1);
    for (int round = 0; round < 200; round++) {
      byte[] before = Files.readAllBytes(file());
      Cursor.Position old = Cursor.read(file()).orElseThrow();
      long next = random.nextLong(1_000, 1L << random.nextInt(11, 62));
      long[] open = random.longs(random.nextInt(4), 1, 1_000).sorted().distinct().toArray();
      cursor.move(next, open, open.length);
      byte[] after = Files.readAllBytes(file());
      int cut = random.nextInt(after.length);
      byte[] torn = Arrays.copyOf(after, after.length);
      System.arraycopy(before, cut, torn, cut, torn.length - cut);
      Path copy = Files.write(folder.resolve("torn"), torn);
      Cursor.Position found = Cursor.read(copy).orElseThrow();
      assertTrue(
          found.equals(old) || found.equals(position(next, open)),
          () -> "seed " + seed + ": " + found);
    }
  }

  @Test
  void aFileWithoutAValidSlotBeginsAtTheOldestEventLoudly() throws IOException {
    List<byte[]> contents = new ArrayList<>();
    contents.add(new byte[0]);
    contents.add(new byte[2 * Cursor.SLOT]);
    contents.add("00000000 \n".getBytes(US_ASCII));
    contents.add("deadbeef 1 2\n".getBytes(US_ASCII));
    for (byte[] content : contents) {
      Files.write(file(), content);
      Cursor cursor = open(5, 70);
      assertAt(5, NONE, cursor.start());
      cursor.move(9);
      assertAt(9, NONE, open(5, 70).start());
    }
    assertEquals(4, log.errors().size());
    assertTrue(log.errors().get(0).contains("begins at the oldest event kept, number 5"));
  }

  @Test
  void aFileThatLostItsTailKeepsItsPlace() throws IOException {
    Cursor cursor = open(1, 1);
    cursor.move(7);
    cursor.move(12);
    cursor.close();
    byte[] whole = Files.readAllBytes(file());
    Files.write(file(), Arrays.copyOf(whole, 100)); // the first slot's line, and no more
    assertAt(12, NONE, open(1, 100).start());
    assertEquals(2 * Cursor.SLOT, Files.size(file()));
  }

  @Test
  void aFileThatGrewIsCutAndKeepsItsPlaceWhateverIsTornNext() throws IOException {
    open(1, 1).move(40); // in the second slot, as the first was made with the file
    byte[] whole = Files.readAllBytes(file());
    Files.write(file(), Arrays.copyOf(whole, whole.length + 1));
    Cursor cursor = open(1, 100);
    cursor.move(41);
    cursor.close();
    byte[] torn = Files.readAllBytes(file());
    assertEquals(2 * Cursor.SLOT, torn.length);
    torn[new String(torn, US_ASCII).indexOf(" 41")] = 'x';
    Files.write(file(), torn);
    assertAt(40, NONE, open(1, 100).start());
    assertEquals(List.of(), log.all());
  }

  @Test
  void whatSomebodyWroteByHandHasToKeepToTheForm() throws IOException {
    assertEquals(Optional.of(position(40)), written("7 40\n"));
    assertEquals(Optional.of(position(40, 1, 39)), written("0 40 1 39\n"));
    assertEquals(Optional.of(position(40)), written(Long.MAX_VALUE / 2 - 1 + " 40\n"));
    List<String> wrong =
        List.of(
            "7 40", // somebody may have been at it yet
            "7\n",
            "7 0\n",
            "7 40 40\n",
            "7 40 3 3\n",
            "7 40 17 3\n",
            "7 40 0\n",
            "-1 40\n",
            Long.MAX_VALUE / 2 + " 40\n", // could not be counted on from
            "7 forty\n");
    for (String line : wrong) {
      assertEquals(Optional.empty(), written(line), line);
    }
  }

  private Optional<Cursor.Position> written(String line) throws IOException {
    CRC32C crc = new CRC32C();
    crc.update(line.strip().getBytes(US_ASCII));
    return Cursor.read(
        Files.writeString(file(), String.format("%08x %s", crc.getValue(), line), US_ASCII));
  }

  @Test
  void aCursorFromBeyondTheJournalBeginsAtItsEnd() throws IOException {
    open(1, 1).move(500, new long[] {7}, 1);
    assertAt(20, NONE, open(1, 20).start());
    assertAt(20, NONE, open(1, 30).start());
    assertEquals(1, log.all().size());
    assertTrue(log.all().get(0).contains("was the journal removed?"), log.all().get(0));
  }

  @Test
  void aCursorThatNeverMovedMayBeFromBeyondTheJournalToo() throws IOException {
    open(1, 9).close();
    assertAt(5, NONE, open(1, 5).start());
    assertAt(5, NONE, open(1, 30).start());
    assertEquals(List.of(), log.errors(), "it was never damaged");
  }

  @Test
  void aCursorAtTheJournalsEndKeepsWhatIsOpen() throws IOException {
    open(1, 1).move(20, new long[] {7}, 1);
    assertAt(20, new long[] {7}, open(1, 20).start());
    assertEquals(List.of(), log.all());
  }

  @Test
  void aHandlerKnowsWhichEventWasTheFirstForIt() throws IOException {
    assertEquals(70, open(5, 70).begin());
    Cursor again = open(5, 90);
    assertEquals(70, again.begin(), "after a restart");
    again.move(89);
    assertEquals(0, open(5, 20).begin(), "of another journal, all is for it");
    assertEquals(0, open(5, 90).begin(), "and stays so");
  }

  @Test
  void aHandlerThatBeganWithTheOldestMissedNone() throws IOException {
    Path file = folder.resolve("other");
    assertEquals(0, Cursor.open(file, Cursor.Start.OLDEST, 5, 70, Disk.REAL, log).begin());
    assertEquals(0, open(5, 5).begin(), "the oldest is the newest");
    assertFalse(Files.exists(folder.resolve("mis.begin")));
  }

  @Test
  void aCursorOfARemovedHandlerCanBeRead() throws IOException {
    assertEquals(Optional.empty(), Cursor.read(file()));
    open(1, 9).close();
    assertAt(9, NONE, Cursor.read(file()).orElseThrow());
  }
}
