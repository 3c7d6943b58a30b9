package loomagent.agent;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import loomagent.delivery.Delivery;

/** Gives running handlers what a person asks for, and waits for them. Any thread. */
final class Handing {

  private static final Duration SAY_EVERY = Duration.ofSeconds(10);

  private final Deliveries deliveries;

  Handing(Deliveries deliveries) {
    this.deliveries = deliveries;
  }

  /** Gives a handler something; if it is replaced before it takes that, the one that follows it. */
  Optional<String> give(
      String name, Function<Delivery, Future<Optional<String>>> what, Consumer<String> err)
      throws InterruptedException, ExecutionException {
    Optional<String> answer = Optional.of("the handler was removed");
    Optional<Route> next = deliveries.find(name);
    while (next.isPresent()) {
      Route route = next.get();
      answer = await(route, what.apply(route.delivery()), err);
      next = Delivery.isRefusal(answer) ? follower(route, err) : Optional.empty();
    }
    return answer;
  }

  private Optional<Route> follower(Route route, Consumer<String> err) throws InterruptedException {
    while (!deliveries.awaitReplacement(route, SAY_EVERY)) {
      err.accept("still waiting for handler " + route.name() + ", which is being replaced");
    }
    return deliveries
        .find(route.name())
        .filter(found -> !found.delivery().equals(route.delivery()));
  }

  /**
   * Waits for a handler, which may need long, and says so: that is also how it shows that nobody
   * waits any more.
   */
  private static Optional<String> await(
      Route route, Future<Optional<String>> answer, Consumer<String> err)
      throws InterruptedException, ExecutionException {
    while (true) {
      try {
        return answer.get(SAY_EVERY.toSeconds(), TimeUnit.SECONDS);
      } catch (TimeoutException stillAtIt) {
        String last = route.delivery().lastError();
        err.accept(
            "still waiting for handler "
                + route.name()
                + (last.isEmpty() ? "" : ", whose last error is: " + last));
      }
    }
  }
}
