package loomagent.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import loomagent.EventHandler;
import org.junit.jupiter.api.Test;

/** A stop that cannot wait: first an interrupt, then nothing counts any more. */
class StopTest extends WithScene {
  private static final Duration SHORT = Duration.ofMillis(1);

  private final CountDownLatch returned = new CountDownLatch(1);
  private final List<String> begun = Scene.list();

  /** Is at an event until it is interrupted, or released where it heeds nothing. */
  private EventHandler busy(boolean deaf) {
    return event -> {
      begun.add(event.id());
      while (true) {
        try {
          released.await();
          returned.countDown();
          return;
        } catch (InterruptedException told) {
          if (!deaf) {
            throw told;
          }
        }
      }
    };
  }

  @Test
  void anInterruptEndsWhatIsInHandAndItWaitsAtTheCursor() throws Exception {
    scene.append(1, 3);
    Delivery delivery = scene.start(Scene.STRICT, busy(false));
    Scene.await(() -> begun.size() == 1, "the first event in hand");
    delivery.drain();
    assertFalse(delivery.ends(SHORT));
    delivery.interrupt();
    assertTrue(delivery.awaitEnd(Scene.LONG));
    assertEquals(List.of("1"), begun);
    assertEquals(new Cursor.Position(1, List.of()), scene.cursor());
  }

  @Test
  void whoeverIsLeftToItselfCountsNoMore() throws Exception {
    scene.append(1, 3);
    Delivery delivery = scene.start(Scene.policy(0, 2, "name"), busy(true));
    Scene.await(() -> begun.size() == 2, "both events in hand");
    delivery.drain();
    delivery.interrupt();
    assertFalse(delivery.awaitEnd(SHORT), "it heeds no interrupt");
    assertFalse(delivery.isEnded());
    delivery.abandon();
    assertTrue(delivery.awaitEnd(Scene.LONG));
    assertTrue(delivery.isEnded());
    released.countDown();
    assertTrue(returned.await(30, TimeUnit.SECONDS));
    assertEquals(new Cursor.Position(1, List.of()), scene.cursor(), "both come again");
  }

  @Test
  void whoeverWaitsForAReplayOfOneThatIsLeftIsToldSo() throws Exception {
    Delivery delivery = scene.startAlone(Scene.STRICT, busy(true));
    var answer = delivery.replay(Scene.event(7));
    Scene.await(() -> begun.size() == 1, "the replay in hand");
    delivery.drain();
    assertFalse(answer.isDone());
    delivery.abandon();
    assertTrue(answer.get(30, TimeUnit.SECONDS).isPresent());
  }
}
