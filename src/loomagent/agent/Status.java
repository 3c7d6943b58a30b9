package loomagent.agent;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loomagent.backfill.Gap;
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

  private final String connection;
  private final Intake intake;
  private final GapWatch gaps;
  private final Deliveries deliveries;
  private final Journal journal;
  private final Clock clock;
  private volatile boolean stopping;

  Status(
      String connection,
      Intake intake,
      GapWatch gaps,
      Deliveries deliveries,
      Journal journal,
      Clock clock) {
    this.connection = connection;
    this.intake = intake;
    this.gaps = gaps;
    this.deliveries = deliveries;
    this.journal = journal;
    this.clock = clock;
  }

  void stopping() {
    stopping = true;
  }

  /** One line, as the contract with programs has it. */
  String json() {
    Intake.Standing standing = intake.standing();
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("version", Version.agent());
    status.put("state", state(standing));
    status.put("since", standing.since().toString());
    status.put("connections", List.of(connection(standing)));
    status.put("handlers", deliveries.all().stream().map(Status::handler).toList());
    status.put("journal", journal());
    return Json.write(status);
  }

  private String state(Intake.Standing standing) {
    if (stopping) {
      return "stopping";
    }
    if (standing.state() != State.LIVE) {
      return "connecting";
    }
    boolean all =
        deliveries.all().stream()
            .allMatch(route -> route.delivery().opening() == Delivery.Opening.OPEN);
    return all && journal.stats().fault().isEmpty() ? "live" : "degraded";
  }

  private Map<String, Object> connection(Intake.Standing standing) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("name", connection);
    members.put("state", standing.state() == State.LIVE ? "live" : "connecting");
    members.put("since", standing.since().toString());
    members.put("lastEventAt", text(standing.lastEventAt()));
    members.put("received", intake.received());
    members.put("duplicates", intake.duplicates());
    members.put("backfilled", gaps.recovered());
    members.put("reconnects", intake.reconnects());
    members.put("lastError", standing.lastError());
    members.put("tokenExpiresAt", null); // known once tokens are fetched
    members.put("gaps", gaps.recent(MOST_GAPS).stream().map(Status::gap).toList());
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
    members.put("delivered", delivery.delivered());
    members.put("waiting", delivery.waiting());
    members.put("retrying", delivery.retrying());
    members.put("dead", delivery.dead());
    members.put("lastError", delivery.lastError());
    members.put("lastDeliveredAt", text(delivery.lastDeliveredAt()));
    return members;
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
    Intake.Standing standing = intake.standing();
    List<String> lines = new ArrayList<>();
    lines.add(state(standing) + " for " + ago(standing.since()));
    if (!standing.lastError().isEmpty() && standing.state() != State.LIVE) {
      lines.add("  " + standing.lastError());
    }
    lines.add(
        "connection "
            + connection
            + ": "
            + Words.count(intake.received(), "event")
            + " received, "
            + Words.count(intake.duplicates(), "duplicate")
            + ", "
            + Words.count(intake.reconnects(), "reconnect")
            + standing.lastEventAt().map(last -> "; last event " + ago(last) + " ago").orElse(""));
    gaps.recent(MOST_GAPS).forEach(gap -> lines.add("  gap " + words(gap)));
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

  private String words(Gap gap) {
    String span = gap.from() + " to " + gap.to().map(Instant::toString).orElse("now");
    String end =
        gap.closed()
            ? ": closed, " + Words.count(gap.recovered(), "event") + " recovered"
            : ": OPEN";
    return span + end + (gap.note().isEmpty() ? "" : ". " + gap.note());
  }

  private String words(Delivery delivery) {
    return "handler "
        + delivery.name()
        + ": "
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
