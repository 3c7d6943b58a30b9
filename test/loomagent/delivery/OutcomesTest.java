package loomagent.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import loomagent.RetryLater;
import loomagent.Undeliverable;
import loomagent.base.LossyDisk;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of what was given, step by step. */
@Timeout(60)
class OutcomesTest extends Steps {
  @Test
  void whatIsTakenMovesTheCursorAndIsCounted() throws IOException, InterruptedException {
    scene.append(0, 2);
    Worker worker = begin(0, "");
    assertEquals(1, tally.low.get());
    assertEquals("0/1", next(worker));
    scene.nanos.addAndGet(7_000_000);
    take(worker);
    assertEquals(List.of(), worker.hand);
    assertAt(2);
    assertEquals(1, tally.delivered());
    assertEquals(0.007, tally.times().sum(), 1e-9);
    assertEquals(Optional.of(Instant.parse("2026-03-04T05:06:07Z")), tally.lastDeliveredAt());
    assertEquals(1, dispatch.waiting());
    assertEquals("1/1", next(worker));
    take(worker);
    assertAt(3);
    assertEquals(0, dispatch.waiting());
    assertEquals(Optional.empty(), dispatch.waitingSince());
    assertEquals(List.of(), scene.log.all());
  }

  @Test
  void anEventComesAgainWhenItIsDueAndIsSaidToHaveFailed()
      throws IOException, InterruptedException {
    scene.append(0, 2);
    Worker worker = begin(0, "");
    next(worker);
    fail(worker, new RetryLater(Duration.ofSeconds(9), "busy"));
    assertEquals(List.of(), worker.hand);
    assertEquals(1, dispatch.retrying());
    assertEquals(Standing.RETRYING, dispatch.standing(1));
    assertEquals(Standing.WAITING, dispatch.standing(2));
    assertEquals(1, tally.failed());
    assertEquals(1, tally.retries());
    assertEquals("busy", tally.lastError);
    assertEquals(0, tally.delivered());
    scene.nanos.addAndGet(9 * SECOND);
    assertEquals("0/2", next(worker));
    scene.nanos.addAndGet(SECOND);
    take(worker);
    assertAt(2);
    assertEquals(Standing.DONE, dispatch.standing(1));
    assertEquals(
        List.of(
            "did not take n0 0; it comes again in 9s: busy",
            "takes events again after 10s, 1 attempt"),
        scene.log.all());
  }

  @Test
  void aRecoveryIsSaidOnceNothingWaitsToComeAgain() throws IOException, InterruptedException {
    scene.append(0, 2);
    Worker worker = begin(0, "name");
    next(worker);
    fail(worker, new RetryLater(Duration.ofSeconds(9), "busy"));
    assertEquals("1/1", next(worker));
    take(worker);
    assertAt(3, 1L);
    assertEquals(1, scene.log.all().size());
    scene.nanos.addAndGet(9 * SECOND);
    next(worker);
    take(worker);
    assertEquals(2, scene.log.all().size());
    assertAt(3);
  }

  @Test
  void outOfAttemptsAnEventIsADeadLetterAndDoneWith() throws IOException, InterruptedException {
    scene.append(0, 3);
    Worker worker = begin(2, "");
    next(worker);
    fail(worker, new IOException("no"));
    assertEquals("0/2", next(worker));
    assertEquals(0, tally.dead());
    fail(worker, new IOException("no"));
    assertEquals(1, tally.dead());
    assertAt(2);
    assertEquals(List.of(), worker.hand);
    DeadLetters.Letter letter = scene.dead.find("0").orElseThrow();
    assertEquals(1, letter.sequence());
    assertEquals(2, letter.attempts());
    assertEquals("IOException: no", letter.error());
    assertEquals(scene.clock.instant(), letter.time());
    assertTrue(scene.log.says("gave up n0 0 after 2 attempts"));
    assertEquals("1/1", next(worker));
    fail(worker, new Undeliverable("never"));
    assertEquals(2, tally.dead());
    assertEquals(3, tally.failed());
    assertEquals(1, tally.retries());
  }

  @Test
  void severalThatAreTakenTogetherAreCountedAndTheCursorMovesBehindThem()
      throws IOException, InterruptedException {
    scene.append(0, 5);
    Worker worker = begin(0, "");
    worker.batch = 3;
    assertEquals("0/1 1/1 2/1", next(worker));
    scene.nanos.addAndGet(7_000_000);
    take(worker);
    assertEquals(3, tally.delivered());
    assertEquals(0.007, tally.times().sum(), 1e-9);
    assertEquals(List.of(), worker.hand);
    assertAt(4);
    assertEquals("3/1 4/1", next(worker));
  }

  @Test
  void severalThatFailTogetherComeOneByOne() throws IOException, InterruptedException {
    scene.append(0, 3);
    Worker worker = begin(0, "");
    worker.batch = 3;
    next(worker);
    fail(worker, new IOException("one is bad"));
    assertEquals(List.of(), worker.hand);
    assertEquals(0, tally.failed());
    assertAt(1);
    assertEquals(
        List.of("did not take 3 events at once; they come one by one: IOException: one is bad"),
        scene.log.all());
    assertEquals("0/1", next(worker));
    take(worker);
    assertEquals("1/1", next(worker));
  }

  @Test
  void aReplayIsAnsweredOnceItWasTakenOrGivenUp() throws IOException {
    Worker worker = begin(2, "");
    var taken = replay(false);
    assertEquals("9/1r", next(worker));
    assertFalse(taken.isDone());
    take(worker);
    assertEquals(Optional.empty(), taken.join());
    var given = replay(false);
    next(worker);
    fail(worker, new IOException("no"));
    assertFalse(given.isDone());
    assertEquals("9/2r", next(worker));
    fail(worker, new IOException("never"));
    assertEquals("IOException: never", refused(given));
    var once = replay(true);
    next(worker);
    fail(worker, new IOException("not now"));
    assertEquals("IOException: not now", refused(once));
    assertEquals(1, tally.dead());
    assertEquals(3, tally.failed());
    assertAt(1);
  }

  @Test
  void aReplayIsRefusedByAHandlerThatIsPausedFullOrEnds() throws IOException {
    begin(0, "");
    var waiting = replay(false);
    outcomes.pause(true);
    assertEquals("the handler is paused; resume it first", refused(waiting));
    assertEquals("the handler is paused; resume it first", refused(replay(false)));
    outcomes.pause(false);
    assertFalse(outcomes.paused());
    for (int i = 0; i < Outstanding.MOST_REPLAYS; i++) {
      assertFalse(replay(false).isDone());
    }
    assertEquals("1000 replays wait; ask again when they are done", refused(replay(false)));
    outcomes.drain();
    assertEquals("the handler takes no more events", refused(replay(false)));
  }

  @Test
  void aReplayThatFailsWhileTheHandlerEndsIsRefused() throws IOException {
    Worker worker = begin(0, "");
    var inHand = replay(false);
    var waiting = replay(false);
    next(worker);
    outcomes.drain();
    assertTrue(dispatch.draining());
    assertEquals("the handler takes no more events", refused(waiting));
    assertFalse(inHand.isDone());
    fail(worker, new IOException("late"));
    assertEquals("the handler takes no more events; last: IOException: late", refused(inHand));
    assertEquals(0, dispatch.retrying());
    assertEquals(List.of(), dispatch.next(worker));
  }

  @Test
  void aLetterThatCannotBeWrittenIsTriedAgainLaterAndLaterAndStartsOverOnceOneIs()
      throws IOException, InterruptedException {
    scene.append(0, 2);
    scene.random = LONGEST;
    Worker worker = begin(1, "");
    scene.disk.fill(0);
    next(worker);
    fail(worker, new IOException("no"));
    for (long seconds = 1; seconds <= 8; seconds *= 2) {
      assertEquals(List.of(), worker.hand);
      assertEquals(1, dispatch.retrying());
      assertAt(1);
      scene.nanos.addAndGet(seconds * SECOND);
      assertEquals("0/1", next(worker));
      assertEquals(Dispatch.NEVER, check(0), "nobody watches the disk");
      assertTrue(worker.hand.get(0).owed.isPresent());
      if (seconds == 8) {
        scene.disk.empty();
      }
      outcomes.bury(worker, worker.hand.get(0));
    }
    assertEquals("IOException: No space left on device", tally.lastError);
    assertEquals(3, scene.log.count("was given up, and waits because"), "the 1st, 2nd and 4th");
    assertEquals(1, tally.dead());
    assertEquals(1, tally.failed(), "the handler was asked once");
    assertAt(2);
    scene.disk.fill(0);
    next(worker);
    fail(worker, new IOException("no"));
    scene.nanos.addAndGet(SECOND);
    assertEquals("1/1", next(worker));
  }

  @Test
  void nobodyIsLateWhileItsLetterIsWritten() throws Exception {
    scene.append(0, 1);
    List<Long> waits = new ArrayList<>();
    LossyDisk disk = new LossyDisk(folder);
    scene.dead = DeadLetters.open(folder.resolve("slow.ndjson"), disk, scene.log);
    Worker worker = begin(1, "");
    disk.fail((kind, file) -> waits.add(check(TIMEOUT.toNanos())));
    next(worker);
    fail(worker, new IOException("no"));
    assertEquals(1, tally.dead());
    assertEquals(Dispatch.NEVER - TIMEOUT.toNanos(), waits.get(0));
    assertFalse(worker.thread.isInterrupted());
  }

  @Test
  void anotherThatWaitsIsWokenByAllThatIsThereForIt() throws Exception {
    scene.append(0, 2);
    Worker worker = begin(0, "");
    worker.batch = 2;
    next(worker);
    CompletableFuture<String> one = await(lane());
    fail(worker, new IOException("one is bad"));
    assertEquals("0/1", one.get(), "what comes one by one");
    CompletableFuture<String> two = await(lane());
    var answer = replay(false);
    assertEquals("9/1r", two.get(), "a replay");
    assertFalse(answer.isDone());
    CompletableFuture<String> three = await(worker);
    outcomes.drain();
    assertEquals("", three.get(), "the end");
  }

  @Test
  void whatComesAgainAtOnceIsThereForAnotherThatWaits() throws Exception {
    scene.append(0, 1);
    Worker worker = begin(0, "");
    next(worker);
    CompletableFuture<String> other = await(lane());
    fail(worker, new IOException("no"));
    assertEquals("0/2", other.get());
  }

  @Test
  void aPausedLaneGoesOnOnceItIsResumed() throws Exception {
    scene.append(0, 1);
    Worker worker = begin(0, "");
    outcomes.pause(true);
    assertTrue(outcomes.paused());
    CompletableFuture<String> given = await(worker);
    outcomes.pause(false);
    assertEquals("0/1", given.get());
  }
}
