package loomagent.delivery;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import loomagent.base.Words;

/**
 * Deals with deliveries that take too long: the thread is interrupted, and if it does not heed
 * that, it is left to itself. Under its owner's lock, under which a delivery ends, too: so an
 * interrupt never hits what comes after it.
 */
final class Overdue {

  /** How long a delivery that was interrupted has to end, unless its timeout is shorter. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  /** Threads of one handler that may hang for ever: each holds a stack and what it works on. */
  private static final int MOST_ABANDONED = 3;

  private static final int EXCERPT = 300;

  private final Duration timeout;
  private final long grace; // nanoseconds
  private final System.Logger log;
  private int abandoned;
  private long stuck; // how often a thread was seen to hang that could not be abandoned

  Overdue(Duration timeout, System.Logger log) {
    this.timeout = timeout;
    this.grace = Math.min(GRACE.toNanos(), timeout.toNanos());
    this.log = log;
  }

  static String words(Duration timeout) {
    return "did not finish within " + Words.of(timeout);
  }

  /** Looks at a thread that has something in hand; nanoseconds until it has to be looked at. */
  long check(Worker worker, long now, Consumer<Worker> abandon) {
    if (worker.deadline - now > 0) {
      return worker.deadline - now;
    }
    String event = Words.line(worker.hand.get(0).event.toString(), EXCERPT);
    if (worker.hand.size() > 1) {
      event += " and " + (worker.hand.size() - 1) + " more";
    }
    if (!worker.overdue) {
      worker.overdue = true;
      worker.thread.interrupt();
    } else if (abandoned < MOST_ABANDONED) {
      leave(worker, abandon);
      String thread = worker.thread.getName();
      worker.thread.setName(thread + "-abandoned");
      log.log(
          Level.ERROR,
          "the thread {0} {1} with {2}, and does not heed an interrupt: it is left to itself, and"
              + " another takes its place",
          thread,
          words(timeout),
          event);
      return Long.MAX_VALUE;
    } else if (hangs(worker)) {
      log.log(
          Level.ERROR,
          "{0} of this handler''s threads hang and do not heed an interrupt, and so does the next"
              + " at {1}: its lane waits. Restart the agent, and mend the handler",
          abandoned,
          event);
    }
    worker.deadline = now + grace;
    return grace;
  }

  private boolean hangs(Worker worker) {
    worker.hung = true;
    return Long.bitCount(++stuck) == 1;
  }

  private void leave(Worker worker, Consumer<Worker> abandon) {
    abandoned++;
    worker.abandoned = true;
    try {
      abandon.accept(worker);
    } catch (OutOfMemoryError full) { // as it was, until there is memory for another thread
      abandoned--;
      worker.abandoned = false;
      throw full;
    }
  }

  /** Why a lane waits for ever: its thread hangs, and no more of them may be left to themselves. */
  Optional<String> fault(Worker worker) {
    boolean hangs = worker.overdue && worker.hung && !worker.hand.isEmpty();
    return hangs
        ? Optional.of(
            "the thread "
                + worker.thread.getName()
                + " hangs and heeds no interrupt, at "
                + Words.stack(worker.thread))
        : Optional.empty();
  }

  /** An abandoned thread has ended after all. */
  void ended() {
    abandoned--;
  }
}
