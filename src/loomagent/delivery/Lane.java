package loomagent.delivery;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import loomagent.Event;
import loomagent.EventHandler;
import loomagent.HandlerContext;
import loomagent.base.Backoff;
import loomagent.base.Words;

/**
 * One handler, its thread and its queue. Whatever the handler does, to be slow, to hang or to
 * throw, is a matter of this lane alone.
 *
 * <p>The queue is in memory and bounded, both in events and in bytes. An event that finds it full
 * is not taken, and that is said and counted; all others of the agent go on.
 */
public final class Lane {

  /** Makes a handler. It runs foreign code, so anything may be thrown. */
  public interface Maker {
    /**
     * A new instance.
     *
     * @return a handler that was not opened yet
     * @throws Exception whatever its constructor throws
     */
    EventHandler make() throws Exception;
  }

  /** How a lane has done so far. */
  public enum Opening {
    /** The handler has not been asked, or has not answered. */
    PENDING,
    /** The handler takes events. */
    OPEN,
    /** A setting is wrong: {@link IllegalArgumentException}. Not tried again. */
    MISCONFIGURED,
    /** It could not be opened; tried again. */
    FAILED
  }

  /** Events that may wait: some seconds of the largest burst that Loom was seen to send. */
  static final int MOST_EVENTS = 100_000;

  /** Characters that may wait, by what an event costs: at most an eighth of the heap. */
  static final long MOST_CHARACTERS = Math.min(32L << 20, Runtime.getRuntime().maxMemory() / 8);

  /** What an event costs beside its text, in characters. */
  private static final int OVERHEAD = 300;

  /** Events taken from the queue at once: enough to make the lock cheap. */
  private static final int SLICE = 256;

  private static final Duration FIRST_REOPEN = Duration.ofSeconds(1);
  private static final Duration LONGEST_REOPEN = Duration.ofMinutes(5);
  private static final int EXCERPT = 300;

  private final Maker maker;
  private final HandlerContext context;
  private final System.Logger log;
  private final Thread thread;
  private final Backoff reopen;
  private final CountDownLatch answered = new CountDownLatch(1); // the first attempt to open

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // Under the lock:
  private final Queue<Event> queue = new ArrayDeque<>();
  private long characters;
  private volatile boolean draining;

  private long inARow; // failures with the same words; the lane's thread only

  // Written by the lane's thread, read by any:
  private volatile Opening opening = Opening.PENDING;
  private final AtomicLong delivered = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicInteger inHand = new AtomicInteger(); // from the queue, not handled yet
  private volatile String lastError = "";

  /**
   * A lane that has not begun.
   *
   * @param maker makes the handler
   * @param context what the handler is given
   * @param loader where the handler's classes come from
   * @param random the jitter between attempts to open
   */
  public Lane(Maker maker, HandlerContext context, ClassLoader loader, RandomGenerator random) {
    this.maker = maker;
    this.context = context;
    this.log = context.logger();
    this.reopen = new Backoff(FIRST_REOPEN, LONGEST_REOPEN, random);
    this.thread = new Thread(this::run, "handler-" + context.name());
    this.thread.setContextClassLoader(loader);
    this.thread.setDaemon(true); // a handler that hangs must not keep the process alive
  }

  /** Starts the thread, which opens the handler first. */
  public void start() {
    thread.start();
  }

  /**
   * Waits for the handler's first answer.
   *
   * @param limit how long to wait
   * @return how it went; {@code PENDING} if there is no answer yet
   * @throws InterruptedException if the waiting thread is interrupted
   */
  public Opening awaitOpening(Duration limit) throws InterruptedException {
    answered.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    return opening;
  }

  /**
   * Gives the handler an event, unless its queue is full, it is not configured right, or it is to
   * end. Never waits.
   *
   * @param event what happened
   */
  public void offer(Event event) {
    long count = 0;
    lock.lock();
    try {
      if (queue.size() < MOST_EVENTS && characters < MOST_CHARACTERS && !draining) {
        queue.add(event);
        characters += event.json().length() + OVERHEAD;
        if (queue.size() == 1) {
          changed.signal();
        }
      } else {
        count = refused.incrementAndGet();
      }
    } finally {
      lock.unlock();
    }
    if (count > 0 && Long.bitCount(count) == 1) { // the 1st, 2nd, 4th, 8th …: said, not shouted
      log.log(
          Level.ERROR,
          "{0}; {1} not delivered to it so far. Last: {2}",
          draining
              ? "this handler takes no events"
              : "this handler is too slow: "
                  + Words.count(waiting(), "event")
                  + " wait, and there is no room for more. Make it faster, or give it fewer",
          Words.count(count, "event"),
          Words.line(event.toString(), EXCERPT));
    }
  }

  /** Takes no more events; the thread ends once the queue is empty and the handler closed. */
  public void drain() {
    lock.lock();
    try {
      draining = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for the end after {@link #drain}.
   *
   * @param limit how long to wait
   * @return whether the handler is done and closed
   * @throws InterruptedException if the waiting thread is interrupted
   */
  public boolean awaitEnd(Duration limit) throws InterruptedException {
    thread.join(Math.max(1, limit.toMillis()));
    return !thread.isAlive();
  }

  /**
   * The handler's name.
   *
   * @return as in the configuration
   */
  public String name() {
    return context.name();
  }

  /**
   * How many events the handler took.
   *
   * @return since the start
   */
  public long delivered() {
    return delivered.get();
  }

  /**
   * How many events the handler threw at.
   *
   * @return since the start
   */
  public long failed() {
    return failed.get();
  }

  /**
   * How many events were not queued: most often because the queue was full.
   *
   * @return since the start
   */
  public long refused() {
    return refused.get();
  }

  /**
   * How many events wait, the one in hand included.
   *
   * @return now
   */
  public int waiting() {
    lock.lock();
    try {
      return queue.size() + inHand.get();
    } finally {
      lock.unlock();
    }
  }

  /**
   * What last went wrong.
   *
   * @return one line, or ""
   */
  public String lastError() {
    return lastError;
  }

  private void run() {
    Optional<EventHandler> opened = open();
    opened.ifPresent(this::deliver);
    opened.ifPresent(this::close);
    drain(); // nobody takes events any more: none are kept for a handler that is not configured
  }

  /** Opens the handler, again and again if need be; empty if it never can be, or no longer. */
  private Optional<EventHandler> open() {
    do {
      EventHandler made;
      try {
        made = maker.make();
      } catch (Throwable failure) {
        note("could not be made, and is tried again", failure);
        become(Opening.FAILED);
        continue;
      }
      try {
        made.open(context);
        forgetInterrupt();
        become(Opening.OPEN);
        return Optional.of(made);
      } catch (IllegalArgumentException wrong) {
        note("is not configured right", wrong);
        close(made);
        become(Opening.MISCONFIGURED);
        return Optional.empty();
      } catch (Throwable failure) {
        note("could not be opened, and is tried again", failure);
        close(made);
        become(Opening.FAILED);
      }
    } while (pause(reopen.next()));
    return Optional.empty();
  }

  private void become(Opening next) {
    opening = next;
    answered.countDown();
  }

  /** Waits, unless the lane is told to end. */
  private boolean pause(Duration wait) {
    long left = wait.toNanos();
    forgetInterrupt();
    lock.lock();
    try {
      while (left > 0 && !draining) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException byThreadOfItsOwn) {
      log.log(Level.DEBUG, "the handler interrupted its thread, and is tried again at once");
    } finally {
      lock.unlock();
    }
    return !draining;
  }

  private void deliver(EventHandler handler) {
    Queue<Event> batch = new ArrayDeque<>();
    boolean ended = false;
    while (!ended) {
      try {
        take(batch);
        ended = batch.isEmpty();
        for (Event event = batch.poll(); event != null; event = batch.poll()) {
          handle(handler, event);
        }
      } catch (Throwable shortOfMemory) {
        // Another handler may have filled the heap: even to say so may fail. The lane goes on.
        lastError = "the agent is short of memory";
      }
    }
  }

  /** The next events into an empty slice; none only at the end. */
  private void take(Queue<Event> slice) {
    lock.lock();
    try {
      while (queue.isEmpty() && !draining) {
        changed.awaitUninterruptibly();
      }
      while (slice.size() < SLICE && !queue.isEmpty()) {
        Event event = queue.remove();
        slice.add(event);
        characters -= event.json().length() + OVERHEAD;
        inHand.incrementAndGet();
      }
    } finally {
      lock.unlock();
    }
  }

  // Throwable: a handler's missing class or full stack is no reason to end the lane.
  private void handle(EventHandler handler, Event event) {
    try {
      handler.handle(event);
      delivered.incrementAndGet();
      inARow = 0;
    } catch (Throwable failure) {
      failed.incrementAndGet();
      inARow = words(failure).equals(lastError) ? inARow + 1 : 1;
      if (Long.bitCount(inARow) == 1) { // the 1st, 2nd, 4th, 8th … of the same
        String again = inARow == 1 ? "" : ", the " + inARow + "th with the same in a row";
        note("did not take " + Words.line(event.toString(), EXCERPT) + again, failure);
      }
    } finally {
      inHand.decrementAndGet();
      forgetInterrupt();
    }
  }

  /** A handler that interrupts its own thread means what it is at, and not what comes next. */
  private static void forgetInterrupt() {
    Thread.interrupted();
  }

  private void close(EventHandler handler) {
    try {
      handler.close();
    } catch (Throwable failure) {
      note("did not close well", failure);
    }
  }

  private void note(String what, Throwable failure) {
    lastError = words(failure);
    log.log(Level.ERROR, "{0}: {1}", what, lastError);
    log.log(Level.DEBUG, "the whole of it", failure);
  }

  /** One line. The exception may be of the handler's making, and throw in its turn. */
  private static String words(Throwable failure) {
    try {
      String text = failure.getMessage();
      if (text != null && !text.isBlank()) {
        String kind = failure.getClass().getSimpleName() + ": ";
        boolean meantForPeople = failure instanceof IllegalArgumentException || kind.length() == 2;
        return Words.line(meantForPeople ? text : kind + text, EXCERPT);
      }
    } catch (Throwable wordless) {
      // its name has to do
    }
    return failure.getClass().getName();
  }
}
