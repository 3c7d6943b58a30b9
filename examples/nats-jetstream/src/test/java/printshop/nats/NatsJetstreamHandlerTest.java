package printshop.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nats.client.Connection;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.api.MessageInfo;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import loomagent.Event;
import loomagent.Undeliverable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real nats-server. */
class NatsJetstreamHandlerTest {
  @TempDir Path folder;
  private final List<NatsJetstreamHandler> handlers = new ArrayList<>();
  private NatsServer server;

  @BeforeEach
  void start() throws Exception {
    assumeTrue(NatsServer.installed().isPresent(), "No nats-server: apt-get install nats-server");
    server = NatsServer.start(folder);
  }

  @AfterEach
  void stop() throws InterruptedException {
    for (NatsJetstreamHandler handler : handlers) {
      handler.close();
    }
    if (server != null) {
      server.close();
    }
  }

  private NatsJetstreamHandler open(String... settings) throws Exception {
    Map<String, String> all = new HashMap<>(Map.of("servers", server.url()));
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    NatsJetstreamHandler handler = new NatsJetstreamHandler();
    handlers.add(handler);
    handler.open(new Context(all));
    return handler;
  }

  private static Event event(int number) {
    return Event.parse(
        "{\"id\":\"id-" + number + "\",\"name\":\"app.added\", \"payload\":{\"text\":\"é😀\"}}");
  }

  private static List<Event> events(int from, int to) {
    return IntStream.range(from, to).mapToObj(NatsJetstreamHandlerTest::event).toList();
  }

  /** The ids in the stream, in its order. */
  private List<String> ids() throws Exception {
    try (Connection connection = Nats.connect(server.url())) {
      JetStreamManagement streams = connection.jetStreamManagement();
      List<String> ids = new ArrayList<>();
      long last = streams.getStreamInfo("LOOM").getStreamState().getLastSequence();
      for (long sequence = 1; sequence <= last; sequence++) {
        ids.add(streams.getMessage("LOOM", sequence).getHeaders().getFirst("Nats-Msg-Id"));
      }
      return ids;
    }
  }

  private static List<String> ids(List<Event> events) {
    return events.stream().map(Event::id).toList();
  }

  @Test
  void anEventIsInTheStreamAsItCame() throws Exception {
    open("subject", "shop.{connection}.{name}", "duplicates", "5m", "keep", "1d").handle(event(1));
    try (Connection connection = Nats.connect(server.url())) {
      JetStreamManagement streams = connection.jetStreamManagement();
      MessageInfo message = streams.getMessage("LOOM", 1);
      assertEquals("shop.default.app.added", message.getSubject());
      assertEquals(event(1).json(), new String(message.getData(), UTF_8));
      StreamConfiguration made = streams.getStreamInfo("LOOM").getConfiguration();
      assertEquals(List.of("shop.*.>"), made.getSubjects());
      assertEquals(Duration.ofMinutes(5), made.getDuplicateWindow());
      assertEquals(Duration.ofDays(1), made.getMaxAge());
      assertEquals(StorageType.File, made.getStorageType());
    }
  }

  @Test
  void whatComesTwiceIsThereOnce() throws Exception {
    NatsJetstreamHandler handler = open();
    handler.handle(event(1));
    handler.handle(event(1).at(2, false));
    handler.handle(events(0, 200)); // 1 among them
    handler.handle(events(100, 256));
    List<String> ids = ids();
    assertEquals("id-1", ids.get(0));
    assertEquals(256, ids.size());
    assertEquals(Set.copyOf(ids(events(0, 256))), new HashSet<>(ids));
    List<String> rest = new ArrayList<>(ids(events(0, 256)));
    rest.remove("id-1");
    assertEquals(rest, ids.subList(1, 256), "in order");
  }

  @Test
  void severalAgentsFeedOneStream() throws Exception {
    List<CompletableFuture<Void>> agents = new ArrayList<>();
    for (int agent = 0; agent < 3; agent++) {
      agents.add(CompletableFuture.runAsync(this::feed));
    }
    for (CompletableFuture<Void> agent : agents) {
      agent.get(60, TimeUnit.SECONDS);
    }
    assertEquals(400, ids().size());
    assertEquals(Set.copyOf(ids(events(0, 400))), new HashSet<>(ids()));
  }

  private void feed() {
    try {
      NatsJetstreamHandler handler = new NatsJetstreamHandler();
      handler.open(new Context(Map.of("servers", server.url()))); // all three make the stream
      for (int i = 0; i < 400; i += 100) {
        handler.handle(events(i, i + 100));
      }
      handler.close();
    } catch (Exception failure) {
      throw new IllegalStateException(failure);
    }
  }

  @Test
  void aServerThatIsKilledIsFoundAgainAndNothingIsLostOrDoubled() throws Exception {
    NatsJetstreamHandler handler = open();
    handler.handle(events(0, 10));
    server.kill();
    IOException down = assertThrows(IOException.class, () -> handler.handle(event(10)));
    assertTrue(down.getMessage().length() > 10, down.getMessage());
    server.start();
    int failures = 0;
    for (int next = 10; next < 20; ) { // as the agent does: again, until it is taken
      try {
        handler.handle(event(next));
        next++;
      } catch (IOException notYet) {
        assertTrue(++failures < 1_000, notYet.getMessage());
        TimeUnit.MILLISECONDS.sleep(20); // the agent's retry.first
      }
    }
    assertEquals(ids(events(0, 20)), ids());
  }

  @Test
  void aServerThatIsDownAtFirstIsAnotherTry() throws Exception {
    server.kill();
    assertThrows(IOException.class, this::open);
  }

  @Test
  void whatTheServerWouldNeverTakeIsPutAside() throws Exception {
    NatsJetstreamHandler handler = open();
    String large = "{\"id\":\"1\",\"x\":\"" + "x".repeat(1 << 20) + "\"}";
    for (String never : List.of(large, "{\"id\":\"a\\r\\nNats-Rollup: all\"}")) {
      assertThrows(Undeliverable.class, () -> handler.handle(Event.parse(never)));
    }
    handler.handle(event(1));
    assertEquals(List.of("id-1"), ids());
  }

  @Test
  void aStreamThatDoesNotFitIsRefusedWithWhatToDo() throws Exception {
    open("duplicates", "2m");
    String subjects = refusal("duplicates", "2m", "subject", "shop.{name}");
    assertEquals(
        "the stream LOOM takes [loom.>], not shop.>. Set subject or stream, or change it there",
        subjects);
    String window = refusal("duplicates", "1h");
    assertEquals(
        "the stream LOOM knows duplicates for 120s only. Set duplicates, or change it there",
        window);
    open("duplicates", "1m");
  }

  private String refusal(String... settings) {
    return assertThrows(IllegalArgumentException.class, () -> open(settings)).getMessage();
  }
}
