package loomagent.agent;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;
import loomagent.base.Disk;
import loomagent.base.Words;
import loomagent.config.HandlerSettings;
import loomagent.delivery.Cursor;
import loomagent.delivery.DeadLetters;
import loomagent.delivery.Delivery;
import loomagent.delivery.Policy;
import loomagent.journal.Journal;
import loomagent.plugin.HandlerType;

/** The handlers that run, each with its cursor and its dead letters. */
final class Deliveries {

  /** How long all handlers together may take to open before the agent subscribes without them. */
  private static final Duration OPENING_LIMIT = Duration.ofSeconds(10);

  private static final Duration LOOK_EVERY = Duration.ofMillis(50);

  private final List<Route> all = new ArrayList<>();
  private final Set<String> builtIn = new TreeSet<>();
  private final System.Logger log;

  private Deliveries(System.Logger log) {
    this.log = log;
  }

  /**
   * Those of a plan that are switched on, each to follow the journal from its cursor on.
   *
   * @throws IOException if a cursor or a file of dead letters cannot be read
   */
  static Deliveries following(
      Journal journal, Plan plan, Layout layout, Function<String, System.Logger> loggers)
      throws IOException {
    Deliveries deliveries = new Deliveries(loggers.apply("agent"));
    for (Plan.Planned planned : plan.enabled()) {
      String name = planned.settings().name();
      System.Logger log = loggers.apply("handler." + name);
      Cursor cursor =
          Cursor.open(
              layout.cursor(name),
              ifNew(planned.settings()),
              journal.oldest(),
              journal.next(),
              Disk.REAL,
              log);
      DeadLetters letters = DeadLetters.open(layout.dead(name), Disk.REAL, log);
      Delivery delivery =
          new Delivery(
              target(planned, layout, log),
              journal,
              cursor,
              letters,
              Clock.systemUTC(),
              new Random());
      deliveries.add(planned, delivery, letters);
    }
    deliveries.sayWhoIsGone(plan, layout);
    return deliveries;
  }

  /** Those of a plan that are switched on, to be given what is asked for and nothing else. */
  static Deliveries onRequest(Plan plan, Layout layout, Function<String, System.Logger> loggers)
      throws IOException {
    Deliveries deliveries = new Deliveries(loggers.apply("agent"));
    for (Plan.Planned planned : plan.enabled()) {
      System.Logger log = loggers.apply("handler." + planned.settings().name());
      Path file = layout.dead(planned.settings().name());
      DeadLetters letters = DeadLetters.open(file, Disk.REAL, log);
      Delivery delivery =
          new Delivery(target(planned, layout, log), letters, Clock.systemUTC(), new Random());
      deliveries.add(planned, delivery, letters);
    }
    return deliveries;
  }

  private static Cursor.Start ifNew(HandlerSettings settings) {
    return switch (settings.start()) {
      case NEWEST -> Cursor.Start.NEWEST;
      case OLDEST -> Cursor.Start.OLDEST;
    };
  }

  private static Delivery.Target target(Plan.Planned planned, Layout layout, System.Logger log) {
    HandlerSettings settings = planned.settings();
    HandlerType type = planned.type();
    return new Delivery.Target(
        type::make,
        new Context(settings.name(), settings.settings(), log, layout.folder(), planned.folder()),
        type.loader(),
        new Policy(
            settings.retry().first(),
            settings.retry().longest(),
            settings.retry().attempts(),
            settings.timeout(),
            settings.lanes().count(),
            settings.lanes().key()),
        event -> settings.takes(event.name(), event.connection()));
  }

  private void add(Plan.Planned planned, Delivery delivery, DeadLetters letters) {
    all.add(new Route(planned.settings(), delivery, letters));
    if (planned.type().builtIn()) {
      builtIn.add(delivery.name());
    }
  }

  /**
   * Handlers that were here once and are configured no more: what they left is easily forgotten.
   */
  private void sayWhoIsGone(Plan plan, Layout layout) throws IOException {
    Set<String> configured =
        plan.handlers().stream().map(each -> each.settings().name()).collect(Collectors.toSet());
    for (String gone : layout.handlers()) {
      if (!configured.contains(gone)) {
        log.log(
            Level.INFO,
            "handler {0} is configured no more. Its cursor and its dead letters are kept in {1};"
                + " \"dead list\" shows them. Events are no longer kept for it",
            gone,
            layout.folder());
      }
    }
  }

  /**
   * Opens the handlers, and waits for their answers a while.
   *
   * @param stopped whether somebody has asked the agent to stop meanwhile
   * @return what is wrong with the settings of built-in handlers
   */
  List<String> start(BooleanSupplier stopped) {
    long end = System.nanoTime() + OPENING_LIMIT.toNanos();
    List<String> wrong = new ArrayList<>();
    all.forEach(route -> route.delivery().start());
    for (Route route : all) {
      Delivery delivery = route.delivery();
      switch (awaitOpening(delivery, end, stopped)) {
        case OPEN, FAILED -> {} // a failure has been said, and is tried again
        case PENDING ->
            log.log(Level.WARNING, "handler {0} is still opening; the others run", delivery.name());
        case MISCONFIGURED -> {
          if (builtIn.contains(delivery.name())) {
            wrong.add("handler " + delivery.name() + ": " + delivery.lastError());
          }
        }
      }
    }
    return wrong;
  }

  private static Delivery.Opening awaitOpening(
      Delivery delivery, long end, BooleanSupplier stopped) {
    while (delivery.opening() == Delivery.Opening.PENDING
        && System.nanoTime() < end
        && !stopped.getAsBoolean()) {
      try {
        delivery.awaitOpening(LOOK_EVERY);
      } catch (InterruptedException handlers) {
        // One that interrupts every thread there is does not keep the agent from starting.
      }
    }
    return delivery.opening();
  }

  /** The lowest sequence that a handler still waits for. */
  long lowest() {
    return all.stream().mapToLong(route -> route.delivery().low()).min().orElse(Long.MAX_VALUE);
  }

  /** How many events wait for a handler, counted once a handler. */
  long waiting() {
    return all.stream().mapToLong(route -> route.delivery().waiting()).sum();
  }

  List<Route> all() {
    return all;
  }

  Optional<Route> find(String name) {
    return all.stream().filter(each -> each.name().equals(name)).findFirst();
  }

  /** Lets deliveries in hand finish. What is not delivered then waits on disk. */
  void close(long end, Duration limit) {
    all.forEach(route -> route.delivery().drain());
    for (Route route : all) {
      if (!awaitEnd(route.delivery(), end)) {
        log.log(
            Level.ERROR,
            "handler {0} did not end within {1}; it gets the event that it has in hand again after"
                + " the next start",
            route.name(),
            Words.of(limit));
      }
    }
  }

  private static boolean awaitEnd(Delivery delivery, long end) {
    while (true) {
      try {
        return delivery.awaitEnd(Duration.ofNanos(end - System.nanoTime()));
      } catch (InterruptedException handlers) {
        // a handler's, and no reason to leave the others before they are done
      }
    }
  }
}
