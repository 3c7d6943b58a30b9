package loomagent.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import loomagent.base.Disk;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How events come from the journal, and what the cursor says meanwhile. */
@Timeout(60)
class FeedTest extends Steps {

  private Feed feed(int lanes, String key) throws IOException {
    return scene.feed(scene.target(Scene.policy(0, lanes, key), () -> event -> {})).orElseThrow();
  }

  private Outstanding outstanding(Feed feed) {
    return new Outstanding(feed.position());
  }

  private static List<Long> take(Outstanding outstanding) {
    return outstanding.take(0, 10_000).stream().map(item -> item.sequence).toList();
  }

  @Test
  void withoutAKeyNoMoreIsReadThanASliceAndWithOneAsMuchAsThereIsRoomFor() throws Exception {
    scene.append(0, 2_000);
    Feed strict = feed(1, "");
    Outstanding few = outstanding(strict);
    assertTrue(strict.fill(few, 0));
    assertEquals(Feed.SLICE, few.size());
    assertTrue(strict.enough(few));
    assertFalse(strict.fill(few, 0));
    assertEquals(Feed.SLICE + 1, strict.position());
    assertEquals(2_000 - Feed.SLICE, strict.unread());
    Feed keyed = feed(2, "name");
    Outstanding many = outstanding(keyed);
    while (keyed.fill(many, 0)) {
      assertFalse(many.room() < 0);
    }
    assertEquals(Outstanding.MOST_EVENTS, many.size());
    assertTrue(keyed.enough(many));
    assertEquals(Outstanding.MOST_EVENTS + 1, keyed.position());
  }

  @Test
  void whatNobodyWantsMovesTheCursorOnceNothingWaits() throws Exception {
    scene.append(0, 600);
    scene.wanted = event -> event.id().equals("300");
    Feed feed = feed(1, "");
    Outstanding outstanding = outstanding(feed);
    assertTrue(feed.fill(outstanding, 0));
    assertEquals(257, scene.cursor().next());
    assertTrue(feed.fill(outstanding, 0));
    assertEquals(257, scene.cursor().next(), "one waits");
    outstanding.take(0, 1).forEach(outstanding::done);
    feed.store(outstanding);
    assertEquals(513, scene.cursor().next());
    assertTrue(feed.fill(outstanding, 0));
    assertEquals(601, scene.cursor().next());
    assertFalse(feed.fill(outstanding, 0));
    assertEquals(601, feed.end());
  }

  @Test
  void whatWasOpenIsReadFirstAndTheCursorStaysUntilItIs() throws Exception {
    scene.append(0, 6_000);
    Long[] open = {2L, 5L, 4_101L, 4_400L, 5_000L};
    Cursor before = Cursor.open(scene.cursorFile, Cursor.Start.OLDEST, 1, 1, Disk.REAL, scene.log);
    before.move(5_500, Arrays.stream(open).mapToLong(Long::longValue).toArray(), open.length);
    Feed feed = feed(1, "");
    Outstanding outstanding = outstanding(feed);
    assertEquals(501 + 5, feed.unread());
    assertEquals(2, feed.low(outstanding));
    assertEquals(Standing.WAITING, feed.standing(4_400));
    assertEquals(Standing.DONE, feed.standing(4_401));
    assertEquals(Standing.DONE, feed.standing(5_499));
    assertEquals(Standing.WAITING, feed.standing(5_500));
    feed.store(outstanding);
    assertEquals(new Cursor.Position(5_500, List.of(open)), scene.cursor(), "not before");
    assertTrue(feed.fill(outstanding, 0));
    assertEquals(List.of(open), take(outstanding));
    assertEquals(501, feed.unread());
    assertEquals(2, feed.low(outstanding));
    assertEquals(Standing.DONE, feed.standing(4_400), "of what is handed on others know");
    while (outstanding.first().isPresent()) {
      outstanding.done(outstanding.first().orElseThrow());
    }
    feed.store(outstanding);
    assertEquals(new Cursor.Position(5_500, List.of()), scene.cursor());
    assertTrue(feed.fill(outstanding, 0));
    assertEquals(5_500, outstanding.first().orElseThrow().sequence);
  }

  @Test
  void noFileOfTheJournalStaysOpen() throws Exception {
    scene.append(0, 6_000);
    scene.journal.close();
    scene.openJournal(); // so that nothing of it is in memory
    Cursor before = Cursor.open(scene.cursorFile, Cursor.Start.OLDEST, 1, 1, Disk.REAL, scene.log);
    before.move(5_500, new long[] {2, 5_000}, 2);
    Feed feed = feed(1, "");
    Outstanding outstanding = outstanding(feed);
    long open = openFiles();
    assertTrue(feed.fill(outstanding, 0));
    assertEquals(open, openFiles(), "what was open is read");
    while (outstanding.first().isPresent()) {
      outstanding.done(outstanding.first().orElseThrow());
    }
    assertTrue(feed.fill(outstanding, 0));
    assertEquals(open + 1, openFiles(), "there is more to read");
    feed.release();
    assertEquals(open, openFiles());
  }

  /** Of this process, in the test's folder. */
  private long openFiles() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.filter(
              file -> {
                try {
                  return Files.readSymbolicLink(file).startsWith(folder);
                } catch (IOException gone) {
                  return false;
                }
              })
          .count();
    }
  }

  @Test
  void whatWasOpenAndIsGoneFromTheJournalIsDone() throws Exception {
    scene.append(0, 3);
    Cursor before = Cursor.open(scene.cursorFile, Cursor.Start.OLDEST, 1, 1, Disk.REAL, scene.log);
    before.move(4, new long[] {2}, 1);
    scene.wanted = event -> false; // any more
    Feed feed = feed(1, "");
    Outstanding outstanding = outstanding(feed);
    assertTrue(feed.fill(outstanding, 0));
    assertEquals(0, outstanding.size());
    assertEquals(4, feed.low(outstanding));
    feed.store(outstanding);
    assertEquals(new Cursor.Position(4, List.of()), scene.cursor());
  }

  @Test
  void whatCameBeforeAHandlerWasThereIsSaidToBeSo() throws Exception {
    scene.append(0, 5);
    Cursor cursor = Cursor.open(scene.cursorFile, Cursor.Start.NEWEST, 1, 6, Disk.REAL, scene.log);
    cursor.close();
    scene.append(5, 7);
    Feed feed = feed(1, "");
    Outstanding outstanding = outstanding(feed);
    assertTrue(feed.fill(outstanding, 0));
    assertEquals(List.of(6L, 7L), take(outstanding));
    assertEquals(Standing.BEFORE, feed.standing(5));
    assertEquals(Standing.DONE, feed.standing(6));
    assertEquals(Standing.WAITING, feed.standing(8));
  }

  @Test
  void anEventWhoseKeyCannotBeReadHasNone() throws Exception {
    byte[] deep = "[".repeat(100_000).getBytes(StandardCharsets.UTF_8);
    scene.journal.append("main", "0", "n0", deep, 0, deep.length);
    scene.append(1, 2);
    Feed feed = feed(2, "payload.order");
    Outstanding outstanding = outstanding(feed);
    assertTrue(feed.fill(outstanding, 0));
    assertEquals(List.of(1L, 2L), take(outstanding));
  }

  @Test
  void whatAFailureThatCannotBeReadHoldsUpIsReadASecondLater()
      throws IOException, InterruptedException {
    scene.append(0, 2);
    int[] faults = {3};
    scene.wanted =
        event -> {
          if (event.id().equals("1") && faults[0]-- > 0) {
            throw new OutOfMemoryError("a test");
          }
          return true;
        };
    Delivery.Target target = scene.target(Scene.STRICT, () -> event -> {});
    Feed feed = scene.feed(target).orElseThrow();
    Outstanding outstanding = new Outstanding(feed.position());
    long now = scene.nanos.get();
    assertEquals(0, feed.untilRead(now));
    assertEquals(2, feed.unread());
    assertFalse(feed.fill(outstanding, now));
    assertEquals(SECOND, feed.untilRead(now));
    assertEquals(1, outstanding.size(), "what was read before");
    outstanding.take(now, 1).forEach(outstanding::done);
    assertFalse(feed.fill(outstanding, now + SECOND - 1), "not yet");
    assertEquals(1, feed.untilRead(now + SECOND - 1));
    for (int i = 1; i <= 2; i++) {
      assertFalse(feed.fill(outstanding, now + i * SECOND));
    }
    assertTrue(feed.fill(outstanding, now + 3 * SECOND));
    assertEquals(0, feed.untilRead(now));
    assertEquals(2, scene.log.count("ERROR the journal cannot be read at event 2, and is tried"));
    assertEquals(1, outstanding.size());
    assertEquals("1", outstanding.take(now, 1).get(0).event.id());
    assertEquals(0, feed.unread());
  }
}
