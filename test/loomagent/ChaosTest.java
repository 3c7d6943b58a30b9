package loomagent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import loomagent.BadProxy.Fault;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The built jar, and all that it has to reach, behind proxies that cut, stall and garble, with a
 * server that has moods, and with kills. Its file handler keeps what was delivered. A failure names
 * its seed; {@code -Dseed=N} beside {@code -Dloomagent.jar=…} runs it again, as far as the
 * scheduler allows, and {@code -Dfaults=N} in the long ones says how many.
 */
class ChaosTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  /** A pull that failed time and again waits for minutes before it tries once more. */
  private static final Duration HEALED = Duration.ofMinutes(6);

  /** Silence counts after a second, but a confirmation that is under way may take longer. */
  private static final Duration NOTICED = Duration.ofSeconds(30);

  /** At any byte: within a handshake the agent's own limits are for servers that are slow. */
  private static final Duration STALL = Duration.ofSeconds(3);

  private static final int EVENTS_A_SECOND = 300;
  private static final int TICK = 5; // in milliseconds

  @TempDir static Path made;
  @TempDir Path folder;

  private final List<String> sent = new ArrayList<>(); // by their number
  private final Map<String, Integer> moods = new TreeMap<>();
  private final List<AgentProcess> agents = new ArrayList<>();
  private Random random = new Random();

  @BeforeAll
  static void hasAJar() {
    AgentProcess.jar(); // before whatever fails is told with a seed
  }

  @Test
  void nothingIsLostOnABadWay() throws Exception {
    plain(20, Long.getLong("seed", 1));
  }

  @Test
  void nothingIsLostAndNothingForgedOnABadWayWithTls() throws Exception {
    encrypted(20, Long.getLong("seed", 1));
  }

  @Test
  @Tag("torture")
  void nothingIsLostInThousandsOfFaults() throws Exception {
    plain(Integer.getInteger("faults", 1_500), Long.getLong("seed", System.nanoTime()));
  }

  @Test
  @Tag("torture")
  void nothingIsLostOrForgedInThousandsOfFaultsWithTls() throws Exception {
    encrypted(Integer.getInteger("faults", 1_500), Long.getLong("seed", System.nanoTime()));
  }

  /**
   * Without TLS nobody can tell that a bit was flipped in the text of an event; and what is garbled
   * on its way to the server has an honest answer: that the request is wrong.
   */
  private void plain(int faults, long seed) throws Exception {
    Set<Fault> down = EnumSet.complementOf(EnumSet.of(Fault.FLIP));
    Set<Fault> up = EnumSet.complementOf(EnumSet.of(Fault.FLIP, Fault.DUPLICATE));
    try (Simulator simulator = simulator()) {
      run(simulator, simulator.api().getPort(), "%s://127.0.0.1:%d", down, up, faults, seed);
    }
  }

  private void encrypted(int faults, long seed) throws Exception {
    Set<Fault> all = EnumSet.allOf(Fault.class);
    Certificates certificates = new Certificates(made);
    certificates.authority("ca");
    certificates.signed("ca", "server", "ec", "DNS:localhost", Certificates.VALID);
    try (Simulator simulator = simulator();
        TlsRelay relay =
            TlsRelay.start(
                certificates.store("server"),
                Optional.empty(),
                "TLSv1.3",
                simulator.api().getPort())) {
      run(simulator, relay.port(), "%ss://localhost:%d", all, all, faults, seed);
    }
  }

  private static Simulator simulator() throws IOException {
    Settings settings = Settings.defaults();
    return Simulator.start(
        settings
            .withPingEvery(Duration.ofMillis(300))
            .withPull(settings.pull().withRemembered(2_000_000))
            .withHub(settings.hub().withLife(Duration.ofSeconds(60), false, true)));
  }

  private void run(
      Simulator simulator,
      int port,
      String address,
      Set<Fault> down,
      Set<Fault> up,
      int faults,
      long seed)
      throws Exception {
    random = new Random(seed);
    long start = System.nanoTime();
    try (BadProxy socket = BadProxy.start(port, down, up, 0, STALL, random.nextLong());
        BadProxy http = BadProxy.start(port, down, up, 0.6, STALL, random.nextLong())) {
      configure(
          simulator,
          address.formatted("ws", socket.port()),
          address.formatted("http", http.port()));
      AgentProcess agent = agent();
      agent.awaitErr("Ready", SOON);
      publish(simulator);
      awaitAll(agent, 1); // or there would be nothing to pull back to
      socket.spoil();
      http.spoil();
      agent = disturb(simulator, agent, faults, down, socket, http);
      socket.heal();
      http.heal();
      publish(simulator);
      awaitAll(agent, sent.size());
      awaitLive();
      Pasture.stop(agent);
      System.out.printf(
          "seed %d, %,d s: %s%n",
          seed, (System.nanoTime() - start) / 1_000_000_000, figures(socket, http));
      check();
    } catch (Exception | AssertionError e) {
      String log = agents.isEmpty() ? "" : agents.get(agents.size() - 1).err();
      throw new AssertionError("seed " + seed + "\n" + log, e);
    } finally {
      agents.forEach(AgentProcess::close);
    }
  }

  /** Events all the time, until there were so many faults, of each kind; the agent of then. */
  private AgentProcess disturb(
      Simulator simulator, AgentProcess first, int faults, Set<Fault> kinds, BadProxy... proxies)
      throws InterruptedException {
    AgentProcess agent = first;
    int killed = 0;
    int stalled = 0;
    long end = System.nanoTime() + SOON.plusSeconds(2L * faults).toNanos();
    while (faults(proxies) < faults
        || stalled == 0
        || proxies[1].struck().isEmpty()
        || !proxies[0].struck().keySet().containsAll(kinds)) {
      assertTrue(System.nanoTime() - end < 0, () -> "too few: " + proxies[0].struck());
      for (int i = 0; i < EVENTS_A_SECOND * TICK / 1_000 + random.nextInt(2); i++) {
        publishInDisorder(simulator);
      }
      if (random.nextInt(1_000) == 0) { // every five seconds or so
        mood(simulator);
      }
      if (faults(proxies) / 20 > killed) {
        killed++;
        count("kill -9");
        agent.close();
        agent = agent();
      }
      if (faults(proxies) / 10 > stalled && !simulator.subscriptions().isEmpty()) {
        stalled = faults(proxies) / 10;
        stall(simulator, proxies[0]);
      }
      assertTrue(agent.isAlive(), "it ended by itself");
      LockSupport.parkNanos(TICK * 1_000_000L);
    }
    return agent;
  }

  /** Sooner than the next token would make the agent dial. */
  private void stall(Simulator simulator, BadProxy socket) throws InterruptedException {
    count("live and stalled");
    int before = socket.accepted();
    socket.stall();
    publish(simulator);
    assertTrue(
        simulator.await(loom -> socket.accepted() > before, NOTICED), "a stall goes unnoticed");
  }

  private static int faults(BadProxy... proxies) {
    return Stream.of(proxies).flatMap(p -> p.struck().values().stream()).mapToInt(n -> n).sum();
  }

  /** The server's own. */
  private void mood(Simulator simulator) {
    switch (random.nextInt(4)) {
      case 0 -> {
        count("event sent twice");
        simulator.publish(sent.get(sent.size() - 1));
      }
      case 1 -> {
        count("server restarts");
        simulator.disconnect("server_restart", true);
      }
      case 2 -> {
        count("all dropped");
        simulator.drop();
      }
      default -> {
        count("burst");
        for (int i = 0; i < 500; i++) {
          publish(simulator);
        }
      }
    }
  }

  private void count(String mood) {
    moods.merge(mood, 1, Integer::sum);
  }

  private void publish(Simulator simulator) {
    String event = ChaosLoom.event(sent.size(), random);
    sent.add(event);
    simulator.publish(event);
  }

  /** Some are overtaken by the next one. */
  private void publishInDisorder(Simulator simulator) {
    if (random.nextInt(100) == 0) {
      count("event overtaken");
      String overtaken = ChaosLoom.event(sent.size(), random);
      sent.add(overtaken);
      publish(simulator);
      simulator.publish(overtaken);
    } else {
      publish(simulator);
    }
  }

  private AgentProcess agent() {
    boolean standby = agents.size() % 2 == 1;
    ProcessBuilder builder = AgentProcess.builder(folder, "run", "--set", "standby=" + standby);
    builder.environment().put("JDK_JAVA_OPTIONS", "-Xmx64m");
    AgentProcess agent = AgentProcess.start(builder);
    agents.add(agent);
    return agent;
  }

  private void configure(Simulator simulator, String socket, String http) throws IOException {
    Files.writeString(
        folder.resolve("agent.properties"),
        """
        loom.url = %s/websocket
        loom.api = %s
        hub.url = %s
        reconnect.first = 10ms
        reconnect.longest = 100ms
        stale-after = 1s
        backfill.margin = 3s
        handler.file.path = delivered
        handler.file.fsync = false
        """
                .formatted(socket, http, http)
            + ChaosLoom.credentials(simulator)
            + (http.startsWith("https") ? "tls.ca = " + made.resolve("ca.pem") : ""));
  }

  /** Waits until so many different events have been delivered. */
  private void awaitAll(AgentProcess agent, int count) throws IOException {
    long end = System.nanoTime() + HEALED.toNanos();
    while (delivered().size() < count) {
      assertTrue(agent.isAlive(), "it ended by itself");
      assertTrue(System.nanoTime() - end < 0, () -> "never delivered: " + missing());
      LockSupport.parkNanos(300_000_000);
    }
  }

  /** As an operator sees it. */
  private void awaitLive() {
    long end = System.nanoTime() + SOON.toNanos();
    String status = "";
    while (!status.contains("\"state\":\"live\"")) {
      assertTrue(System.nanoTime() - end < 0, "not live: " + status);
      ProcessBuilder asked = AgentProcess.builder(folder, "status", "--json");
      try (AgentProcess asking = AgentProcess.start(asked)) {
        asking.exitWithin(SOON);
        status = asking.out();
      }
    }
  }

  /** How often each event was delivered, none of them changed. */
  private Map<String, Integer> delivered() throws IOException {
    Map<String, Integer> delivered = new HashMap<>();
    Path file = folder.resolve("delivered");
    for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
      // The last line may be half written for now.
      if (line.endsWith("}}")) {
        String id = line.substring(7, 43);
        assertEquals(sent.get(Integer.parseInt(id.substring(24))), line);
        delivered.merge(id, 1, Integer::sum);
      }
    }
    return delivered;
  }

  private List<String> missing() {
    try {
      Map<String, Integer> delivered = delivered();
      return sent.stream().filter(event -> !delivered.containsKey(event.substring(7, 43))).toList();
    } catch (IOException e) {
      return List.of(e.toString());
    }
  }

  private String figures(BadProxy socket, BadProxy http) throws IOException {
    return "%,d events; websocket: %s; pull and Hub: %s; besides: %s; %d delivered twice"
        .formatted(sent.size(), socket.struck(), http.struck(), moods, twice());
  }

  private int twice() throws IOException {
    return delivered().values().stream().mapToInt(times -> times - 1).sum();
  }

  /** At each kill one event may have been in hand. */
  private void check() throws IOException {
    assertEquals(List.of(), missing());
    assertTrue(twice() <= moods.getOrDefault("kill -9", 0), () -> moods + " and more twice");
  }
}
