package loomagent.agent;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
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

/** The handlers that run, each with its cursor and its dead letters. Any thread may look. */
final class Deliveries {

  /** How long all handlers together may take to open before the agent goes on without them. */
  static final Duration OPENING_LIMIT = Duration.ofSeconds(10);

  /** What an interrupt may take: nobody waits longer for who does not heed it. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  private static final Duration LOOK_EVERY = Duration.ofMillis(50);

  private final Optional<Journal> journal;
  private final Layout layout;
  private final Function<String, System.Logger> loggers;
  private final System.Logger log;
  private final Pauses pauses;
  private final Object pausing = new Object(); // held by who pauses, and by who replaces handlers
  private volatile List<Route> all = List.of(); // written by one thread at a time
  private Set<Delivery> ending = Set.of(); // guarded by this: others are about to take their place

  private Deliveries(
      Optional<Journal> journal, Layout layout, Function<String, System.Logger> loggers) {
    this.journal = journal;
    this.layout = layout;
    this.loggers = loggers;
    this.log = loggers.apply("agent");
    this.pauses = new Pauses(layout, Disk.REAL);
  }

  /**
   * Those of a plan that are switched on, each to follow the journal from its cursor on.
   *
   * @throws IOException if a cursor or a file of dead letters cannot be read
   */
  static Deliveries following(
      Journal journal, Plan plan, Layout layout, Function<String, System.Logger> loggers)
      throws IOException {
    Deliveries deliveries = new Deliveries(Optional.of(journal), layout, loggers);
    deliveries.begin(plan);
    deliveries.sayWhoIsGone(plan);
    return deliveries;
  }

  /** Those of a plan that are switched on, to be given what is asked for and nothing else. */
  static Deliveries onRequest(Plan plan, Layout layout, Function<String, System.Logger> loggers)
      throws IOException {
    Deliveries deliveries = new Deliveries(Optional.empty(), layout, loggers);
    deliveries.begin(plan);
    return deliveries;
  }

  private void begin(Plan plan) throws IOException {
    List<Route> routes = new ArrayList<>();
    for (Plan.Planned planned : plan.enabled()) {
      routes.add(route(planned, Optional.empty()));
    }
    all = List.copyOf(routes);
  }

  /**
   * The way to a handler; it has not begun.
   *
   * @param before the one that ends for it: their dead letters are one file
   */
  Route route(Plan.Planned planned, Optional<Route> before) throws IOException {
    String name = planned.settings().name();
    System.Logger handlers = loggers.apply("handler." + name);
    DeadLetters letters =
        before.isPresent()
            ? before.get().letters()
            : DeadLetters.open(layout.dead(name), Disk.REAL, handlers);
    Delivery.Target target = target(planned, handlers);
    if (journal.isEmpty()) {
      Delivery alone = new Delivery(target, letters, Clock.systemUTC(), new Random());
      pauses.since(name).ifPresent(since -> alone.pause());
      return new Route(planned, alone, letters);
    }
    Journal from = journal.get();
    Cursor cursor =
        Cursor.open(
            layout.cursor(name),
            ifNew(planned.settings()),
            from.oldest(),
            from.next(),
            Disk.REAL,
            handlers);
    Delivery delivery =
        new Delivery(target, from, cursor, letters, Clock.systemUTC(), new Random());
    before.ifPresent(ended -> delivery.countOn(ended.delivery()));
    pauses.since(name).ifPresent(since -> remainPaused(delivery, since, handlers));
    return new Route(planned, delivery, letters);
  }

  private static void remainPaused(Delivery delivery, Instant since, System.Logger handlers) {
    delivery.pause();
    handlers.log(
        Level.WARNING,
        "is paused since {0}: its events wait. Go on with: resume {1}",
        since,
        delivery.name());
  }

  private static Cursor.Start ifNew(HandlerSettings settings) {
    return switch (settings.start()) {
      case NEWEST -> Cursor.Start.NEWEST;
      case OLDEST -> Cursor.Start.OLDEST;
    };
  }

  private Delivery.Target target(Plan.Planned planned, System.Logger handlers) {
    HandlerSettings settings = planned.settings();
    HandlerType type = planned.type();
    return new Delivery.Target(
        type::make,
        new Context(
            settings.name(), settings.settings(), handlers, layout.folder(), planned.folder()),
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

  /**
   * Handlers that were here once and are configured no more: what they left is easily forgotten.
   */
  private void sayWhoIsGone(Plan plan) throws IOException {
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
    List<String> wrong = new ArrayList<>();
    all.forEach(route -> route.delivery().start());
    for (Route route : awaitOpening(all, stopped)) {
      if (route.planned().type().builtIn()) {
        wrong.add("handler " + route.name() + ": " + route.delivery().lastError());
      }
    }
    return wrong;
  }

  /**
   * Waits for handlers to open.
   *
   * @return those of which a setting is wrong
   */
  List<Route> awaitOpening(List<Route> routes, BooleanSupplier stopped) {
    long end = System.nanoTime() + OPENING_LIMIT.toNanos();
    List<Route> wrong = new ArrayList<>();
    for (Route route : routes) {
      Delivery delivery = route.delivery();
      switch (awaitOpening(delivery, end, stopped)) {
        case OPEN, FAILED -> {} // a failure has been said, and is tried again
        case PENDING ->
            log.log(Level.WARNING, "handler {0} is still opening; the others run", delivery.name());
        case MISCONFIGURED -> wrong.add(route);
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

  Pauses pauses() {
    return pauses;
  }

  /**
   * Pauses a handler, or resumes it; on disk first, so that it stays so.
   *
   * @return whether there is such a handler
   * @throws IOException if the disk does not let it; all is as it was
   */
  boolean pause(String name, boolean pause) throws IOException {
    synchronized (pausing) {
      Optional<Route> found = find(name);
      if (found.isEmpty()) {
        return false;
      }
      if (pause) {
        pauses.pause(name, Instant.now());
      } else {
        pauses.resume(name);
      }
      obey(found.get());
      return true;
    }
  }

  private void obey(Route route) {
    if (pauses.since(route.name()).isPresent()) {
      route.delivery().pause();
    } else {
      route.delivery().resume();
    }
  }

  Optional<Route> find(String name) {
    return all.stream().filter(each -> each.name().equals(name)).findFirst();
  }

  /** These end, and others may follow them. */
  synchronized void ending(List<Route> routes) {
    ending = routes.stream().map(Route::delivery).collect(Collectors.toSet());
    notifyAll();
  }

  /** These are the handlers that run now. */
  void replace(List<Route> routes) {
    synchronized (pausing) {
      routes.forEach(this::obey); // one may have been paused since it was made
      all = List.copyOf(routes);
    }
    ending(List.of());
  }

  /**
   * Waits while a handler is about to be replaced.
   *
   * @return false if that takes longer
   */
  synchronized boolean awaitReplacement(Route route, Duration limit) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    long left = limit.toMillis();
    while (ending.contains(route.delivery()) && left > 0) {
      wait(left);
      left = (end - System.nanoTime()) / 1_000_000;
    }
    return !ending.contains(route.delivery());
  }

  /** Lets deliveries in hand finish. What is not delivered then waits on disk. */
  void close(long end, Duration limit) {
    ending(List.of()); // nobody follows
    Consumer<Route> say =
        route ->
            log.log(
                Level.ERROR,
                "handler {0} did not end within {1} and is interrupted; it gets the event that it"
                    + " has in hand again after the next start",
                route.name(),
                Words.of(limit));
    var unused = drain(all, end, () -> false, say);
  }

  /**
   * Lets deliveries in hand finish. One that is late is interrupted: a program that it runs ends
   * with it.
   *
   * @param stopped whether it is to be left at that
   * @param say told of each that is late
   * @return those that heed no interrupt
   */
  static List<Route> drain(
      List<Route> routes, long end, BooleanSupplier stopped, Consumer<Route> say) {
    routes.forEach(route -> route.delivery().drain());
    List<Route> late = late(routes, end, stopped);
    if (stopped.getAsBoolean()) {
      return late; // the end of the agent waits for them as for all
    }
    late.forEach(
        route -> {
          say.accept(route);
          route.delivery().interrupt();
        });
    return late(late, System.nanoTime() + GRACE.toNanos(), () -> false);
  }

  private static List<Route> late(List<Route> routes, long end, BooleanSupplier stopped) {
    return routes.stream().filter(route -> !awaitEnd(route.delivery(), end, stopped)).toList();
  }

  private static boolean awaitEnd(Delivery delivery, long end, BooleanSupplier stopped) {
    while (true) {
      try {
        boolean ended = false;
        while (!ended && end - System.nanoTime() > 0 && !stopped.getAsBoolean()) {
          ended = delivery.ends(LOOK_EVERY);
        }
        return delivery.awaitEnd(Duration.ZERO);
      } catch (InterruptedException handlers) {
        // a handler's, and no reason to leave the others before they are done
      }
    }
  }
}
