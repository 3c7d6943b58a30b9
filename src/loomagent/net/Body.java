package loomagent.net;

import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/**
 * Collects a body up to a limit. Of a longer one, more than the limit is given, so that its length
 * tells; the rest is not read, and the connection given up. HttpClient's threads, one at a time.
 */
public final class Body implements BodySubscriber<byte[]> {
  private final int limit;
  private final CompletableFuture<byte[]> result = new CompletableFuture<>();
  private Flow.Subscription subscription;
  private byte[] bytes = {};
  private int length;

  /**
   * Has collected nothing yet.
   *
   * @param limit bytes
   */
  public Body(int limit) {
    this.limit = limit;
  }

  @Override
  public CompletionStage<byte[]> getBody() {
    return result;
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
    given.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(List<ByteBuffer> parts) {
    for (ByteBuffer part : parts) {
      if (length <= limit) {
        add(part);
      }
    }
    if (length > limit && !result.isDone()) {
      subscription.cancel();
      onComplete();
    }
  }

  private void add(ByteBuffer part) {
    int more = Math.min(part.remaining(), limit + 1 - length);
    if (length + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(length + more, Math.min(limit + 1, 2 * length)));
    }
    part.get(bytes, length, more);
    length += more;
  }

  @Override
  public void onComplete() {
    result.complete(Arrays.copyOf(bytes, length));
    bytes = new byte[0];
  }

  @Override
  public void onError(Throwable error) {
    result.completeExceptionally(error);
  }
}
