package loomagent.ops;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * The few threads that read requests and write answers; none of them while nobody asks. The JDK's
 * server reads and writes blockingly, so that a client which dawdles holds one of them. While
 * others wait for a thread, whoever has held one for {@link #GRACE} is cut off: interrupted in a
 * read or a write, a channel closes. Whatever does not wait for a client is done {@link
 * #undisturbed}. The newest request goes first, since whoever asks now is there to read the answer.
 */
final class Crew extends ThreadPoolExecutor {
  /** A page, a monitor and a scraper or two; each request takes milliseconds. */
  static final int MOST = 8;

  /** A request is a packet, and the kernel's buffers take an answer. */
  private static final Duration GRACE = Duration.ofMillis(250);

  private static final long IDLE_SECONDS = 10;

  /** What each thread is at. Guarded by itself. */
  private final Map<Thread, Turn> turns = new HashMap<>();

  private final AtomicBoolean ushering = new AtomicBoolean();

  /** Guarded by {@code turns}. */
  private static final class Turn {
    private long since = System.nanoTime(); // it waits for its client
    private boolean undisturbed;
    private boolean cutOff;
  }

  /** The client was cut off: there is nobody to answer. */
  static final class CutOff extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  Crew() {
    super(MOST, MOST, IDLE_SECONDS, TimeUnit.SECONDS, new NewestFirst());
    allowCoreThreadTimeOut(true);
    AtomicLong made = new AtomicLong();
    setThreadFactory(task -> daemon(task, "http-" + made.incrementAndGet()));
  }

  /** No more of them than there are connections. */
  private static final class NewestFirst extends LinkedBlockingDeque<Runnable> {
    private static final long serialVersionUID = 1;

    @Override
    public boolean offer(Runnable request) {
      return offerFirst(request);
    }
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public void execute(Runnable request) {
    super.execute(request);
    if (!getQueue().isEmpty() && ushering.compareAndSet(false, true)) {
      try {
        daemon(this::usher, "http-usher").start();
      } catch (OutOfMemoryError noThread) {
        ushering.set(false);
        throw noThread;
      }
    }
  }

  /** As long as somebody waits for a thread. */
  private void usher() {
    do {
      while (!getQueue().isEmpty() && !isShutdown()) {
        LockSupport.parkNanos(GRACE.toNanos() / 2);
        cut(GRACE);
      }
      ushering.set(false);
    } while (!getQueue().isEmpty() && !isShutdown() && ushering.compareAndSet(false, true));
  }

  /** Cuts off whoever has been waited for so long. */
  void cut(Duration grace) {
    synchronized (turns) {
      long now = System.nanoTime();
      turns.forEach(
          (thread, turn) -> {
            if (!turn.undisturbed && !turn.cutOff && now - turn.since >= grace.toNanos()) {
              turn.cutOff = true;
              thread.interrupt();
            }
          });
    }
  }

  /**
   * Does what no client may end halfway.
   *
   * @throws CutOff instead of it, when the client was cut off before
   */
  <T> T undisturbed(Supplier<T> work) {
    Turn turn;
    synchronized (turns) {
      turn = turns.get(Thread.currentThread());
      if (turn.cutOff) {
        throw new CutOff();
      }
      turn.undisturbed = true;
    }
    try {
      return work.get();
    } finally {
      synchronized (turns) {
        turn.undisturbed = false;
        turn.since = System.nanoTime();
      }
    }
  }

  @Override
  protected void beforeExecute(Thread thread, Runnable request) {
    synchronized (turns) {
      turns.put(thread, new Turn());
    }
  }

  @Override
  protected void afterExecute(Runnable request, Throwable thrown) {
    synchronized (turns) {
      turns.remove(Thread.currentThread());
    }
  }
}
