package loomagent.simulator;

import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** The requests of one kind that came, and the scripts for those to come. For any thread. */
final class Scripts {
  /** Enough to see what one test did; a simulator that runs for weeks keeps no more. */
  static final int KEPT = 1_000;

  private final Queue<Script> next = new ConcurrentLinkedQueue<>();
  private volatile Script always;
  private final AtomicLong count = new AtomicLong();
  private final BlockingQueue<Request> requests = new ArrayBlockingQueue<>(KEPT);

  Scripts(Script always) {
    this.always = always;
  }

  void next(Script... scripts) {
    next.addAll(List.of(scripts));
  }

  void always(Script script) {
    always = script;
  }

  void heard(Request request) {
    keep(requests, request);
    count.incrementAndGet();
  }

  /** The script for the request at hand. */
  Script take() {
    return Optional.ofNullable(next.poll()).orElse(always);
  }

  long count() {
    return count.get();
  }

  List<Request> requests() {
    return List.copyOf(requests);
  }

  static <T> void keep(BlockingQueue<T> kept, T latest) {
    while (!kept.offer(latest)) {
      kept.poll();
    }
  }
}
