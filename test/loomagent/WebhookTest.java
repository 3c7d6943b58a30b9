package loomagent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The built jar hands Loom's events to a Rails app under puma that was made for Loom's webhooks.
 */
class WebhookTest {
  private static final Path RACKUP = Path.of("test", "rails", "webhook.ru").toAbsolutePath();
  private static final Duration SOON = Duration.ofSeconds(60); // Rails and Java start
  private static final String SECRET = "webhook-test-9f86d081884c7d65";
  private static final String LISTENING = "Listening on http://127\\.0\\.0\\.1:(\\d+)";

  @TempDir Path folder;

  @Test
  void aReceiverMadeForLoomTakesTheEventsUnchanged() throws IOException {
    assumeTrue(
        RailsServer.isInstalled(),
        "Rails is not installed: apt-get install ruby-actioncable ruby-railties puma");
    String event =
        "{\"id\":\"bd6b9b7f-5ea2-4015-a07a-000000000001\",\"name\":\"app.a\","
            + "\"subject\":\"Org/1\",\"version\":\"1.0\",\"payload\":{\"job\":\"Grüße 😀\"},"
            + "\"link\":\"https://mis.example/1\",\"unknown\":[{}]}";
    try (ChildProcess puma = puma();
        Simulator simulator = Simulator.start(Settings.defaults())) {
      Matcher listening = Pattern.compile(LISTENING).matcher(puma.awaitOut("Listening on", SOON));
      assertTrue(listening.find());
      String url = "http://127.0.0.1:" + listening.group(1) + "/zaikio/webhook/my_app";
      Path config = configuration(simulator, url);
      try (AgentProcess agent = AgentProcess.start(config)) {
        agent.awaitErr("Ready", SOON);
        simulator.publish(event);
        String job = puma.awaitOut("job for my_app, attempt 1", SOON);
        assertTrue(job.contains(", key bd6b9b7f-5ea2-4015-a07a-000000000001: {"), job);
        assertTrue(job.contains("\"name\":\"app.a\",\"subject\":\"Org/1\""), job);
        assertTrue(job.contains("\"payload\":{\"job\":\"Grüße 😀\"}"), job);
        Files.writeString(folder.resolve("secret"), "another\n"); // looked up for each event
        simulator.publish(event.replace("0001\"", "0002\""));
        puma.awaitOut("not signed right", SOON);
        agent.signal("TERM");
        assertEquals(0, agent.exitWithin(SOON), agent::err);
        assertTrue(agent.err().contains("mis: 2 delivered"), agent.err());
      }
    }
  }

  private ChildProcess puma() {
    ProcessBuilder builder =
        new ProcessBuilder(RailsServer.puma(0, RACKUP)).directory(folder.toFile());
    builder.environment().put("WEBHOOK_SECRET", SECRET);
    return new ChildProcess("puma", builder);
  }

  private Path configuration(Simulator simulator, String url) throws IOException {
    Files.writeString(folder.resolve("secret"), SECRET + "\n");
    return Files.writeString(
        folder.resolve("agent.properties"),
        """
        loom.url = %s
        token = %s
        events = app.a
        handler.mis.type = webhook
        handler.mis.url = %s
        handler.mis.secret = ${file:secret}
        """
            .formatted(simulator.url(), simulator.token(), url));
  }
}
