package loomagent.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is counted of a delivery. */
class TallyTest {

  @Test
  void noCounterFallsWhereAnotherDeliveryGoesOn() {
    Tally before = new Tally();
    assertEquals(Optional.empty(), before.lastDeliveredAt());
    before.delivered.set(4);
    before.failed.set(3);
    before.retries.set(2);
    before.buried.set(1);
    before.lastDelivered = 1_000;
    before.took.add(1);
    Tally tally = new Tally();
    tally.countOn(before);
    assertEquals(4, tally.delivered());
    assertEquals(3, tally.failed());
    assertEquals(2, tally.retries());
    assertEquals(1, tally.dead());
    assertEquals(Optional.of(Instant.ofEpochSecond(1)), tally.lastDeliveredAt());
    assertSame(before.took, tally.took);
    assertEquals(1, tally.times().count());
  }
}
