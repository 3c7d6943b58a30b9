package loomagent.whole;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import loomagent.BatchHandler;
import loomagent.Event;
import loomagent.EventHandler;
import loomagent.HandlerContext;
import loomagent.RetryLater;
import loomagent.Undeliverable;

/** The handlers of the simulated shop, as good as the weather lets them be. */
@SuppressWarnings("try") // as EventHandler's
final class Shop {
  private Shop() {}

  /**
   * What the world knows of a handler.
   *
   * @param settings of the configuration, without the prefix
   */
  record Counter(
      String name,
      Class<? extends EventHandler> type,
      Map<String, String> settings,
      long timeout,
      boolean everything) {
    boolean wants(String event) {
      return everything || event.equals(Loom.NAMES.get(0));
    }

    /** What keeps its order. */
    String key(Event event) {
      return settings.containsKey("key") ? String.valueOf(event.payload().get("order")) : "";
    }
  }

  static final Counter STEADY =
      new Counter(
          "steady",
          Steady.class,
          Map.of("timeout", "5s", "retry.attempts", "0"),
          5 * World.SECOND,
          true);
  static final Counter KEYED =
      new Counter(
          "keyed",
          Keyed.class,
          Map.of("timeout", "2s", "retry.attempts", "4", "lanes", "3", "key", "payload.order"),
          2 * World.SECOND,
          true);
  static final Counter MANY =
      new Counter(
          "many",
          Many.class,
          Map.of("timeout", "5s", "retry.attempts", "3", "events", Loom.NAMES.get(0)),
          5 * World.SECOND,
          false);
  static final List<Counter> ALL = List.of(STEADY, KEYED, MANY);

  private static void handle(Counter counter, List<Event> events) throws Exception {
    World world = World.current();
    world.ledger.given(counter, events);
    long begun = world.schedule.nanos();
    boolean good = false;
    try {
      work(world, counter);
      good = true;
    } finally {
      long took = world.schedule.nanos() - begun;
      world.ledger.done(good, took > counter.timeout - World.SECOND);
    }
  }

  private static void work(World world, Counter counter) throws Exception {
    if (world.weather.handlers(60)) {
      Thread.sleep(world.random.nextInt(3_000));
    }
    if (world.weather.handlers(30)) {
      world.ledger.count("handler threw");
      throw new IllegalStateException("the press is out of paper");
    } else if (world.weather.handlers(10)) {
      throw new RetryLater(Duration.ofMillis(world.random.nextInt(5_000)), "the press is busy");
    } else if (world.weather.handlers(4) && !counter.equals(STEADY)) {
      throw new Undeliverable("nobody can print that");
    } else if (world.weather.handlers(3)) {
      throw new StackOverflowError("in a driver");
    } else if (world.weather.handlers(5)) {
      world.ledger.count("handler hung");
      Thread.sleep(3_600_000); // until it is interrupted
    } else if (world.weather.handlers(2)) {
      deaf(world, counter);
    } else if (world.weather.handlers(3)) {
      world.ledger.count("handler interrupted all");
      world.schedule.interruptAll();
    }
  }

  /** Heeds no interrupt. */
  private static void deaf(World world, Counter counter) {
    world.ledger.count("handler was deaf");
    world.pause(counter.timeout);
    world.ledger.late();
    world.pause(world.upTo(60 * World.SECOND));
    throw new IllegalStateException("the press was stuck");
  }

  /** Gives up nothing but what nobody can take. */
  public static final class Steady implements EventHandler {
    @Override
    public void open(HandlerContext context) {
      World world = World.current();
      if (world.weather.handlers(50)) {
        throw new IllegalStateException("the press is not there yet");
      }
    }

    @Override
    public void handle(Event event) throws Exception {
      Shop.handle(STEADY, List.of(event));
    }
  }

  /** Several at once. */
  public static final class Keyed implements EventHandler {
    @Override
    public void handle(Event event) throws Exception {
      Shop.handle(KEYED, List.of(event));
    }
  }

  /** Several in one call. */
  public static final class Many implements BatchHandler {
    @Override
    public int batch() {
      return 4;
    }

    @Override
    public void handle(Event event) throws Exception {
      Shop.handle(MANY, List.of(event));
    }

    @Override
    public void handle(List<Event> events) throws Exception {
      Shop.handle(MANY, events);
    }
  }
}
