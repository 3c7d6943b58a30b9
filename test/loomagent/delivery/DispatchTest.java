package loomagent.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import loomagent.delivery.Outstanding.Item;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is given out, and when no more is. */
@Timeout(60)
class DispatchTest extends Steps {
  @Test
  void whatWasInHandWhenTheMemoryWasShortComesAgain() throws IOException, InterruptedException {
    scene.append(0, 4);
    Worker worker = begin(0, "");
    next(worker);
    dispatch.recover(worker);
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
    dispatch.pause(Scene.LONG.multipliedBy(1_000)); // not at all
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
}
