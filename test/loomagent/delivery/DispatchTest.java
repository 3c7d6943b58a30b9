package loomagent.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import loomagent.RetryLater;
import loomagent.delivery.Outstanding.Item;
import loomagent.journal.Entry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is given out, and when no more is. */
@Timeout(60)
class DispatchTest extends Steps {
  @Test
  void whatWasInHandWhenTheMemoryWasShortComesAgain() throws Exception {
    scene.append(0, 4);
    Worker worker = begin(0, "");
    next(worker);
    dispatch.recover(worker);
    assertEquals(4L, CompletableFuture.supplyAsync(dispatch::waiting).get(), "the lock is free");
    assertEquals("the agent is short of memory", tally.lastError);
    assertEquals(List.of(), worker.hand);
    assertEquals(1, dispatch.retrying());
    scene.nanos.addAndGet(SECOND);
    assertEquals("0/1", next(worker), "it was no attempt");
    take(worker);
    worker.batch = 2;
    assertEquals("1/1 2/1", next(worker));
    dispatch.recover(worker);
    assertEquals(List.of(), worker.hand);
    assertEquals("1/1", next(worker));
    take(worker);
    dispatch.recover(worker); // it had nothing in hand
    assertEquals(0, dispatch.retrying());
    assertEquals("2/1", next(worker));
    List<Item> hand = worker.hand;
    take(worker);
    worker.hand = hand;
    dispatch.recover(worker); // there was no memory to say that it was done with, but it is
    assertEquals(List.of(), worker.hand);
    assertEquals(0, dispatch.retrying());
    assertEquals("3/1", next(worker));
  }

  @Test
  void whoeverIsLeftToItselfRecoversNothing() throws IOException, InterruptedException {
    scene.append(0, 1);
    Worker worker = begin(0, "");
    next(worker);
    worker.abandoned = true;
    dispatch.recover(worker);
    assertEquals(0, dispatch.retrying());
    assertEquals(1, worker.hand.size());
  }

  @Test
  void whatAStopInterruptsIsNotSaidToFail() throws IOException, InterruptedException {
    scene.append(0, 1);
    Worker worker = begin(0, "");
    next(worker);
    fail(worker, new InterruptedException("the handler's own affair"));
    assertEquals(1, scene.log.all().size());
    next(worker);
    outcomes.drain();
    dispatch.interrupt();
    assertTrue(worker.thread.isInterrupted());
    fail(worker, new InterruptedException("a stop"));
    assertEquals(1, scene.log.all().size());
    assertEquals(2, tally.failed());
    assertAt(1);
  }

  @Test
  void whatIsLeftAtAStopIsInterruptedAndItsReplaysRefused() throws IOException {
    Worker worker = begin(0, "");
    var inHand = replay(false);
    next(worker);
    assertFalse(dispatch.settle(), "a thread is left");
    assertFalse(dispatch.draining());
    dispatch.abandonAll();
    assertTrue(worker.abandoned);
    assertTrue(worker.thread.isInterrupted());
    assertEquals("the handler takes no more events", refused(inHand));
    assertTrue(dispatch.settle());
    assertTrue(dispatch.draining());
    assertFalse(dispatch.join(worker), "no more use for one");
  }

  @Test
  void aThreadThatCameAndWentIsNoLane() throws IOException {
    Worker worker = begin(0, "");
    assertEquals(Optional.empty(), dispatch.fault(1));
    dispatch.leave(worker);
    assertEquals(Optional.of("a lane has no thread"), dispatch.fault(1));
    assertTrue(dispatch.settle());
  }

  @Test
  void nobodyIsLookedAfterWhoHasNothingInHand() throws Exception {
    Worker worker = begin(0, "");
    outcomes.drain(); // its thread ends at once
    assertEquals(Long.MAX_VALUE, check(0));
    worker.thread.join();
    assertEquals(Long.MAX_VALUE, check(TIMEOUT.toNanos()));
    assertFalse(worker.overdue);
  }

  @Test
  void anOpeningThatFailsIsSaidInPowersOfTwo() throws IOException {
    begin(0, "");
    IOException down = new IOException("down");
    for (int i = 1; i <= 5; i++) {
      dispatch.note("could not be opened", down, "it is down", i);
    }
    assertEquals("it is down", tally.lastError);
    dispatch.opened(5);
    assertEquals(
        List.of(
            "ERROR could not be opened: it is down",
            "ERROR could not be opened, failure 2 of this kind: it is down",
            "ERROR could not be opened, failure 4 of this kind: it is down",
            "INFO is open after 5 failures"),
        scene.log.withLevels());
  }

  @Test
  void whatWasInHandWhenTheMemoryWasShortLetsOthersGoFirst() throws Exception {
    scene.append(0, 2);
    Worker worker = begin(0, "name");
    next(worker);
    dispatch.recover(worker);
    assertEquals("1/1", next(worker));
    take(worker);
    var answer = replay(false);
    assertEquals("9/1r", next(worker), "the other one is not due yet");
    take(worker);
    assertTrue(answer.isDone());
    scene.nanos.addAndGet(SECOND);
    assertEquals("0/1", next(worker));
  }

  @Test
  void whatWaitsIsWhatWasReadAndWhatWasNot() throws Exception {
    scene.append(0, 2);
    Worker worker = begin(0, "");
    scene.wanted = event -> !event.id().equals("0");
    assertEquals("1/1", next(worker));
    assertEquals(2, tally.low.get());
    scene.append(2, 5);
    assertEquals(4, dispatch.waiting());
    assertEquals(Standing.WAITING, dispatch.standing(2));
    assertEquals(Standing.WAITING, dispatch.standing(3), "not read");
    assertEquals(Standing.DONE, dispatch.standing(1), "not wanted");
    assertEquals(
        scene.journal.latest(4, Entry::time).get(0), dispatch.waitingSince().orElseThrow());
  }

  @Test
  void whoeverTakesOneOfSeveralWakesAnother() throws Exception {
    Worker worker = begin(0, "name");
    CompletableFuture<String> other = await(lane());
    scene.append(0, 2);
    assertEquals("0/1", next(worker));
    assertEquals("1/1", other.get());
  }

  @Test
  void whatIsGivenOutIsLookedAfterFromThenOn() throws Exception {
    scene.append(0, 1);
    Worker worker = begin(0, "", Duration.ofNanos(1));
    CountDownLatch looked = new CountDownLatch(1);
    Watch.Watched last =
        now -> {
          looked.countDown();
          return Long.MAX_VALUE;
        };
    dispatch.leave(worker);
    scene.watch.add(dispatch);
    scene.watch.add(last);
    looked.await();
    assertTrue(dispatch.join(worker));
    next(worker); // and it is looked at all the time, while the clock stands
    scene.nanos.addAndGet(1);
    Scene.await(worker.thread::isInterrupted, "a look at what is late");
    scene.watch.remove(last);
    scene.watch.remove(dispatch);
  }

  @Test
  void aPauseEndsWithItsTimeOrWithTheHandler() throws Exception {
    begin(0, "");
    long begun = scene.nanos.get();
    CompletableFuture<Long> ended = pausing(Duration.ofHours(1));
    scene.nanos.addAndGet(Duration.ofHours(1).toNanos() - 1);
    dispatch.look();
    long end = System.nanoTime() + 20_000_000;
    while (System.nanoTime() < end) { // for whoever would not wait any more
      Thread.onSpinWait();
    }
    scene.nanos.addAndGet(1);
    dispatch.look();
    assertEquals(Duration.ofHours(1).toNanos(), ended.get() - begun);
    CompletableFuture<Long> another = pausing(Duration.ofHours(1));
    outcomes.drain();
    assertEquals(ended.get(), another.get());
    dispatch.pause(Duration.ofHours(1)); // not at all
  }

  private CompletableFuture<Long> pausing(Duration wait) {
    CompletableFuture<Long> ended = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              dispatch.pause(wait);
              ended.complete(scene.nanos.get());
            });
    thread.setDaemon(true);
    thread.start();
    Scene.await(() -> isWaiting(thread), "a thread that waits");
    return ended;
  }

  @Test
  void theWholeOfAFailureIsThereForWhoeverLooksCloser() throws Exception {
    scene.append(0, 4);
    scene.log.collectAll();
    Worker worker = begin(0, "");
    dispatch.note("could not be opened", new IOException("down"), "it is down", 1);
    worker.batch = 4;
    next(worker);
    fail(worker, new IOException("one is bad"));
    next(worker);
    fail(worker, new IOException("this one"));
    assertEquals(
        List.of(
            "DEBUG the whole of it java.io.IOException: down",
            "DEBUG the whole of it java.io.IOException: one is bad",
            "DEBUG the whole of it java.io.IOException: this one"),
        scene.log.withLevels().stream().filter(line -> line.startsWith("DEBUG")).toList());
  }

  @Test
  void whatTheJournalGotIsThereForWhoeverIsWoken() throws Exception {
    Worker worker = begin(0, "");
    CompletableFuture<String> given = await(worker);
    scene.append(0, 1);
    dispatch.wake();
    assertEquals("0/1", given.get());
  }

  @Test
  void thatAllWaitsForWhatFailsIsSaidOnceNobodyIsAtAnything() throws Exception {
    scene.append(0, 2 * Outstanding.MOST_EVENTS + 4);
    scene.wanted = event -> event.name().equals("n0") || event.id().equals("1");
    Worker worker = begin(0, "name");
    Worker other = lane();
    next(worker);
    assertEquals("1/1", next(other));
    fail(worker, new RetryLater(Duration.ofHours(1), "busy"));
    CompletableFuture<String> waiting = await(worker);
    assertEquals(0, scene.log.count("wait behind"), "another is at something");
    take(other);
    CompletableFuture<String> both = await(other);
    assertEquals(1, scene.log.count("1000 events wait behind those of their key that fail"));
    outcomes.drain();
    assertEquals("", waiting.get() + both.get());
  }
}
