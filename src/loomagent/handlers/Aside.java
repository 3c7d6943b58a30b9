package loomagent.handlers;

import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Calls of a driver, on a thread beside the handler's: no driver heeds an interrupt, and the
 * handler's thread has to. One call at a time; all methods on the handler's thread.
 */
final class Aside implements AutoCloseable {

  /** Calls that hang for ever: each holds a stack and a connection. */
  private static final int MOST_HUNG = 3;

  /** How long each means to end a call may take to do so. */
  private static final long PATIENCE = 1_000; // milliseconds

  private final String name;
  private final AtomicInteger hung = new AtomicInteger();
  private ExecutorService thread;

  Aside(String name) {
    this.name = name;
    this.thread = newThread();
  }

  private ExecutorService newThread() {
    return Executors.newSingleThreadExecutor(task -> daemon(task));
  }

  // It sees what the handler's thread sees, and does not keep the process alive.
  private Thread daemon(Runnable task) {
    Thread daemon = new Thread(task, name);
    daemon.setDaemon(true);
    return daemon;
  }

  /**
   * Calls, and waits for the answer.
   *
   * @param limit the longest wait
   * @param cuts what may end the call, tried one after the other when the time is up or this thread
   *     is interrupted
   * @param late told what comes out of the call after all, when nobody waits for it any more
   * @throws SQLTimeoutException after the limit
   * @throws InterruptedException if this thread is interrupted
   * @throws Exception what the call throws
   */
  <T> T call(Callable<T> call, Duration limit, List<Runnable> cuts, Consumer<T> late)
      throws Exception {
    if (hung.get() >= MOST_HUNG) {
      throw new SQLException(
          hung + " calls of the database's driver hang, and nothing ends them: restart the agent");
    }
    CompletableFuture<T> answer = new CompletableFuture<>();
    thread.execute(() -> answer(call, answer));
    try {
      return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof Exception failure
          ? failure
          : new SQLException("the driver fails: " + failed.getCause(), failed.getCause());
    } catch (TimeoutException | InterruptedException tooLong) {
      end(answer, cuts);
      var unused = answer.thenAccept(late);
      throw tooLong instanceof InterruptedException
          ? tooLong
          : new SQLTimeoutException(
              "the database did not answer within " + limit.toSeconds() + "s");
    }
  }

  private static <T> void answer(Callable<T> call, CompletableFuture<T> answer) {
    try {
      answer.complete(call.call());
    } catch (Throwable failure) { // a missing class, too
      answer.completeExceptionally(failure);
    }
  }

  private void end(CompletableFuture<?> answer, List<Runnable> cuts) throws InterruptedException {
    boolean ended = false;
    try {
      for (int i = 0; i < cuts.size() && !ended; i++) {
        daemon(cuts.get(i)).start(); // which may hang in its turn
        ended = ends(answer);
      }
    } finally {
      if (!ended) {
        hung.incrementAndGet();
        var unused = answer.whenComplete((value, failure) -> hung.decrementAndGet());
        thread.shutdown();
        thread = newThread();
      }
    }
  }

  private static boolean ends(CompletableFuture<?> answer) throws InterruptedException {
    try {
      answer.get(PATIENCE, TimeUnit.MILLISECONDS);
      return true;
    } catch (ExecutionException failed) {
      return true;
    } catch (TimeoutException stillThere) {
      return false;
    }
  }

  /** Does it after what runs, and waits for nothing. */
  void later(Runnable task) {
    thread.execute(task);
  }

  /** What was begun, and what is to be done later, is still done, and waited for a little. */
  @Override
  public void close() {
    thread.shutdown();
    try {
      var unused = thread.awaitTermination(PATIENCE, TimeUnit.MILLISECONDS);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }
}
