package loomagent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import loomagent.json.Json;
import loomagent.ops.Control;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built jar, asked and told things over its control socket. */
class OperatingTest {
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir Path folder;
  private Simulator simulator;
  private AgentProcess agent;
  private final List<String> said = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    simulator = Simulator.start(Settings.defaults());
    Files.write(
        file(),
        List.of(
            "loom.url = " + simulator.url(),
            "token = " + simulator.token(),
            "http.listen = 127.0.0.1:0",
            "events = app.a",
            "handler.log.format = line",
            "handler.no.type = exec",
            "handler.no.command = /bin/sh -c 'exit 65'"));
    agent = AgentProcess.start(file());
    agent.awaitErr("Ready", SOON);
  }

  @AfterEach
  void close() {
    if (agent != null) {
      agent.close();
    }
    simulator.close();
  }

  private Path file() {
    return folder.resolve("agent.properties");
  }

  private int ask(String... words) throws IOException {
    said.clear();
    OptionalInt exit =
        Control.ask(
            folder.resolve("data/agent.sock"),
            List.of(words),
            line -> said.add("out " + line),
            line -> said.add("err " + line));
    return exit.orElseThrow();
  }

  @Test
  void theSocketTakesCommandLinesAndIsItsOwnersAlone() throws IOException {
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(folder.resolve("data/agent.sock"))));
    simulator.publish("app.a", "{\"id\":\"1\",\"name\":\"app.a\",\"subject\":\"Org/1\"}");
    agent.awaitErr("gave up app.a 1", SOON);

    assertEquals(0, ask("events", "--last", "1", "--json"));
    assertEquals(List.of("out {\"id\":\"1\",\"name\":\"app.a\",\"subject\":\"Org/1\"}"), said);
    assertEquals(0, ask("dead"));
    assertTrue(said.get(0).contains(" no app.a 1 1 attempt: "), said.toString());
    assertEquals(69, ask("dead", "retry", "--handler", "no", "--id", "1"));
    assertTrue(said.contains("out 0 dead letters delivered, 1 still dead"), said.toString());
    assertEquals(0, ask("replay", "--handler", "log", "--id", "1"));
    assertEquals(List.of("out 1 event delivered to log"), said);
    assertEquals(64, ask("events", "--config", "/elsewhere"));
    assertEquals(64, ask("events", "--lost"));
    assertEquals(64, ask("nonsense"));

    assertEquals(0, ask("status", "--json"));
    Object status = Json.parse(said.get(0).substring(4));
    assertTrue(
        status.toString().contains("name=no, type=exec, state=open, paused=false"), said.get(0));
  }

  @Test
  void aCommandLineStaysInTheAgentsOwnFolderWhateverItsFileSaysByNow() throws IOException {
    simulator.publish("app.a", "{\"id\":\"1\",\"name\":\"app.a\",\"subject\":\"Org/1\"}");
    agent.awaitErr("gave up app.a 1", SOON);
    Files.writeString(file(), "\ndata.dir = elsewhere\n", StandardOpenOption.APPEND);
    assertEquals(0, ask("dead"));
    assertTrue(said.get(0).contains(" no app.a 1 1 attempt: "), said.toString());
    assertEquals(0, ask("replay", "--handler", "log", "--id", "1"));
    assertEquals(List.of("out 1 event delivered to log"), said);
    assertFalse(Files.exists(folder.resolve("elsewhere")), "it has no handler opened there");
    assertEquals(
        64, ask("replay", "retry", "1", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "*"));
    assertTrue(said.get(0).startsWith("err no handler retry is configured"), said.toString());
    assertEquals(0, ask("pause", "log"));
    agent.awaitErr("handler log is paused", SOON); // the log is where it was
  }

  @Test
  void aReloadSaysWhatCameOfIt() throws IOException {
    assertEquals(0, ask("reload"));
    assertEquals(List.of("out Reloaded: 2 handlers as before"), said);
    Files.writeString(
        file(), "\nhandler.log.format = yaml\nhandler.log.bogus = 1\n", StandardOpenOption.APPEND);
    assertEquals(78, ask("reload"));
    assertTrue(said.stream().allMatch(line -> line.startsWith("err ")), said.toString());
    assertTrue(said.get(said.size() - 1).contains("Not reloaded, what runs stays in force"));
    assertEquals(64, ask("reload", "twice"));
  }

  @Test
  void whoAsksWhileAnotherReloadIsUnderWayIsAnsweredByOneThatReadsTheFileAfterwards()
      throws Exception {
    String wait = "/bin/sh -c 'echo in hand; until [ -e go ]; do sleep 0.05; done'";
    Files.write(folder.resolve("password"), List.of("long-enough"));
    change(
        "handler.slow.type = exec", "handler.slow.directory = .", "handler.slow.command = " + wait);
    assertEquals(0, ask("reload"));
    simulator.publish("app.a", "{\"id\":\"1\",\"name\":\"app.a\"}");
    agent.awaitErr(": in hand", SOON);
    change("handler.slow.timeout = 60s", "http.password = ${file:password}");
    CompletableFuture<String> first = reload();
    agent.awaitErr("where http.password comes from", SOON); // so it has read the file
    change("handler.later.type = log");
    CompletableFuture<String> second = reload();
    assertEquals(0, ask("status"));
    Files.createFile(folder.resolve("go"));
    assertTrue(first.get(30, TimeUnit.SECONDS).startsWith("Reloaded: changed slow"));
    String answer = second.get(30, TimeUnit.SECONDS);
    assertEquals("Reloaded: added later, 3 handlers as before", answer);
  }

  private void change(String... lines) throws IOException {
    Files.write(file(), List.of(lines), StandardOpenOption.APPEND);
  }

  /** The first line of the answer. */
  private CompletableFuture<String> reload() {
    CompletableFuture<String> answer = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                OptionalInt unused =
                    Control.ask(
                        folder.resolve("data/agent.sock"),
                        List.of("reload"),
                        answer::complete,
                        answer::complete);
              } catch (IOException gone) {
                answer.completeExceptionally(gone);
              }
            });
    thread.setDaemon(true);
    thread.start();
    return answer;
  }

  @Test
  void theLevelIsChangedWhileItRuns() throws IOException {
    assertEquals(0, ask("level"));
    assertEquals(List.of("out log.level is info"), said);
    assertEquals(0, ask("level", "debug"));
    simulator.publish("app.a", "{\"id\":\"1\",\"name\":\"app.a\",\"subject\":\"Org/1\"}");
    agent.awaitErr(line -> line.contains(" DEBUG ") && line.contains("handler no"), SOON);
    assertEquals(64, ask("level", "loud"));
    assertEquals(0, ask("level", "error"));
    assertEquals(0, ask("pause", "log"));
    assertFalse(agent.err().contains("handler log is paused"), "it is no error");
  }

  @Test
  void thePageTellsAndChangesSomethingOnlyWithATokenOfTheSocket() throws Exception {
    assertEquals(0, ask("page"));
    URI page = URI.create(said.get(0).substring(4));
    assertTrue(agent.err().contains("The status page is at " + page.resolve("/")), agent.err());
    assertEquals(200, get(page.resolve("/healthz")).statusCode());
    assertEquals("{\"ready\":true}", get(page.resolve("/readyz")).body().strip());
    String metrics = get(page.resolve("/metrics")).body();
    assertTrue(metrics.contains("\nloom_agent_connected{connection=\"default\"} 1\n"), metrics);
    HttpRequest pause =
        HttpRequest.newBuilder(page.resolve("/command"))
            .header("X-Loom-Token", page.getFragment())
            .POST(HttpRequest.BodyPublishers.ofString("{\"words\":[\"pause\",\"log\"]}"))
            .build();
    assertEquals(200, send(pause).statusCode());
    HttpResponse<String> ready = get(page.resolve("/readyz"));
    assertEquals(503, ready.statusCode());
    assertTrue(ready.body().contains("\"subject\":\"handler log\""), ready.body());
    assertEquals(200, get(page.resolve("/healthz")).statusCode());
    HttpRequest without =
        HttpRequest.newBuilder(page.resolve("/command"))
            .POST(pause.bodyPublisher().orElseThrow())
            .build();
    assertTrue(send(without).statusCode() >= 400);
  }

  @Test
  void manyWhoLookAtOnceAtTheLargestEventsCostNoMoreMemoryThanOne() throws Exception {
    agent.close();
    ProcessBuilder small = AgentProcess.builder(folder, "--config", file().toString());
    small
        .environment()
        .put("JDK_JAVA_OPTIONS", "-XX:+UseSerialGC -Xmx64m -XX:+ExitOnOutOfMemoryError");
    agent = AgentProcess.start(small);
    agent.awaitErr("Ready", SOON);
    String payload = "x".repeat(700_000);
    for (int i = 1; i <= 20; i++) {
      simulator.publish(
          "app.a", "{\"id\":\"%d\",\"name\":\"app.a\",\"payload\":\"%s\"}".formatted(i, payload));
      agent.awaitErr("gave up app.a " + i + " ", SOON);
    }
    assertEquals(0, ask("page"));
    URI json = URI.create(said.get(0).substring(4)).resolve("/status.json");
    HttpRequest request = HttpRequest.newBuilder(json).build();
    HttpClient client = HttpClient.newHttpClient();
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      answers.add(client.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
    }
    for (CompletableFuture<HttpResponse<String>> answer : answers) {
      String body = answer.get(30, TimeUnit.SECONDS).body();
      assertTrue(body.contains("\"latest\":[{\"id\":\"20\""), body);
    }
  }

  private static HttpResponse<String> get(URI uri) throws Exception {
    return send(HttpRequest.newBuilder(uri).build());
  }

  private static HttpResponse<String> send(HttpRequest request) throws Exception {
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
  }
}
