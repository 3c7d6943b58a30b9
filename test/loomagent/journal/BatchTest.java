package loomagent.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.List;
import loomagent.Event;
import org.junit.jupiter.api.Test;

/** Lines one behind the other, in room that grows with them and is given back. */
class BatchTest {
  private static final int FIRST_ROOM = 64 << 10;

  private final Batch batch = new Batch();

  private static void add(Batch batch, long sequence, long millis, String json) {
    byte[] utf8 = json.getBytes(UTF_8);
    Entry entry = new Entry(sequence, millis, Event.of("1", "a.b", json, "c"));
    batch.add(entry, "c".getBytes(UTF_8), utf8, 0, utf8.length);
  }

  private static String text(Batch batch) {
    return new String(batch.bytes(), 0, batch.length(), UTF_8);
  }

  /** What is behind the checksum. */
  private String line(long sequence, long millis) {
    batch.clear();
    add(batch, sequence, millis, "{}");
    return text(batch).substring(9);
  }

  @Test
  void aTimeHasFourDigitsForTheYearWhateverTheClockSays() {
    long last = Instant.parse("9999-12-31T23:59:59.999Z").toEpochMilli();
    assertEquals("1 1970-01-01T00:00:00.000Z c {}\n", line(1, 0));
    assertEquals("9 1970-01-01T00:00:00.000Z c {}\n", line(9, -1));
    assertEquals("10 1970-01-01T00:00:00.001Z c {}\n", line(10, 1));
    assertEquals("99 9999-12-31T23:59:59.998Z c {}\n", line(99, last - 1));
    assertEquals("100 9999-12-31T23:59:59.999Z c {}\n", line(100, last));
    assertEquals(
        Long.MAX_VALUE + " 9999-12-31T23:59:59.999Z c {}\n", line(Long.MAX_VALUE, last + 1));
  }

  @Test
  void whatIsTakenBackIsAsIfItHadNeverCome() {
    add(batch, 1, 0, "{}");
    String first = text(batch);
    add(batch, 2, 0, "{\"two\":2}");
    batch.takeBack(first.length());
    assertEquals(first, text(batch));
    assertEquals(List.of(1L), batch.entries().stream().map(Entry::sequence).toList());
  }

  @Test
  void aBatchThatIsEmptiedIsToBeWrittenAnew() {
    add(batch, 1, 0, "{}");
    assertFalse(batch.isWritten());
    batch.written();
    assertTrue(batch.isWritten());
    batch.clear();
    assertFalse(batch.isWritten());
    assertEquals(0, batch.length());
    assertEquals(List.of(), batch.entries());
  }

  @Test
  void theRoomOfARushIsGivenBackAndNoOther() {
    byte[] small = batch.bytes();
    assertEquals(FIRST_ROOM, small.length);
    batch.shrink();
    assertSame(small, batch.bytes());
    add(batch, 1, 0, "x".repeat(FIRST_ROOM));
    assertNotSame(small, batch.bytes());
    batch.clear();
    batch.shrink();
    assertEquals(FIRST_ROOM, batch.bytes().length);
  }

  @Test
  void thereIsRoomForTheLongestLineWhereverTheFirstRoomEnds() {
    String line = line(Long.MAX_VALUE, 0);
    for (int left = 0; left < 200; left++) {
      Batch full = new Batch();
      add(full, Long.MAX_VALUE, 0, "x".repeat(FIRST_ROOM - left));
      String first = text(full);
      add(full, Long.MAX_VALUE, 0, "{}");
      assertTrue(text(full).startsWith(first));
      assertEquals(first.length() + 9 + line.length(), full.length());
      assertTrue(text(full).endsWith(line), "with " + left + " left");
    }
  }
}
