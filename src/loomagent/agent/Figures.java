package loomagent.agent;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import loomagent.base.Token;
import loomagent.base.Version;
import loomagent.cable.Subscription.State;
import loomagent.delivery.Delivery;
import loomagent.journal.Journal;
import loomagent.ops.Metric;
import loomagent.ops.Metric.Distribution;
import loomagent.ops.Metric.Sample;

/** The metrics of an agent. Any thread. */
final class Figures {

  private final List<Link> links;
  private final Deliveries deliveries;
  private final Journal journal;

  Figures(List<Link> links, Deliveries deliveries, Journal journal) {
    this.links = links;
    this.deliveries = deliveries;
    this.journal = journal;
  }

  List<Metric> all() {
    List<Metric> all = new ArrayList<>();
    all.add(
        Metric.gauge(
            "loom_agent_info",
            "Always 1; the label says which version runs.",
            List.of(new Sample(Map.of("version", Version.agent()), 1))));
    connections(all);
    handlers(all);
    all.add(
        Metric.gauge(
            "loom_agent_journal_bytes",
            "What the journal holds on disk.",
            List.of(new Sample(Map.of(), journal.stats().bytes()))));
    all.add(
        Metric.gauge(
            "loom_agent_journal_writable",
            "1 if events can be written to disk, 0 if not.",
            List.of(new Sample(Map.of(), journal.fault().isEmpty() ? 1 : 0))));
    all.add(
        Metric.histogram(
            "loom_agent_journal_sync_seconds",
            "How long the disk needed to make events safe.",
            List.of(new Distribution(Map.of(), journal.syncs()))));
    return all;
  }

  private void connections(List<Metric> all) {
    all.add(
        Metric.gauge(
            "loom_agent_connected",
            "1 while the subscription is live, else 0.",
            each(link -> link.intake().standing().state() == State.LIVE ? 1 : 0)));
    all.add(
        Metric.counter(
            "loom_agent_events_received_total",
            "Events that came over the websocket, duplicates included.",
            each(link -> link.intake().received())));
    all.add(
        Metric.counter(
            "loom_agent_events_duplicate_total",
            "Events that were known already, and dropped.",
            each(link -> link.intake().duplicates())));
    all.add(
        Metric.counter(
            "loom_agent_events_backfilled_total",
            "Events that only the pull API brought.",
            each(link -> link.gaps().recovered())));
    all.add(
        Metric.counter(
            "loom_agent_reconnects_total",
            "How often a live subscription was lost, by what for.",
            links.stream().flatMap(link -> reconnects(link).stream()).toList()));
    all.add(
        Metric.counter(
            "loom_agent_gap_seconds_total",
            "Seconds without a live subscription since the agent was started.",
            each(link -> link.intake().missed().toMillis() / 1e3)));
    all.add(
        Metric.gauge(
            "loom_agent_last_frame_timestamp_seconds",
            "When anything last came from the server, a ping included.",
            times(Link::lastHeard)));
    all.add(
        Metric.gauge(
            "loom_agent_token_expiry_timestamp_seconds",
            "When the token in use ends; absent for one that does not say.",
            times(link -> link.token().flatMap(Token::expiresAt))));
  }

  private static List<Sample> reconnects(Link link) {
    return link.intake().reconnectsByReason().entrySet().stream()
        .map(
            each ->
                new Sample(
                    Map.of("connection", link.settings().name(), "reason", each.getKey()),
                    each.getValue()))
        .toList();
  }

  private List<Sample> each(ToDoubleFunction<Link> value) {
    return links.stream().map(link -> new Sample(of(link), value.applyAsDouble(link))).toList();
  }

  private List<Sample> times(Function<Link, Optional<Instant>> time) {
    return links.stream()
        .flatMap(
            link ->
                time.apply(link).stream().map(at -> new Sample(of(link), at.toEpochMilli() / 1e3)))
        .toList();
  }

  private static Map<String, String> of(Link link) {
    return Map.of("connection", link.settings().name());
  }

  private void handlers(List<Metric> all) {
    List<Delivery> running = deliveries.all().stream().map(Route::delivery).toList();
    all.add(
        Metric.counter(
            "loom_agent_deliveries_total",
            "What came of giving events to a handler: delivered, retry (it comes again), dead.",
            running.stream().flatMap(delivery -> outcomes(delivery).stream()).toList()));
    all.add(
        Metric.histogram(
            "loom_agent_delivery_seconds",
            "How long a handler took, each time that it was given an event or a batch.",
            running.stream()
                .map(each -> new Distribution(of(each), each.tally().times()))
                .toList()));
    all.add(
        Metric.gauge(
            "loom_agent_waiting_events",
            "Events that wait for a handler, those that it is at included.",
            gauges(running, Delivery::waiting)));
    all.add(
        Metric.gauge(
            "loom_agent_retrying_events",
            "Events that failed and come again.",
            gauges(running, Delivery::retrying)));
    all.add(
        Metric.gauge(
            "loom_agent_dead_letters",
            "Events that a handler was given up for.",
            gauges(running, Delivery::dead)));
    all.add(
        Metric.gauge(
            "loom_agent_handler_paused",
            "1 while a handler is paused, else 0.",
            gauges(running, delivery -> delivery.isPaused() ? 1 : 0)));
  }

  private static List<Sample> outcomes(Delivery delivery) {
    return List.of(
        outcome(delivery, "delivered", delivery.delivered()),
        outcome(delivery, "retry", delivery.tally().retries()),
        outcome(delivery, "dead", delivery.tally().dead()));
  }

  private static Sample outcome(Delivery delivery, String outcome, long count) {
    return new Sample(Map.of("handler", delivery.name(), "outcome", outcome), count);
  }

  private static List<Sample> gauges(List<Delivery> some, ToDoubleFunction<Delivery> value) {
    return some.stream().map(each -> new Sample(of(each), value.applyAsDouble(each))).toList();
  }

  private static Map<String, String> of(Delivery delivery) {
    return Map.of("handler", delivery.name());
  }
}
