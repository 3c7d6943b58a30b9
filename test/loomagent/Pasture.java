package loomagent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import loomagent.json.Json;
import loomagent.ops.Control;
import loomagent.plugin.JarMaker;
import loomagent.simulator.Events;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;

/**
 * A folder with an agent's configuration, a simulator with a pull API for it, and the processes
 * that run there one after the other. What the {@code log} handler printed is counted over all of
 * them.
 */
final class Pasture implements AutoCloseable {
  static final Duration SOON = Duration.ofSeconds(60);

  /** A pull whose answer was lost on a full heap begins anew after two minutes. */
  private static final Duration LATE = Duration.ofMinutes(3);

  private static final DateTimeFormatter MILLIS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  final Path folder;
  final Simulator simulator;
  private final List<AgentProcess> agents = new ArrayList<>();
  private int sent;

  Pasture(Path folder) throws IOException {
    this.folder = folder;
    this.simulator = Simulator.start(Settings.defaults());
  }

  /** Where the agent of this folder has its data, unless a test says otherwise. */
  Path data() {
    return folder.resolve("data");
  }

  /** Compiles a handler of type {@code wild} and drops it in. */
  void wild(String members) throws IOException {
    new JarMaker(folder.resolve("made"))
        .handler("acme.WildHandler", members)
        .write(folder.resolve("handlers/wild.jar"));
  }

  /** Writes the configuration: a log handler, and what the test adds. */
  void configure(String... lines) throws IOException {
    Files.writeString(
        folder.resolve("agent.properties"),
        configuration(simulator, "200ms") + String.join("\n", lines));
  }

  /** An agent's of a simulator, with a log handler. */
  static String configuration(Simulator simulator, String longest) {
    return """
    loom.url = %s
    loom.api = %s
    token = %s
    organization = %s
    events = app.a
    reconnect.first = 10ms
    reconnect.longest = %s
    backfill.app = %s
    backfill.password = %s
    backfill.margin = 3s
    handler.log.format = json
    """
        .formatted(
            simulator.url(),
            simulator.api(),
            simulator.token(),
            Events.ORGANIZATION,
            longest,
            simulator.app(),
            simulator.eventPassword());
  }

  /** Starts an agent with a heap of 64 MB, after the words of another program if need be. */
  AgentProcess start(String... before) {
    ProcessBuilder builder = AgentProcess.builder(folder, "run");
    builder.command().addAll(0, List.of(before));
    builder.environment().put("JDK_JAVA_OPTIONS", "-Xmx64m -XX:TieredStopAtLevel=1 -Xshare:auto");
    AgentProcess agent = AgentProcess.start(builder);
    agents.add(agent);
    return agent;
  }

  AgentProcess ready() {
    AgentProcess agent = start();
    agent.awaitErr("Ready", SOON);
    return agent;
  }

  /** Publishes events of some size, numbered on from the last one. */
  void publish(int count, int size) {
    String text = "x".repeat(size);
    for (int i = 0; i < count; i++) {
      simulator.publish(
          """
          {"id":"%s","name":"app.a","subject":"Org/%s","received_at":"%s","payload":{"number":%d,"text":"%s"}}\
          """
              .formatted(id(sent), Events.ORGANIZATION, MILLIS.format(Instant.now()), sent, text));
      sent++;
    }
  }

  int sent() {
    return sent;
  }

  static String id(int number) {
    return "00000000-0000-4000-8000-%012d".formatted(number);
  }

  /** How often the log handler printed each event, over all processes. */
  Map<String, Integer> logged() {
    Map<String, Integer> logged = new HashMap<>();
    for (AgentProcess agent : agents) {
      agent
          .out()
          .lines()
          .filter(line -> line.startsWith("{\"id\":\"") && line.endsWith("}}"))
          .forEach(line -> logged.merge(line.substring(7, 43), 1, Integer::sum));
    }
    return logged;
  }

  /** Waits until the log handler has printed everything that was published. */
  void awaitAll(AgentProcess agent) {
    await(() -> logged().size() >= sent, agent);
    Map<String, Integer> logged = logged();
    assertEquals(
        List.of(),
        IntStream.range(0, sent)
            .mapToObj(Pasture::id)
            .filter(id -> !logged.containsKey(id))
            .toList(),
        agent::err);
  }

  /** How many events the log handler printed again. */
  int twice() {
    return logged().values().stream().mapToInt(times -> times - 1).sum();
  }

  /** Waits for something while the agent lives. */
  static void await(BooleanSupplier condition, AgentProcess agent) {
    long end = System.nanoTime() + LATE.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(agent.isAlive(), () -> "it ended\n" + agent.err());
      assertTrue(System.nanoTime() - end < 0, () -> "in vain\n" + agent.err());
      LockSupport.parkNanos(20_000_000);
    }
  }

  /** {@code status --json} of the agent; empty while nobody answers. */
  Map<?, ?> status(Path data) {
    List<String> lines = new ArrayList<>();
    try {
      Control.ask(data.resolve("agent.sock"), List.of("status", "json"), lines::add, why -> {});
      return lines.size() == 1 ? (Map<?, ?>) Json.parse(lines.get(0)) : Map.of();
    } catch (IOException notNow) {
      return Map.of();
    }
  }

  /** One handler's part of a status. */
  Map<?, ?> handler(String name) {
    if (status(data()).get("handlers") instanceof List<?> handlers) {
      for (Object each : handlers) {
        if (each instanceof Map<?, ?> handler && name.equals(handler.get("name"))) {
          return handler;
        }
      }
    }
    return Map.of();
  }

  /** Waits until a handler has so many dead letters. */
  void awaitDead(long count, AgentProcess agent) {
    await(() -> Long.valueOf(count).equals(handler("wild").get("dead")), agent);
  }

  /** Ends the agent in order, which must be prompt. */
  static void stop(AgentProcess agent) {
    assertTrue(agent.isAlive(), () -> "it ended by itself\n" + agent.err());
    agent.signal("TERM");
    assertEquals(0, agent.exitWithin(Duration.ofSeconds(20)), agent::err);
  }

  /** Waits for the end of the process alone: others may hold its streams open. */
  static void awaitEnd(AgentProcess agent) {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (agent.isAlive()) {
      assertTrue(System.nanoTime() - end < 0, agent::err);
      LockSupport.parkNanos(20_000_000);
    }
  }

  @Override
  public void close() {
    agents.forEach(AgentProcess::close);
    simulator.close();
  }
}
