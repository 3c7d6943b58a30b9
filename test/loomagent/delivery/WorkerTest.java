package loomagent.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import loomagent.BatchHandler;
import loomagent.Event;
import loomagent.EventHandler;
import loomagent.HandlerContext;
import loomagent.base.Backoff;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One lane's thread, and that nothing ends it: neither its handler nor a want of memory. */
@Timeout(60)
class WorkerTest extends Steps {
  private final List<String> calls = Scene.list();
  private final List<Delivery.Opening> openings = Scene.list();
  private final CompletableFuture<Worker> left = new CompletableFuture<>();

  /** So often the clock cannot be read, for want of memory. */
  private final AtomicInteger faults = new AtomicInteger();

  private Error fault = new OutOfMemoryError("a test");

  private long now() {
    if (faults.getAndUpdate(count -> Math.max(0, count - 1)) > 0) {
      throw fault;
    }
    return scene.nanos.get();
  }

  private Worker worker(int lane, Delivery.Maker maker) throws IOException {
    Delivery.Target target = scene.target(Scene.STRICT, maker);
    dispatch =
        new Dispatch(
            target,
            scene.feed(target),
            scene.dead,
            scene.clock,
            new Watch(this::now),
            scene.random,
            tally);
    outcomes = dispatch.outcomes();
    Backoff none = new Backoff(Duration.ofHours(1), Duration.ofHours(1), scene.random);
    Worker worker = new Worker(lane, target, none, dispatch, openings::add, left::complete);
    assertTrue(dispatch.join(worker));
    return worker;
  }

  private void start(Worker worker) {
    assertEquals(Thread.State.NEW, worker.thread.getState());
    assertTrue(worker.start());
    assertTrue(worker.start(), "it runs");
  }

  private void end(Worker worker) throws Exception {
    outcomes.drain();
    assertSame(worker, left.get());
    worker.thread.join();
    assertTrue(worker.start(), "it ran");
  }

  private class Bulk implements BatchHandler {
    private final int batch;

    Bulk(int batch) {
      this.batch = batch;
    }

    @Override
    public int batch() {
      return batch;
    }

    @Override
    public void handle(Event event) {
      calls.add("1");
    }

    @Override
    public void handle(List<Event> events) {
      calls.add("" + events.size());
    }

    @Override
    public void close() throws IOException {
      throw new IOException("no");
    }
  }

  private void assertCalls(int batch, String... expected) throws Exception {
    calls.clear();
    Worker worker = worker(1, () -> new Bulk(batch));
    start(worker);
    Scene.await(() -> calls.size() == expected.length, "all");
    assertEquals(List.of(expected), calls);
    outcomes.drain();
    worker.thread.join();
  }

  @Test
  void aBatchIsAtLeastOneEventAndAtMostWhatIsReadAtOnce() throws Exception {
    scene.append(0, 2);
    assertCalls(0, "1", "1");
    scene.append(2, 4);
    assertCalls(2, "2");
    scene.append(4, 304);
    assertCalls(1_000, "256", "44");
    assertEquals(3, scene.log.count("ERROR did not close well: IOException: no"));
    assertEquals("IOException: no", tally.lastError);
  }

  @Test
  void anEventThatWasTakenDoesNotComeAgainForWantOfMemory() throws Exception {
    scene.append(0, 2);
    Worker worker =
        worker(
            3,
            () ->
                event -> {
                  calls.add(event.id());
                  if (event.id().equals("0")) {
                    faults.set(2);
                  }
                });
    start(worker);
    Scene.await(() -> tally.delivered() == 2, "both");
    end(worker);
    assertEquals(List.of("0", "1"), calls);
    assertEquals(List.of(Delivery.Opening.OPEN), openings);
    assertEquals("handler-mis-3", worker.thread.getName());
    assertTrue(worker.thread.isDaemon());
  }

  @Test
  void aLaneGoesOnHoweverOftenItFails() throws Exception {
    fault = new StackOverflowError("a test");
    scene.append(0, 1);
    Worker worker =
        worker(
            1,
            () ->
                event -> {
                  calls.add(event.id() + "/" + event.attempt());
                  if (calls.size() == 1) {
                    faults.set(3); // the end of the delivery, and to say that it has to come again
                  }
                });
    start(worker);
    Scene.await(() -> dispatch.retrying() == 1, "recovered");
    assertEquals("the agent is short of memory", tally.lastError);
    scene.nanos.addAndGet(SECOND);
    dispatch.look();
    Scene.await(() -> tally.delivered() == 1, "the event");
    assertEquals(List.of("0/1", "0/1"), calls);
    end(worker);
  }

  @Test
  void aHandlerIsOpenedEvenWhereThereIsNoMemoryToSaySo() throws Exception {
    Delivery.Target target =
        scene.target(
            Scene.STRICT,
            () -> {
              calls.add("made");
              return event -> {};
            });
    worker(1, () -> event -> {});
    AtomicInteger told = new AtomicInteger();
    Worker worker =
        new Worker(
            1,
            target,
            new Backoff(Duration.ofHours(1), Duration.ofHours(1), scene.random),
            dispatch,
            opening -> {
              if (told.incrementAndGet() == 1) {
                throw new OutOfMemoryError("a test");
              }
            },
            left::complete);
    long begun = System.nanoTime();
    start(worker);
    Scene.await(() -> told.get() == 2, "told again");
    assertTrue(System.nanoTime() - begun >= 100_000_000, "not at once");
    end(worker);
    assertEquals(List.of("made", "made"), calls);
  }

  @Test
  void aHandlerThatIsToldToWaitIsNotOpenedBeforeThat() throws Exception {
    scene.random = LONGEST;
    AtomicInteger tries = new AtomicInteger();
    Worker worker =
        worker(
            1,
            () -> {
              tries.incrementAndGet();
              throw new IOException("down");
            });
    start(worker);
    Scene.await(() -> openings.size() == 1, "the first");
    Scene.await(() -> isWaiting(worker.thread), "the wait");
    dispatch.look();
    assertEquals(1, tries.get());
    assertFalse(left.isDone());
    scene.nanos.addAndGet(Duration.ofHours(1).toNanos());
    dispatch.look();
    Scene.await(() -> openings.size() == 2, "the second");
    assertEquals(List.of(Delivery.Opening.FAILED, Delivery.Opening.FAILED), openings);
    end(worker);
    assertEquals(2, scene.log.errors().size());
  }

  @Test
  void aHandlerThatIsNotConfiguredRightEndsItsLane() throws Exception {
    Worker worker =
        worker(
            1,
            () ->
                new EventHandler() {
                  @Override
                  public void open(HandlerContext context) {
                    throw new IllegalArgumentException("url is missing");
                  }

                  @Override
                  public void handle(Event event) {}

                  @Override
                  public void close() {
                    calls.add("closed");
                  }
                });
    start(worker);
    assertSame(worker, left.get());
    assertEquals(List.of(Delivery.Opening.MISCONFIGURED), openings);
    assertEquals(List.of("closed"), calls);
    assertEquals(List.of("is not configured right: url is missing"), scene.log.errors());
  }
}
