package loomagent.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import loomagent.Event;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who waits, for what, and who is let go. */
@Timeout(60)
class PendingTest {
  private static final long HOUR = TimeUnit.HOURS.toNanos(1);

  private static Pending pending(int mostEvents, long mostBytes) {
    return pending(mostEvents, mostBytes, Pending.LINGER);
  }

  private static Pending pending(int mostEvents, long mostBytes, long linger) {
    return new Pending(Clock.systemUTC(), new SeenIds(), 1, mostEvents, mostBytes, linger);
  }

  private static void fill(Pending pending, int from, int to) {
    for (int i = from; i < to; i++) {
      assertEquals(Journal.Taken.NEW, add(pending, i));
    }
  }

  private static int take(Pending pending) {
    try {
      return pending.take(new Batch()).entries().size();
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }

  private static Journal.Taken add(Pending pending, int number) {
    String json = "{\"id\":\"" + number + "\"}";
    byte[] utf8 = (" ".repeat(90) + json).getBytes(UTF_8);
    return pending.add(Event.of("" + number, "a.b", json, "c"), utf8, 90, utf8.length);
  }

  /** Does it on another thread, and returns once that waits. */
  private static <T> CompletableFuture<T> waiting(Supplier<T> task) {
    AtomicReference<Thread> thread = new AtomicReference<>();
    CompletableFuture<T> answer =
        CompletableFuture.supplyAsync(
            () -> {
              thread.set(Thread.currentThread());
              return task.get();
            },
            command -> new Thread(command).start());
    Scene.waitUntil(
        () -> {
          Thread started = thread.get();
          return started != null
              && (started.getState() == Thread.State.WAITING
                  || started.getState() == Thread.State.TIMED_WAITING);
        });
    assertFalse(answer.isDone());
    return answer;
  }

  private static <T> T get(CompletableFuture<T> answer) throws Exception {
    return answer.get(30, TimeUnit.SECONDS);
  }

  @Test
  void asManyEventsAsThereMayBeAreTakenAndTheNextWaitsForTheDisk() throws Exception {
    Pending pending = pending(3, Long.MAX_VALUE);
    for (int i = 1; i <= 3; i++) {
      assertEquals(Journal.Taken.NEW, add(pending, i));
    }
    assertEquals(Journal.Taken.DUPLICATE, add(pending, 2), "a known one need not wait");
    CompletableFuture<Journal.Taken> fourth = waiting(() -> add(pending, 4));
    Batch batch = pending.take(new Batch());
    assertEquals(3, batch.entries().size());
    assertFalse(fourth.isDone(), "what is being written still counts");
    pending.written(batch);
    assertEquals(Journal.Taken.NEW, get(fourth));
    assertFalse(pending.flush(1), "the fourth is not on disk");
    pending.written(batch); // said twice, it changes nothing
    assertEquals(Journal.Taken.NEW, add(pending, 5));
    assertEquals(2, pending.end());
  }

  @Test
  void textIsBoundedAndOneEventIsTakenHoweverLargeItIs() throws Exception {
    Pending pending = pending(1_000, 1);
    assertEquals(Journal.Taken.NEW, add(pending, 1));
    CompletableFuture<Journal.Taken> second = waiting(() -> add(pending, 2));
    Batch batch = pending.take(new Batch());
    pending.written(batch);
    assertEquals(Journal.Taken.NEW, get(second));
  }

  @Test
  void asMuchTextAsThereIsRoomForIsTaken() throws Exception {
    Pending measure = pending(10, Long.MAX_VALUE);
    add(measure, 1);
    int line = measure.take(new Batch()).length();
    int json = "{\"id\":\"1\"}".length();
    Pending pending = pending(10, 2L * line + json);
    for (int i = 1; i <= 3; i++) {
      assertEquals(Journal.Taken.NEW, add(pending, i));
    }
    CompletableFuture<Journal.Taken> fourth = waiting(() -> add(pending, 4));
    Batch batch = pending.take(new Batch());
    pending.written(batch);
    assertEquals(Journal.Taken.NEW, get(fourth));
    assertEquals(Journal.Taken.NEW, add(pending, 5));
    assertEquals(Journal.Taken.NEW, add(pending, 6));
    CompletableFuture<Journal.Taken> seventh = waiting(() -> add(pending, 7));
    pending.close();
    assertEquals(Journal.Taken.REFUSED, get(seventh));
  }

  @Test
  void aCloseLetsGoWhoeverWaits() throws Exception {
    Pending pending = pending(1, Long.MAX_VALUE);
    assertEquals(Journal.Taken.NEW, add(pending, 1));
    CompletableFuture<Journal.Taken> second = waiting(() -> add(pending, 2));
    CompletableFuture<Boolean> pause = waiting(() -> pending.pause(HOUR));
    pending.close();
    assertEquals(Journal.Taken.REFUSED, get(second));
    assertTrue(get(pause), "there is a little time for last tries");
    assertEquals(Journal.Taken.REFUSED, add(pending, 3));
    assertFalse(pending.isDone());
    assertEquals(1, pending.take(new Batch()).entries().size());
    assertTrue(pending.isDone());
    assertEquals(Journal.Taken.REFUSED, get(CompletableFuture.supplyAsync(() -> add(pending, 4))));
  }

  @Test
  void anEndLetsGoWhoeverWaitsForTheDisk() throws Exception {
    Pending pending = pending(10, Long.MAX_VALUE);
    assertEquals(Journal.Taken.NEW, add(pending, 1));
    assertFalse(pending.flush(1), "not in time");
    CompletableFuture<Boolean> flush =
        waiting(
            () -> {
              try {
                return pending.flush(HOUR);
              } catch (InterruptedException interrupted) {
                throw new IllegalStateException(interrupted);
              }
            });
    CompletableFuture<Long> roll =
        waiting(
            () -> {
              pending.roll();
              return pending.rollsWanted();
            });
    assertEquals(1, pending.end(), "one was not written");
    assertFalse(get(flush));
    assertEquals(1, get(roll), "nor was it rolled");
  }

  @Test
  void aRollIsWaitedForAndWakesTheCommitter() throws Exception {
    Pending pending = pending(10, Long.MAX_VALUE);
    CompletableFuture<Boolean> roll =
        waiting(
            () -> {
              pending.roll();
              return true;
            });
    assertEquals(0, pending.take(new Batch()).length());
    assertEquals(1, pending.rollsWanted());
    pending.rolled(1);
    assertTrue(get(roll));
    assertEquals(0, pending.rollsWanted());
    assertTrue(pending.flush(HOUR), "there is nothing to wait for");
    assertTrue(pending.pause(1));
  }

  @Test
  void aCommitterThatWaitsIsWokenByTheFirstEvent() throws Exception {
    Pending pending = pending(10, Long.MAX_VALUE);
    CompletableFuture<Integer> taken = waiting(() -> take(pending));
    add(pending, 1);
    assertEquals(1, get(taken));
  }

  @Test
  void aCommitterThatWaitsIsWokenByARoll() throws Exception {
    Pending pending = pending(10, Long.MAX_VALUE);
    CompletableFuture<Integer> taken = waiting(() -> take(pending));
    Thread roll = new Thread(pending::roll);
    roll.start();
    assertEquals(0, get(taken));
    pending.rolled(1);
    roll.join();
  }

  @Test
  void aFewEventsAreWrittenAtOnceAndThoseOfARushWaitForMore() throws Exception {
    Pending few = pending(1_000, Long.MAX_VALUE, HOUR);
    fill(few, 1, Pending.RUSH);
    assertEquals(Pending.RUSH - 1, take(few));
    Pending rush = pending(1_000, Long.MAX_VALUE, HOUR);
    fill(rush, 0, Pending.RUSH);
    CompletableFuture<Integer> taken = waiting(() -> take(rush));
    fill(rush, Pending.RUSH, 499);
    assertFalse(taken.isDone());
    add(rush, 500);
    assertEquals(500, get(taken), "half of what may wait is enough");
    Pending closed = pending(1_000, Long.MAX_VALUE, HOUR);
    fill(closed, 0, Pending.RUSH);
    CompletableFuture<Integer> last = waiting(() -> take(closed));
    closed.close();
    assertEquals(Pending.RUSH, get(last));
  }

  @Test
  void halfOfTheTextIsEnoughToo() throws Exception {
    Pending measure = pending(1_000, Long.MAX_VALUE);
    fill(measure, 100, 150);
    Batch batch = measure.take(new Batch());
    Pending rush = pending(1_000, 2L * batch.length(), HOUR);
    fill(rush, 100, 149);
    CompletableFuture<Integer> taken = waiting(() -> take(rush));
    add(rush, 149);
    assertEquals(50, get(taken));
  }

  @Test
  void anEventThatIsLargerThanTheRoomLeftWaits() throws Exception {
    Pending pending = pending(10, 1_000);
    add(pending, 1);
    byte[] large = new byte[1_000];
    CompletableFuture<Journal.Taken> second =
        waiting(() -> pending.add(Event.of("2", "a.b", "", "c"), large, 0, large.length));
    pending.written(pending.take(new Batch()));
    assertEquals(Journal.Taken.NEW, get(second));
  }

  @Test
  void aPauseIsNoShorterForWhatComesMeanwhileButForAClose() throws Exception {
    Pending pending = pending(200, Long.MAX_VALUE);
    CompletableFuture<Boolean> pause = waiting(() -> pending.pause(HOUR));
    fill(pending, 0, 200);
    assertFalse(pause.isDone());
    pending.close();
    get(pause);
    pending.pause(HOUR); // a short one from now on: the stop waits for it
  }
}
