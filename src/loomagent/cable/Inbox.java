package loomagent.cable;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What HttpClient's threads hand over to the thread of one connection. Any thread adds, one takes.
 * It has no bound of its own: the websocket's demand bounds it.
 */
final class Inbox {

  /** Something that happened to a socket, or to the agent. */
  sealed interface Item {}

  /** The upgrade was answered well. */
  record Opened(Socket socket) implements Item {}

  /** A whole text message, as UTF-8. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares these
  record Text(Socket socket, byte[] utf8) implements Item {}

  /** A frame that is not text. */
  record Binary(Socket socket) implements Item {}

  /** The dial failed or the socket ended. */
  record Ended(int socket, Failure failure) implements Item {}

  /** The token is to be replaced, after a while. */
  record Due(Duration delay) implements Item {}

  /** The server is to show that this connection was alive then. */
  record Prove(long then) implements Item {}

  /** The server has answered the ping of that time. */
  record Pong(Socket socket, long then) implements Item {}

  /** The next dial need not wait. */
  record Hurry() implements Item {}

  /** Nothing but a reason to look up. */
  record Wake() implements Item {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private Queue<Item> items = new ArrayDeque<>(); // under the lock

  void add(Item item) {
    lock.lock();
    try {
      if (items.isEmpty()) {
        arrived.signal();
      }
      items.add(item);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes all there is, waiting for the first up to a time.
   *
   * @param emptied an empty queue that the inbox goes on with
   * @param nanos how long to wait; may be zero or less
   * @return the items, oldest first; empty when the time ran out
   */
  Queue<Item> take(Queue<Item> emptied, long nanos) throws InterruptedException {
    lock.lock();
    try {
      long left = nanos;
      while (items.isEmpty() && left > 0) {
        left = arrived.awaitNanos(Math.min(left, TimeUnit.HOURS.toNanos(1)));
      }
      Queue<Item> taken = items;
      items = emptied;
      return taken;
    } finally {
      lock.unlock();
    }
  }
}
