package loomagent.delivery;

import static loomagent.delivery.Scene.await;
import static loomagent.delivery.Scene.end;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import loomagent.Event;
import loomagent.RetryLater;
import loomagent.Undeliverable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many events, lanes, keys, failures, stops and kills, by chance. */
@Timeout(120)
class HammerTest {
  private static final String[] KEYS = {"", "name", "payload.order"};

  @TempDir Path folder;

  /** A handler that fails by chance and keeps what it took. */
  private static final class Chancy {
    final List<String> taken = Scene.list();
    final int failing; // of 100

    Chancy(int failing) {
      this.failing = failing;
    }

    void handle(Event event) throws IOException {
      ThreadLocalRandom random = ThreadLocalRandom.current();
      int chance = random.nextInt(100);
      if (chance < failing) {
        switch (chance % 5) {
          case 0 -> throw new IOException("no");
          case 1 -> throw new RetryLater(Duration.ofMillis(random.nextInt(300)), "later");
          case 2 -> throw new StackOverflowError();
          case 3 -> throw new Undeliverable("never");
          default -> {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("in between");
          }
        }
      }
      taken.add(event.id());
    }
  }

  private static Policy policy(SplittableRandom random) {
    return Scene.policy(
        random.nextInt(4), 1 + random.nextInt(4), KEYS[random.nextInt(KEYS.length)]);
  }

  private static List<String> dead(Scene scene) throws IOException {
    List<String> ids = Scene.list();
    scene.dead.list(letter -> ids.add(letter.event().id()));
    return ids;
  }

  @Test
  void stoppedInOrderEveryEventIsTakenOrGivenUpExactlyOnce() throws Exception {
    for (int round = 0; round < 8; round++) {
      long seed = System.nanoTime();
      SplittableRandom random = new SplittableRandom(seed);
      try (Scene scene = new Scene(folder.resolve("" + round))) {
        scene.random = random.split();
        Chancy handler = new Chancy(20);
        int sent = 0;
        for (int life = 0; life < 6; life++) {
          Delivery delivery = scene.start(policy(random), handler::handle);
          int some = random.nextInt(400);
          scene.append(sent, sent + some);
          sent += some;
          int enough = random.nextInt(1, 300);
          long before = delivery.delivered();
          scene.advanceUntil(
              () -> delivery.delivered() - before >= enough || delivery.waiting() == 0, "some");
          end(delivery);
        }
        Delivery last = scene.start(policy(random), handler::handle);
        scene.advanceUntil(() -> last.waiting() == 0, "the rest, seed " + seed);
        end(last);
        List<String> all = Scene.list();
        all.addAll(handler.taken);
        all.addAll(dead(scene));
        assertEquals(sent, all.size(), () -> "seed " + seed);
        assertEquals(sent, new HashSet<>(all).size(), () -> "seed " + seed);
      }
    }
  }

  @Test
  void killedAtAnyMomentNothingIsLostAndOnlyWhatWasInHandComesTwice() throws Exception {
    for (int round = 0; round < 10; round++) {
      long seed = System.nanoTime();
      SplittableRandom random = new SplittableRandom(seed);
      Path home = folder.resolve("kill" + round);
      Path copy = folder.resolve("copy" + round);
      Policy policy = policy(random);
      Chancy first = new Chancy(10);
      int certain; // taken and known to the cursor, but for what is in hand
      int possible;
      try (Scene scene = new Scene(home)) {
        scene.random = random.split();
        Delivery delivery = scene.start(policy, first::handle);
        int sent = 3_000;
        scene.append(0, sent);
        int enough = random.nextInt(2_500);
        scene.advanceUntil(() -> delivery.delivered() >= enough || delivery.waiting() == 0, "some");
        certain = first.taken.size();
        kill(home, copy);
        possible = first.taken.size();
        end(delivery);
      }
      Chancy second = new Chancy(0);
      try (Scene scene = new Scene(copy)) {
        Delivery delivery = scene.start(policy, second::handle);
        await(() -> delivery.waiting() == 0, "the rest, seed " + seed);
        end(delivery);
        Set<String> all = new HashSet<>(first.taken.subList(0, possible));
        all.addAll(second.taken);
        all.addAll(dead(scene));
        assertEquals(3_000, all.size(), () -> "lost, seed " + seed);
        Map<String, Integer> times = new HashMap<>();
        first.taken.subList(0, certain).forEach(id -> times.merge(id, 1, Integer::sum));
        second.taken.forEach(id -> times.merge(id, 1, Integer::sum));
        long twice = times.values().stream().filter(count -> count > 1).count();
        assertTrue(
            twice <= policy.lanes(), () -> twice + " twice with " + policy + ", seed " + seed);
        assertEquals(List.of(), scene.log.errors(), () -> "seed " + seed);
      }
    }
  }

  /** What a killed process leaves: the cursor first, since all it says is on disk before it. */
  private static void kill(Path home, Path copy) throws IOException {
    Files.createDirectories(copy.resolve("journal"));
    do { // a kill takes no time, and a copy does: both slots may be torn in it
      Files.copy(
          home.resolve("cursor"), copy.resolve("cursor"), StandardCopyOption.REPLACE_EXISTING);
    } while (Cursor.read(copy.resolve("cursor")).isEmpty());
    if (Files.exists(home.resolve("dead.ndjson"))) {
      Files.copy(home.resolve("dead.ndjson"), copy.resolve("dead.ndjson"));
    }
    try (Stream<Path> files = Files.list(home.resolve("journal"))) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve("journal").resolve(file.getFileName()));
      }
    }
  }
}
