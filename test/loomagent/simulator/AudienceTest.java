package loomagent.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Set;
import org.junit.jupiter.api.Test;

final class AudienceTest {
  private static final long AWAY = Audience.AWAY.toNanos();

  private final Audience audience = new Audience();

  @Test
  void nothingIsMadeBeforeSomebodyCame() {
    for (long now : new long[] {Long.MIN_VALUE, -1, 0, 1, Long.MAX_VALUE}) {
      assertEquals(Set.of(), audience.names(Set.of(), true, now));
      assertEquals(Set.of(), audience.names(Set.of(), false, now));
    }
  }

  @Test
  void eventsThatGoOnDoSoForTenMinutes() {
    long start = Long.MAX_VALUE - AWAY / 2; // the clock may run over
    assertEquals(Set.of("a.b"), audience.names(Set.of("a.b"), true, start - 1));
    assertEquals(Set.of("c.d"), audience.names(Set.of("c.d"), true, start));
    assertEquals(Set.of("c.d"), audience.names(Set.of(), true, start + 1));
    assertEquals(Set.of("c.d"), audience.names(Set.of(), true, start + AWAY - 1));
    assertEquals(Set.of(), audience.names(Set.of(), true, start + AWAY));
  }

  @Test
  void eventsThatWaitDoSoAtOnce() {
    assertEquals(Set.of("a.b"), audience.names(Set.of("a.b"), false, 0));
    assertEquals(Set.of(), audience.names(Set.of(), false, 1));
    assertEquals(Set.of("a.b"), audience.names(Set.of("a.b"), false, 2));
  }
}
