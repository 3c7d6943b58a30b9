package loomagent.delivery;

import static loomagent.delivery.Scene.STRICT;
import static loomagent.delivery.Scene.await;
import static loomagent.delivery.Scene.end;
import static loomagent.delivery.Scene.ids;
import static loomagent.delivery.Scene.policy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import loomagent.Event;
import loomagent.EventHandler;
import loomagent.RetryLater;
import loomagent.Undeliverable;
import org.junit.jupiter.api.Test;

/** What becomes of events that a handler throws at, and of those that come again on request. */
class RetryTest extends WithScene {
  private static final Duration HOUR = Duration.ofHours(1);

  private static String words(Event event) {
    return event.id() + "/" + event.attempt() + (event.replayed() ? "r" : "");
  }

  private List<String> dead() throws IOException {
    List<String> letters = new ArrayList<>();
    scene.dead.list(
        letter ->
            letters.add(letter.event().id() + "/" + letter.attempts() + " " + letter.error()));
    return letters;
  }

  private static String answer(CompletableFuture<Optional<String>> answer) throws Exception {
    return answer.get(20, TimeUnit.SECONDS).orElse("");
  }

  @Test
  void withoutAKeyAFailingEventHoldsUpThoseBehindIt() throws Exception {
    List<String> given = Scene.list();
    scene.append(0, 5);
    Delivery delivery =
        scene.start(
            STRICT,
            event -> {
              given.add(words(event));
              if (event.id().equals("1") && event.attempt() < 4) {
                throw new IOException("no");
              }
            });
    await(() -> delivery.delivered() == 5, "all");
    assertEquals(List.of("0/1", "1/1", "1/2", "1/3", "1/4", "2/1", "3/1", "4/1"), given);
    assertEquals(3, delivery.tally().failed());
    assertEquals(0, delivery.retrying());
    assertEquals("IOException: no", delivery.lastError());
  }

  @Test
  void aFailureIsSaidInPowersOfTwoAndTheRecoveryOnce() throws Exception {
    scene.append(0, 3);
    AtomicInteger attempts = new AtomicInteger();
    Delivery delivery =
        scene.start(
            STRICT,
            event -> {
              if (attempts.incrementAndGet() <= 10) {
                scene.nanos.addAndGet(Duration.ofSeconds(20).toNanos());
                throw new IOException("no\nway");
              }
            });
    await(() -> delivery.delivered() == 3, "all");
    end(delivery);
    assertEquals(
        List.of(
            "did not take n0 0; it comes again in 0ms: IOException: no\\u000away",
            "did not take n0 0 at attempt 2, failure 2 of this kind; it comes again in 0ms:"
                + " IOException: no\\u000away",
            "did not take n0 0 at attempt 4, failure 4 of this kind; it comes again in 0ms:"
                + " IOException: no\\u000away",
            "did not take n0 0 at attempt 8, failure 8 of this kind; it comes again in 0ms:"
                + " IOException: no\\u000away",
            "takes events again after 3m, 10 attempts"),
        scene.log.all());
  }

  @Test
  void withAKeyTheOthersGoOnWhileOneWaits() throws Exception {
    List<String> taken = Scene.list();
    AtomicInteger failures = new AtomicInteger();
    scene.append(0, 70);
    Delivery delivery =
        scene.start(
            policy(0, 1, "payload.order"),
            event -> {
              if (event.id().equals("3") && failures.incrementAndGet() < 3) {
                throw new RetryLater(HOUR, "closed");
              }
              taken.add(event.id());
            });
    await(() -> delivery.delivered() == 60, "all other keys");
    assertEquals(1, delivery.retrying());
    assertEquals(10, delivery.waiting());
    scene.append(70, 77);
    await(() -> delivery.delivered() == 66, "what comes later");
    scene.advance(HOUR);
    await(() -> delivery.tally().failed() == 2, "the second attempt");
    assertEquals(66, delivery.delivered());
    scene.advance(HOUR);
    await(() -> delivery.delivered() == 77, "all");
    assertEquals(
        ids(0, 77).stream().filter(id -> Integer.parseInt(id) % 7 == 3).toList(),
        taken.subList(66, 77));
    assertTrue(scene.log.says("takes events again after 2h, 2 attempts"));
  }

  @Test
  void whatWaitsBehindAFailingKeyIsBoundedAndSaidOnce() throws Exception {
    int most = Outstanding.MOST_EVENTS;
    AtomicInteger failing = new AtomicInteger(1);
    List<String> taken = Scene.list();
    scene.append(0, 3 * most);
    Delivery delivery =
        scene.start(
            policy(0, 2, "name"),
            event -> {
              if (event.name().equals("n1") && failing.get() > 0) {
                throw new RetryLater(HOUR, "closed");
              }
              taken.add(event.id());
            });
    await(() -> scene.log.says("1000 events wait behind those of their key that fail"), "said");
    assertEquals(most, delivery.delivered(), "one of the other key for each that waits");
    assertEquals(2L * most, delivery.waiting());
    scene.append(3 * most, 3 * most + 10);
    scene.advance(HOUR);
    await(() -> delivery.tally().failed() == 2, "the second attempt");
    assertEquals(most, delivery.delivered());
    failing.set(0);
    scene.advance(HOUR);
    await(() -> delivery.delivered() == 3L * most + 10, "all");
    assertEquals(1, scene.log.all().stream().filter(line -> line.contains("wait behind")).count());
    assertEquals(
        ids(0, 3 * most + 10).stream().filter(id -> Integer.parseInt(id) % 2 == 1).toList(),
        taken.stream().filter(id -> Integer.parseInt(id) % 2 == 1).toList());
  }

  @Test
  void retryLaterIsHonouredExactlyUpToADay() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    AtomicReference<Duration> after = new AtomicReference<>(Duration.ofMinutes(7));
    scene.append(0, 1);
    Delivery delivery =
        scene.start(
            STRICT,
            event -> {
              calls.incrementAndGet();
              throw new RetryLater(after.get(), "busy");
            });
    await(() -> delivery.tally().failed() == 1, "the first attempt");
    scene.advance(Duration.ofMinutes(7).minusNanos(1));
    assertFalse(soon(() -> calls.get() > 1));
    after.set(Duration.ofDays(3_000_000));
    scene.advance(Duration.ofNanos(1));
    await(() -> delivery.tally().failed() == 2, "the second attempt");
    scene.advance(Duration.ofHours(24).minusNanos(1));
    assertFalse(soon(() -> calls.get() > 2));
    scene.advance(Duration.ofNanos(1));
    await(() -> delivery.tally().failed() == 3, "the third attempt");
    assertEquals("busy", delivery.lastError());
  }

  /** Whether something happens that should not; it had some thousand occasions. */
  private static boolean soon(BooleanSupplier condition) {
    for (int i = 0; i < 20_000; i++) {
      if (condition.getAsBoolean()) {
        return true;
      }
      Thread.onSpinWait();
    }
    return false;
  }

  @Test
  void outOfAttemptsAnEventBecomesADeadLetterAndTheOthersGoOn() throws Exception {
    scene.append(0, 6);
    Delivery delivery =
        scene.start(
            policy(3, 1, ""),
            event -> {
              switch (event.id()) {
                case "1" -> throw new IOException("no");
                case "3" -> throw new Undeliverable("has no order");
                default -> {}
              }
            });
    await(() -> delivery.delivered() == 4, "the rest");
    end(delivery);
    assertEquals(List.of("1/3 IOException: no", "3/1 has no order"), dead());
    assertEquals(2, delivery.dead());
    assertEquals(4, delivery.tally().failed());
    assertEquals(7, scene.cursor().next());
    assertEquals(2, scene.dead.find("1").orElseThrow().sequence());
    assertEquals(Scene.json(1), scene.dead.find("1").orElseThrow().event().json());
    assertTrue(
        scene.log.says(
            "gave up n1 1 after 3 attempts: IOException: no. It is kept: \"dead list --handler"
                + " mis\" shows it"));
    assertTrue(scene.log.says("gave up n1 3 after 1 attempt: has no order."));
  }

  @Test
  void aDeadLetterIsOnDiskBeforeTheCursorMoves() throws Exception {
    scene.append(0, 4);
    scene.disk.fill(10);
    AtomicInteger calls = new AtomicInteger();
    EventHandler handler =
        event -> {
          if (event.id().equals("1")) {
            calls.incrementAndGet();
            throw new Undeliverable("never");
          }
        };
    Delivery delivery = scene.start(STRICT, handler);
    await(() -> scene.log.says("waits because its dead letter cannot be written"), "said");
    assertEquals(2, scene.cursor().next());
    assertEquals(0, delivery.dead());
    assertTrue(delivery.lastError().contains("No space left"), delivery.lastError());
    scene.advanceUntil(() -> scene.log.errors().size() >= 3, "tried again");
    assertEquals(1, delivery.delivered());
    assertEquals(1, calls.get(), "the handler has given it up, and is not asked again");
    scene.disk.empty();
    scene.advanceUntil(() -> delivery.delivered() == 3, "the rest");
    assertEquals(List.of("1/1 never"), dead());
    end(delivery);
    assertEquals(5, scene.cursor().next());
    assertTrue(
        scene
            .log
            .errors()
            .contains(
                "n1 1 was given up, and waits because its dead letter cannot be written:"
                    + " IOException: No space left on device"));
  }

  @Test
  void aDeadLetterOfADeliveryInHandIsStillWrittenWhileDraining() throws Exception {
    CountDownLatch inHand = new CountDownLatch(1);
    scene.append(0, 2);
    Delivery delivery =
        scene.start(
            STRICT,
            event -> {
              inHand.countDown();
              released.await();
              throw new Undeliverable("never");
            });
    assertTrue(inHand.await(20, TimeUnit.SECONDS));
    delivery.drain();
    released.countDown();
    assertTrue(delivery.awaitEnd(Scene.LONG));
    assertEquals(List.of("0/1 never"), dead());
    assertEquals(2, scene.cursor().next());
  }

  @Test
  void withZeroAttemptsAnOutageMakesNoDeadLetters() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    scene.append(0, 2);
    Delivery delivery =
        scene.start(
            policy(0, 1, ""),
            event -> {
              if (calls.incrementAndGet() <= 10_000) {
                throw new IOException("down");
              }
            });
    await(() -> delivery.delivered() == 2, "the end of the outage");
    assertEquals(0, delivery.dead());
    assertEquals(10_000, delivery.tally().failed());
    assertEquals(15, scene.log.all().size(), "1, 2, 4 … 8192, and the recovery");
  }

  @Test
  void waitsGrowFromTheFirstToTheLongestAndStartOverForEachEvent() throws Exception {
    List<Long> waits = Scene.list();
    scene.random = () -> Long.MAX_VALUE - 1_000_000;
    AtomicInteger calls = new AtomicInteger();
    scene.append(0, 2);
    Delivery delivery =
        scene.start(
            STRICT,
            event -> {
              waits.add(scene.nanos.get());
              calls.incrementAndGet();
              if (event.attempt() < 12) {
                throw new IOException("down");
              }
            });
    scene.advanceUntil(() -> delivery.delivered() == 2, "both");
    List<String> late = new ArrayList<>();
    for (int event = 0; event < 2; event++) {
      for (int attempt = 1; attempt < 12; attempt++) {
        long wait = waits.get(event * 12 + attempt) - waits.get(event * 12 + attempt - 1);
        long bound = Math.min(300, 1L << (attempt - 1)) * 1_000_000_000;
        assertTrue(wait >= 0, "attempt " + attempt);
        if (wait > bound + 60_000_000_000L) {
          late.add("attempt " + attempt + " after " + wait + " of " + bound);
        }
      }
    }
    // The clock is put forward faster than a busy machine may wake a thread up.
    assertTrue(late.size() <= 3, late.toString());
  }

  private static final class Mean extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      throw new IllegalStateException("not even that");
    }
  }

  @Test
  void whateverAHandlerThrowsIsAFailedAttempt() throws Exception {
    EventHandler handler =
        new EventHandler() {
          @Override
          public void handle(Event event) throws Exception {
            switch (event.id()) {
              case "0" -> throw new AssertionError("an error");
              case "1" -> handle(event); // until the stack is full
              case "2" -> throw new NoClassDefFoundError("lib/Lib");
              case "3" -> throw new OutOfMemoryError();
              case "4" -> throw new Mean();
              case "5" -> throw new InterruptedException();
              case "6" -> throw new IllegalArgumentException(" ");
              case "7" -> throw new IllegalArgumentException("The order is missing.");
              default -> {}
            }
          }

          @Override
          public void close() {}
        };
    scene.append(0, 10);
    Delivery delivery = scene.start(policy(2, 1, ""), handler);
    await(() -> delivery.delivered() == 2, "the last ones");
    end(delivery);
    assertEquals(16, delivery.tally().failed());
    assertEquals(
        List.of(
            "0/2 AssertionError: an error",
            "1/2 java.lang.StackOverflowError",
            "2/2 NoClassDefFoundError: lib/Lib",
            "3/2 java.lang.OutOfMemoryError",
            "4/2 loomagent.delivery.RetryTest$Mean",
            "5/2 java.lang.InterruptedException",
            "6/2 java.lang.IllegalArgumentException",
            "7/2 The order is missing."),
        dead());
  }

  @Test
  void aHandlerThatInterruptsItsThreadHurtsNothing() throws Exception {
    List<String> interrupted = Scene.list();
    scene.append(0, 200);
    Delivery delivery =
        scene.start(
            policy(1, 1, ""),
            event -> {
              if (Thread.currentThread().isInterrupted()) {
                interrupted.add(event.id());
              }
              Thread.currentThread().interrupt();
              if (Integer.parseInt(event.id()) % 2 == 0) {
                throw new IOException("no"); // whose dead letter is written by this thread
              }
            });
    await(() -> delivery.delivered() == 100, "all");
    end(delivery);
    assertEquals(List.of(), interrupted);
    assertEquals(100, delivery.dead());
    assertEquals(201, scene.cursor().next());
  }

  @Test
  void aReplayComesOnceMoreBetweenTheOthers() throws Exception {
    List<String> given = Scene.list();
    scene.append(0, 3);
    Delivery delivery =
        scene.start(
            STRICT,
            event -> {
              given.add(words(event));
              if (event.replayed() && event.attempt() < 3) {
                throw new IOException("no");
              }
            });
    await(() -> delivery.delivered() == 3, "those of the journal");
    assertEquals("", answer(delivery.replay(Scene.event(1))));
    assertEquals(List.of("0/1", "1/1", "2/1", "1/1r", "1/2r", "1/3r"), given);
    assertEquals(4, scene.cursor().next());
    assertEquals(0, delivery.waiting());
  }

  @Test
  void aReplayThatFailsForGoodBecomesADeadLetter() throws Exception {
    Delivery delivery =
        scene.start(
            policy(2, 1, ""),
            event -> {
              throw new IOException("no");
            });
    assertEquals("IOException: no", answer(delivery.replay(Scene.event(1))));
    assertEquals(List.of("1/2 IOException: no"), dead());
    assertEquals(0, scene.dead.find("1").orElseThrow().sequence());
  }

  @Test
  void aReplayOnceAnswersWithItsFirstFailure() throws Exception {
    List<String> given = Scene.list();
    Delivery delivery =
        scene.startAlone(
            policy(3, 1, ""),
            event -> {
              given.add(words(event));
              if (event.id().equals("1")) {
                throw new RetryLater(HOUR, "busy");
              }
            });
    assertEquals("busy", answer(delivery.replayOnce(Scene.event(1).at(11, true))));
    assertEquals("", answer(delivery.replayOnce(Scene.event(2).at(4, true))));
    assertEquals(List.of("1/11r", "2/4r"), given);
    assertEquals(List.of(), dead());
    assertEquals(0, delivery.waiting());
    assertEquals(Long.MAX_VALUE, delivery.low(), "it keeps no event from being dropped");
    end(delivery);
  }

  @Test
  void replaysThatWaitAreRefusedWhenTheHandlerEnds() throws Exception {
    CountDownLatch inHand = new CountDownLatch(1);
    Delivery delivery =
        scene.startAlone(
            STRICT,
            event -> {
              if (event.id().equals("1")) {
                throw new RetryLater(HOUR, "busy");
              }
              inHand.countDown();
              released.await();
              throw new IOException("late");
            });
    CompletableFuture<Optional<String>> parked = delivery.replay(Scene.event(1));
    await(() -> delivery.retrying() == 1, "it waits to come again");
    CompletableFuture<Optional<String>> inHands = delivery.replay(Scene.event(2));
    assertTrue(inHand.await(20, TimeUnit.SECONDS));
    CompletableFuture<Optional<String>> waiting = delivery.replay(Scene.event(3));
    delivery.drain();
    assertEquals("the handler takes no more events; last: busy", answer(parked));
    assertEquals("the handler takes no more events; last: busy", answer(waiting));
    released.countDown();
    assertTrue(delivery.awaitEnd(Scene.LONG));
    assertEquals("the handler takes no more events; last: IOException: late", answer(inHands));
    assertEquals(
        "the handler takes no more events; last: IOException: late",
        answer(delivery.replay(Scene.event(4))));
    assertEquals(0, delivery.retrying());
  }

  @Test
  void replaysThatWaitAreBounded() throws Exception {
    Delivery delivery = scene.startAlone(STRICT, event -> released.await());
    List<CompletableFuture<Optional<String>>> answers = new ArrayList<>();
    for (int i = 0; i < Outstanding.MOST_REPLAYS; i++) {
      answers.add(delivery.replay(Scene.event(i)));
    }
    assertEquals(
        "1000 replays wait; ask again when they are done", answer(delivery.replay(Scene.event(1))));
    released.countDown();
    for (CompletableFuture<Optional<String>> each : answers) {
      assertEquals("", answer(each));
    }
    assertEquals("", answer(delivery.replay(Scene.event(1))));
  }

  @Test
  void parkedEventsAreKnownToTheCursorAfterAKill() throws Exception {
    scene.append(0, 7);
    Delivery delivery =
        scene.start(
            policy(0, 1, "payload.order"),
            event -> {
              if (event.id().equals("2") || event.id().equals("4")) {
                throw new RetryLater(HOUR, "busy");
              }
            });
    await(() -> delivery.delivered() == 5, "the others");
    assertEquals(List.of(3L, 5L), scene.cursor().open());
    assertEquals(8, scene.cursor().next());
    List<String> taken = Scene.list();
    Delivery next = scene.start(STRICT, event -> taken.add(event.id())); // as if that one were dead
    await(() -> next.delivered() == 2, "the two");
    assertEquals(List.of("2", "4"), taken);
    end(next);
  }
}
