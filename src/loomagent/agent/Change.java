package loomagent.agent;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import loomagent.base.Words;
import loomagent.delivery.Delivery;
import loomagent.ops.Quiet;

/**
 * The way from the handlers that run to those of another plan. What is the same in both goes on
 * untouched; nothing ends before what follows it was opened once, to see whether its settings are
 * right. One thread.
 */
final class Change {
  private static final int MOST_TRIES = 100;
  private static final long AGAIN = 7_000_000; // nanoseconds

  private final Deliveries deliveries;
  private final Plan next;
  private final System.Logger log;
  private final List<Plan.Planned> added = new ArrayList<>();
  private final List<Plan.Planned> changed = new ArrayList<>();
  private final List<Route> ending = new ArrayList<>(); // the removed ones, and the changed
  private final Set<String> removed = new TreeSet<>();
  private final Set<String> unbegun = new TreeSet<>(); // the disk did not let them
  private final Set<String> idle = new HashSet<>(); // of the changed, those that took no events

  /**
   * Nothing happens yet.
   *
   * @param touched handlers whose settings are not what they were; one whose type is another class
   *     now need not be among them
   */
  Change(Deliveries deliveries, Plan next, Set<String> touched, System.Logger log) {
    this.deliveries = deliveries;
    this.next = next;
    this.log = log;
    for (Plan.Planned planned : next.enabled()) {
      String name = planned.settings().name();
      Optional<Route> running = deliveries.find(name);
      if (running.isEmpty()) {
        added.add(planned);
      } else if (touched.contains(name)
          || !running.get().planned().type().equals(planned.type())
          || !running.get().planned().folder().equals(planned.folder())) {
        changed.add(planned);
        ending.add(running.get());
      } else if (isIdle(running.get().delivery())) {
        changed.add(planned);
        ending.add(running.get());
        idle.add(name);
      }
    }
    Set<String> wanted =
        next.enabled().stream().map(each -> each.settings().name()).collect(Collectors.toSet());
    for (Route route : deliveries.all()) {
      if (!wanted.contains(route.name())) {
        ending.add(route);
        removed.add(route.name());
      }
    }
  }

  /** Whether it ended by itself: a setting is wrong, or the disk did not let it begin again. */
  private static boolean isIdle(Delivery delivery) {
    return delivery.opening() == Delivery.Opening.MISCONFIGURED || delivery.isEnded();
  }

  /** Whether all stays as it is. */
  boolean isNothing() {
    return added.isEmpty() && ending.isEmpty();
  }

  /**
   * Opens each new or changed handler once, beside what runs, and closes it again. One that is
   * wrong and took no events before, or comes with a jar of which the configuration says nothing,
   * keeps no other from changing.
   *
   * @return what is wrong with the settings of the others
   */
  List<String> rehearse(BooleanSupplier stopped) {
    List<String> wrong = new ArrayList<>();
    try {
      Path scratch = Files.createTempDirectory("loom-agent-reload");
      try {
        Plan trial = new Plan(both(), List.of(), List.of());
        Deliveries tried = Deliveries.onRequest(trial, new Layout(scratch), part -> Quiet.LOGGER);
        tried.all().forEach(route -> route.delivery().start());
        for (Route route : tried.awaitOpening(tried.all(), stopped)) {
          String words = "handler " + route.name() + ": " + route.delivery().lastError();
          if (idle.contains(route.name())) {
            log.log(Level.ERROR, words);
            leave(route.name());
          } else if (route.settings().isConfigured()) {
            wrong.add(words);
          }
        }
        long end = System.nanoTime() + Deliveries.OPENING_LIMIT.toNanos();
        var unused = Deliveries.drain(tried.all(), end, stopped, route -> {});
      } finally {
        Scratch.delete(scratch);
      }
    } catch (IOException disk) { // that says nothing against the settings
      log.log(
          Level.WARNING,
          "handlers could not be tried out before they change: {0}",
          disk.getMessage());
    }
    return wrong;
  }

  private void leave(String name) {
    changed.removeIf(planned -> planned.settings().name().equals(name));
    ending.removeIf(route -> route.name().equals(name));
  }

  private List<Plan.Planned> both() {
    List<Plan.Planned> both = new ArrayList<>(added);
    both.addAll(changed);
    return both;
  }

  /**
   * Makes the change. Deliveries in hand are finished before.
   *
   * @param limit how long that may take
   * @return how it went; {@code STOPPED} if somebody has asked the agent to stop meanwhile, whose
   *     end waits for the deliveries in hand as it does for all
   */
  Agent.Outcome make(Duration limit, BooleanSupplier stopped) {
    deliveries.ending(ending);
    Consumer<Route> say =
        route ->
            log.log(
                Level.ERROR,
                "handler {0} did not end within {1} and is interrupted; it gets the event that it"
                    + " has in hand again",
                route.name(),
                Words.of(limit));
    List<Route> late = Deliveries.drain(ending, System.nanoTime() + limit.toNanos(), stopped, say);
    if (stopped.getAsBoolean()) {
      return Agent.Outcome.STOPPED;
    }
    for (Route route : late) {
      route.delivery().abandon();
      log.log(Level.ERROR, "handler {0} heeds no interrupt: it is left to itself", route.name());
    }
    List<Route> routes = new ArrayList<>();
    List<Route> begun = new ArrayList<>();
    for (Plan.Planned planned : next.enabled()) {
      Optional<Route> running = deliveries.find(planned.settings().name());
      if (running.isPresent() && !changed.contains(planned)) {
        routes.add(running.get());
      } else {
        begin(planned, running).ifPresentOrElse(begun::add, () -> running.ifPresent(routes::add));
      }
    }
    routes.addAll(begun);
    deliveries.replace(routes);
    begun.forEach(route -> route.delivery().start());
    deliveries.awaitOpening(begun, stopped);
    return late.isEmpty() ? Agent.Outcome.DONE : Agent.Outcome.HANGING;
  }

  /** Empty if the disk does not let it: what it waits for is kept all the same. */
  private Optional<Route> begin(Plan.Planned planned, Optional<Route> before) {
    for (int tries = 1; ; tries++) {
      try {
        return Optional.of(deliveries.route(planned, before));
      } catch (IOException disk) {
        // A handler may interrupt every thread that it finds, which closes what that reads.
        boolean interrupted = Thread.interrupted() || isClosed(disk);
        if (!interrupted || tries == MOST_TRIES) {
          unbegun.add(planned.settings().name());
          log.log(
              Level.ERROR,
              "handler {0} could not be begun ({1}). Mend that, then reload or restart",
              planned.settings().name(),
              Words.line(disk.toString(), 300));
          return Optional.empty();
        }
        LockSupport.parkNanos(AGAIN);
      }
    }
  }

  /** Whether a file was closed while it was used, as an interrupt does, however that is told. */
  private static boolean isClosed(Throwable failure) {
    return failure instanceof ClosedChannelException
        || failure.getCause() != null && isClosed(failure.getCause());
  }

  /** What it changes, or has changed, in a line. */
  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    say(parts, "added", begun(added));
    say(parts, "changed", begun(changed));
    say(parts, "removed", List.copyOf(removed));
    say(parts, "not begun", List.copyOf(unbegun));
    int kept = next.enabled().size() - added.size() - changed.size();
    parts.add(Words.count(kept, "handler") + " as before");
    return String.join(", ", parts);
  }

  private List<String> begun(List<Plan.Planned> some) {
    return some.stream()
        .map(each -> each.settings().name())
        .filter(name -> !unbegun.contains(name))
        .toList();
  }

  private static void say(List<String> parts, String what, List<String> names) {
    if (!names.isEmpty()) {
      parts.add(what + " " + String.join(" and ", names));
    }
  }
}
