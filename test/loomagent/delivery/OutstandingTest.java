package loomagent.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import loomagent.Event;
import loomagent.base.Disk;
import loomagent.base.LogLines;
import loomagent.delivery.Outstanding.Item;
import loomagent.delivery.Outstanding.Request;
import loomagent.journal.Entry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose turn it is, of events and their keys, and where that leaves the cursor. */
class OutstandingTest {
  private static final long NOW = Long.sum(Long.MAX_VALUE, -10); // overflows soon, as it may

  @TempDir Path folder;
  private final Outstanding outstanding = new Outstanding(5);
  private Cursor cursor;

  @BeforeEach
  void open() throws IOException {
    cursor =
        Cursor.open(folder.resolve("mis"), Cursor.Start.OLDEST, 1, 100, Disk.REAL, new LogLines());
  }

  private void add(long sequence, String key) {
    add(sequence, key, "{}");
  }

  private void add(long sequence, String key, String json) {
    outstanding.add(new Entry(sequence, 0, Event.of("" + sequence, "n", json, "main")), key);
  }

  private static Request request() {
    return new Request(new CompletableFuture<>(), false);
  }

  private boolean replay() {
    return outstanding.add(Scene.event(0), request());
  }

  private List<Item> take(int most) {
    return outstanding.take(NOW, most);
  }

  private Item one() {
    List<Item> items = take(1);
    assertEquals(1, items.size());
    return items.get(0);
  }

  private static List<Long> sequences(List<Item> items) {
    return items.stream().map(item -> item.sequence).toList();
  }

  private void assertStored(long position, long next, Long... open) throws IOException {
    outstanding.store(cursor, position);
    assertEquals(
        Optional.of(new Cursor.Position(next, List.of(open))), Cursor.read(folder.resolve("mis")));
  }

  @Test
  void onlyTheFirstOfAKeyIsGivenOutAndTheNextOnceThatIsDone() {
    add(5, "a");
    add(6, "a");
    add(7, "b");
    Item first = one();
    assertEquals(5, first.sequence);
    assertTrue(outstanding.isOut(first));
    assertTrue(outstanding.hasReady());
    assertEquals(7, one().sequence);
    assertFalse(outstanding.hasReady());
    assertEquals(List.of(), take(1));
    outstanding.done(first);
    assertFalse(outstanding.isOut(first));
    Item second = one();
    assertEquals(6, second.sequence);
    outstanding.done(second);
    add(8, "a");
    assertEquals(8, one().sequence, "a key that had gone");
    assertEquals(2, outstanding.size());
  }

  @Test
  void severalComeTogetherByLinesAndNoMoreThanAsked() {
    for (long i = 5; i < 8; i++) {
      add(i, "a");
    }
    for (long i = 8; i < 12; i++) {
      add(i, "k" + i);
    }
    List<Item> batch = take(5);
    assertEquals(List.of(5L, 6L, 7L, 8L, 9L), sequences(batch));
    batch.forEach(outstanding::done);
    assertEquals(List.of(10L, 11L), sequences(take(5)));
    assertEquals(2, outstanding.size());
  }

  @Test
  void aLineThatIsCutGoesOnBehindTheBatch() {
    for (long i = 5; i < 9; i++) {
      add(i, "a");
    }
    List<Item> batch = take(2);
    assertEquals(List.of(5L, 6L), sequences(batch));
    assertEquals(List.of(), take(2));
    batch.forEach(outstanding::done);
    assertEquals(List.of(7L, 8L), sequences(take(2)));
  }

  @Test
  void whatIsTakenBackComesOneByOneInTheOrderOfItsKey() {
    add(5, "a");
    add(6, "a");
    add(7, "b");
    List<Item> batch = take(10);
    outstanding.takeBack(batch);
    assertFalse(batch.stream().anyMatch(outstanding::isOut));
    List<Item> first = take(10);
    assertEquals(List.of(5L), sequences(first));
    assertEquals(List.of(7L), sequences(take(10)));
    assertEquals(List.of(), take(10));
    add(8, "a");
    outstanding.done(first.get(0));
    assertEquals(List.of(6L), sequences(take(10)), "nor does it bring others along");
  }

  @Test
  void whatFailedIsAskedForOrOwesALetterComesByItself() {
    add(5, "a");
    add(6, "b");
    Item failed = one();
    failed.failures = 1;
    outstanding.park(failed, NOW);
    assertTrue(replay());
    add(7, "c");
    assertEquals(List.of(6L), sequences(take(10)), "a replay is behind it");
    List<Item> replayed = take(10);
    assertTrue(replayed.get(0).request.isPresent());
    assertEquals(1, replayed.size());
    Item after = one();
    assertEquals(7, after.sequence);
    assertEquals(List.of(5L), sequences(take(10)));
  }

  @Test
  void parkedEventsComeWhenTheyAreDueTheFirstDueFirst() {
    add(5, "a");
    add(6, "b");
    Item first = one();
    Item second = one();
    outstanding.park(first, NOW + 20); // past the overflow
    outstanding.park(second, NOW + 5);
    assertEquals(2, outstanding.retrying());
    assertEquals(5, outstanding.untilDue(NOW));
    assertEquals(0, outstanding.untilDue(NOW + 6));
    assertEquals(List.of(), outstanding.take(NOW + 4, 1));
    assertEquals(List.of(6L), sequences(outstanding.take(NOW + 5, 1)));
    assertEquals(List.of(), outstanding.take(NOW + 19, 1));
    assertEquals(1, outstanding.untilDue(NOW + 19));
    assertEquals(List.of(5L), sequences(outstanding.take(NOW + 20, 1)));
    assertEquals(Long.MAX_VALUE, outstanding.untilDue(NOW + 20));
    assertEquals(0, outstanding.retrying());
  }

  @Test
  void anEventSaysWhichAttemptItIsAndWhetherSomebodyAskedForIt() {
    add(5, "a");
    Item item = one();
    assertSame(item.event, item.now());
    item.failures = 2;
    assertEquals(3, item.now().attempt());
    assertFalse(item.now().replayed());
    assertTrue(outstanding.add(Scene.event(1).at(4, false), request()));
    Item replay = one();
    assertEquals(4, replay.now().attempt());
    assertTrue(replay.now().replayed());
  }

  @Test
  void roomIsForSoManyEventsAndSoMuchText() {
    assertEquals(Outstanding.MOST_EVENTS, outstanding.room());
    add(5, "a");
    assertEquals(Outstanding.MOST_EVENTS - 1, outstanding.room());
    outstanding.done(one());
    int most = (int) Outstanding.MOST_BYTES - 300;
    add(6, "a", "x".repeat(most - 1));
    assertEquals(Outstanding.MOST_EVENTS - 1, outstanding.room());
    outstanding.done(one());
    add(7, "a", "x".repeat(most));
    assertEquals(0, outstanding.room(), "what it costs beside its text counts, too");
    outstanding.done(one());
    assertEquals(Outstanding.MOST_EVENTS, outstanding.room());
  }

  @Test
  void replaysAreBoundedAndMakeRoomAgain() {
    for (int i = 0; i < Outstanding.MOST_REPLAYS; i++) {
      assertTrue(replay());
    }
    assertFalse(replay());
    assertEquals(Outstanding.MOST_EVENTS, outstanding.room(), "they take none from the journal's");
    Item item = one();
    outstanding.park(item, NOW + 1);
    assertFalse(replay());
    outstanding.done(one());
    assertTrue(replay());
    assertFalse(replay());
    assertEquals(Outstanding.MOST_REPLAYS, outstanding.dropReplays().size());
    assertFalse(outstanding.hasReady());
    assertEquals(0, outstanding.retrying());
    for (int i = 0; i < Outstanding.MOST_REPLAYS; i++) {
      assertTrue(replay());
    }
    assertFalse(replay());
  }

  @Test
  void droppedReplaysLeaveTheJournalsEventsInPlace() {
    add(5, "a");
    Item parked = one();
    outstanding.park(parked, NOW + 1);
    add(6, "b");
    assertTrue(replay());
    assertEquals(1, outstanding.dropReplays().size());
    assertEquals(List.of(6L), sequences(take(10)));
    assertEquals(List.of(5L), sequences(outstanding.take(NOW + 1, 1)));
  }

  @Test
  void aReplayThatIsDoneLeavesTheOrderOfEventsWithoutAKey() throws IOException {
    add(5, "");
    assertTrue(replay());
    assertEquals(5, one().sequence);
    outstanding.done(one());
    add(6, "");
    assertEquals(List.of(), take(1), "behind the first");
    assertEquals(2, outstanding.size());
    assertStored(7, 5);
  }

  @Test
  void theCursorSaysWhatIsDoneAndWhatIsNot() throws IOException {
    assertStored(5, 5);
    add(5, "a");
    assertStored(6, 5);
    add(7, "b");
    add(8, "c");
    add(9, "d");
    Item first = one();
    Item second = one();
    Item third = one();
    outstanding.done(third);
    assertStored(12, 9, 5L, 7L);
    outstanding.done(first);
    assertStored(12, 9, 7L);
    outstanding.done(one());
    assertStored(12, 12, 7L);
    outstanding.done(second);
    assertStored(12, 12);
  }

  @Test
  void whatIsHereCanBeFoundAndTheFirstIsKnown() {
    assertEquals(Optional.empty(), outstanding.first());
    assertEquals(Optional.empty(), outstanding.find(0));
    assertEquals(11, outstanding.low(11));
    for (long i = 5; i < 11; i += 2) {
      add(i, "a");
    }
    assertEquals(5, outstanding.low(11));
    assertEquals(5, outstanding.first().orElseThrow().sequence);
    for (long i = 5; i < 11; i += 2) {
      assertEquals(i, outstanding.find(i).orElseThrow().sequence);
      assertEquals(Optional.empty(), outstanding.find(i - 1));
    }
    assertEquals(Optional.empty(), outstanding.find(11));
    outstanding.done(one());
    assertEquals(Optional.empty(), outstanding.find(5));
    assertEquals(7, outstanding.low(11));
  }
}
