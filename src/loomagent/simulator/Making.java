package loomagent.simulator;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Publishes the events of a source at a rate, while there is an audience. One thread. */
record Making(Settings settings, Supplier<Stream<Subscription>> live, Consumer<String> publish)
    implements Runnable {

  @Override
  public void run() {
    long gap = (long) (SECONDS.toNanos(1) / settings.rate());
    long due = System.nanoTime();
    Audience audience = new Audience();
    try {
      while (true) {
        Set<String> subscribed = new HashSet<>();
        live.get().forEach(subscription -> subscribed.addAll(subscription.names()));
        Set<String> names =
            audience.names(subscribed, settings.source().goesOn(), System.nanoTime());
        if (names.isEmpty()) {
          MILLISECONDS.sleep(20);
          continue;
        }
        // After a pause or a slow client, at most one second's worth comes at once.
        due = Math.max(due + gap, System.nanoTime() - SECONDS.toNanos(1));
        NANOSECONDS.sleep(due - System.nanoTime());
        Optional<String> event = settings.source().next(names);
        if (event.isEmpty()) {
          settings.log().accept("all events are sent");
          return;
        }
        publish.accept(event.get());
      }
    } catch (InterruptedException e) {
      // close() does that, and this thread has nothing else to end.
    }
  }
}
