package loomagent.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import loomagent.delivery.Outstanding.Request;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who waits at a delivery's lock, and what is told once it is free. */
@Timeout(60)
class GateTest {
  private final Gate gate = new Gate();
  private final AtomicInteger woken = new AtomicInteger();

  private static boolean no() {
    return false;
  }

  private Thread waiting(long nanos) {
    Thread thread =
        new Thread(
            () ->
                gate.run(
                    () -> {
                      gate.await(nanos, GateTest::no);
                      woken.incrementAndGet();
                    }));
    thread.start();
    Scene.await(() -> gate.locked(gate::anyIdle), "it waits");
    return thread;
  }

  @Test
  void whoeverWaitsIsIdleUntilSomethingChanges() throws InterruptedException {
    assertFalse(gate.anyIdle());
    Thread thread = waiting(Long.MAX_VALUE);
    assertTrue(gate.anyIdle());
    thread.interrupt(); // heeded by nobody: it may be a handler's
    assertEquals(0, woken.get());
    gate.change();
    thread.join();
    assertEquals(1, woken.get());
    assertFalse(gate.anyIdle());
  }

  @Test
  void whoeverWaitsForATimeReturnsAtItsEndAtAChangeOrAtAnInterrupt() throws InterruptedException {
    Thread hour = waiting(Scene.LONG.multipliedBy(120).toNanos());
    gate.change();
    hour.join();
    Thread interrupted = waiting(Scene.LONG.multipliedBy(120).toNanos());
    interrupted.interrupt();
    interrupted.join();
    gate.run(() -> gate.await(1, GateTest::no));
    assertEquals(2, woken.get());
    assertFalse(gate.anyIdle());
  }

  @Test
  void whatChangedJustBeforeIsNotWaitedFor() {
    gate.run(() -> gate.await(Long.MAX_VALUE, gate::anyIdle));
    assertFalse(gate.anyIdle());
  }

  @Test
  void answersAreGivenInTheirOrderOnceTheLockIsFree() throws Exception {
    CompletableFuture<Optional<String>> answer = new CompletableFuture<>();
    CompletableFuture<Boolean> free = new CompletableFuture<>();
    var unused = answer.thenRun(() -> free.complete(isFree()));
    gate.run(
        () -> {
          gate.run(() -> gate.answer(new Request(answer, false), Optional.of("no")));
          assertFalse(answer.isDone(), "the lock is still held");
        });
    assertEquals(Optional.of("no"), answer.get());
    assertTrue(free.get());
    gate.run(() -> {});
  }

  private boolean isFree() {
    Thread other = new Thread(() -> gate.run(woken::incrementAndGet));
    other.start();
    try {
      other.join(Scene.LONG.toMillis());
    } catch (InterruptedException nobody) {
      return false;
    }
    return woken.get() == 1;
  }

  @Test
  void anAnswerIsGivenEvenIfWhatIsDoneUnderTheLockFails() {
    CompletableFuture<Optional<String>> answer = new CompletableFuture<>();
    Runnable broken =
        () -> {
          gate.answer(new Request(answer, false), Optional.empty());
          throw new IllegalStateException("a test");
        };
    assertThrows(IllegalStateException.class, () -> gate.run(broken));
    assertTrue(answer.isDone());
    assertTrue(isFree());
  }
}
