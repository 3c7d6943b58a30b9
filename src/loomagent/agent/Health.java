package loomagent.agent;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import loomagent.base.Words;
import loomagent.cable.Subscription.State;
import loomagent.delivery.Delivery;
import loomagent.journal.Journal;
import loomagent.ops.Insight.Problem;

/** What is wrong, seen from outside and from inside. Any thread. */
final class Health {

  /** A retry or two is everyday; a handler that is further behind than this does not keep up. */
  static final Duration BEHIND = Duration.ofMinutes(5);

  private final List<Link> links;
  private final Deliveries deliveries;
  private final Journal journal;
  private final Path folder;
  private final Clock clock;
  private final List<Supplier<Optional<String>>> more = new CopyOnWriteArrayList<>();

  Health(List<Link> links, Deliveries deliveries, Journal journal, Path folder, Clock clock) {
    this.links = links;
    this.deliveries = deliveries;
    this.journal = journal;
    this.folder = folder;
    this.clock = clock;
  }

  /** Why it is not live, keeping up, and on a disk with room. */
  List<Problem> problems() {
    List<Problem> problems = new ArrayList<>();
    links.forEach(
        link ->
            connection(link)
                .ifPresent(why -> add(problems, "connection " + link.settings().name(), why)));
    deliveries
        .all()
        .forEach(
            route ->
                handler(route).ifPresent(why -> add(problems, "handler " + route.name(), why)));
    String fault = journal.fault();
    if (!fault.isEmpty()) {
      add(problems, "journal", fault);
    }
    DataFolder.littleRoom(folder).ifPresent(why -> add(problems, "data.dir", why));
    return problems;
  }

  private static void add(List<Problem> problems, String subject, String reason) {
    problems.add(new Problem(subject, reason));
  }

  private Optional<String> connection(Link link) {
    Intake.Standing standing = link.intake().standing();
    if (standing.state() == State.LIVE) {
      return Optional.empty();
    }
    String error = standing.lastError();
    return Optional.of(
        "not live for "
            + Words.of(link.intake().away())
            + (error.isEmpty() ? ", still connecting" : ": " + error));
  }

  private Optional<String> handler(Route route) {
    Delivery delivery = route.delivery();
    Optional<Instant> paused = deliveries.pauses().since(route.name());
    String error = delivery.lastError();
    if (paused.isPresent()) {
      return Optional.of(
          "paused for %s, %s waiting".formatted(ago(paused.get()), events(delivery)));
    }
    Optional<String> closed =
        switch (delivery.opening()) {
          case OPEN -> Optional.empty();
          case PENDING -> Optional.of("still opening");
          case FAILED -> Optional.of("cannot be opened, and is tried again: " + error);
          case MISCONFIGURED -> Optional.of("not configured right: " + error);
        };
    return closed.or(
        () ->
            delivery
                .waitingSince()
                .filter(since -> since.isBefore(clock.instant().minus(BEHIND)))
                .map(
                    since ->
                        "behind: %s waiting, the first for %s%s"
                            .formatted(
                                events(delivery),
                                ago(since),
                                error.isEmpty() ? "" : "; last error: " + error)));
  }

  private static String events(Delivery delivery) {
    return Words.count(delivery.waiting(), "event");
  }

  /** Looks at something else, too. */
  void watch(Supplier<Optional<String>> fault) {
    more.add(fault);
  }

  /** What of the agent itself does not work. */
  List<String> faults() {
    String disk = journal.fault();
    if (!disk.isEmpty()) { // what else stands still does so for it, and may hold a lock
      return List.of("journal: " + disk);
    }
    List<String> faults = new ArrayList<>();
    links.forEach(
        link ->
            link.fault()
                .ifPresent(why -> faults.add("connection " + link.settings().name() + ": " + why)));
    deliveries
        .all()
        .forEach(
            route ->
                route
                    .delivery()
                    .fault()
                    .ifPresent(why -> faults.add("handler " + route.name() + ": " + why)));
    more.stream().map(Supplier::get).flatMap(Optional::stream).forEach(faults::add);
    return faults;
  }

  private String ago(Instant time) {
    return Words.of(Duration.between(time, clock.instant()));
  }
}
