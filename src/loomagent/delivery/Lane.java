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
import java.util.random.RandomGenerator;
import loomagent.Event;
import loomagent.EventHandler;
import loomagent.HandlerContext;
import loomagent.base.Backoff;
import loomagent.base.Words;

/**
 * One handler, its thread and its queue. Whatever the handler does, to be slow, to hang or to
 * throw, is a matter of this lane alone, as long as its queue has room.
 *
 * <p>The queue is in memory and bounded, both in events and in bytes. With a full one, a slow
 * handler is waited for, and a hanging one goes without the event, which is said and counted.
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

  /** A handler that is at one event for longer is no longer waited for. */
  private static final Duration HANGS_AFTER = Duration.ofSeconds(5);

  private static final Duration FIRST_REOPEN = Duration.ofSeconds(1);
  private static final Duration LONGEST_REOPEN = Duration.ofMinutes(5);
  private static final int EXCERPT = 300;

  private final Maker maker;
  private final HandlerContext context;
  private final System.Logger log;
  private final Thread thread;
  private final Backoff reopen;
  private final CountDownLatch answered = new CountDownLatch(1); // the first attempt to open

  private final Backlog backlog = new Backlog();
  private long inARow; // failures with the same words; the lane's thread only

  // Written by the lane's thread, read by any:
  private volatile Opening opening = Opening.PENDING;
  private final AtomicLong delivered = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicInteger inHand = new AtomicInteger(); // from the queue, not handled yet
  private volatile long lastHandled = System.nanoTime();
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
   * Gives the handler an event. Waits for room while the handler is slow, which in the end slows
   * the server down and loses nothing; one that hangs is not waited for, and goes without.
   *
   * @param event what happened
   */
  public void offer(Event event) {
    if (!backlog.add(event, this::isMoving)) {
      refuse(event);
    }
  }

  private boolean isMoving() {
    return opening == Opening.OPEN && System.nanoTime() - lastHandled < HANGS_AFTER.toNanos();
  }

  private void refuse(Event event) {
    long count = refused.incrementAndGet();
    if (Long.bitCount(count) == 1) { // the 1st, 2nd, 4th, 8th …: said, not shouted
      log.log(
          Level.ERROR,
          "{0}; {1} not delivered to it so far. Last: {2}",
          backlog.ended()
              ? "this handler takes no events"
              : "this handler hangs: "
                  + Words.count(waiting(), "event")
                  + " wait, and there is no room for more",
          Words.count(count, "event"),
          Words.line(event.toString(), EXCERPT));
    }
  }

  /** Takes no more events; the thread ends once the queue is empty and the handler closed. */
  public void drain() {
    backlog.end();
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
    return backlog.size() + inHand.get();
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
    while (true) {
      Optional<EventHandler> opened = tryToOpen();
      if (opened.isPresent() || opening == Opening.MISCONFIGURED) {
        return opened;
      }
      forgetInterrupt();
      backlog.pause(reopen.next());
      if (backlog.ended()) {
        return Optional.empty();
      }
    }
  }

  private Optional<EventHandler> tryToOpen() {
    EventHandler made;
    try {
      made = maker.make();
    } catch (Throwable failure) {
      note("could not be made, and is tried again", failure);
      become(Opening.FAILED);
      return Optional.empty();
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
    } catch (Throwable failure) {
      note("could not be opened, and is tried again", failure);
      close(made);
      become(Opening.FAILED);
    }
    return Optional.empty();
  }

  private void become(Opening next) {
    opening = next;
    answered.countDown();
  }

  private void deliver(EventHandler handler) {
    Queue<Event> batch = new ArrayDeque<>();
    boolean ended = false;
    while (!ended) {
      try {
        backlog.take(batch);
        inHand.set(batch.size());
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
      lastHandled = System.nanoTime();
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
