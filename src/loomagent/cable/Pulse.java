package loomagent.cable;

import java.time.Duration;
import java.util.Optional;
import loomagent.base.Words;

/** Whether a thread gets on with what it is at. It says so itself; any thread asks. */
final class Pulse {

  /** Nothing that it does takes so long, unless it waits for the disk; nanoseconds. */
  private static final long STUCK = Duration.ofSeconds(60).toNanos();

  private volatile long waitsUntil = Long.MAX_VALUE; // while it waits
  private volatile long busySince; // while it does not; 0 while it waits

  /** It waits, and will look up then. */
  void waits(long until) {
    waitsUntil = until;
    busySince = 0;
  }

  /** It begins with something. */
  void busy(long now) {
    busySince = now | 1;
  }

  /**
   * Why it does not get on.
   *
   * @return words; empty if it does
   */
  Optional<String> fault(Thread thread, long now) {
    long busy = busySince;
    long late = busy == 0 ? now - waitsUntil : now - busy;
    if (!thread.isAlive()) {
      return Optional.of("the thread " + thread.getName() + " has ended");
    }
    return late < STUCK
        ? Optional.empty()
        : Optional.of(
            "the thread %s has been at one thing for %s: %s"
                .formatted(
                    thread.getName(), Words.of(Duration.ofNanos(late)), Words.stack(thread)));
  }
}
