package loomagent.cable;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import loomagent.json.Envelope;

/** Remembers what a connection told, and waits for what it will tell. */
final class Recorder implements Connection.Listener {
  private static final Duration LIMIT = Duration.ofSeconds(15);

  /** An event that arrived. */
  record Arrived(String id, String json) {}

  /** Nobody may have listened for a while. */
  record Missed(Duration silence) {}

  final List<Object> all = new CopyOnWriteArrayList<>();

  /** What happens in the listener at each event, before it is told. */
  volatile Consumer<String> atEvent = id -> {};

  private volatile boolean live;
  private final BlockingQueue<Object> news = new LinkedBlockingQueue<>();

  /** The next thing told that fits; what came before it is forgotten. */
  <T> T await(Class<T> kind, Predicate<T> fits) throws InterruptedException, TimeoutException {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      Object told = news.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (told == null) {
        throw new TimeoutException("nothing that fits among " + all);
      }
      if (kind.isInstance(told) && fits.test(kind.cast(told))) {
        return kind.cast(told);
      }
    }
  }

  void live() throws InterruptedException, TimeoutException {
    await(Subscription.State.class, Subscription.State.LIVE::equals);
  }

  /** Waits until it is live; at once if it is. */
  void untilLive() throws InterruptedException, TimeoutException {
    if (!live) {
      live();
    }
  }

  Failure failure() throws InterruptedException, TimeoutException {
    return await(Failure.class, any -> true);
  }

  Arrived event(String id) throws InterruptedException, TimeoutException {
    return await(Arrived.class, arrived -> Objects.equals(arrived.id(), id));
  }

  long count(Object told) {
    return all.stream().filter(told::equals).count();
  }

  @Override
  public void event(Envelope frame) {
    atEvent.accept(frame.id());
    tell(new Arrived(frame.id(), frame.messageText()));
  }

  @Override
  public void aside(String text, String reason) {
    tell("aside: " + text);
  }

  @Override
  public void became(Subscription.State state, String reason) {
    live = state == Subscription.State.LIVE;
    tell(state);
  }

  @Override
  public void missed(Failure failure, Duration silence) {
    tell(new Missed(silence));
  }

  @Override
  public void failed(Failure failure, Duration next, Duration silence) {
    live = false;
    tell(failure);
    tell(next);
  }

  private void tell(Object told) {
    all.add(told);
    news.add(told);
  }
}
