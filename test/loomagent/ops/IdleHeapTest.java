package loomagent.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class IdleHeapTest {
  private static final long MB = 1 << 20;

  private long total = 8 * MB;
  private long used = 5 * MB;
  private int collections;
  private long now;

  private final IdleHeap idle =
      new IdleHeap(
          new IdleHeap.Heap() {
            @Override
            public long total() {
              return total;
            }

            @Override
            public long used() {
              return used;
            }

            @Override
            public void collect() {
              collections++;
              total = 14 * MB;
              used = 10 * MB;
            }
          },
          () -> now);

  private int after(long grown, long taken) {
    total = grown * MB;
    used = taken * MB;
    now += TimeUnit.SECONDS.toNanos(30);
    idle.look();
    return collections;
  }

  @Test
  void whatABurstTookIsGivenBackOnceItIsQuiet() {
    assertEquals(0, after(8, 5));
    assertEquals(0, after(40, 30), "a burst");
    assertEquals(0, after(60, 50), "goes on");
    assertEquals(1, after(60, 50), "is over");
  }

  @Test
  void itIsNotTriedAgainBeforeTheHeapHasGrown() {
    assertEquals(0, after(60, 50));
    assertEquals(1, after(60, 50));
    assertEquals(1, after(14, 10));
    assertEquals(1, after(14, 10));
    assertEquals(1, after(30, 20));
    assertEquals(2, after(30, 20));
  }

  @Test
  void whoeverAsksMoreOftenIsQuietForHalfAMinuteAllTheSame() {
    assertEquals(0, after(60, 50));
    for (int second = 1; second < 30; second++) {
      now += TimeUnit.SECONDS.toNanos(1);
      idle.look();
      assertEquals(0, collections, second + " s");
    }
    now += TimeUnit.SECONDS.toNanos(1);
    idle.look();
    assertEquals(1, collections);
  }

  @Test
  void aSmallHeapIsLeftAlone() {
    assertEquals(0, after(8, 5));
    assertEquals(0, after(8, 5));
  }
}
