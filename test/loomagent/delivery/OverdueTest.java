package loomagent.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import loomagent.delivery.Outstanding.Item;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Deliveries that take longer than they may, step by step. */
@Timeout(60)
class OverdueTest extends Steps {
  @Test
  void aDeliveryThatIsLateIsInterruptedAndComesAgain() throws IOException, InterruptedException {
    scene.append(0, 1);
    Worker worker = begin(0, "");
    next(worker);
    assertEquals(TIMEOUT.toNanos() - 1, check(1));
    assertEquals(1, check(TIMEOUT.toNanos() - 2));
    assertFalse(worker.thread.isInterrupted());
    assertEquals(GRACE, check(1));
    assertTrue(worker.thread.isInterrupted());
    assertEquals(GRACE - 3, check(3));
    take(worker); // nobody can know whether it was
    assertEquals(0, tally.delivered());
    assertEquals(1, tally.failed());
    assertEquals("did not finish within 30s", tally.lastError);
    assertEquals("0/2", next(worker));
    assertFalse(worker.overdue);
    take(worker);
    assertEquals(1, tally.delivered());
    assertEquals(List.of(), hanging);
  }

  @Test
  void aThreadThatHangsIsLeftAndWhatItDoesLaterCountsNoMore()
      throws IOException, InterruptedException {
    scene.append(0, 1);
    Worker worker = begin(0, "");
    next(worker);
    List<Item> hand = worker.hand;
    check(TIMEOUT.toNanos());
    assertEquals(GRACE - 1, check(1));
    assertEquals(List.of(), hanging);
    assertEquals(Long.MAX_VALUE, check(GRACE - 1));
    assertEquals(List.of(worker), hanging);
    assertTrue(worker.abandoned);
    assertEquals(List.of(), worker.hand);
    assertEquals("handler-mis-abandoned", worker.thread.getName());
    assertEquals(1, tally.failed());
    assertEquals(List.of(), dispatch.next(worker), "nothing more for it");
    outcomes.ended(worker, hand, Optional.empty());
    assertEquals(0, tally.delivered());
    assertEquals(Optional.of("a lane has no thread"), dispatch.fault(1));
    Worker other = lane();
    assertEquals(Optional.empty(), dispatch.fault(1));
    assertEquals("0/2", next(other));
    outcomes.ended(worker, hand, Optional.empty());
    assertEquals(0, tally.delivered());
    assertEquals(0, tally.times().count(), "nor how long it took");
  }

  /** Takes an event, and heeds nothing until it is left to itself. */
  private Worker hang() {
    Worker worker = lane();
    next(worker);
    check(TIMEOUT.toNanos());
    check(GRACE);
    return worker;
  }

  @Test
  void threeThreadsMayHangAndAFourthHoldsItsLaneUntilOneEnds()
      throws IOException, InterruptedException {
    scene.append(0, 1);
    afterThree();
    assertEquals(3, hanging.size());
    Worker fourth = hang();
    assertEquals(3, hanging.size());
    assertFalse(fourth.abandoned);
    String fault = dispatch.fault(1).orElseThrow();
    assertTrue(fault.startsWith("the thread handler-mis hangs and heeds no interrupt, at "), fault);
    assertEquals(1, scene.log.count("3 of this handler's threads hang"));
    for (int i = 2; i <= 8; i++) {
      assertEquals(GRACE, check(GRACE));
    }
    assertEquals(4, scene.log.count("3 of this handler's threads hang"), "the 1st, 2nd, 4th, 8th");
    dispatch.leave(hanging.get(0));
    check(GRACE);
    assertEquals(List.of(fourth), hanging.subList(3, 4));
    assertEquals(Optional.of("a lane has no thread"), dispatch.fault(1));
  }

  @Test
  void aThreadThatHungAndEndedIsNoFault() throws IOException, InterruptedException {
    scene.append(0, 2);
    afterThree();
    Worker fourth = hang();
    assertTrue(dispatch.fault(1).isPresent());
    take(fourth);
    assertEquals(Optional.empty(), dispatch.fault(1));
    next(fourth);
    assertEquals(Optional.empty(), dispatch.fault(1), "it was another event that it hung at");
    assertEquals(Optional.of("a lane has no thread"), dispatch.fault(2));
    outcomes.drain();
    assertEquals(Optional.empty(), dispatch.fault(2));
  }

  private void afterThree() throws IOException {
    Worker none = begin(0, "");
    dispatch.leave(none);
    for (int i = 0; i < 3; i++) {
      hang();
    }
  }

  @Test
  void aThreadThatHangsStaysWhereThereIsNoMemoryForAnother()
      throws IOException, InterruptedException {
    scene.append(0, 2);
    Worker worker = begin(0, "");
    noMemoryForAnother();
    for (int i = 0; i < 5; i++) {
      next(worker);
      List<Item> hand = worker.hand;
      check(TIMEOUT.toNanos());
      assertThrows(OutOfMemoryError.class, () -> check(GRACE));
      assertFalse(worker.abandoned);
      assertEquals(hand, worker.hand);
      assertEquals(Optional.empty(), dispatch.fault(1));
      assertEquals(1, dispatch.retrying(), "it comes again, by whichever thread");
      take(worker);
      assertEquals(List.of(), worker.hand);
    }
    assertEquals(0, tally.delivered());
    assertEquals(5, tally.failed());
    assertEquals("handler-mis", worker.thread.getName());
    dispatch.onHang(hanging::add);
    next(worker);
    check(TIMEOUT.toNanos());
    check(GRACE);
    assertEquals(List.of(worker), hanging);
  }

  @Test
  void severalThatAreLateComeOneByOneToo() throws IOException, InterruptedException {
    scene.append(0, 3);
    Worker worker = begin(0, "");
    worker.batch = 3;
    next(worker);
    check(TIMEOUT.toNanos());
    take(worker);
    assertEquals(0, tally.delivered());
    assertTrue(scene.log.says("they come one by one: did not finish within 30s"));
    assertEquals("0/1", next(worker));
  }

  @Test
  void severalWhoseThreadHangsComeOneByOneToAnother() throws IOException, InterruptedException {
    scene.append(0, 3);
    Worker worker = begin(0, "");
    worker.batch = 3;
    next(worker);
    List<Item> hand = worker.hand;
    check(TIMEOUT.toNanos());
    check(GRACE);
    assertTrue(scene.log.says("did not finish within 30s with n0 0 and 2 more, and does not heed"));
    outcomes.ended(worker, hand, Optional.empty());
    assertEquals(0, tally.delivered());
    assertEquals(0, tally.times().count());
    Worker other = lane();
    assertEquals("0/1", next(other));
    assertEquals(0, tally.failed());
  }

  @Test
  void severalWhoseThreadHangsComeOneByOneToItWhereThereIsNoMemoryForAnother()
      throws IOException, InterruptedException {
    scene.append(0, 3);
    Worker worker = begin(0, "");
    worker.batch = 3;
    noMemoryForAnother();
    next(worker);
    check(TIMEOUT.toNanos());
    assertThrows(OutOfMemoryError.class, () -> check(GRACE));
    take(worker);
    assertEquals(List.of(), worker.hand);
    assertEquals(0, tally.delivered());
    assertEquals("0/1", next(worker));
  }

  @Test
  void whatHangsAtItsLastAttemptIsADeadLetterThatAnotherThreadWrites() throws Exception {
    scene.append(0, 1);
    Worker worker = begin(1, "");
    noMemoryForAnother();
    next(worker);
    check(TIMEOUT.toNanos());
    assertThrows(OutOfMemoryError.class, () -> check(GRACE));
    dispatch.onHang(hanging::add);
    check(GRACE);
    assertEquals(List.of(worker), hanging);
    assertEquals(1, tally.failed());
    assertEquals(1, dispatch.retrying(), "once, though it was late twice");
    assertEquals(0, tally.dead(), "it is not for the watch to write files");
    Worker other = lane();
    assertEquals("0/1", next(other));
    outcomes.bury(other, other.hand.get(0));
    assertEquals(1, tally.dead());
    assertEquals("did not finish within 30s", scene.dead.find("0").orElseThrow().error());
    assertTrue(scene.log.says("did not finish within 30s with n0 0, and does not heed"));
  }

  @Test
  void severalWhoseThreadHangsAreThereForAnotherThatWaits() throws Exception {
    scene.append(0, 2);
    Worker worker = begin(0, "");
    worker.batch = 2;
    next(worker);
    check(TIMEOUT.toNanos());
    Worker idle = lane();
    dispatch.leave(idle); // or the watch would begin its thread
    CompletableFuture<String> other = await(idle);
    check(GRACE);
    assertEquals("0/1", other.get());
  }

  private void noMemoryForAnother() {
    dispatch.onHang(
        hung -> {
          throw new OutOfMemoryError("a test");
        });
  }
}
