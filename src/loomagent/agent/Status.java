package loomagent.agent;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loomagent.backfill.Gap;
import loomagent.base.Token;
import loomagent.base.Version;
import loomagent.base.Words;
import loomagent.cable.Subscription.State;
import loomagent.delivery.Delivery;
import loomagent.journal.Journal;
import loomagent.json.Json;

/** What the agent is doing, for programs and for people. Any thread. */
final class Status {

  /** Enough to see a bad night by; the rest is in gaps.ndjson. */
  private static final int MOST_GAPS = 20;

  private final List<Link> links;
  private final Deliveries deliveries;
  private final Journal journal;
  private final Clock clock;
  private volatile boolean stopping;

  Status(List<Link> links, Deliveries deliveries, Journal journal, Clock clock) {
    this.links = List.copyOf(links);
    this.deliveries = deliveries;
    this.journal = journal;
    this.clock = clock;
  }

  void stopping() {
    stopping = true;
  }

  boolean isStopping() {
    return stopping;
  }

  /** One line, as the contract with programs has it. */
  String json() {
    return Json.write(members());
  }

  /** The members of the same. */
  Map<String, Object> members() {
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("version", Version.agent());
    status.put("state", state());
    status.put("since", since().toString());
    status.put("connections", links.stream().map(Status::connection).toList());
    status.put("handlers", deliveries.all().stream().map(Status::handler).toList());
    status.put("journal", journal());
    return status;
  }

  /** In the contract's word. */
  String state() {
    if (stopping) {
      return "stopping";
    }
    long live = links.stream().filter(Status::isLive).count();
    if (live == 0) {
      return "connecting";
    }
    boolean open =
        deliveries.all().stream()
            .allMatch(route -> route.delivery().opening() == Delivery.Opening.OPEN);
    boolean all = live == links.size() && open && journal.stats().fault().isEmpty();
    return all ? "live" : "degraded";
  }

  /** When any connection last changed for better or worse. */
  private Instant since() {
    return links.stream()
        .map(link -> link.intake().standing().since())
        .max(Comparator.naturalOrder())
        .orElseThrow();
  }

  private static Optional<Instant> tokenEnd(Link link) {
    return link.token().flatMap(Token::expiresAt).map(end -> end.truncatedTo(ChronoUnit.SECONDS));
  }

  private static boolean isLive(Link link) {
    return link.intake().standing().state() == State.LIVE;
  }

  private static Map<String, Object> connection(Link link) {
    Intake.Standing standing = link.intake().standing();
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("name", link.settings().name());
    members.put("state", standing.state() == State.LIVE ? "live" : "connecting");
    members.put("since", standing.since().toString());
    members.put("lastEventAt", text(standing.lastEventAt()));
    members.put("received", link.intake().received());
    members.put("duplicates", link.intake().duplicates());
    members.put("backfilled", link.gaps().recovered());
    members.put("reconnects", link.intake().reconnects());
    members.put("lastError", standing.lastError());
    members.put("tokenExpiresAt", text(tokenEnd(link)));
    members.put("gaps", link.gaps().recent(MOST_GAPS).stream().map(Status::gap).toList());
    return members;
  }

  private static Map<String, Object> gap(Gap gap) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("from", gap.from().toString());
    members.put("to", text(gap.to()));
    members.put("closed", gap.closed());
    members.put("recovered", gap.recovered());
    members.put("note", gap.note());
    return members;
  }

  private static Map<String, Object> handler(Route route) {
    Delivery delivery = route.delivery();
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("name", delivery.name());
    members.put("type", route.settings().type());
    members.put("state", state(delivery));
    members.put("paused", delivery.isPaused());
    members.put("delivered", delivery.delivered());
    members.put("waiting", delivery.waiting());
    members.put("retrying", delivery.retrying());
    members.put("dead", delivery.dead());
    members.put("lastError", delivery.lastError());
    members.put("lastDeliveredAt", text(delivery.tally().lastDeliveredAt()));
    return members;
  }

  private static String state(Delivery delivery) {
    return delivery.isPaused()
        ? "paused"
        : switch (delivery.opening()) {
          case OPEN -> "open";
          case PENDING -> "opening";
          case FAILED -> "failed";
          case MISCONFIGURED -> "misconfigured";
        };
  }

  private Map<String, Object> journal() {
    Journal.Stats stats = journal.stats();
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("events", stats.events());
    members.put("bytes", stats.bytes());
    members.put("oldest", text(stats.oldest()));
    members.put("newest", text(stats.newest()));
    members.put("fault", stats.fault());
    return members;
  }

  private static String text(Optional<Instant> time) {
    return time.map(Instant::toString).orElse(null);
  }

  /** A screen for a person. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(state() + " for " + ago(since()));
    links.forEach(link -> lines.addAll(lines(link)));
    deliveries.all().forEach(route -> lines.add(words(route.delivery())));
    Journal.Stats stats = journal.stats();
    lines.add(
        "journal: "
            + Words.count(stats.events(), "event")
            + ", "
            + stats.bytes() / 1024
            + " KB"
            + stats.oldest().map(oldest -> ", since " + oldest).orElse("")
            + (stats.fault().isEmpty() ? "" : ". " + stats.fault()));
    return lines;
  }

  private List<String> lines(Link link) {
    Intake.Standing standing = link.intake().standing();
    List<String> lines = new ArrayList<>();
    lines.add(
        "connection "
            + link.settings().name()
            + ": "
            + (isLive(link) ? "live" : "connecting")
            + " for "
            + ago(standing.since())
            + "; "
            + Words.count(link.intake().received(), "event")
            + " received, "
            + Words.count(link.intake().duplicates(), "duplicate")
            + ", "
            + Words.count(link.intake().reconnects(), "reconnect")
            + standing.lastEventAt().map(last -> "; last event " + ago(last) + " ago").orElse("")
            + tokenEnd(link).map(end -> "; token good until " + end).orElse(""));
    if (!standing.lastError().isEmpty() && !isLive(link)) {
      lines.add("  " + standing.lastError());
    }
    link.gaps().recent(MOST_GAPS).forEach(gap -> lines.add("  gap " + words(gap)));
    return lines;
  }

  private static String words(Gap gap) {
    String span = gap.from() + " to " + gap.to().map(Instant::toString).orElse("now");
    String end =
        gap.closed()
            ? ": closed, " + Words.count(gap.recovered(), "event") + " recovered"
            : ": OPEN";
    return span + end + (gap.note().isEmpty() ? "" : ". " + gap.note());
  }

  private String words(Delivery delivery) {
    String state = state(delivery);
    return "handler "
        + delivery.name()
        + ": "
        + (state.equals("open") ? "" : state + "; ")
        + delivery.delivered()
        + " delivered, "
        + delivery.waiting()
        + " waiting, "
        + delivery.retrying()
        + " retrying, "
        + delivery.dead()
        + " dead"
        + (delivery.lastError().isEmpty() ? "" : "; last error: " + delivery.lastError());
  }

  private String ago(Instant time) {
    return Words.of(Duration.between(time, clock.instant()));
  }
}
