package loomagent.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.text.MessageFormat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ResourceBundle;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import loomagent.Event;
import loomagent.EventHandler;
import loomagent.HandlerContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LaneTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final RandomGenerator NO_WAIT = () -> 0;
  private static final RandomGenerator LONG_WAIT = () -> Long.MAX_VALUE - 1_000_000;

  private final Log log = new Log();

  /** Keeps what is said to an operator. */
  private static final class Log implements System.Logger {
    final ConcurrentLinkedQueue<String> errors = new ConcurrentLinkedQueue<>();

    @Override
    public String getName() {
      return "test";
    }

    @Override
    public boolean isLoggable(Level level) {
      return true;
    }

    @Override
    public void log(Level level, ResourceBundle bundle, String text, Throwable thrown) {
      log(level, bundle, text);
    }

    @Override
    public void log(Level level, ResourceBundle bundle, String format, Object... parts) {
      if (level == Level.ERROR) {
        errors.add(parts == null ? format : MessageFormat.format(format, parts));
      }
    }
  }

  private record Context(String name, System.Logger logger) implements HandlerContext {
    @Override
    public Map<String, String> settings() {
      return Map.of();
    }

    @Override
    public Path directory() throws IOException {
      throw new IOException("there is none");
    }
  }

  /** Does as the test says; the rest it remembers. */
  private static class Scripted implements EventHandler {
    final List<String> taken = new ArrayList<>(); // the lane's thread, or after its end
    final AtomicInteger opened = new AtomicInteger();
    final AtomicInteger closed = new AtomicInteger();

    @Override
    public void open(HandlerContext context) throws Exception {
      opened.incrementAndGet();
    }

    @Override
    public void handle(Event event) throws Exception {
      taken.add(event.id());
    }

    @Override
    public void close() {
      closed.incrementAndGet();
    }
  }

  private Lane lane(Lane.Maker maker, RandomGenerator random) {
    return new Lane(maker, new Context("mis", log), getClass().getClassLoader(), random);
  }

  private Lane started(EventHandler handler) throws InterruptedException {
    Lane lane = lane(() -> handler, NO_WAIT);
    lane.start();
    assertEquals(Lane.Opening.OPEN, lane.awaitOpening(LONG));
    return lane;
  }

  private static void offer(Lane lane, int from, int to) {
    for (int i = from; i < to; i++) {
      lane.offer(event(i));
    }
  }

  private static Event event(int number) {
    return Event.of("" + number, "a.b", "{\"id\":\"" + number + "\"}", "default");
  }

  private static List<String> ids(int from, int to) {
    return IntStream.range(from, to).mapToObj(Integer::toString).toList();
  }

  private static void end(Lane lane) throws InterruptedException {
    lane.drain();
    assertTrue(lane.awaitEnd(LONG));
  }

  @Test
  void everythingQueuedIsDeliveredInOrderBeforeTheEnd() throws Exception {
    Scripted handler = new Scripted();
    Lane lane = started(handler);
    offer(lane, 0, 5_000);
    end(lane);
    assertEquals(ids(0, 5_000), handler.taken);
    assertEquals(1, handler.opened.get());
    assertEquals(1, handler.closed.get());
    assertEquals(5_000, lane.delivered());
    assertEquals(0, lane.waiting());
    assertEquals(0, lane.failed());
    assertEquals("", lane.lastError());
    assertEquals(List.of(), List.copyOf(log.errors));
  }

  @Test
  void whateverAHandlerThrowsDoesNotEndItsLane() throws Exception {
    Scripted handler =
        new Scripted() {
          @Override
          public void handle(Event event) throws Exception {
            switch (event.id()) {
              case "0" -> throw new IOException("disk\nfull");
              case "1" -> throw new AssertionError("an error");
              case "2" -> handle(event); // until the stack is full
              case "3" -> throw new NoClassDefFoundError("lib/Lib");
              case "4" -> throw new OutOfMemoryError();
              case "5" -> throw new Mean();
              case "6" -> throw new InterruptedException();
              case "7" -> throw new IllegalArgumentException(" ");
              default -> super.handle(event);
            }
          }
        };
    Lane lane = started(handler);
    offer(lane, 0, 10);
    end(lane);
    assertEquals(List.of("8", "9"), handler.taken);
    assertEquals(2, lane.delivered());
    assertEquals(8, lane.failed());
    assertEquals(1, handler.closed.get());
    assertEquals(
        List.of(
            "did not take a.b 0: IOException: disk\\u000afull",
            "did not take a.b 1: AssertionError: an error",
            "did not take a.b 2: java.lang.StackOverflowError",
            "did not take a.b 3: NoClassDefFoundError: lib/Lib",
            "did not take a.b 4: java.lang.OutOfMemoryError",
            "did not take a.b 5: loomagent.delivery.LaneTest$Mean",
            "did not take a.b 6: java.lang.InterruptedException",
            "did not take a.b 7: java.lang.IllegalArgumentException"),
        List.copyOf(log.errors));
    assertEquals("java.lang.IllegalArgumentException", lane.lastError());
  }

  private static final class Mean extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      throw new IllegalStateException("not even that");
    }
  }

  @Test
  void aHandlerThatHangsHarmsNoOtherAndIsLeftAtTheDeadline() throws Exception {
    CountDownLatch hanging = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    Scripted stuck =
        new Scripted() {
          @Override
          public void handle(Event event) throws Exception {
            hanging.countDown();
            released.await();
            super.handle(event);
          }
        };
    Scripted free = new Scripted();
    Lane stuckLane = started(stuck);
    Lane freeLane = started(free);
    for (int i = 0; i < 1_000; i++) {
      stuckLane.offer(event(i));
      freeLane.offer(event(i));
    }
    assertTrue(hanging.await(20, TimeUnit.SECONDS));
    end(freeLane);
    assertEquals(ids(0, 1_000), free.taken);
    stuckLane.drain();
    assertFalse(stuckLane.awaitEnd(Duration.ofMillis(50)));
    assertFalse(stuckLane.awaitEnd(Duration.ofMillis(-50)), "past the deadline it waits no more");
    assertEquals(1_000, stuckLane.waiting());
    released.countDown();
    assertTrue(stuckLane.awaitEnd(LONG));
    assertEquals(ids(0, 1_000), stuck.taken);
  }

  /** Opened at once, and stuck in its first event until released. */
  private static final class Stuck extends Scripted {
    final CountDownLatch inHand = new CountDownLatch(1);
    final CountDownLatch released = new CountDownLatch(1);

    @Override
    public void handle(Event event) throws Exception {
      inHand.countDown();
      released.await();
      super.handle(event);
    }
  }

  @Test
  void whatFindsTheQueueFullIsCountedAndSaidInPowersOfTwo() throws Exception {
    Stuck handler = new Stuck();
    Lane lane = started(handler);
    offer(lane, 0, 1);
    assertTrue(handler.inHand.await(20, TimeUnit.SECONDS));
    offer(lane, 1, Backlog.MOST_EVENTS + 1);
    assertEquals(0, lane.refused());
    offer(lane, Backlog.MOST_EVENTS + 1, Backlog.MOST_EVENTS + 1 + 1_000);
    assertEquals(1_000, lane.refused());
    assertEquals(Backlog.MOST_EVENTS + 1, lane.waiting());
    List<String> said = List.copyOf(log.errors);
    assertEquals(10, said.size(), "1, 2, 4 … 512");
    assertEquals(
        "this handler hangs: 100001 events wait, and there is no room for more; 1 event not"
            + " delivered to it so far. Last: a.b 100001",
        said.get(0));
    assertTrue(said.get(9).contains("; 512 events not delivered"), said.get(9));
    handler.released.countDown();
    end(lane);
    assertEquals(ids(0, Backlog.MOST_EVENTS + 1), handler.taken);
  }

  @Test
  void aHandlerThatIsOnlySlowIsWaitedForAndGetsEverything() throws Exception {
    Scripted handler =
        new Scripted() {
          @Override
          public void handle(Event event) throws Exception {
            Thread.onSpinWait();
            super.handle(event);
          }
        };
    Lane lane = started(handler);
    int many = 2 * Backlog.MOST_EVENTS + 7;
    offer(lane, 0, many);
    end(lane);
    assertEquals(0, lane.refused());
    assertEquals(ids(0, many), handler.taken);
  }

  @Test
  void aQueueOfLargeEventsIsFullSooner() throws Exception {
    Stuck handler = new Stuck();
    Lane lane = started(handler);
    offer(lane, 0, 1);
    assertTrue(handler.inHand.await(20, TimeUnit.SECONDS));
    Event large = Event.of("large", "a.b", "x".repeat(1 << 20), "default");
    for (int i = 0; i < 40; i++) {
      lane.offer(large);
    }
    assertEquals(8, lane.refused());
    assertEquals(33, lane.waiting());
    handler.released.countDown();
    end(lane);
    assertEquals(33, lane.delivered());
  }

  @Test
  void roomIsThereAgainOnceTheQueueIsTaken() throws Exception {
    Event large = Event.of("large", "a.b", "x".repeat((int) Backlog.MOST_CHARACTERS), "default");
    for (int round = 0; round < 3; round++) {
      CountDownLatch took = new CountDownLatch(1);
      Lane lane = started((EventHandler) event -> took.countDown());
      lane.offer(large);
      assertTrue(took.await(20, TimeUnit.SECONDS));
      lane.offer(large);
      end(lane);
      assertEquals(0, lane.refused());
      assertEquals(2, lane.delivered());
    }
  }

  private static final class OpensAtTheFourthTry extends Scripted {
    private final int number;
    private final CountDownLatch fourth;
    private final CountDownLatch mayOpen;

    OpensAtTheFourthTry(int number, CountDownLatch fourth, CountDownLatch mayOpen) {
      this.number = number;
      this.fourth = fourth;
      this.mayOpen = mayOpen;
    }

    @Override
    public void open(HandlerContext context) throws Exception {
      super.open(context);
      if (number < 4) {
        throw new IOException("nobody answers");
      }
      fourth.countDown();
      mayOpen.await();
    }
  }

  @Test
  void aHandlerThatCannotOpenIsTriedAgainAndGetsWhatWaited() throws Exception {
    List<Scripted> made = new ArrayList<>(); // the lane's thread, or after its end
    CountDownLatch fourth = new CountDownLatch(1);
    CountDownLatch mayOpen = new CountDownLatch(1);
    Lane lane =
        lane(
            () -> {
              made.add(new OpensAtTheFourthTry(made.size() + 1, fourth, mayOpen));
              return made.get(made.size() - 1);
            },
            NO_WAIT);
    offer(lane, 0, 5);
    lane.start();
    assertEquals(Lane.Opening.FAILED, lane.awaitOpening(LONG));
    offer(lane, 5, 10);
    assertTrue(fourth.await(20, TimeUnit.SECONDS));
    mayOpen.countDown();
    end(lane);
    assertEquals(4, made.size());
    assertEquals(ids(0, 10), made.get(3).taken);
    assertEquals(1, made.get(3).closed.get());
    assertEquals(1, made.get(0).closed.get(), "what was half opened is closed");
    assertEquals(
        "could not be opened, and is tried again: IOException: nobody answers", log.errors.peek());
  }

  @Test
  void aWrongSettingIsNotTriedAgain() throws Exception {
    Scripted handler =
        new Scripted() {
          @Override
          public void open(HandlerContext context) throws Exception {
            super.open(context);
            throw new IllegalArgumentException("url is missing; write an address");
          }
        };
    Lane lane = lane(() -> handler, NO_WAIT);
    lane.start();
    assertEquals(Lane.Opening.MISCONFIGURED, lane.awaitOpening(LONG));
    assertTrue(lane.awaitEnd(LONG));
    assertEquals(1, handler.opened.get());
    assertEquals(1, handler.closed.get());
    assertEquals("url is missing; write an address", lane.lastError());
    assertEquals(
        List.of("is not configured right: url is missing; write an address"),
        List.copyOf(log.errors));
    offer(lane, 0, 3);
    assertEquals(0, lane.waiting(), "nothing is kept for a handler that never will take it");
    assertEquals(3, lane.refused());
    assertTrue(
        log.errors.contains(
            "this handler takes no events; 2 events not delivered to it so far. Last: a.b 1"));
  }

  @Test
  void aConstructorThatThrowsIsTriedAgain() throws Exception {
    AtomicInteger tries = new AtomicInteger();
    Scripted handler = new Scripted();
    CountDownLatch fourth = new CountDownLatch(1);
    CountDownLatch mayBeMade = new CountDownLatch(1);
    Lane lane =
        lane(
            () -> {
              if (tries.incrementAndGet() < 4) {
                throw new NoClassDefFoundError("lib/Lib");
              }
              fourth.countDown();
              mayBeMade.await();
              return handler;
            },
            NO_WAIT);
    offer(lane, 0, 3);
    lane.start();
    assertEquals(Lane.Opening.FAILED, lane.awaitOpening(LONG));
    assertTrue(fourth.await(20, TimeUnit.SECONDS));
    mayBeMade.countDown();
    end(lane);
    assertEquals(ids(0, 3), handler.taken);
    assertEquals(
        "could not be made, and is tried again: NoClassDefFoundError: lib/Lib", log.errors.peek());
  }

  @Test
  void aLaneThatNeverOpenedEndsAtOnce() throws Exception {
    Lane lane =
        lane(
            () -> {
              throw new IOException("no");
            },
            LONG_WAIT);
    lane.start();
    assertEquals(Lane.Opening.FAILED, lane.awaitOpening(LONG));
    offer(lane, 0, 3);
    end(lane);
    assertEquals(3, lane.waiting());
  }

  @Test
  void aHandlerThatIsStillOpeningIsPending() throws Exception {
    CountDownLatch released = new CountDownLatch(1);
    Scripted handler =
        new Scripted() {
          @Override
          public void open(HandlerContext context) throws Exception {
            released.await();
          }
        };
    Lane lane = lane(() -> handler, NO_WAIT);
    lane.start();
    assertEquals(Lane.Opening.PENDING, lane.awaitOpening(Duration.ofMillis(20)));
    offer(lane, 0, 2);
    released.countDown();
    assertEquals(Lane.Opening.OPEN, lane.awaitOpening(LONG));
    end(lane);
    assertEquals(ids(0, 2), handler.taken);
  }

  @Test
  void aHandlerThatInterruptsItsThreadGetsItsNextEventUndisturbed() throws Exception {
    List<Boolean> interrupted = new ArrayList<>();
    Scripted handler =
        new Scripted() {
          @Override
          public void open(HandlerContext context) {
            Thread.currentThread().interrupt();
          }

          @Override
          public void handle(Event event) throws Exception {
            interrupted.add(Thread.currentThread().isInterrupted());
            super.handle(event);
            Thread.currentThread().interrupt();
          }
        };
    Lane lane = started(handler);
    offer(lane, 0, 3);
    end(lane);
    assertEquals(ids(0, 3), handler.taken);
    assertEquals(List.of(false, false, false), interrupted);
    assertEquals(1, handler.closed.get());
  }

  @Test
  void aHandlerThatInterruptsItsThreadIsNotOpenedInAHurry() throws Exception {
    CountDownLatch again = new CountDownLatch(2);
    Lane lane =
        lane(
            () -> {
              again.countDown();
              Thread.currentThread().interrupt();
              throw new IOException("no");
            },
            LONG_WAIT);
    lane.start();
    assertEquals(Lane.Opening.FAILED, lane.awaitOpening(LONG));
    assertFalse(again.await(100, TimeUnit.MILLISECONDS));
    end(lane);
  }

  @Test
  void aCloseThatThrowsEndsTheLaneAllTheSame() throws Exception {
    Lane lane =
        started(
            new Scripted() {
              @Override
              public void close() {
                throw new AssertionError("no end");
              }
            });
    end(lane);
    assertEquals(List.of("did not close well: AssertionError: no end"), List.copyOf(log.errors));
  }

  @Test
  void theHandlersOwnClassesAreItsThreadsContext() throws Exception {
    try (URLClassLoader own = new URLClassLoader(new URL[0])) {
      List<Object> seen = new ArrayList<>();
      Lane.Maker maker =
          () -> {
            seen.add(Thread.currentThread().getContextClassLoader());
            seen.add(Thread.currentThread().getName());
            seen.add(Thread.currentThread().isDaemon());
            return new Scripted();
          };
      Lane lane = new Lane(maker, new Context("mis", log), own, NO_WAIT);
      assertEquals("mis", lane.name());
      lane.start();
      end(lane);
      assertSame(own, seen.get(0));
      assertEquals("handler-mis", seen.get(1));
      assertEquals(true, seen.get(2));
    }
  }

  @Test
  void manyThreadsMayOfferAtOnce() throws Exception {
    Scripted handler = new Scripted();
    Lane lane = started(handler);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      int from = i * 5_000;
      Thread thread = new Thread(() -> offer(lane, from, from + 5_000));
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join(LONG.toMillis());
    }
    end(lane);
    assertEquals(20_000, handler.taken.stream().distinct().count());
    assertEquals(20_000, lane.delivered());
  }
}
