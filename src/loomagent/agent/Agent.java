package loomagent.agent;

import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import loomagent.base.Secret;
import loomagent.base.Version;
import loomagent.base.Words;
import loomagent.cable.Connection;
import loomagent.cable.Dialler;
import loomagent.cable.Subscription;
import loomagent.config.Configuration;
import loomagent.delivery.Lane;
import loomagent.plugin.HandlerType;

/** The whole agent: one connection, its handlers, and the only place where the parts meet. */
public final class Agent implements AutoCloseable {

  /** The name of the one connection. */
  public static final String CONNECTION = "default";

  /** How long all handlers together may take to open before the agent subscribes without them. */
  private static final Duration OPENING_LIMIT = Duration.ofSeconds(10);

  private static final Duration LOOK_EVERY = Duration.ofMillis(50);

  private final Configuration configuration;
  private final List<Route> routes = new ArrayList<>();
  private final List<String> builtIn = new ArrayList<>();
  private final System.Logger log;
  private final Intake intake;
  private final Connection connection;

  /**
   * An agent that has not begun.
   *
   * @param configuration what it is to do
   * @param plan which handlers run
   * @param folder its folder, held by whoever calls
   * @param loggers makes a logger for each part
   * @param watcher told each new state of the subscription, on the connection's thread
   */
  public Agent(
      Configuration configuration,
      Plan plan,
      DataFolder folder,
      Function<String, System.Logger> loggers,
      Consumer<Subscription.State> watcher) {
    this.configuration = configuration;
    this.log = loggers.apply("agent");
    for (Plan.Planned planned : plan.enabled()) {
      Lane lane = lane(planned, configuration.dataDir(), loggers);
      routes.add(new Route(planned.settings().events(), lane));
      if (planned.type().builtIn()) {
        builtIn.add(lane.name());
      }
    }
    Connection.Settings settings = settings(configuration);
    System.Logger connectionLog = loggers.apply("connection." + CONNECTION);
    this.intake = new Intake(settings, routes, folder, Clock.systemUTC(), connectionLog, watcher);
    this.connection = connect(configuration, intake, connectionLog);
  }

  /**
   * A handler's lane as planned.
   *
   * @param planned the handler
   * @param dataDir where its own folder is made
   * @param loggers makes its logger
   * @return a lane that has not begun
   */
  public static Lane lane(
      Plan.Planned planned, Path dataDir, Function<String, System.Logger> loggers) {
    String name = planned.settings().name();
    HandlerType type = planned.type();
    return new Lane(
        type::make,
        new Context(name, planned.settings().settings(), loggers.apply("handler." + name), dataDir),
        type.implementation().getClassLoader(),
        new SplittableRandom());
  }

  /**
   * A connection as configured.
   *
   * @param configuration where to, and with which token
   * @param listener who is told what happens
   * @param log where it says what an operator wants to know
   * @return a connection that has not begun
   */
  public static Connection connect(
      Configuration configuration, Connection.Listener listener, System.Logger log) {
    return new Connection(
        settings(configuration),
        fresh -> new Secret(configuration.token().resolve()),
        new Dialler(Version.userAgent()),
        listener,
        new SplittableRandom(),
        log);
  }

  /**
   * Opens the handlers, then starts to subscribe. A handler that needs longer goes on opening; the
   * events for it wait.
   *
   * @param stopped whether somebody has asked the agent to stop meanwhile
   * @return what is wrong with the settings of built-in handlers; the agent has not started then
   * @throws InterruptedException if the calling thread is interrupted
   */
  public List<String> start(BooleanSupplier stopped) throws InterruptedException {
    long end = System.nanoTime() + OPENING_LIMIT.toNanos();
    List<String> wrong = new ArrayList<>();
    routes.forEach(route -> route.lane().start());
    for (Route route : routes) {
      Lane lane = route.lane();
      switch (awaitOpening(lane, end, stopped)) {
        case OPEN, FAILED -> {} // a failure has been said, and is tried again
        case PENDING ->
            log.log(Level.WARNING, "handler {0} is still opening; the others run", lane.name());
        case MISCONFIGURED -> {
          if (builtIn.contains(lane.name())) {
            wrong.add("handler " + lane.name() + ": " + lane.lastError());
          }
        }
      }
    }
    if (wrong.isEmpty() && !stopped.getAsBoolean()) {
      connection.start();
    }
    return wrong;
  }

  private static Lane.Opening awaitOpening(Lane lane, long end, BooleanSupplier stopped)
      throws InterruptedException {
    Lane.Opening opening = lane.awaitOpening(Duration.ZERO);
    while (opening == Lane.Opening.PENDING && System.nanoTime() < end && !stopped.getAsBoolean()) {
      opening = lane.awaitOpening(LOOK_EVERY);
    }
    return opening;
  }

  /**
   * Ends the subscription, lets the handlers finish what they have, up to {@code shutdown.timeout},
   * and says what was delivered.
   */
  @Override
  public void close() {
    long end = System.nanoTime() + configuration.shutdownTimeout().toNanos();
    connection.close();
    routes.forEach(route -> route.lane().drain());
    for (Route route : routes) {
      Lane lane = route.lane();
      try {
        boolean ended = lane.awaitEnd(Duration.ofNanos(end - System.nanoTime()));
        String late = " did not end within " + Words.of(configuration.shutdownTimeout());
        if (!ended || lane.waiting() > 0) {
          log.log(
              Level.ERROR,
              "handler {0}{1}; {2} not delivered to it",
              lane.name(),
              ended ? " could not be opened" : late,
              Words.count(lane.waiting(), "event"));
        }
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /**
   * How many events arrived.
   *
   * @return since the start
   */
  public long received() {
    return intake.received();
  }

  /**
   * What was done, a line for each part.
   *
   * @return such as {@code Received 12 events.} and {@code log: 12 delivered}
   */
  public List<String> summary() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "Received "
            + Words.count(intake.received(), "event")
            + (intake.unwanted() == 0 ? "." : ", " + intake.unwanted() + " wanted by no handler."));
    for (Route route : routes) {
      Lane lane = route.lane();
      StringBuilder line = new StringBuilder();
      line.append("  ").append(lane.name()).append(": ").append(lane.delivered());
      line.append(" delivered");
      more(line, lane.failed(), "not taken");
      more(line, lane.refused(), "not queued");
      more(line, lane.waiting(), "not delivered");
      lines.add(line.toString());
    }
    return lines;
  }

  private static void more(StringBuilder line, long count, String what) {
    if (count > 0) {
      line.append(", ").append(count).append(' ').append(what);
    }
  }

  private static Connection.Settings settings(Configuration configuration) {
    return new Connection.Settings(
        CONNECTION,
        configuration.url(),
        configuration.events(),
        configuration.reconnectFirst(),
        configuration.reconnectLongest(),
        configuration.staleAfter());
  }
}
