package loomagent.net;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * The executor of an HttpClient, which is the caller: what the agent does on HttpClient's threads
 * is to hand over, and a pool in between costs half of the speed. It sees the one thread without
 * which the client does nothing: a full heap ends it, and so does a handler that interrupts every
 * thread. Such a client answers nothing any more, and on Java 17 says nothing either. Any thread.
 */
public final class ClientThread implements Executor {
  private static final String NAME = "-SelectorManager"; // in every JDK so far

  /** A client that lives has something to do before this, or has said that it cannot connect. */
  private static final Duration FIRST_SIGN = Duration.ofSeconds(15);

  private volatile Thread seen; // null until it has had something to do

  @Override
  public void execute(Runnable task) {
    if (seen == null && Thread.currentThread().getName().endsWith(NAME)) {
      seen = Thread.currentThread();
    }
    task.run();
  }

  /**
   * Whether a client has to be replaced.
   *
   * @param client one with this executor; of another nobody can tell
   * @param waited how long it has been at work on a request
   * @return true if nothing will come of that
   */
  public static boolean isDead(HttpClient client, Duration waited) {
    return client
        .executor()
        .filter(executor -> executor instanceof ClientThread thread && thread.isDead(waited))
        .isPresent();
  }

  private boolean isDead(Duration waited) {
    Thread thread = seen;
    return thread == null ? waited.compareTo(FIRST_SIGN) > 0 : !thread.isAlive();
  }
}
