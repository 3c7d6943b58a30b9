package loomagent.delivery;

import static loomagent.delivery.Scene.await;
import static loomagent.delivery.Scene.end;
import static loomagent.delivery.Scene.event;
import static loomagent.delivery.Scene.ids;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import loomagent.journal.Entry;
import org.junit.jupiter.api.Test;

/** A handler that is given nothing for a while, and what is told of its events. */
class PauseTest extends WithScene {
  private final List<String> taken = Scene.list();

  @Test
  void aPausedHandlerGetsNothingAndGoesOnInOrder() throws Exception {
    scene.append(1, 4);
    Delivery delivery = scene.start(Scene.STRICT, event -> taken.add(event.id()));
    await(() -> delivery.delivered() == 3, "the first ones");
    assertFalse(delivery.isPaused());
    delivery.pause();
    assertTrue(delivery.isPaused());
    scene.append(4, 8);
    assertEquals(4, delivery.waiting());
    assertEquals(Standing.WAITING, delivery.standing(5));
    assertEquals(Standing.DONE, delivery.standing(3));
    // whoever asks meanwhile is told, and does not wait
    String answer = delivery.replay(event(1)).get(30, TimeUnit.SECONDS).orElseThrow();
    assertTrue(answer.contains("paused"), answer);
    assertTrue(Delivery.isRefusal(Optional.of(answer)), "it was no attempt");
    assertFalse(Delivery.isRefusal(Optional.empty()));
    assertFalse(Delivery.isRefusal(Optional.of("IOException: no")));
    assertEquals(ids(1, 4), taken);

    delivery.resume();
    await(() -> delivery.delivered() == 7, "the rest");
    assertEquals(ids(1, 8), taken);
  }

  @Test
  void whatIsInHandEndsAndCounts() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    scene.append(1, 4);
    Delivery delivery =
        scene.start(
            Scene.STRICT,
            event -> {
              begun.countDown();
              released.await();
              taken.add(event.id());
            });
    begun.await();
    delivery.pause();
    released.countDown();
    await(() -> delivery.delivered() == 1, "what was in hand");
    end(delivery); // a pause holds up no end
    assertEquals(ids(1, 2), taken);
    assertEquals(2, scene.cursor().next());
  }

  @Test
  void aHandlerThatIsMadePausedTakesNothingFromItsStartOn() throws Exception {
    scene.append(1, 3);
    Delivery delivery = scene.make(Scene.STRICT, () -> event -> taken.add(event.id()));
    delivery.pause();
    delivery.start();
    assertEquals(Delivery.Opening.OPEN, delivery.awaitOpening(Scene.LONG));
    assertEquals(2, delivery.waiting());
    delivery.resume();
    await(() -> taken.size() == 2, "both");
  }

  @Test
  void anEventThatFailedIsSaidToComeAgainAndSinceWhenItWaits() throws Exception {
    scene.random = () -> Long.MAX_VALUE; // the longest wait
    scene.append(1, 3);
    Delivery delivery =
        scene.start(
            Scene.STRICT,
            event -> {
              throw new IOException("down");
            });
    await(() -> delivery.retrying() == 1, "a retry");
    assertEquals(Standing.RETRYING, delivery.standing(1));
    assertEquals(Standing.WAITING, delivery.standing(2));
    assertEquals(1, delivery.tally().retries());
    assertEquals(1, delivery.tally().times().count());
    scene.cursorFile = folder.resolve("another");
    Delivery follower = scene.make(Scene.STRICT, () -> event -> {});
    follower.countOn(delivery);
    assertEquals(1, follower.tally().retries());
    assertEquals(1, follower.tally().times().count(), "no counter falls at a reload");
    assertEquals(
        scene.journal.latest(2, Entry::time).get(0), delivery.waitingSince().orElseThrow());
    assertEquals(Optional.empty(), delivery.fault());
  }
}
