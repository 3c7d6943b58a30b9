package loomagent.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import loomagent.base.HandClock;
import loomagent.base.LogLines;
import loomagent.config.Configuration;
import loomagent.config.Source;
import loomagent.net.Network;
import loomagent.ops.Insight;
import loomagent.ops.Insight.Problem;
import loomagent.ops.Metric;
import loomagent.plugin.Handlers;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a running agent knows of itself. */
@Timeout(60)
class SelfReportTest {
  @TempDir Path temp;
  private final LogLines log = new LogLines();
  private final List<AutoCloseable> open = new ArrayList<>();
  private Simulator simulator;
  private Plan plan;

  @BeforeEach
  void listen() throws IOException {
    simulator = Simulator.start(Settings.defaults());
    open.add(simulator);
  }

  @AfterEach
  void close() throws Exception {
    for (int last = open.size() - 1; last >= 0; last--) {
      open.get(last).close();
    }
  }

  /** With a handler that takes events, one that takes none, and one that wants none of these. */
  private Agent start(String... more) throws Exception {
    Files.createDirectories(temp.resolve("handlers"));
    List<String> sets = new ArrayList<>();
    sets.addAll(
        List.of(
            "loom.url=" + simulator.url(),
            "token=${env:TOKEN}",
            "events=app.a",
            "reconnect.first=10ms",
            "data.dir=" + temp.resolve("data"),
            "handlers.dir=" + temp.resolve("handlers"),
            "handler.good.type=file",
            "handler.good.path=" + temp.resolve("good.ndjson"),
            "handler.bad.type=exec",
            "handler.bad.command=/bin/false",
            "handler.bad.events=*.a",
            "handler.other.type=log",
            "handler.other.events=app.b"));
    sets.addAll(List.of(more));
    Configuration configuration =
        Configuration.load(
            new Source(
                Optional.empty(),
                temp.resolve("none"),
                sets,
                Map.of("TOKEN", simulator.token(), "WRONG", "a-wrong-token-of-the-test")));
    DataFolder folder = DataFolder.hold(configuration.dataDir());
    open.add(folder);
    plan = Plan.of(configuration, Handlers.find(configuration.handlersDir()));
    Agent agent =
        new Agent(configuration, plan, Network.direct(log), folder, part -> log, state -> {});
    open.add(agent);
    assertEquals(List.of(), agent.start(() -> false));
    return agent;
  }

  private void publish(String id) {
    assertEquals(1, simulator.publish("app.a", "{\"id\":\"%s\",\"name\":\"app.a\"}".formatted(id)));
  }

  private static void await(BooleanSupplier condition, String what) {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - end < 0, what);
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static double value(Insight insight, String metric, Map<String, String> labels) {
    return insight.metrics().stream()
        .filter(each -> each.name().equals(metric))
        .flatMap(each -> each.samples().stream())
        .filter(sample -> sample.labels().equals(labels))
        .findFirst()
        .orElseThrow()
        .value();
  }

  private static List<?> latest(Insight insight) {
    return (List<?>) insight.overview().get("latest");
  }

  @Test
  void itKnowsWhatBecameOfEachEventAndWhatIsWrong() throws Exception {
    Agent agent = start();
    Insight insight = agent.insight();
    assertTrue(simulator.await(loom -> loom.connections() == 1, Duration.ofSeconds(30)));
    await(insight::settled, "settled");
    publish("1");
    await(() -> latest(insight).toString().contains("retrying"), "a try that failed");
    await(() -> latest(insight).toString().contains("good, state=delivered"), "a delivery");
    String event = latest(insight).get(0).toString();
    assertTrue(event.startsWith("{id=1, name=app.a, subject=, connection=default, rec"), event);
    assertTrue(event.contains("{handler=bad, state=retrying}"), event);
    assertTrue(event.contains("{handler=other, state=unwanted}"), event);
    assertEquals(List.of(), insight.faults());
    assertEquals(List.of(), insight.problems(), "a retry is everyday");
    assertEquals("live: 1 event waiting", insight.words());

    Map<?, ?> activity = (Map<?, ?>) insight.overview().get("activity");
    List<?> received = (List<?>) activity.get("received");
    assertEquals(1, received.stream().mapToLong(count -> (Long) count).sum());
    assertEquals(1, value(insight, "loom_agent_connected", Map.of("connection", "default")));
    Map<String, String> good = Map.of("handler", "good", "outcome", "delivered");
    assertEquals(1, value(insight, "loom_agent_deliveries_total", good));
    assertTrue(
        value(insight, "loom_agent_deliveries_total", Map.of("handler", "bad", "outcome", "retry"))
            >= 1);
    assertEquals(1, value(insight, "loom_agent_waiting_events", Map.of("handler", "bad")));
    assertTrue(
        System.currentTimeMillis() / 1e3
                - value(
                    insight,
                    "loom_agent_last_frame_timestamp_seconds",
                    Map.of("connection", "default"))
            < 30);
    Metric syncs =
        insight.metrics().stream()
            .filter(each -> each.name().equals("loom_agent_journal_sync_seconds"))
            .findFirst()
            .orElseThrow();
    assertTrue(syncs.distributions().get(0).counted().count() >= 1);
  }

  @Test
  void whatAnOperatorHasToMendIsSaidOnceAndThenCounted() throws Exception {
    Agent agent = start("token=${env:WRONG}", "reconnect.longest=10ms");
    log.await("That is failure 8 of this kind in a row");
    List<String> errors = log.errors();
    assertTrue(errors.get(0).contains("refused the token"), errors::toString);
    for (int number : List.of(3, 5, 6, 7)) {
      assertTrue(errors.stream().noneMatch(line -> line.contains("failure " + number + " of")));
    }
    assertTrue(agent.insight().settled(), "it fails for a reason that is known");
    assertEquals(
        0,
        value(
            agent.insight(),
            "loom_agent_reconnects_total",
            Map.of("connection", "default", "reason", "silent")));
  }

  @Test
  void whatCameBeforeAHandlerWasThereIsNotSaidToBeDelivered() throws Exception {
    Agent first = start();
    await(first.insight()::settled, "settled");
    publish("1");
    await(() -> latest(first.insight()).toString().contains("good, state=delivered"), "it arrived");
    for (int start = 0; start < 2; start++) {
      close();
      open.clear();
      listen();
      Agent next = start("handler.late.type=file", "handler.late.path=" + temp.resolve("late"));
      String latest = latest(next.insight()).toString();
      assertTrue(latest.contains("{handler=late, state=before}"), latest);
      assertTrue(latest.contains("{handler=good, state=delivered}"), latest);
    }
  }

  @Test
  void aPauseIsAProblemThatOutlivesTheAgent() throws Exception {
    Agent agent = start();
    List<String> out = new ArrayList<>();
    assertEquals(0, agent.serve(List.of(Operations.PAUSE, "bad"), out::add, out::add));
    assertEquals(64, agent.serve(List.of(Operations.PAUSE, "absent"), out::add, out::add));
    assertEquals(64, agent.serve(List.of(Operations.RESUME, "../x"), out::add, out::add));
    await(agent.insight()::settled, "settled");
    publish("1");
    await(
        () -> value(agent.insight(), "loom_agent_waiting_events", Map.of("handler", "bad")) == 1,
        "it waits");
    close();
    open.clear();
    listen();
    Agent second = start();
    await(second.insight()::settled, "settled");
    Problem problem = second.insight().problems().get(0);
    assertEquals("handler bad", problem.subject());
    assertTrue(problem.reason().matches("paused for .*, 1 event waiting"), problem.reason());
    assertTrue(log.says("is paused since "), log.toString());
    assertEquals(0, second.serve(List.of(Operations.RESUME, "bad"), out::add, out::add));
    await(() -> latest(second.insight()).toString().contains("bad, state=retrying"), "it is tried");
    assertEquals(List.of(), second.insight().problems());
  }

  @Test
  void ofAnEventWhoseSubjectIsAsLargeAsAMessageThePageGetsALine() throws Exception {
    Agent agent = start();
    await(agent.insight()::settled, "settled");
    String event = "{\"id\":\"1\",\"name\":\"app.a\",\"subject\":\"\\u202e%s\"}";
    assertEquals(1, simulator.publish("app.a", event.formatted("a".repeat(100_000))));
    await(() -> !latest(agent.insight()).isEmpty(), "it is listed");
    String shown = latest(agent.insight()).get(0).toString();
    assertTrue(shown.contains("subject=\\u202eaaa"), shown.substring(0, 100));
    assertTrue(shown.length() < 500, () -> shown.length() + " characters");
  }

  @Test
  void aConnectionThatIsLostIsAProblemWithItsReasonAndCountsAsGap() throws Exception {
    Agent agent = start();
    Insight insight = agent.insight();
    await(insight::settled, "settled");
    simulator.close();
    await(() -> !insight.problems().isEmpty(), "a problem");
    await(() -> insight.problems().get(0).reason().contains(": "), "its reason");
    Problem problem = insight.problems().get(0);
    assertEquals("connection default", problem.subject());
    assertTrue(problem.reason().startsWith("not live for "), problem.reason());
    assertEquals(List.of(), insight.faults(), "the failure is outside");
    assertTrue(
        insight.words().startsWith("connecting: connection default not live"), insight.words());
    Map<String, String> closed = Map.of("connection", "default", "reason", "closed");
    assertEquals(1, value(insight, "loom_agent_reconnects_total", closed));
    assertTrue(value(insight, "loom_agent_gap_seconds_total", Map.of("connection", "default")) > 0);
  }

  @Test
  void onceADayItSaysWhetherAllIsWell() throws Exception {
    Agent agent = start();
    await(agent.insight()::settled, "settled");
    publish("1");
    await(
        () -> latest(agent.insight()).toString().contains("good, state=delivered"),
        "it is delivered");
    HandClock wall = new HandClock(Instant.parse("2026-03-04T23:59:59Z"));
    Daily daily = agent.daily(wall);
    log.clear();
    daily.look();
    assertFalse(log.says("2026-03-04"));
    wall.forward(Duration.ofSeconds(2));
    daily.look();
    daily.look();
    assertEquals(1, log.count("2026-03-04"), log.toString());
    String line = log.await("2026-03-04");
    assertTrue(line.startsWith("INFO All is well. 2026-03-04: 1 event, 0 reconnects"), line);
    assertTrue(line.contains("good 1 delivered, bad 0 delivered, 1 waiting"), line);
    assertEquals(0, agent.serve(List.of(Operations.PAUSE, "bad"), text -> {}, text -> {}));
    wall.forward(Duration.ofDays(1));
    daily.look();
    String second = log.await("2026-03-05:");
    assertTrue(second.startsWith("WARNING Not all is well: live: handler bad paused for"), second);
    assertTrue(second.contains(". 2026-03-05: 0 events"), second);
  }

  @Test
  void aHandlerThatWasAwayForAWhileHasNotDeliveredLessThanNothing() throws Exception {
    Agent agent = start();
    await(agent.insight()::settled, "settled");
    publish("1");
    await(() -> agent.summary().toString().contains("good: 1 delivered"), "a delivery");
    HandClock wall = new HandClock(Instant.parse("2026-03-04T23:59:59Z"));
    Daily daily = agent.daily(wall);
    wall.forward(Duration.ofSeconds(2));
    daily.look();
    Plan none = new Plan(List.of(), List.of(), List.of());
    assertEquals(Agent.Outcome.DONE, agent.reload(none, Set.of(), () -> false).outcome());
    assertEquals(Agent.Outcome.DONE, agent.reload(plan, Set.of(), () -> false).outcome());
    wall.forward(Duration.ofDays(1));
    daily.look();
    String line = log.await("2026-03-05:");
    assertTrue(line.contains("good 0 delivered"), line);
  }
}
