package loomagent.delivery;

import static loomagent.delivery.Scene.STRICT;
import static loomagent.delivery.Scene.await;
import static loomagent.delivery.Scene.end;
import static loomagent.delivery.Scene.ids;
import static loomagent.delivery.Scene.policy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import loomagent.Event;
import loomagent.EventHandler;
import loomagent.HandlerContext;
import org.junit.jupiter.api.Test;

/** Events go from the journal to a handler that works, is opened and is closed. */
class DeliveryTest extends WithScene {
  @Test
  void everythingIsDeliveredInOrderAndTheCursorFollows() throws Exception {
    List<String> taken = Scene.list();
    scene.append(0, 1_000);
    Delivery delivery = scene.start(STRICT, event -> taken.add(event.id()));
    await(() -> delivery.delivered() == 1_000, "what was there");
    scene.append(1_000, 3_000);
    await(() -> delivery.delivered() == 3_000, "what came");
    assertEquals(0, delivery.waiting());
    end(delivery);
    assertEquals(ids(0, 3_000), taken);
    assertEquals(3_001, scene.cursor().next());
    assertEquals(3_001, delivery.low());
    assertEquals(
        Optional.of(Instant.parse("2026-03-04T05:06:07Z")), delivery.tally().lastDeliveredAt());
    assertEquals("mis", delivery.name());
    assertEquals(0, delivery.tally().failed());
    assertEquals("", delivery.lastError());
    assertEquals(List.of(), scene.log.all());
  }

  @Test
  void afterAStopItGoesOnWhereItWasAndNothingComesTwice() throws Exception {
    List<String> taken = Scene.list();
    for (int round = 0; round < 5; round++) {
      Delivery delivery = scene.start(policy(0, 3, "name"), event -> taken.add(event.id()));
      scene.append(round * 300, round * 300 + 300);
      int some = round * 300 + 50;
      await(() -> taken.size() >= some, "some of them");
      end(delivery);
    }
    Delivery last = scene.start(STRICT, event -> taken.add(event.id()));
    await(() -> taken.size() == 1_500, "the rest");
    end(last);
    assertEquals(1_500, new HashSet<>(taken).size());
  }

  @Test
  void whatIsNotWantedMovesTheCursorToo() throws Exception {
    List<String> taken = Scene.list();
    scene.wanted = event -> event.id().equals("3");
    Delivery delivery = scene.start(STRICT, event -> taken.add(event.id()));
    scene.append(0, 1_000);
    await(() -> delivery.low() == 1_001, "all were looked at");
    assertEquals(List.of("3"), taken);
    assertEquals(0, delivery.waiting());
    assertEquals(1_001, scene.cursor().next());
  }

  @Test
  void eachLaneHasAnInstanceOfItsOwnAndAThreadOfItsOwn() throws Exception {
    CyclicBarrier together = new CyclicBarrier(3);
    Set<String> threads = ConcurrentHashMap.newKeySet();
    AtomicInteger instances = new AtomicInteger();
    AtomicInteger closed = new AtomicInteger();
    scene.append(0, 9);
    Delivery delivery =
        scene.start(
            policy(0, 3, "payload.order"),
            () ->
                new EventHandler() {
                  private Thread own;

                  @Override
                  public void open(HandlerContext context) {
                    own = Thread.currentThread();
                    instances.incrementAndGet();
                    threads.add(own.getName());
                  }

                  @Override
                  public void handle(Event event) throws Exception {
                    assertSame(own, Thread.currentThread());
                    if (event.id().compareTo("6") < 0) {
                      together.await(20, TimeUnit.SECONDS); // three at once, or never
                    }
                  }

                  @Override
                  public void close() {
                    assertSame(own, Thread.currentThread());
                    closed.incrementAndGet();
                  }
                });
    await(() -> delivery.delivered() == 9, "all");
    end(delivery);
    assertEquals(3, instances.get());
    assertEquals(3, closed.get());
    assertEquals(Set.of("handler-mis", "handler-mis-2", "handler-mis-3"), threads);
    assertEquals(0, delivery.tally().failed());
  }

  @Test
  void eventsOfOneKeyAreDeliveredInTheirOrder() throws Exception {
    List<String> taken = Scene.list();
    Delivery delivery = scene.start(policy(0, 4, "payload.order"), event -> taken.add(event.id()));
    scene.append(0, 5_000);
    await(() -> delivery.delivered() == 5_000, "all");
    end(delivery);
    List<String> copy = List.copyOf(taken);
    for (int key = 0; key < 7; key++) {
      int of = key;
      assertEquals(
          ids(0, 5_000).stream().filter(id -> Integer.parseInt(id) % 7 == of).toList(),
          copy.stream().filter(id -> Integer.parseInt(id) % 7 == of).toList());
    }
  }

  @Test
  void aDrainLetsWhatIsInHandEndAndBeginsNothing() throws Exception {
    List<String> taken = Scene.list();
    CountDownLatch inHand = new CountDownLatch(2);
    scene.append(0, 100);
    Delivery delivery =
        scene.start(
            policy(0, 2, "name"),
            event -> {
              inHand.countDown();
              released.await();
              taken.add(event.id());
            });
    assertTrue(inHand.await(20, TimeUnit.SECONDS));
    delivery.drain();
    assertFalse(delivery.awaitEnd(Duration.ofMillis(20)));
    assertFalse(delivery.awaitEnd(Duration.ofMillis(-20)), "past the deadline it waits no more");
    released.countDown();
    assertTrue(delivery.awaitEnd(Scene.LONG));
    assertEquals(Set.of("0", "1"), Set.copyOf(taken));
    assertEquals(98, delivery.waiting());
    assertEquals(3, scene.cursor().next());
  }

  @Test
  void whatIsDoneOutOfOrderIsNotDoneAgainAfterAStop() throws Exception {
    List<String> taken = Scene.list();
    CountDownLatch inHand = new CountDownLatch(1);
    scene.append(0, 20);
    Delivery delivery =
        scene.start(
            policy(0, 2, "name"),
            event -> {
              if (event.id().equals("4")) {
                inHand.countDown();
                released.await();
                throw new IOException("not now");
              }
              taken.add(event.id());
            });
    assertTrue(inHand.await(20, TimeUnit.SECONDS));
    await(() -> delivery.delivered() == 12, "all odd ones, 0 and 2");
    assertEquals(5, delivery.low());
    assertEquals(20, scene.cursor().next() - 1);
    assertEquals(List.of(5L, 7L, 9L, 11L, 13L, 15L, 17L, 19L), scene.cursor().open());
    delivery.drain();
    released.countDown();
    assertTrue(delivery.awaitEnd(Scene.LONG));
    Delivery next = scene.start(STRICT, event -> taken.add(event.id()));
    await(() -> taken.size() == 20, "the rest");
    end(next);
    assertEquals(
        List.of("4", "6", "8", "10", "12", "14", "16", "18"), taken.subList(12, 20), "in order");
  }

  @Test
  void aHandlerThatCannotOpenIsTriedAgainLater() throws Exception {
    scene.random = () -> Long.MAX_VALUE - 1_000_000; // some wait each time
    AtomicInteger made = new AtomicInteger();
    AtomicInteger closed = new AtomicInteger();
    List<String> taken = Scene.list();
    scene.append(0, 10);
    Delivery delivery =
        scene.start(
            STRICT,
            () -> {
              if (made.incrementAndGet() == 1) {
                throw new NoClassDefFoundError("lib/Lib");
              }
              return new EventHandler() {
                @Override
                public void open(HandlerContext context) throws Exception {
                  if (made.get() < 5) {
                    Thread.currentThread().interrupt();
                    throw new IOException("nobody answers");
                  }
                }

                @Override
                public void handle(Event event) {
                  taken.add(event.id() + event.attempt());
                }

                @Override
                public void close() {
                  closed.incrementAndGet();
                }
              };
            });
    assertEquals(Delivery.Opening.FAILED, delivery.awaitOpening(Scene.LONG));
    assertEquals(Delivery.Opening.FAILED, delivery.opening());
    for (int tries = 1; tries < 5; tries++) {
      int before = tries;
      scene.advanceUntil(() -> made.get() > before, "the next try");
    }
    await(() -> delivery.delivered() == 10, "what waited");
    assertEquals(Delivery.Opening.OPEN, delivery.opening());
    end(delivery);
    assertEquals(4, closed.get(), "what was half opened is closed");
    assertEquals(ids(0, 10).stream().map(id -> id + 1).toList(), taken, "no attempt was counted");
    assertEquals(
        "could not be made, and is tried again: NoClassDefFoundError: lib/Lib",
        scene.log.errors().get(0));
    assertEquals(
        "could not be opened, and is tried again: IOException: nobody answers",
        scene.log.errors().get(1));
    assertEquals(
        "could not be opened, and is tried again, failure 2 of this kind: IOException: nobody"
            + " answers",
        scene.log.errors().get(2));
    assertEquals(3, scene.log.errors().size(), "the third of a kind is not said");
    assertTrue(scene.log.all().contains("is open after 4 failures"), scene.log.all().toString());
  }

  @Test
  void aWrongSettingIsNotTriedAgainAndItsEventsWait() throws Exception {
    String wrong = "url is missing; write an address. ".repeat(10) + "batch is 0";
    AtomicInteger opened = new AtomicInteger();
    AtomicInteger closed = new AtomicInteger();
    Delivery delivery =
        scene.start(
            policy(0, 3, "name"),
            () ->
                new EventHandler() {
                  @Override
                  public void open(HandlerContext context) {
                    opened.incrementAndGet();
                    throw new IllegalArgumentException(wrong);
                  }

                  @Override
                  public void handle(Event event) {}

                  @Override
                  public void close() {
                    closed.incrementAndGet();
                  }
                });
    assertEquals(Delivery.Opening.MISCONFIGURED, delivery.awaitOpening(Scene.LONG));
    assertTrue(delivery.awaitEnd(Scene.LONG));
    scene.append(0, 3);
    assertEquals(1, opened.get());
    assertEquals(1, closed.get());
    assertEquals(3, delivery.waiting());
    assertEquals(1, delivery.low());
    assertEquals(wrong, delivery.lastError(), "all of it");
    assertEquals(List.of("is not configured right: " + wrong), scene.log.errors());
    assertEquals(
        Optional.of("the handler takes no more events; last: " + wrong),
        delivery.replay(Scene.event(0)).get(20, TimeUnit.SECONDS));
  }

  @Test
  void aHandlerThatNeverOpenedEndsAtOnce() throws Exception {
    scene.random = () -> Long.MAX_VALUE - 1_000_000;
    Delivery delivery =
        scene.start(
            STRICT,
            () -> {
              throw new IOException("no");
            });
    assertEquals(Delivery.Opening.FAILED, delivery.awaitOpening(Scene.LONG));
    end(delivery);
    Delivery unused = scene.make(STRICT, () -> event -> {});
    end(unused);
    unused.start();
    assertEquals(Delivery.Opening.PENDING, unused.awaitOpening(Duration.ofMillis(20)));
  }

  @Test
  void handlersRunWithTheirOwnClassLoaderOnDaemonThreads() throws Exception {
    List<Object> seen = new ArrayList<>(); // the handler's thread, or after its end
    scene.append(0, 1);
    Delivery delivery =
        scene.start(
            STRICT,
            event -> {
              seen.add(Thread.currentThread().getContextClassLoader());
              seen.add(Thread.currentThread().isDaemon());
            });
    await(() -> delivery.delivered() == 1, "it");
    end(delivery);
    assertEquals(List.of(getClass().getClassLoader(), true), seen);
  }

  @Test
  void nobodyIsLookedAfterAnyMoreOnceItHasEnded() throws Exception {
    Set<Thread> before = watches();
    Delivery delivery = scene.start(STRICT, event -> {});
    Delivery late = scene.make(STRICT, () -> event -> {});
    end(late);
    late.start(); // to no avail
    Set<Thread> watch = watches();
    watch.removeAll(before);
    assertEquals(1, watch.size());
    end(delivery);
    await(() -> watch.stream().noneMatch(Thread::isAlive), "the watch ends");
  }

  private static Set<Thread> watches() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("handler-watch"))
        .collect(Collectors.toSet());
  }
}
