package loomagent.delivery;

import static loomagent.delivery.Scene.await;
import static loomagent.delivery.Scene.end;
import static loomagent.delivery.Scene.ids;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import loomagent.BatchHandler;
import loomagent.Event;
import loomagent.Undeliverable;
import org.junit.jupiter.api.Test;

/** Several events at once, for a handler that can take them. */
class BatchTest extends WithScene {
  private final List<String> taken = Scene.list();
  private final List<String> calls = Scene.list(); // each by its ids
  private final CountDownLatch begun = new CountDownLatch(1); // a batch that is held

  /** Takes all but what it is told not to. */
  private class Bulk implements BatchHandler {
    private final int batch;
    private final Predicate<Event> bad;

    Bulk(int batch, Predicate<Event> bad) {
      this.batch = batch;
      this.bad = bad;
    }

    @Override
    public int batch() {
      return batch;
    }

    @Override
    public void handle(Event event) throws Exception {
      calls.add(event.id());
      if (bad.test(event)) {
        throw new Undeliverable("bad");
      }
      taken.add(event.id());
    }

    @Override
    public void handle(List<Event> events) throws Exception {
      calls.add(String.join(" ", events.stream().map(Event::id).toList()));
      if (events.stream().anyMatch(bad)) {
        throw new IOException("one is bad");
      }
      events.forEach(event -> taken.add(event.id()));
    }

    @Override
    public void close() {}
  }

  /** Holds each batch until it is released, or interrupted. */
  private final class Held extends Bulk {
    Held(int batch) {
      super(batch, event -> false);
    }

    @Override
    public void handle(List<Event> events) throws Exception {
      begun.countDown();
      assertTrue(released.await(1, TimeUnit.HOURS));
      super.handle(events);
    }
  }

  private static Policy hasty() {
    Duration first = Duration.ofSeconds(1);
    return new Policy(first, first, 0, Duration.ofSeconds(30), 1, "");
  }

  @Test
  void whatWaitsComesTogetherInOrder() throws Exception {
    scene.append(0, 250);
    Delivery delivery = scene.start(Scene.STRICT, new Bulk(100, event -> false));
    await(() -> delivery.delivered() == 250, "all");
    assertEquals(ids(0, 250), taken);
    assertEquals(
        List.of(String.join(" ", ids(0, 100)), String.join(" ", ids(100, 200))),
        calls.subList(0, 2));
    end(delivery);
    assertEquals(new Cursor.Position(251, List.of()), scene.cursor());
    assertEquals(0, delivery.waiting());
  }

  @Test
  void aHandlerThatKeepsUpGetsOneByOne() throws Exception {
    Delivery delivery = scene.start(Scene.STRICT, new Bulk(100, event -> false));
    for (int i = 0; i < 20; i++) {
      int count = i + 1;
      scene.append(i, count);
      await(() -> delivery.delivered() == count, "the last");
    }
    assertEquals(ids(0, 20), calls);
  }

  @Test
  void aBatchThatFailsComesOneByOneAndTheBadOneIsFound() throws Exception {
    scene.append(0, 30);
    Delivery delivery =
        scene.start(Scene.policy(3, 1, ""), new Bulk(10, event -> event.id().equals("13")));
    await(() -> delivery.delivered() == 29, "all but one");
    List<String> all = new ArrayList<>(ids(0, 30));
    all.remove("13");
    assertEquals(all, taken);
    assertEquals(1, delivery.dead());
    List<String> expected = new ArrayList<>();
    expected.add(String.join(" ", ids(0, 10)));
    expected.add(String.join(" ", ids(10, 20)));
    expected.addAll(ids(10, 20));
    expected.add(String.join(" ", ids(20, 30)));
    assertEquals(expected, calls);
    assertTrue(
        scene
            .log
            .all()
            .contains(
                "did not take 10 events at once; they come one by one: IOException: one is bad"),
        scene.log.all().toString());
  }

  @Test
  void anEventThatIsTriedAgainComesByItself() throws Exception {
    int[] tries = new int[1];
    scene.append(0, 10);
    Delivery delivery =
        scene.start(
            Scene.STRICT,
            new Bulk(5, event -> false) {
              @Override
              public void handle(Event event) throws Exception {
                if (event.id().equals("0") && tries[0]++ < 2) {
                  throw new IOException("not yet");
                }
                super.handle(event);
              }

              @Override
              public void handle(List<Event> events) throws Exception {
                if (tries[0] == 0) {
                  throw new IOException("none of them");
                }
                super.handle(events);
              }
            });
    scene.advanceUntil(() -> delivery.delivered() == 10, "all");
    assertEquals(ids(0, 10), taken);
    assertEquals(List.of("0", "1", "2", "3", "4", "5 6 7 8 9"), calls);
  }

  @Test
  void aBatchThatHangsIsInterruptedAndComesOneByOne() throws Exception {
    scene.append(0, 8);
    Delivery delivery = scene.start(hasty(), new Held(8));
    assertTrue(begun.await(30, TimeUnit.SECONDS));
    scene.advanceUntil(() -> delivery.delivered() == 8, "all", Duration.ofMillis(10));
    assertEquals(ids(0, 8), taken);
    assertEquals(ids(0, 8), calls);
  }

  @Test
  void aBatchThatHeedsNoInterruptIsLeftToItself() throws Exception {
    scene.append(0, 8);
    Delivery delivery =
        scene.start(
            hasty(),
            () ->
                new Bulk(8, event -> false) {
                  @Override
                  public void handle(List<Event> events) throws Exception {
                    begun.countDown();
                    while (true) {
                      try {
                        assertTrue(released.await(1, TimeUnit.HOURS));
                        super.handle(events); // late: it counts no more
                        return;
                      } catch (InterruptedException deaf) {
                        // goes on
                      }
                    }
                  }
                });
    assertTrue(begun.await(30, TimeUnit.SECONDS));
    scene.advanceUntil(() -> delivery.delivered() == 8, "all", Duration.ofMillis(10));
    assertEquals(ids(0, 8), taken);
    released.countDown();
    await(() -> taken.size() == 16, "the late ones");
    assertEquals(8, delivery.delivered());
  }

  @Test
  void aReplayComesByItself() throws Exception {
    scene.append(0, 3);
    Delivery delivery = scene.start(Scene.STRICT, new Held(10));
    assertTrue(begun.await(30, TimeUnit.SECONDS));
    var one = delivery.replay(Scene.event(100));
    var two = delivery.replay(Scene.event(101));
    released.countDown();
    assertTrue(one.get(30, TimeUnit.SECONDS).isEmpty());
    assertTrue(two.get(30, TimeUnit.SECONDS).isEmpty());
    assertEquals(List.of("0 1 2", "100", "101"), calls);
  }

  @Test
  void aBatchInHandIsFinishedWhenTheAgentStops() throws Exception {
    scene.append(0, 100);
    Delivery delivery = scene.start(Scene.STRICT, new Held(40));
    assertTrue(begun.await(30, TimeUnit.SECONDS));
    delivery.drain();
    released.countDown();
    assertTrue(delivery.awaitEnd(Duration.ofSeconds(30)));
    assertEquals(ids(0, 40), taken);
    assertEquals(41, scene.cursor().next());
  }

  @Test
  void keysKeepTheirOrderInBatchesOfSeveralLanes() throws Exception {
    scene.append(0, 3_000);
    SplittableRandom random = new SplittableRandom(7);
    Delivery delivery =
        scene.start(
            Scene.policy(0, 3, "payload.order"),
            () -> {
              SplittableRandom own = random.split();
              return new Bulk(16, event -> false) {
                @Override
                public void handle(List<Event> events) throws Exception {
                  if (own.nextInt(4) == 0) {
                    throw new IOException("by chance");
                  }
                  super.handle(events);
                }

                @Override
                public void handle(Event event) throws Exception {
                  if (own.nextInt(8) == 0) {
                    throw new IOException("by chance");
                  }
                  super.handle(event);
                }
              };
            });
    scene.advanceUntil(() -> delivery.delivered() == 3_000, "all");
    Map<Integer, Integer> last = new HashMap<>();
    for (String id : List.copyOf(taken)) {
      int number = Integer.parseInt(id);
      Integer before = last.put(number % 7, number);
      assertTrue(before == null || before == number - 7, before + " before " + number);
    }
    assertEquals(3_000, taken.size());
    end(delivery);
    assertEquals(new Cursor.Position(3_001, List.of()), scene.cursor());
  }
}
