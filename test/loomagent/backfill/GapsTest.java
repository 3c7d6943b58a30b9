package loomagent.backfill;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import loomagent.base.Disk;
import loomagent.base.LogLines;
import loomagent.json.Json;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GapsTest {
  private static final String A = "default";
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Optional<Instant> NONE = Optional.empty();

  @TempDir Path folder;
  private final LogLines log = new LogLines();
  private final BadDisk disk = new BadDisk();
  private Path file;
  private Gaps gaps;

  @BeforeEach
  void open() throws IOException {
    file = folder.resolve("gaps.ndjson");
    gaps = Gaps.open(folder, disk, log);
  }

  private static Instant at(int minutes) {
    return NOON.plus(Duration.ofMinutes(minutes));
  }

  private static Optional<Instant> known(int minutes) {
    return Optional.of(at(minutes));
  }

  private Gaps reopened() throws IOException {
    disk.full = false;
    return Gaps.open(folder, disk, log);
  }

  private Gap gap(int from, int to) {
    gaps.lost(A, at(from), known(from - 1), NONE);
    return gaps.live(A, at(to)).orElseThrow();
  }

  @Test
  void aGapBeginsOnceAndEndsWithTheConfirmation() throws IOException {
    Gap begun = gaps.lost(A, at(0), known(-3), NONE).orElseThrow();
    assertEquals(begun, gaps.lost(A, at(1), known(-1), NONE).orElseThrow());
    assertEquals(List.of(), gaps.open(A));
    Gap ended = gaps.live(A, at(4)).orElseThrow();
    assertEquals(0, disk.unsynced);
    assertEquals(1, ended.number());
    assertEquals(at(0), ended.from());
    assertEquals(at(-3), ended.asked());
    assertEquals(known(4), ended.to());
    assertEquals(Duration.ofMinutes(4), ended.length());
    assertEquals(Optional.empty(), gaps.live(A, at(5)));
    log.withLevels().forEach(line -> assertTrue(line.contains("gap 1: 4m without a subscription")));

    assertEquals(List.of(ended), gaps.open(A));
    assertEquals(List.of(), gaps.open("other"));
    assertEquals(known(5), gaps.lastLive(A));
    assertEquals(List.of(ended), reopened().open(A));
    assertEquals(known(5), reopened().lastLive(A));
  }

  @Test
  void ofTheVeryFirstStartThereIsNoGapUnlessSinceMakesOne() {
    assertEquals(Optional.empty(), gaps.lost(A, at(0), NONE, NONE));
    assertEquals(Optional.empty(), gaps.live(A, at(1)));
    Gap gap = gaps.lost("b", at(0), NONE, known(-90)).orElseThrow();
    assertEquals(at(-90), gap.from());
    assertEquals(at(-90), gap.asked());
  }

  @Test
  void whereThereNeverWasAnEventAGapIsAskedFromWhereTheOneBeforeItWas() throws IOException {
    gaps.lost(A, at(0), NONE, known(-90));
    gaps.closed(gaps.live(A, at(600)).orElseThrow().number(), 0, ""); // by a clock that is ahead
    Gap gap = reopened().lost(A, at(601), NONE, known(-90)).orElseThrow();
    assertEquals(at(601), gap.from());
    assertEquals(at(-90), gap.asked());
  }

  @Test
  void withoutAnEventTheLastConfirmationIsAskedFromEvenWithSince() {
    gaps.live(A, at(1));
    Gap gap = gaps.lost(A, at(5), NONE, known(-90)).orElseThrow();
    assertEquals(at(5), gap.from());
    assertEquals(at(1), gap.asked());
  }

  @Test
  void whereTheEventsAreGoneTheLastOneKnownAtTheConfirmationCountsWhateverTheClockSaid()
      throws IOException {
    gaps.known(A, at(-400)); // where events come from
    gaps.live(A, at(1));
    Gap gap = reopened().lost(A, at(5), NONE, NONE).orElseThrow();
    assertEquals(at(5), gap.from());
    assertEquals(at(-400), gap.asked());
  }

  @Test
  void theFirstEventOfAllIsKnownAtOnceAndUntilTheNextConfirmation() throws IOException {
    disk.full = true;
    gaps.known(A, at(-400));
    assertFalse(gaps.isDated(A));
    gaps.known(A, at(-300)); // for all that is known, the events before it were not pulled
    disk.full = false;
    gaps.mend();
    assertTrue(gaps.isDated(A));
    gaps.known(A, at(-200));

    Gaps next = reopened();
    assertTrue(next.isDated(A));
    assertEquals(Optional.empty(), next.lastLive(A));
    assertEquals(at(-400), next.lost(A, at(5), NONE, NONE).orElseThrow().asked());
    next.live(A, at(6));
    gaps.live(A, at(7));
    assertEquals(at(-200), reopened().lost(A, at(8), NONE, NONE).orElseThrow().asked());
  }

  @Test
  void whatCouldNotBeWrittenIsWrittenBeforeTheNextEvent() throws IOException {
    gaps.live(A, at(0));
    disk.full = true;
    Gap gap = gap(1, 2);
    gaps.mend();
    disk.full = false;
    gaps.mend();
    assertEquals(List.of(gap), reopened().open(A));
    assertEquals(1, log.count("cannot be written"));
    assertEquals(1, log.count("is complete again"));
  }

  @Test
  void aGapThatRunsGoesOnAfterARestart() throws IOException {
    gaps.lost(A, at(0), known(-1), NONE);
    Gaps next = reopened();
    assertEquals(at(0), next.lost(A, at(7), known(6), NONE).orElseThrow().from());
    assertEquals(known(9), next.live(A, at(9)).orElseThrow().to());
    next.lost(A, at(10), known(9), NONE);
    assertEquals(List.of(1L, 2L), reopened().recent(A, 5).stream().map(Gap::number).toList());
  }

  @Test
  void notesProgressAndClosingOutlastARestart() throws IOException {
    gap(0, 1);
    gap(2, 3);
    gaps.note(1, "a\nb");
    assertEquals("a\\u000ab", reopened().open(A).get(0).note());
    Gap.Progress so = new Gap.Progress(2, "a.b", URI.create("http://h/e?filter[x]=%20"), 3, 4, 5);
    gaps.progress(1, so);
    assertEquals("", gaps.open(A).get(0).note());
    assertEquals(Optional.of(so), reopened().open(A).get(0).progress());
    gaps.closed(2, 0, "with 1");
    gaps.closed(1, 12, "");
    gaps.note(1, "too late");
    gaps.closed(99, 1, "");
    Gaps next = reopened();
    assertEquals(List.of(), next.open(A));
    List<Gap> recent = next.recent(A, 9);
    assertEquals("12  true", recent.get(0).recovered() + " " + recent.get(0).note() + " true");
    assertEquals("with 1", recent.get(1).note());
    assertEquals(Optional.empty(), recent.get(0).progress());
    assertTrue(recent.get(0).closed());
    assertEquals(recent.subList(1, 2), next.recent(A, 1));
  }

  @Test
  void whatIsNotedAgainIsNotWrittenAgain() throws IOException {
    gap(0, 1);
    gaps.note(1, "401");
    long size = Files.size(file);
    gaps.note(1, "401");
    assertEquals(size, Files.size(file));
  }

  @Test
  void aFileCutAtAnyLengthGivesAllItsWholeLines() throws IOException {
    gap(0, 1);
    gap(2, 3);
    gaps.closed(1, 5, "");
    byte[] whole = Files.readAllBytes(file);
    List<List<Gap>> seen = new ArrayList<>();
    for (int length = 0; length <= whole.length; length++) {
      BadDisk.fresh(file, Arrays.copyOf(whole, length));
      List<Gap> now = reopened().recent(A, 9);
      if (seen.isEmpty() || !seen.get(seen.size() - 1).equals(now)) {
        seen.add(now);
      }
      assertEquals(now, reopened().recent(A, 9)); // as it was written anew
      assertTrue(Files.readString(file).endsWith("\n") || Files.size(file) == 0);
    }
    // none, 1 running, 1 ended, 2 running, 2 ended, 1 closed
    assertEquals(6, seen.size());
    assertEquals(0, log.count("cannot be read"));
  }

  @Test
  void aDamagedLineIsSaidAndSteppedOver() throws IOException {
    gap(0, 1);
    gap(2, 3);
    String whole = Files.readString(file);
    for (String damage :
        List.of(
            "{\"gap\":1,",
            "null",
            "5",
            "[]",
            "{}",
            "{\"live\":\"2026-01-01T00:00:00Z\"}",
            "{\"gap\":\"1\"}",
            "{\"gap\":0,\"connection\":\"default\"}",
            "\0\0\0",
            "\u00ff",
            "{\"gap\":9,\"connection\":\"default\",\"from\":\"yesterday\",\"asked\":\"\"}",
            "{\"connection\":\"x\",\"live\":5}",
            "[".repeat(5000))) {
      int middle = whole.indexOf('\n', whole.length() / 2) + 1;
      String text = whole.substring(0, middle) + damage + "\n" + whole.substring(middle);
      Files.writeString(file, text);
      long before = log.count("1 line cannot be read");
      assertEquals(gaps.recent(A, 9), reopened().recent(A, 9), damage);
      assertEquals(before + 1, log.count("1 line cannot be read"), damage);
    }
  }

  @Test
  void everyByteOfTheFileFlippedIsSurvived() throws IOException {
    gap(0, 1);
    gaps.progress(1, new Gap.Progress(1, "a.b", URI.create("http://h/e?x=%20"), 3, 4, 5));
    byte[] whole = Files.readAllBytes(file);
    for (int i = 0; i < whole.length; i++) {
      byte[] flipped = whole.clone();
      flipped[i] ^= 0x41;
      BadDisk.fresh(file, flipped);
      reopened();
    }
  }

  @Test
  void aFileBeyondMeasureIsRefusedInWords() throws IOException {
    try (RandomAccessFile large = new RandomAccessFile(file.toFile(), "rw")) {
      large.setLength(GapsFile.LARGEST + 1L);
    }
    IOException refused = assertThrows(IOException.class, this::reopened);
    assertEquals(
        file + " has more than 64 MB, which no agent wrote: move it away", refused.getMessage());
  }

  @Test
  void theFileStaysSmallHoweverMuchHappens() throws IOException {
    for (int i = 0; i < Gaps.MAX_CLOSED + 500; i++) {
      gap(2 * i, 2 * i + 1);
      gaps.progress(i + 1, new Gap.Progress(i + 1, "a.b", URI.create("http://h/" + i), 0, 0, 0));
      gaps.closed(i + 1, i, "");
    }
    assertTrue(Files.size(file) < 3 * GapsFile.ROOM, Files.size(file) + " bytes");
    Gaps next = reopened();
    assertEquals(Gaps.MAX_CLOSED, next.recent(A, Integer.MAX_VALUE).size());
    assertEquals(Gaps.MAX_CLOSED + 1, Files.readAllLines(file).size());
    assertEquals(Gaps.MAX_CLOSED + 500, next.recent(A, 1).get(0).number());
    next.lost(A, NOON, known(0), NONE);
    assertEquals(Gaps.MAX_CLOSED + 501, next.recent(A, 1).get(0).number());
  }

  @Test
  void gapsThatNobodyClosesBecomeOneAndNoneIsForgotten() throws IOException {
    gap(0, 1);
    gaps.progress(1, new Gap.Progress(1, "a.b", URI.create("http://h/"), 0, 0, 0));
    for (int i = 1; i < 5 * Gaps.MAX_OPEN; i++) {
      gap(2 * i, 2 * i + 1);
    }
    for (Gaps each : List.of(gaps, reopened())) {
      List<Gap> open = each.open(A);
      assertTrue(open.size() <= Gaps.MAX_OPEN, open.size() + " gaps");
      assertEquals(at(0), open.get(0).from());
      assertEquals(at(-1), open.get(0).asked());
      assertEquals(Optional.empty(), open.get(0).progress());
      assertEquals(known(10 * Gaps.MAX_OPEN - 1), open.get(open.size() - 1).to());
      for (int i = 1; i < open.size(); i++) {
        assertEquals(open.get(i - 1).to().orElseThrow().plusSeconds(60), open.get(i).from());
      }
    }
    gaps.closed(1, 0, ""); // by a pull of the first one alone: the rest is still open
    assertEquals(at(0), gaps.open(A).get(0).from());
  }

  @Test
  void aFullDiskIsSaidOnceAndMadeUpForLater() throws IOException {
    gap(0, 1);
    byte[] before = Files.readAllBytes(file);
    disk.full = true;
    gap(2, 3);
    gaps.note(2, "a note");
    assertEquals(1, log.count("No space left"));
    assertEquals(3, gaps.failures());
    assertEquals(1, crashed(before).size());
    gaps.lost("b", at(0), known(0), NONE);
    assertEquals(1, log.count("is complete again"));
    assertEquals(2, reopened().open(A).size());
    assertEquals("a note", reopened().open(A).get(1).note());
  }

  /** What another process would know, had this one ended here. */
  private List<Gap> crashed(byte[] before) throws IOException {
    byte[] now = Files.readAllBytes(file);
    assertEquals(new String(before, UTF_8), new String(now, 0, before.length, UTF_8));
    List<Gap> seen = reopened().open(A);
    BadDisk.fresh(file, now);
    return seen;
  }

  @Test
  void whatCouldNotBeWrittenIsTriedOnceMoreAtTheEnd() throws IOException {
    disk.full = true;
    gap(0, 1);
    disk.full = false;
    gaps.close();
    assertEquals(1, reopened().open(A).size());
    gaps.note(1, "after the end");
    assertEquals("", reopened().open(A).get(0).note());
  }

  @Test
  void aFullDiskAtTheStartHindersNothing() throws IOException {
    Files.writeString(file, "{\"torn");
    disk.full = true;
    Gaps next = Gaps.open(folder, disk, log);
    next.lost(A, at(0), known(0), NONE);
    disk.full = false;
    next.live(A, at(1));
    assertEquals(1, reopened().open(A).size());
    assertFalse(Files.readString(file).contains("torn"));
  }

  @Test
  void anInterruptedThreadLosesNothing() throws IOException {
    gaps = Gaps.open(folder, Disk.REAL, log);
    Thread.currentThread().interrupt();
    gap(0, 1);
    assertTrue(Thread.interrupted());
    gaps.close();
    assertEquals(1, reopened().open(A).size());
  }

  @Test
  void withoutCredentialsItIsSaidWhatToSet() throws IOException {
    gap(0, 1);
    gaps.lost(A, at(2), known(2), NONE);
    gaps.noCredentials(A);
    gaps.noCredentials(A);
    assertEquals(1, log.count("Set backfill.app and backfill.password"));
    assertEquals(Gaps.NO_CREDENTIALS, reopened().open(A).get(0).note());
    assertEquals("", gaps.recent(A, 1).get(0).note());
  }

  @Test
  void eachLineIsJsonThatAToolCanRead() throws IOException {
    gap(0, 1);
    gaps.closed(1, 2, "a \"note\"");
    for (String line : Files.readAllLines(file)) {
      Json.parse(line);
    }
    assertTrue(
        Files.readString(file)
            .endsWith(
                "{\"gap\":1,\"connection\":\"default\",\"from\":\"2026-03-01T12:00:00Z\","
                    + "\"to\":\"2026-03-01T12:01:00Z\",\"asked\":\"2026-03-01T11:59:00Z\","
                    + "\"closed\":true,\"recovered\":2,\"note\":\"a \\\"note\\\"\"}\n"));
  }
}
