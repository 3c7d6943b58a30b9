package loomagent.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import loomagent.json.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EventsTest {
  @TempDir Path folder;

  @Test
  void madeUpEventsHaveTheShapeOfTheSample() {
    Events events = Events.madeUp();
    Set<Object> ids = new HashSet<>();
    Set<Object> names = new HashSet<>();
    for (int i = 0; i < 10; i++) {
      Map<?, ?> event = (Map<?, ?>) Json.parse(events.next(Set.of("a.b", "c.d")).orElseThrow());
      assertEquals(
          Set.of("id", "timestamp", "name", "version", "payload", "link", "received_at", "subject"),
          event.keySet());
      UUID.fromString((String) event.get("id"));
      ids.add(event.get("id"));
      names.add(event.get("name"));
      Map<?, ?> payload = (Map<?, ?>) event.get("payload");
      assertTrue(((String) event.get("link")).endsWith("/api/v1/jobs/" + payload.get("job_id")));
      Instant.parse((String) event.get("timestamp"));
      Instant.parse((String) event.get("received_at"));
    }
    assertEquals(10, ids.size());
    assertEquals(Set.of("a.b", "c.d"), names);
  }

  @Test
  void madeUpEventsFlowAtTheirRateWhileSomebodyIsSubscribed() throws Exception {
    Settings settings = Settings.defaults().withEvents(200, Events.madeUp());
    try (Simulator simulator = Simulator.start(settings);
        Client client = Client.live(simulator)) {
      long start = System.nanoTime();
      Set<Object> names = new HashSet<>();
      for (int i = 0; i < 60; i++) {
        Map<?, ?> envelope = (Map<?, ?>) Json.parse(client.nextButPings().text());
        names.add(((Map<?, ?>) envelope.get("message")).get("name"));
      }
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      assertEquals(Set.of("a.b", "c.d"), names);
      assertTrue(took.toMillis() >= 200, () -> "60 events at 200 a second took only " + took);
    }
  }

  @Test
  void madeUpEventsGoOnWhenTheLastSubscriberHasLeftAndCanBePulled() throws Exception {
    Settings settings = Settings.defaults().withEvents(1_000, Events.madeUp());
    try (Simulator simulator = Simulator.start(settings)) {
      assertEquals(0, remembered(simulator));
      try (Client client = Client.live(simulator)) {
        client.nextButPings();
      }
      assertTrue(simulator.await(s -> s.subscriptions().isEmpty(), Duration.ofSeconds(5)));
      long left = remembered(simulator);
      assertTrue(
          simulator.await(s -> remembered(s) >= left + 50, Duration.ofSeconds(5)),
          () -> left + " events, then " + remembered(simulator));
    }
  }

  private static long remembered(Simulator simulator) {
    return simulator.published().page(Optional.of("a.b"), Instant.MIN, Instant.MAX, 1, 1).total();
  }

  @Test
  void eventsOfAFileWaitForASubscriber() throws Exception {
    Path file = folder.resolve("events.ndjson");
    Files.writeString(file, "{\"name\":\"a.b\"}\n".repeat(100));
    assertFalse(Events.fromFile(file).goesOn());
    assertTrue(Events.madeUp().goesOn());
  }

  @Test
  void aFileIsSentInOrderOnceAndFilledIn() throws Exception {
    Path file = folder.resolve("events.ndjson");
    Files.writeString(
        file,
        "{\"name\":\"a.b\",\"id\":\"1\",\"n\":1.0}\n\n{\"name\":\"x.y\"}\n{\"name\":\"c.d\"}\n");
    CountDownLatch sent = new CountDownLatch(1);
    Settings settings =
        Settings.defaults()
            .withEvents(1_000, Events.fromFile(file))
            .withLog(line -> countWhenSent(line, sent));
    try (Simulator simulator = Simulator.start(settings);
        Client client = Client.live(simulator)) {
      String first = client.nextButPings().text();
      assertTrue(first.contains("\"name\":\"a.b\",\"id\":\"1\",\"n\":1.0}"), first);
      assertTrue(first.contains("\"timestamp\":\"20"), first);
      String second = client.nextButPings().text();
      assertTrue(second.contains("\"name\":\"c.d\"") && second.contains("\"id\":\""), second);
      assertTrue(sent.await(5, TimeUnit.SECONDS));
      simulator.publish("a.b", "\"last\"");
      client.expect(Faults.envelope(Client.IDENTIFIER, "\"last\""));
    }
  }

  private static void countWhenSent(String line, CountDownLatch sent) {
    if (line.equals("all events are sent")) {
      sent.countDown();
    }
  }

  @Test
  void theFirstBadLineOfAFileIsNamed() throws IOException {
    Path file = folder.resolve("bad.ndjson");
    for (String bad : new String[] {"{\"name\":\"a.b\"", "[]", "{}"}) {
      Files.writeString(file, "{\"name\":\"a.b\"}\n\n" + bad + "\n");
      String message =
          assertThrows(IllegalArgumentException.class, () -> Events.fromFile(file)).getMessage();
      assertTrue(message.startsWith(file + ":3: The event "), message);
    }
  }

  @Test
  void aFileThatIsNoTextOrNotThereIsSaid() throws IOException {
    Path file = folder.resolve("latin1.ndjson");
    Files.write(file, new byte[] {'"', (byte) 0xe4, '"'});
    IOException e = assertThrows(IOException.class, () -> Events.fromFile(file));
    assertTrue(e.getMessage().endsWith("latin1.ndjson is not UTF-8. Convert it."), e.getMessage());
    assertThrows(IOException.class, () -> Events.fromFile(folder.resolve("absent")));
  }

  @Test
  void settingsThatCannotBeAreRefused() {
    Settings defaults = Settings.defaults();
    assertThrows(IllegalArgumentException.class, () -> defaults.withPort(65_536));
    assertThrows(IllegalArgumentException.class, () -> defaults.withTokens(Set.of("two words")));
    assertThrows(IllegalArgumentException.class, () -> defaults.withTokens(Set.of("")));
    assertThrows(IllegalArgumentException.class, () -> defaults.withPingEvery(Duration.ZERO));
    assertThrows(IllegalArgumentException.class, () -> defaults.withPatience(Duration.ZERO));
    assertThrows(
        IllegalArgumentException.class, () -> defaults.withEvents(Double.NaN, Events.madeUp()));
    assertThrows(IllegalArgumentException.class, () -> defaults.withEvents(-1, Events.madeUp()));
  }
}
