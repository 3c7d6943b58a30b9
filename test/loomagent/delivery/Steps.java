package loomagent.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import loomagent.Event;
import loomagent.base.Backoff;
import loomagent.delivery.Outstanding.Item;
import loomagent.delivery.Outstanding.Request;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A delivery whose lanes' threads never begin: a test takes each of their steps. */
abstract class Steps {
  static final Duration TIMEOUT = Duration.ofSeconds(30);
  static final long GRACE = Duration.ofSeconds(5).toNanos();
  static final long SECOND = 1_000_000_000;

  /** The longest wait that may be. */
  static final RandomGenerator LONGEST =
      new RandomGenerator() {
        @Override
        public long nextLong() {
          return 0;
        }

        @Override
        public long nextLong(long bound) {
          return bound - 1;
        }
      };

  @TempDir Path folder;
  Scene scene;
  final Tally tally = new Tally();
  final List<Worker> hanging = new ArrayList<>();
  Dispatch dispatch;
  Outcomes outcomes;

  @BeforeEach
  void open() throws IOException {
    scene = new Scene(folder);
  }

  @AfterEach
  void close() {
    scene.close();
  }

  Worker begin(int attempts, String key) throws IOException {
    return begin(attempts, key, TIMEOUT);
  }

  Worker begin(int attempts, String key, Duration timeout) throws IOException {
    Duration first = Duration.ofSeconds(1);
    Policy policy = new Policy(first, first.multipliedBy(4), attempts, timeout, 3, key);
    Delivery.Target target = scene.target(policy, () -> event -> {});
    dispatch =
        new Dispatch(
            target, scene.feed(target), scene.dead, scene.clock, scene.watch, scene.random, tally);
    dispatch.onHang(hanging::add);
    outcomes = dispatch.outcomes();
    return lane(target);
  }

  Worker lane(Delivery.Target target) {
    Backoff never = new Backoff(Scene.LONG, Scene.LONG, scene.random);
    Worker worker = new Worker(1, target, never, dispatch, opening -> {}, left -> {});
    assertTrue(dispatch.join(worker));
    return worker;
  }

  Worker lane() {
    return lane(scene.target(Scene.STRICT, () -> event -> {}));
  }

  /** What it is given next, as ids and attempts. */
  String next(Worker worker) {
    List<Item> items = dispatch.next(worker);
    assertEquals(items, worker.hand);
    return String.join(" ", items.stream().map(Item::now).map(Steps::words).toList());
  }

  static String words(Event event) {
    return event.id() + "/" + event.attempt() + (event.replayed() ? "r" : "");
  }

  void take(Worker worker) {
    outcomes.ended(worker, worker.hand, Optional.empty());
  }

  void fail(Worker worker, Throwable failure) {
    outcomes.ended(worker, worker.hand, Optional.of(failure));
  }

  long check(long after) {
    return dispatch.check(scene.nanos.addAndGet(after));
  }

  void assertAt(long next, Long... open) throws IOException {
    assertEquals(new Cursor.Position(next, List.of(open)), scene.cursor());
    assertEquals(open.length == 0 ? next : open[0], tally.low.get());
  }

  CompletableFuture<Optional<String>> replay(boolean once) {
    CompletableFuture<Optional<String>> answer = new CompletableFuture<>();
    outcomes.replay(Scene.event(9), new Request(answer, once));
    return answer;
  }

  static String refused(CompletableFuture<Optional<String>> answer) {
    assertTrue(answer.isDone());
    return answer.join().orElseThrow();
  }

  /** What a lane is given whose thread waits; this returns once it does. */
  CompletableFuture<String> await(Worker worker) {
    CompletableFuture<String> given = new CompletableFuture<>();
    Thread thread = new Thread(() -> given.complete(next(worker)));
    thread.setDaemon(true);
    thread.start();
    Scene.await(() -> isWaiting(thread), "a thread that waits");
    return given;
  }

  static boolean isWaiting(Thread thread) {
    return thread.getState() == Thread.State.WAITING
        || thread.getState() == Thread.State.TIMED_WAITING;
  }
}
