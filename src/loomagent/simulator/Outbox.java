package loomagent.simulator;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * What waits to be written to one client. What gathers while one batch is on its way is the next
 * batch: the busier the socket, the larger the writes. The monitor guards all that changes.
 */
final class Outbox implements Runnable {
  /** In bytes: some hundred events, enough for large writes and little for a thousand clients. */
  private static final int LIMIT = 256 * 1024;

  private final OutputStream out;
  private final Duration patience;
  private final ByteArrayOutputStream waiting = new ByteArrayOutputStream();
  private boolean writing;
  private boolean sealed;
  private boolean closed;

  Outbox(OutputStream out, Duration patience) {
    this.out = out;
    this.patience = patience;
  }

  /**
   * Queues bytes, waiting while the queue is full and the client still reads. One message may be
   * larger than the limit.
   *
   * @return whether they will be written; not when the outbox is sealed
   * @throws SocketTimeoutException when the client reads nothing
   * @throws EOFException when the outbox is closed
   */
  synchronized boolean send(byte[] bytes) throws IOException {
    await(() -> sealed || waiting.size() < LIMIT);
    return offer(bytes);
  }

  /** Queues bytes if there is room now: a ping that comes late is worth nothing. */
  synchronized boolean offer(byte[] bytes) {
    boolean room = !sealed && !closed && waiting.size() < LIMIT;
    if (room) {
      waiting.writeBytes(bytes);
      notifyAll();
    }
    return room;
  }

  /** Takes no more: RFC 6455 wants silence after a close frame. */
  synchronized void seal() {
    sealed = true;
  }

  /** Waits until all is handed to the socket, or the client is gone or reads nothing. */
  synchronized void flush() {
    try {
      await(() -> !writing && waiting.size() == 0);
    } catch (IOException e) {
      // What is not out by now never will be.
    }
  }

  /** Ends the writing; what is still queued stays unsent. */
  synchronized void close() {
    closed = true;
    notifyAll();
  }

  /** Writes all that comes, until the outbox is closed or the client is gone. */
  @Override
  public void run() {
    try {
      for (byte[] batch = batch(); batch.length > 0; batch = batch()) {
        out.write(batch);
      }
    } catch (IOException | InterruptedException e) {
      // The reading thread sees the same, or the simulator is closing.
    } finally {
      close();
    }
  }

  /** What has gathered, once there is something; empty when the outbox is closed. */
  private synchronized byte[] batch() throws InterruptedException {
    writing = false;
    notifyAll();
    while (!closed && waiting.size() == 0) {
      wait();
    }
    byte[] batch = closed ? new byte[0] : waiting.toByteArray();
    waiting.reset();
    writing = true;
    notifyAll();
    return batch;
  }

  private void await(BooleanSupplier condition) throws IOException {
    long end = System.nanoTime() + patience.toNanos();
    try {
      while (!closed && !condition.getAsBoolean()) {
        long left = end - System.nanoTime();
        if (left <= 0) {
          throw new SocketTimeoutException("The client reads nothing");
        }
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("The simulator is closing");
    }
    if (closed) {
      throw new EOFException("The client is gone");
    }
  }
}
