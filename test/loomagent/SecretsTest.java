package loomagent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import loomagent.config.Configuration;
import loomagent.config.ConfigurationException;
import loomagent.config.Source;
import loomagent.plugin.JarMaker;
import loomagent.simulator.Faults;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No secret leaves the agent, whatever it is told to log and whatever goes wrong. */
class SecretsTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final String RIGHT = "secret-right-b14a7b8059d9c055";
  private static final String WRONG = "secret-wrong-954fa6bd81b8ddff";
  private static final String LITERAL = "secret-literal-4cc8a55a";
  private static final String VARIABLE = "secret-variable-c3b8a1e2";
  private static final List<String> ALL = List.of(RIGHT, WRONG, LITERAL, VARIABLE);

  /** Tells all it knows, in every way that a handler has. */
  private static final String GOSSIP =
      """
      private HandlerContext context;
      public void open(HandlerContext context) {
        this.context = context;
        context.logger().log(System.Logger.Level.INFO, "opened with {0}", secrets());
        System.out.println("stdout " + secrets());
        System.err.println("stderr " + secrets());
      }
      public void handle(Event event) throws Exception {
        throw new Exception(secrets(), new Exception("because of " + secrets()));
      }
      private String secrets() {
        return context.settings().get("password") + " and " + context.settings().get("api-token");
      }
      """;

  @TempDir Path folder;
  private Simulator simulator;

  @BeforeEach
  void start() throws IOException {
    simulator = Simulator.start(Settings.defaults().withTokens(Set.of(RIGHT)));
  }

  @AfterEach
  void stop() {
    simulator.close();
  }

  @Test
  void aRunInWhichEverythingGoesWrongShowsNone() throws IOException {
    gossip();
    token(WRONG);
    simulator.next(Faults.refuse(401), Faults.refuse(401));
    try (AgentProcess agent = agent("run")) {
      agent.awaitErr("the server refused the token (401)", SOON);
      agent.awaitErr("the server refused the token: unauthorized", SOON);
      token(RIGHT);
      agent.awaitErr("Ready", SOON);
      simulator.publish("{\"id\":\"1\",\"name\":\"app.a\"}");
      agent.awaitErr("did not take", SOON);
      Files.delete(folder.resolve("token"));
      simulator.drop();
      agent.awaitErr("there is no such file", SOON);
      token(RIGHT);
      agent.awaitErr("Ready again", SOON);
      agent.signal("TERM");
      assertEquals(0, agent.exitWithin(SOON), agent::err);
      assertTrue(agent.err().contains("because of *** and ***"), agent.err());
      assertTrue(agent.err().contains("Bearer ***"), "HttpClient logs no header any more");
      assertSilent(agent);
    }
  }

  @Test
  void aCheckShowsNone() throws IOException {
    gossip();
    token(RIGHT);
    try (AgentProcess agent = agent("check")) {
      assertEquals(0, agent.exitWithin(SOON), () -> agent.out() + agent.err());
      assertSilent(agent);
    }
    token(WRONG);
    try (AgentProcess agent = agent("check")) {
      assertEquals(77, agent.exitWithin(SOON), () -> agent.out() + agent.err());
      assertSilent(agent);
    }
  }

  @Test
  void listingAndExplainingShowNone() throws IOException {
    gossip();
    token(RIGHT);
    Files.writeString(folder.resolve("event.json"), "{\"id\":\"1\",\"name\":\"app.a\"}");
    try (AgentProcess handlers = agent("handlers");
        AgentProcess explain = agent("explain", "--file", "event.json")) {
      assertEquals(0, handlers.exitWithin(SOON), handlers::err);
      assertEquals(0, explain.exitWithin(SOON), explain::err);
      assertTrue(handlers.out().contains("gossip"), handlers.out());
      assertTrue(explain.out().contains("gossip"), explain.out());
      assertSilent(handlers);
      assertSilent(explain);
    }
  }

  @Test
  void noMistakeInAConfigurationIsToldWithTheSecretInIt() throws IOException {
    for (String line :
        List.of(
            "token = Bearer " + LITERAL,
            "token = " + LITERAL + " " + LITERAL,
            "token = " + LITERAL + "\ntoken = " + LITERAL,
            "token = ${" + LITERAL + "}",
            "token = ${env:UNSET}" + LITERAL,
            "token = ${" + LITERAL,
            "token = ${env:VARIABLE} x",
            "tokn = " + LITERAL,
            "handler.log.password = ${file:none}" + LITERAL,
            "handler.log.password = ${" + LITERAL + "}")) {
      Path file =
          Files.writeString(folder.resolve("wrong.properties"), "events = app.a\n" + line + "\n");
      Source source = new Source(Optional.of(file), file, List.of(), Map.of("VARIABLE", VARIABLE));
      ConfigurationException wrong =
          assertThrows(ConfigurationException.class, () -> Configuration.load(source), line);
      assertTellsNone(wrong.getMessage() + wrong.problems() + wrong);
    }
  }

  private void gossip() throws IOException {
    new JarMaker(folder.resolve("made"))
        .handler("acme.GossipHandler", GOSSIP)
        .write(folder.resolve("handlers/gossip.jar"));
  }

  private void token(String token) throws IOException {
    Path next = Files.writeString(folder.resolve("token.next"), token + "\n");
    Files.move(next, folder.resolve("token"), StandardCopyOption.REPLACE_EXISTING);
  }

  /** With all that the agent and the JDK can be made to log. */
  private AgentProcess agent(String... words) throws IOException {
    Files.writeString(
        folder.resolve("agent.properties"),
        """
        loom.url = %s
        token = ${file:token}
        events = app.a
        log.level = trace
        reconnect.first = 10ms
        reconnect.longest = 100ms
        handler.gossip.password = %s
        handler.gossip.api-token = ${env:VARIABLE}
        """
            .formatted(simulator.url(), LITERAL));
    ProcessBuilder builder = AgentProcess.builder(folder, words);
    builder.environment().put("VARIABLE", VARIABLE);
    builder
        .environment()
        .put(
            "JDK_JAVA_OPTIONS",
            "-Djdk.httpclient.HttpClient.log=all -Djdk.internal.httpclient.debug=true"
                + " -Djdk.internal.httpclient.websocket.debug=true");
    return AgentProcess.start(builder);
  }

  private void assertSilent(AgentProcess agent) throws IOException {
    assertTellsNone(agent.out());
    assertTellsNone(agent.err());
    Path data = folder.resolve("data");
    if (Files.exists(data)) {
      try (Stream<Path> files = Files.walk(data)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          assertTellsNone(Files.readString(file, StandardCharsets.ISO_8859_1));
        }
      }
    }
  }

  private static void assertTellsNone(String text) {
    for (String secret : ALL) {
      int at = text.indexOf(secret);
      assertFalse(at >= 0, () -> "…" + text.substring(Math.max(0, at - 300), at + secret.length()));
    }
  }
}
