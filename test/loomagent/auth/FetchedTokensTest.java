package loomagent.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import loomagent.auth.TokenException.Kind;
import loomagent.base.Token;
import loomagent.simulator.Script;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class FetchedTokensTest {
  private Scene scene;
  private FetchedTokens tokens;

  @BeforeEach
  void open() throws Exception {
    scene = new Scene(Scene.standard());
    tokens = scene.byCredentials();
  }

  @AfterEach
  void close() {
    scene.close();
  }

  @Test
  void aTokenIsGivenUntilItIsDueAndThenTheNext() throws Exception {
    assertEquals(Optional.empty(), tokens.expiresAt());
    Token first = tokens.token(false);
    assertEquals(first.expiresAt(), tokens.expiresAt());
    scene.clock.forward(Duration.ofMinutes(49));
    assertEquals(text(first), text(tokens.token(false)));
    assertEquals(1, scene.loom.hub().asks());
    scene.clock.forward(Duration.ofMinutes(6));
    Token second = tokens.token(false);
    assertNotEquals(text(first), text(second));
    assertEquals(second.expiresAt(), tokens.expiresAt());
    // The refresh token that came along is not used.
    assertTrue(scene.loom.hub().requests().get(1).body().contains("client_credentials"));
  }

  @Test
  void renewalSuitsAnyLifeAndComesAtAnotherTimeForEach() {
    Instant from = Instant.parse("2026-01-01T00:00:00Z");
    for (long[] life : // in ms: life, earliest, latest
        new long[][] {
          {5_000, 1_500, 2_500},
          {60_000, 36_000, 48_000},
          {3_600_000, 50 * 60_000, 55 * 60_000},
          {604_800_000, 604_800_000 - 600_000, 604_800_000 - 300_000},
          {1, 0, 1},
          {0, 0, 0}
        }) {
      Random random = new Random(life[0]);
      Set<Long> times = new HashSet<>();
      for (int i = 0; i < 200; i++) {
        Instant time = Life.renewAt(from, from.plusMillis(life[0]), random);
        times.add(Duration.between(from, time).toMillis());
      }
      assertTrue(
          times.stream().allMatch(t -> t >= life[1] && t <= life[2]), life[0] + ": " + times);
      assertTrue(times.size() > 100 || life[0] < 2, times.toString());
    }
  }

  @Test
  void aRefusedTokenIsNotGivenAgain() throws Exception {
    Token first = tokens.token(false);
    Token second = tokens.token(true);
    assertNotEquals(text(first), text(second));
    scene.loom.hub().next(Script.hubError(500, "", ""));
    assertThrows(TokenException.class, () -> tokens.token(true));
    scene.loom.hub().next(Script.hubError(500, "", ""));
    assertThrows(TokenException.class, () -> tokens.token(false));
    assertNotEquals(text(second), text(tokens.token(false)));
  }

  @Test
  void theTokenAtHandIsGivenWhileItLivesIfTheNextCannotBeHad() throws Exception {
    Token first = tokens.token(false);
    scene.clock.forward(Duration.ofMinutes(55));
    scene.loom.hub().always(Script.hubError(500, "", ""));
    for (int i = 0; i < 5; i++) {
      Token same = tokens.token(false);
      assertEquals(text(first), text(same));
      Instant next = same.renewAt().orElseThrow();
      assertTrue(!next.isBefore(scene.clock.instant()), next + " is no time to come");
      assertEquals(text(first), text(tokens.token(false))); // and before that nobody is asked
      scene.clock.forward(Duration.between(scene.clock.instant(), next));
    }
    assertEquals(6, scene.loom.hub().asks());
    assertEquals(3, scene.log.all().size(), scene.log.toString()); // 1st, 2nd, 4th
    String line = scene.log.all().get(0);
    assertTrue(line.contains("out of order (500). The one at hand is good for 5m more"), line);
    scene.clock.forward(Duration.ofMinutes(5));
    HubTest.assertFailure(Kind.UNREACHABLE, "(500)", () -> tokens.token(false));
    scene.loom.hub().always(Script.TOKENS);
    assertNotEquals(text(first), text(tokens.token(false)));
  }

  @Test
  void aPauseThatTheHubAsksForIsTheTimeOfTheNextTry() throws Exception {
    Token first = tokens.token(false);
    scene.clock.forward(Duration.ofMinutes(55));
    scene.loom.hub().next(Scene.answer(503, Map.of("Retry-After", "100"), ""));
    Token same = tokens.token(false);
    assertEquals(text(first), text(same));
    assertEquals(Optional.of(scene.clock.instant().plusSeconds(100)), same.renewAt());
  }

  @Test
  void aTokenWithoutAnyTimesIsGivenUntilItIsRefused() throws Exception {
    scene.loom.hub().next(Scene.answer(200, Map.of(), "{\"access_token\":\"opaque\"}"));
    assertEquals("opaque", text(tokens.token(false)));
    scene.clock.forward(Duration.ofDays(400));
    Token still = tokens.token(false);
    assertEquals("opaque", text(still));
    assertEquals(Optional.empty(), still.renewAt());
    assertNotEquals("opaque", text(tokens.token(true)));
  }

  @Test
  void howeverManyAskOneTokenIsFetchedForAll() throws Exception {
    assertEquals(1, new HashSet<>(askTogether(Script.TOKENS)).size());
    assertEquals(1, scene.loom.hub().asks());
  }

  @Test
  void howeverManyAskOneFailureIsForAll() throws Exception {
    List<String> failures = askTogether(Script.hubError(500, "", ""));
    assertEquals(Set.of("the Hub: it is out of order (500)"), new HashSet<>(failures));
    assertEquals(1, scene.loom.hub().asks());
  }

  @Test
  void aTokenRefusedWhileAnotherFailsToRenewItIsNotGivenAgain() throws Exception {
    Token first = tokens.token(false);
    scene.clock.forward(Duration.ofMinutes(55));
    CountDownLatch held = new CountDownLatch(1);
    scene
        .loom
        .hub()
        .next(
            peer -> {
              awaited(held);
              Script.hubError(500, "", "").run(peer);
            });
    ExecutorService threads = Executors.newCachedThreadPool();
    Future<Token> renewing = threads.submit(() -> tokens.token(false));
    assertTrue(scene.loom.await(loom -> loom.hub().asks() == 2, Duration.ofSeconds(5)));
    AtomicReference<Thread> second = new AtomicReference<>();
    Future<Token> refused =
        threads.submit(
            () -> {
              second.set(Thread.currentThread());
              return tokens.token(true);
            });
    while (second.get() == null || second.get().getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    held.countDown();
    assertEquals(text(first), text(renewing.get()));
    assertThrows(ExecutionException.class, refused::get);
    assertNotEquals(text(first), text(tokens.token(false)));
    threads.shutdown();
  }

  private static void awaited(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException closing) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void whatIsAtHandIsKnownWithoutAsking() throws Exception {
    assertEquals(Optional.empty(), tokens.atHand());
    Token first = tokens.token(false);
    assertEquals(Optional.of(text(first)), tokens.atHand().map(FetchedTokensTest::text));
    scene.clock.forward(Duration.ofHours(1));
    assertEquals(Optional.empty(), tokens.atHand());
    assertEquals(1, scene.loom.hub().asks());
  }

  /** All ask while the first one's request waits for its answer. */
  private List<String> askTogether(Script script) throws Exception {
    CountDownLatch held = new CountDownLatch(1);
    scene
        .loom
        .hub()
        .next(
            peer -> {
              awaited(held);
              script.run(peer);
            });
    List<Thread> waiting = new ArrayList<>();
    ExecutorService threads =
        Executors.newCachedThreadPool(
            task -> {
              waiting.add(new Thread(task));
              return waiting.get(waiting.size() - 1);
            });
    Callable<String> ask =
        () -> {
          try {
            return text(tokens.token(false));
          } catch (TokenException failure) {
            return failure.getMessage();
          }
        };
    List<Future<String>> asked = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      asked.add(threads.submit(ask));
    }
    while (!waiting.stream()
        .allMatch(
            t ->
                t.getState() == Thread.State.WAITING
                    || t.getState() == Thread.State.TIMED_WAITING)) {
      Thread.onSpinWait();
    }
    held.countDown();
    List<String> results = new ArrayList<>();
    for (Future<String> each : asked) {
      results.add(each.get());
    }
    threads.shutdown();
    return results;
  }

  private static String text(Token token) {
    return token.secret().reveal();
  }
}
