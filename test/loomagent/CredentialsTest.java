package loomagent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loomagent.simulator.Events;
import loomagent.simulator.Faults;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The built jar with tokens from the simulated Hub, for one Organization and for several. */
@Timeout(180)
final class CredentialsTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String BERLIN = Events.ORGANIZATION;
  private static final String MUNICH = "2b271d51-e447-4a16-810f-5abdc596700a";
  private static final String SECRET = "client-secret-0f6e1c9a";

  @TempDir Path folder;
  private Simulator loom;
  private final List<AgentProcess> agents = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    start(Duration.ofHours(1));
  }

  private void start(Duration life) throws IOException {
    loom =
        Simulator.start(
            Settings.defaults()
                .withHub(
                    Settings.Hub.defaults()
                        .withClient("print_shop", SECRET)
                        .withGranted(Map.of(BERLIN, Set.of(), MUNICH, Set.of()))
                        .withLife(life, true, true)));
  }

  @AfterEach
  void stop() {
    agents.forEach(AgentProcess::close);
    loom.close();
  }

  private void configure(String... lines) throws IOException {
    Files.writeString(
        folder.resolve("agent.properties"),
        """
        loom.url = %s
        loom.api = %s
        hub.url = %s
        oauth.client-id = print_shop
        events = app.a
        reconnect.first = 10ms
        reconnect.longest = 200ms
        backfill.app = %s
        backfill.password = %s
        """
                .formatted(
                    loom.url(), loom.api(), loom.hub().url(), loom.app(), loom.eventPassword())
            + String.join("\n", lines));
  }

  private AgentProcess run(String... words) {
    ProcessBuilder builder = AgentProcess.builder(folder, words);
    builder.environment().put("CLIENT_SECRET", SECRET);
    AgentProcess agent = AgentProcess.start(builder);
    agents.add(agent);
    return agent;
  }

  private void publish(String organization, String id) {
    loom.publish(
        "{\"id\":\"%s\",\"name\":\"app.a\",\"subject\":\"Org/%s\"}".formatted(id, organization));
  }

  private static final String CREDENTIALS = "oauth.client-secret = ${env:CLIENT_SECRET}";
  private static final String SCOPES = "oauth.scopes = loom.event.r";
  private static final String ORGANIZATION = "organization = " + BERLIN;

  @Test
  void tokensOfSecondsAreReplacedUnderLoadWithNothingMissedAndNothingTwice() throws Exception {
    loom.close();
    start(Duration.ofSeconds(4));
    configure(CREDENTIALS, SCOPES, ORGANIZATION);
    AgentProcess agent = run("run");
    agent.awaitErr("Ready", SOON);
    int events = 1_500;
    for (int i = 0; i < events; i++) {
      publish(BERLIN, "e" + i);
      LockSupport.parkNanos(8_000_000);
    }
    List<String> lines = agent.awaitOut(events, SOON);
    assertEquals(events, lines.stream().distinct().count());
    assertTrue(loom.hub().asks() >= 3, agent.err());
    assertFalse(agent.err().contains("Ready again"), agent.err());
    assertFalse(agent.err().contains("gap"), agent.err());
    agent.signal("TERM");
    assertEquals(0, agent.exitWithin(SOON), agent::err);
    assertEquals(events, agent.out().lines().count(), "nothing twice");
  }

  @Test
  void onStandbyTheLossOfOneConnectionIsNoGap() throws Exception {
    configure(CREDENTIALS, SCOPES, ORGANIZATION, "standby = true", "log.level = debug");
    AgentProcess agent = run("run");
    agent.awaitErr(CredentialsTest::live, SOON);
    for (int round = 0; round < 3; round++) {
      agent.awaitErr(CredentialsTest::live, SOON); // the other one, again
      agent.awaitErr(line -> line.contains("was alive when another became live"), SOON);
      assertTrue(loom.await(simulated -> simulated.connections() == 2, SOON));
      Faults.cut(loom.peers().get(0));
      publish(BERLIN, "round-" + round);
      agent.awaitOut("round-" + round, SOON);
    }
    assertEquals(1, loom.hub().asks(), "one fetch for both");
    assertEquals(1, loom.hub().asksAtOnce());
    assertFalse(agent.err().contains("gap"), agent.err());
  }

  private static boolean live(String line) {
    return line.matches(".*connection [12]: LIVE: .*");
  }

  @Test
  void everyConnectionHasItsOwnAndTheTroubleOfOneIsNotTheOthers() throws Exception {
    configure(
        CREDENTIALS,
        SCOPES,
        "connections = berlin, munich, gone",
        "connection.berlin.organization = " + BERLIN,
        "connection.munich.organization = " + MUNICH,
        "connection.gone.organization = 00000000-0000-4000-8000-000000000000",
        "handler.all.type = log",
        "handler.south.type = log",
        "handler.south.connection = munich",
        "handler.south.format = json");
    AgentProcess agent = run("run");
    agent.awaitErr("connection gone: there is no token", SOON);
    assertTrue(loom.await(simulated -> simulated.subscriptions().size() == 2, SOON), agent::err);
    publish(BERLIN, "to-berlin");
    agent.awaitOut("to-berlin", SOON);
    publish(MUNICH, "to-munich");
    List<String> both = agent.awaitOut(2, SOON);
    assertTrue(both.stream().allMatch(line -> line.contains("to-munich")), both::toString);
    assertEquals(1, both.stream().filter(line -> line.startsWith("{")).count());
    AgentProcess status = run("status");
    assertEquals(0, status.exitWithin(SOON), status::err);
    assertTrue(status.out().startsWith("degraded"), status.out());
    assertTrue(status.out().contains("connection gone: connecting"), status.out());
    AgentProcess events = run("events");
    assertEquals(0, events.exitWithin(SOON), events::err);
    assertTrue(events.out().contains("to-berlin"), events.out());
    AgentProcess check = run("check");
    assertEquals(77, check.exitWithin(SOON), check::out);
    assertTrue(check.out().contains("ok     subscription   munich: "), check.out());
    assertTrue(check.out().contains("WRONG  token          gone: "), check.out());
  }

  @Test
  void aGapOfOneConnectionIsPulledForItsOwnOrganizationAlone() throws Exception {
    configure(
        CREDENTIALS,
        SCOPES,
        "connections = berlin, munich",
        "connection.berlin.organization = " + BERLIN,
        "connection.munich.organization = " + MUNICH);
    AgentProcess agent = run("run");
    assertTrue(loom.await(simulated -> simulated.subscriptions().size() == 2, SOON), agent::err);
    publish(BERLIN, "b1");
    publish(MUNICH, "m1");
    agent.awaitOut(2, SOON);
    agent.signal("KILL");
    agent.exitWithin(SOON);
    publish(BERLIN, "b2");
    publish(MUNICH, "m2");
    AgentProcess next = run("run");
    Set<String> handled = new TreeSet<>();
    while (!handled.containsAll(Set.of("b2", "m2"))) { // what was in hand at the kill comes again
      handled.add(next.awaitOut(1, SOON).get(0).split(" ")[2]);
    }
    AgentProcess status = run("status", "--json");
    assertEquals(0, status.exitWithin(SOON), status::err);
    assertEquals(2, status.out().split("\"backfilled\":1", -1).length - 1, status.out());
  }

  @Test
  void aRefreshTokenWorksOnAfterEveryKillAndACheck() throws Exception {
    loom.close();
    start(Duration.ofSeconds(10));
    Path kept = folder.resolve("data/tokens/default.json");
    configure(CREDENTIALS, "oauth.refresh-token = " + loom.hub().refreshToken(BERLIN));
    AgentProcess check = run("check");
    assertEquals(0, check.exitWithin(SOON), () -> check.out() + check.err());
    for (int round = 0; round < 3; round++) {
      AgentProcess agent = run("run");
      agent.awaitErr("Ready", SOON);
      long asks = loom.hub().asks();
      assertTrue(loom.await(simulated -> simulated.hub().asks() > asks, SOON), agent::err);
      // A kill between the Hub's answer and the disk is the one that no client can survive.
      assertTrue(loom.await(any -> !content(kept).contains("\"begun\""), SOON));
      publish(BERLIN, "round-" + round);
      agent.awaitOut("round-" + round, SOON);
      agent.signal("KILL");
      agent.exitWithin(SOON);
    }
    AgentProcess last = run("check");
    assertEquals(0, last.exitWithin(SOON), () -> last.out() + last.err());
    assertEquals(
        "rw-------",
        java.nio.file.attribute.PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)));
  }

  @Test
  void aCheckBesideARunningAgentSpendsNoRefreshToken() throws Exception {
    configure(CREDENTIALS, "oauth.refresh-token = " + loom.hub().refreshToken(BERLIN));
    AgentProcess agent = run("run");
    agent.awaitErr("Ready", SOON);
    long asks = loom.hub().asks();
    AgentProcess check = run("check");
    assertEquals(0, check.exitWithin(SOON), () -> check.out() + check.err());
    assertTrue(check.out().contains("ok     pull"), check.out());
    assertEquals(asks, loom.hub().asks());
  }

  @Test
  void aCheckInAFolderThatAnotherUserIsToUseSpendsNoRefreshToken() throws Exception {
    configure(CREDENTIALS, "oauth.refresh-token = " + loom.hub().refreshToken(BERLIN));
    Path data = Files.createDirectory(folder.resolve("data"));
    try {
      Files.setOwner(
          data,
          data.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));
    } catch (IOException notRoot) {
      assumeTrue(false, "root alone gives a folder away");
    }
    AgentProcess check = run("check");
    assertEquals(0, check.exitWithin(SOON), () -> check.out() + check.err());
    assertTrue(check.out().contains("look   token          not tried"), check.out());
    assertEquals(0, loom.hub().asks());
    assertTrue(Files.notExists(data.resolve("agent.lock")));
  }

  @Test
  void aCheckSaysByItsExitStatusWhatKindOfTroubleThereIs() throws Exception {
    configure("oauth.client-secret = wrong-secret-58a7f1", SCOPES, ORGANIZATION);
    AgentProcess wrong = run("check");
    assertEquals(77, wrong.exitWithin(SOON), wrong::out);
    assertTrue(wrong.out().contains("oauth.client-secret"), wrong.out());
    assertFalse(wrong.out().contains("wrong-secret"), wrong.out());
    configure(CREDENTIALS, SCOPES, ORGANIZATION);
    AgentProcess hub = run("check", "--set", "hub.url=http://127.0.0.1:1");
    assertEquals(69, hub.exitWithin(SOON), hub::out);
    assertTrue(hub.out().contains("hub.url"), hub.out());
    AgentProcess password = run("check", "--set", "backfill.password=wrong-password-9c1d");
    assertEquals(77, password.exitWithin(SOON), password::out);
    assertTrue(password.out().contains("WRONG  pull"), password.out());
  }

  @Test
  void aHundredConnectionsLiveInAHeapOf64Megabytes() throws Exception {
    loom.close();
    List<String> all =
        IntStream.range(0, 100)
            .mapToObj(number -> "%08x-0000-4000-8000-000000000000".formatted(number))
            .toList();
    loom =
        Simulator.start(
            Settings.defaults()
                .withHub(
                    Settings.Hub.defaults()
                        .withClient("print_shop", SECRET)
                        .withGranted(
                            all.stream()
                                .collect(Collectors.toMap(uuid -> uuid, uuid -> Set.of())))));
    List<String> lines = new ArrayList<>(List.of(CREDENTIALS, SCOPES));
    List<String> names = IntStream.range(0, 100).mapToObj(number -> "shop" + number).toList();
    lines.add("connections = " + String.join(",", names));
    for (int i = 0; i < 100; i++) {
      lines.add("connection.shop" + i + ".organization = " + all.get(i));
    }
    configure(lines.toArray(String[]::new));
    ProcessBuilder builder = AgentProcess.builder(folder, "run");
    builder.environment().put("CLIENT_SECRET", SECRET);
    builder.environment().put("JDK_JAVA_OPTIONS", "-Xmx64m -XX:+UseSerialGC");
    long start = System.nanoTime();
    AgentProcess agent = AgentProcess.start(builder);
    agents.add(agent);
    assertTrue(loom.await(simulated -> simulated.subscriptions().size() == 100, SOON), agent::err);
    long live = (System.nanoTime() - start) / 1_000_000;
    assertEquals(1, loom.hub().asksAtOnce());
    long rss = resident(agent);
    for (int i = 0; i < 10_000; i++) {
      publish(all.get(i % 100), "e" + i);
    }
    assertEquals(10_000, Set.copyOf(agent.awaitOut(10_000, SOON)).size());
    System.out.printf(
        "100 connections: live after %,d ms, RSS %d MB, %d MB after 10,000 events, %d threads%n",
        live, rss, resident(agent), threads(agent));
    assertTrue(resident(agent) < 220, () -> "RSS in MB: " + rss);
  }

  private static String content(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long resident(AgentProcess agent) throws IOException {
    return figure(agent, "VmRSS:") / 1024;
  }

  private static long threads(AgentProcess agent) throws IOException {
    return figure(agent, "Threads:");
  }

  private static long figure(AgentProcess agent, String name) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + agent.pid() + "/status")).stream()
        .filter(line -> line.startsWith(name))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .findFirst()
        .orElseThrow();
  }
}
