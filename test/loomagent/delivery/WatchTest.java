package loomagent.delivery;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
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
    Scene.await(() -> faults.get() >= 1, "a fault");
    long first = System.nanoTime();
    Scene.await(() -> faults.get() >= 2, "another look after a fault");
    assertTrue(System.nanoTime() - first >= 500_000_000, "not at once");
    watch.remove(broken);
    watch.add(watched);
    awaitLooks(1);
    watch.remove(watched);
  }

  @Test
  void itSleepsWhileNothingMayBeLate() {
    Watch watch = new Watch(System::nanoTime);
    watch.add(watched);
    awaitLooks(1);
    long end = System.nanoTime() + 20_000_000;
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertTrue(looks.get() <= 2, () -> looks + " looks");
    watch.remove(watched);
  }

  @Test
  void whatBeginsWhileItLooksAroundIsLookedAtToo() {
    Watch watch = new Watch(System::nanoTime);
    Watch.Watched busy =
        now -> {
          if (looks.getAndIncrement() == 0) {
            watch.begun(now + 1_000_000_000);
          }
          return Long.MAX_VALUE;
        };
    watch.add(busy);
    awaitLooks(2);
    watch.remove(busy);
  }

  @Test
  void itsThreadLivesAsLongAsThereIsSomethingToLookAfter() throws Exception {
    Watch watch = new Watch(System::nanoTime);
    assertFalse(watch.isGone());
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    Watch.Watched other =
        now -> {
          thread.complete(Thread.currentThread());
          return Long.MAX_VALUE;
        };
    watch.add(watched);
    watch.add(other);
    watch.wake();
    assertTrue(thread.get().isDaemon(), "it keeps no process alive");
    watch.remove(other);
    int sofar = looks.get();
    watch.wake();
    awaitLooks(sofar + 1);
    watch.remove(watched);
    thread.get().join();
    assertFalse(watch.isGone(), "nothing is to be looked after");
  }

  @Test
  void aThreadThatEndedByItselfIsKnownToBeGone() throws Exception {
    AtomicBoolean broken = new AtomicBoolean();
    Watch watch =
        new Watch(
            () -> {
              if (broken.get()) {
                throw new IllegalStateException("a test");
              }
              return 0;
            });
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    watch.add(
        now -> {
          Thread.currentThread().setUncaughtExceptionHandler((ended, why) -> {});
          broken.set(true);
          thread.complete(Thread.currentThread());
          return Long.MAX_VALUE;
        });
    thread.get().join();
    assertTrue(watch.isGone());
  }
}
