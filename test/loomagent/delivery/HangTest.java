package loomagent.delivery;

import static loomagent.delivery.Scene.await;
import static loomagent.delivery.Scene.end;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import loomagent.Event;
import loomagent.EventHandler;
import loomagent.HandlerContext;
import org.junit.jupiter.api.Test;

/** Deliveries that take longer than they may. */
class HangTest extends WithScene {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final AtomicInteger hanging = new AtomicInteger();
  private final AtomicInteger instances = new AtomicInteger();
  private final AtomicInteger closed = new AtomicInteger();
  private final List<String> taken = Scene.list();

  /** So small that a delivery that takes a moment is not taken for one that hangs. */
  private static final Duration STEP = Duration.ofMillis(10);

  private static Policy policy(int attempts, int lanes, String key) {
    Duration first = Duration.ofSeconds(1);
    return new Policy(first, Duration.ofMinutes(5), attempts, TIMEOUT, lanes, key);
  }

  /** Hangs in events whose name is n1, and heeds nothing until it is released. */
  private final class Deaf implements EventHandler {
    Deaf() {
      instances.incrementAndGet();
    }

    @Override
    public void handle(Event event) {
      if (event.name().equals("n1")) {
        hanging.incrementAndGet();
        boolean free = false;
        while (!free) {
          try {
            free = released.await(1, TimeUnit.HOURS);
          } catch (InterruptedException deaf) {
            // goes on
          }
        }
      }
      taken.add(event.id() + "/" + event.attempt());
    }

    @Override
    public void close() {
      closed.incrementAndGet();
    }
  }

  @Test
  void aDeliveryPastItsTimeoutIsInterruptedAndCountsAsFailed() throws Exception {
    AtomicInteger interrupts = new AtomicInteger();
    CountDownLatch inHand = new CountDownLatch(1);
    scene.append(0, 3);
    Delivery delivery =
        scene.start(
            policy(0, 1, ""),
            event -> {
              if (event.id().equals("1") && event.attempt() == 1) {
                inHand.countDown();
                try {
                  released.await();
                } catch (InterruptedException late) {
                  interrupts.incrementAndGet();
                  return; // as if it had been taken, which nobody can know
                }
              }
              assertFalse(Thread.currentThread().isInterrupted());
              taken.add(event.id() + "/" + event.attempt());
            });
    assertTrue(inHand.await(20, TimeUnit.SECONDS));
    scene.advance(TIMEOUT.minusNanos(1));
    for (int i = 0; i < 20_000; i++) {
      Thread.onSpinWait();
    }
    assertEquals(0, interrupts.get());
    scene.advance(Duration.ofNanos(1));
    await(() -> taken.size() == 3, "all");
    assertEquals(List.of("0/1", "1/2", "2/1"), taken);
    assertEquals(1, interrupts.get());
    assertEquals(1, delivery.tally().failed());
    assertEquals("did not finish within 30s", delivery.lastError());
    end(delivery);
  }

  @Test
  void aThreadThatHeedsNoInterruptIsLeftAndItsLaneGoesOn() throws Exception {
    scene.append(1, 5);
    scene.wanted = event -> !event.id().equals("3");
    Delivery delivery = scene.start(policy(1, 1, ""), Deaf::new);
    await(() -> hanging.get() == 1, "hanging");
    Thread stuck = thread("handler-mis");
    scene.advance(TIMEOUT);
    scene.advanceUntil(() -> taken.size() == 2, "the others", STEP);
    assertEquals("handler-mis-abandoned", stuck.getName());
    assertTrue(stuck.isDaemon());
    assertEquals(List.of("2/1", "4/1"), taken);
    assertEquals(2, instances.get());
    assertEquals(1, scene.dead.count());
    assertEquals("did not finish within 30s", scene.dead.find("1").orElseThrow().error());
    assertTrue(scene.log.says("the thread handler-mis did not finish within 30s with n1 1"));
    end(delivery);
    assertEquals(5, scene.cursor().next());
    assertEquals(1, closed.get());
    released.countDown();
    await(() -> closed.get() == 2, "its instance is closed by its own thread");
    assertEquals(2, delivery.delivered(), "what it did later is ignored");
    stuck.join();
  }

  private static Thread thread(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void anEventThatHangsIsTriedAgainAsThePolicySays() throws Exception {
    scene.append(1, 3);
    Delivery delivery = scene.start(policy(2, 1, ""), Deaf::new);
    scene.advanceUntil(() -> taken.size() == 1, "the one behind it", STEP);
    assertEquals(2, hanging.get());
    assertEquals(2, scene.dead.find("1").orElseThrow().attempts());
    assertEquals(2, delivery.tally().failed());
  }

  @Test
  void afterThreeThreadsALaneWaitsAndSaysSoUntilOneEnds() throws Exception {
    scene.append(1, 2);
    Delivery delivery = scene.start(policy(0, 1, ""), Deaf::new);
    scene.advanceUntil(
        () -> scene.log.says("Restart the agent, and mend the handler"), "said", STEP);
    assertEquals(4, hanging.get());
    assertEquals(4, instances.get());
    assertEquals(3, delivery.tally().failed());
    for (int i = 0; i < 100; i++) {
      scene.advance(TIMEOUT);
    }
    assertEquals(4, instances.get());
    assertEquals(1, delivery.waiting());
    String fault = delivery.fault().orElseThrow();
    assertTrue(fault.contains("thread handler-mis hangs and heeds no interrupt, at "), fault);
    assertTrue(fault.contains("HangTest$Deaf.handle"), fault);
    released.countDown();
    await(() -> delivery.delivered() == 1, "the event");
    assertEquals(Optional.empty(), delivery.fault());
    assertEquals("1/5", taken.get(taken.size() - 1));
    end(delivery);
    await(() -> closed.get() == instances.get(), "all are closed");
  }

  @Test
  void aLaneWhoseHandlerRefusesItsSettingsIsTheHandlersAffairAndNoRestartMendsIt()
      throws Exception {
    CompletableFuture<Thread> lane = new CompletableFuture<>();
    scene.append(1, 3);
    Delivery delivery =
        scene.start(
            policy(0, 2, "name"),
            () -> {
              boolean second = instances.incrementAndGet() == 2;
              return new EventHandler() {
                @Override
                public void open(HandlerContext context) {
                  if (second) {
                    lane.complete(Thread.currentThread());
                    throw new IllegalArgumentException("the file is another lane's");
                  }
                }

                @Override
                public void handle(Event event) {
                  taken.add(event.id());
                }

                @Override
                public void close() {}
              };
            });
    lane.get(30, TimeUnit.SECONDS).join();
    assertTrue(scene.log.says("is not configured right"));
    await(() -> taken.size() == 2, "the first lane goes on");
    assertEquals(Optional.empty(), delivery.fault());
  }

  @Test
  void oneHangingLaneDoesNotHoldUpTheOthersOrOtherHandlers() throws Exception {
    scene.append(0, 100);
    Delivery delivery = scene.start(policy(0, 2, "name"), Deaf::new);
    await(() -> taken.size() == 50, "all of the other key");
    assertEquals(50, delivery.waiting());
    scene.cursorFile = folder.resolve("other");
    Delivery other = scene.start(policy(0, 1, ""), event -> {});
    await(() -> other.delivered() == 100, "the other handler");
    end(other);
    delivery.drain();
    assertFalse(delivery.awaitEnd(Duration.ofMillis(20)));
    scene.advanceUntil(() -> scene.log.says("does not heed an interrupt"), "abandoned", STEP);
    assertTrue(delivery.awaitEnd(Scene.LONG), "a hanging thread does not hold up the end");
    assertEquals(2, instances.get(), "and needs no other in its place");
  }
}
