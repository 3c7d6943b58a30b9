package loomagent.delivery;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When the thread that looks after late deliveries looks. */
@Timeout(60)
class WatchTest {
  private final AtomicInteger looks = new AtomicInteger();
  private final AtomicLong wait = new AtomicLong(Long.MAX_VALUE);
  private final Watch.Watched watched =
      now -> {
        looks.incrementAndGet();
        return wait.get();
      };

  private void awaitLooks(int count) {
    Scene.await(() -> looks.get() >= count, count + " looks");
  }

  @Test
  void whatBeginsIsLookedAtInItsTimeAndOverAgain() {
    Watch watch = new Watch(System::nanoTime);
    watch.add(watched);
    awaitLooks(1);
    watch.begun(System.nanoTime() + 1_000_000); // it looks, and is told when to look again
    awaitLooks(2);
    wait.set(1_000_000);
    watch.wake();
    awaitLooks(20);
    assertFalse(watch.isGone());
    watch.remove(watched);
    int sofar = looks.get();
    watch.wake();
    assertTrue(looks.get() <= sofar + 1, "nobody looks any more");
  }

  @Test
  void whoeverIsBrokenIsLookedAtAgainAndHarmsNobody() {
    Watch watch = new Watch(System::nanoTime);
    AtomicInteger faults = new AtomicInteger();
    Watch.Watched broken =
        now -> {
          faults.incrementAndGet();
          throw new IllegalStateException("a test");
        };
    watch.add(broken);
    Scene.await(() -> faults.get() >= 2, "another look after a fault");
    watch.remove(broken);
    watch.add(watched);
    awaitLooks(1);
    watch.remove(watched);
  }
}
