package loomagent.handlers;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The beginning of a response's body, whatever comes: what is longer, or slower than one waits for,
 * is broken off, and the connection with it. There as soon as the status is, unlike a body that is
 * read whole; and unlike an InputStream's, its wait ends by an interrupt on every Java.
 */
final class Beginning implements HttpResponse.BodySubscriber<Beginning> {
  private static final int LIMIT = 8 << 10; // bytes: more than a line for the log, less than a page

  private final CompletableFuture<Flow.Subscription> source = new CompletableFuture<>();
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(); // guarded by itself

  @Override
  public CompletionStage<Beginning> getBody() {
    return CompletableFuture.completedFuture(this);
  }

  @Override
  public void onSubscribe(Flow.Subscription subscription) {
    source.complete(subscription);
    subscription.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    boolean full = false;
    synchronized (bytes) {
      for (ByteBuffer buffer : buffers) {
        byte[] part = new byte[Math.min(buffer.remaining(), LIMIT - bytes.size())];
        full |= part.length < buffer.remaining();
        buffer.get(part);
        bytes.writeBytes(part);
      }
    }
    if (full) {
      cancel();
    }
  }

  @Override
  public void onError(Throwable broken) {
    end.complete(null);
  }

  @Override
  public void onComplete() {
    end.complete(null);
  }

  /** What there is of it after at most so long; less if the thread is interrupted, and stays so. */
  String await(Duration limit) {
    try {
      end.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException | ExecutionException slow) {
      cancel();
    } catch (InterruptedException asked) {
      Thread.currentThread().interrupt();
      cancel();
    }
    synchronized (bytes) {
      return bytes.toString(UTF_8);
    }
  }

  private void cancel() {
    var unused = source.thenAccept(Flow.Subscription::cancel);
    end.complete(null);
  }
}
