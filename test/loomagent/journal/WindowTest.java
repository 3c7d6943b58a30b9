package loomagent.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import loomagent.Event;
import org.junit.jupiter.api.Test;

/** What is kept in memory, and what is forgotten for it. */
class WindowTest {
  private static final int TEXT = 100;
  private static final long WEIGHT = 200 + 2 * TEXT;

  private static List<Entry> entries(long from, long to) {
    return LongStream.range(from, to)
        .mapToObj(i -> new Entry(i, 0, Event.of("" + i, "a.b", "x".repeat(TEXT), "c")))
        .toList();
  }

  private static List<Long> read(Window window, long from, int most) {
    List<Entry> read = new ArrayList<>();
    assertTrue(window.read(from, most, read), () -> "from " + from);
    return read.stream().map(Entry::sequence).toList();
  }

  private static void assertForgotten(Window window, long sequence) {
    assertFalse(window.read(sequence, 1, new ArrayList<>()));
  }

  @Test
  void asManyAsThereIsRoomForAreKept() {
    Window window = new Window(10, 4, Long.MAX_VALUE);
    assertEquals(List.of(), read(window, 10, 5));
    window.add(entries(10, 14));
    assertEquals(List.of(10L, 11L, 12L, 13L), read(window, 10, 5));
    window.add(entries(12, 16)); // the first two are here already
    assertEquals(16, window.next());
    assertForgotten(window, 11);
    assertEquals(List.of(12L, 13L, 14L, 15L), read(window, 12, 5));
    assertEquals(List.of(13L, 14L), read(window, 13, 2));
    assertEquals(List.of(), read(window, 16, 5));
  }

  @Test
  void noMoreTextIsKeptThanThereIsRoomForButTheNewest() {
    Window window = new Window(1, 100, 2 * WEIGHT);
    window.add(entries(1, 3));
    assertEquals(List.of(1L, 2L), read(window, 1, 5));
    window.add(entries(3, 4));
    assertForgotten(window, 1);
    assertEquals(List.of(2L, 3L), read(window, 2, 5));
    window.add(entries(4, 40));
    assertForgotten(window, 37);
    assertEquals(List.of(38L, 39L), read(window, 38, 5));
    Window small = new Window(1, 100, WEIGHT - 1);
    small.add(entries(1, 3));
    assertForgotten(small, 1);
    assertEquals(List.of(2L), read(small, 2, 5));
  }
}
