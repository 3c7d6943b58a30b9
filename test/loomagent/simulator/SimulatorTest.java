package loomagent.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class SimulatorTest {
  private static final Duration SOON = Duration.ofSeconds(5);

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("simulator-"))
        .toList();
  }

  /** A pool has ended a moment before its threads have. */
  private static void assertNoThreads() throws InterruptedException {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().startsWith("simulator-")) {
        thread.join(500);
      }
    }
    assertEquals(List.of(), threads());
  }

  @Test
  void closeLeavesNoThreadAndNoConnection() throws Exception {
    Settings settings = Settings.defaults().withEvents(1, Events.madeUp());
    Simulator simulator = Simulator.start(settings);
    simulator.next(Script.RAILS, Script.RAILS, Faults.neverAnswer());
    try (Client live = Client.live(simulator);
        Client dumb = Client.live(simulator);
        Client unanswered = new Client(simulator);
        Client halfway = new Client(simulator)) {
      unanswered.raw(Client.upgrade(simulator, "").getBytes(UTF_8));
      halfway.raw("GET".getBytes(UTF_8));
      simulator.peers().get(0).silence();
      assertTrue(simulator.await(s -> s.dials() == 3 && s.connections() == 4, SOON));
      assertTrue(simulator.await(s -> threads().size() == 11, SOON), () -> threads().toString());
      long start = System.nanoTime();
      simulator.close();
      assertNoThreads();
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      assertTrue(took.toMillis() < 2_000, took::toString);
      assertEquals(0, simulator.connections());
      assertThrows(IOException.class, () -> drain(live));
      assertThrows(IOException.class, () -> drain(dumb));
    }
    assertThrows(IOException.class, () -> new Client(simulator));
    simulator.close();
  }

  private static void drain(Client client) throws IOException {
    long end = System.nanoTime() + SOON.toNanos();
    while (System.nanoTime() < end) {
      client.next();
    }
  }

  @Test
  void aThousandConnectionsLeaveNothingBehind() throws Exception {
    try (Simulator simulator = Simulator.start(Settings.defaults())) {
      for (int i = 0; i < 1_000; i++) {
        Client.live(simulator).close();
      }
      assertTrue(simulator.await(s -> s.connections() == 0, SOON));
      assertEquals(1_000, simulator.dials());
      assertEquals(List.of(), simulator.subscriptions());
      assertTrue(simulator.requests().size() <= 1_000);
    }
    assertNoThreads();
  }

  @Test
  void aPortThatIsTakenIsSaidAndOneThatWasClosedIsFree() throws Exception {
    Simulator first = Simulator.start(Settings.defaults());
    Settings same = Settings.defaults().withPort(first.url().getPort());
    IOException e = assertThrows(IOException.class, () -> Simulator.start(same));
    assertTrue(e.getMessage().startsWith("127.0.0.1:" + same.port() + ": "), e.getMessage());
    try (Client client = Client.live(first)) {
      first.close();
      try (Simulator second = Simulator.start(same)) {
        assertEquals(first.url(), second.url());
      }
      assertThrows(IOException.class, () -> drain(client));
    }
  }

  @Test
  void tokensAreMadeUpAfreshUnlessSet() throws Exception {
    try (Simulator one = Simulator.start(Settings.defaults());
        Simulator two = Simulator.start(Settings.defaults());
        Simulator set = Simulator.start(Settings.defaults().withTokens(Set.of("mine")))) {
      assertNotEquals(one.token(), two.token());
      assertEquals("mine", set.token());
      Client.live(set).close();
    }
  }

  @Test
  void awaitGivesUpAtItsLimit() throws Exception {
    try (Simulator simulator = Simulator.start(Settings.defaults())) {
      assertFalse(simulator.await(s -> s.dials() == 1, Duration.ofMillis(50)));
    }
  }

  @Test
  void aClientThatDoesNotReadIsDroppedAndTheOthersMissNothing() throws Exception {
    Queue<String> log = new ConcurrentLinkedQueue<>();
    Settings settings = Settings.defaults().withPatience(Duration.ofMillis(500)).withLog(log::add);
    try (Simulator simulator = Simulator.start(settings);
        Client stuck = Client.live(simulator)) {
      Reader reader = new Reader(20_000);
      WebSocket socket = reader.connect(simulator);
      publish(simulator, 20_000);
      assertTrue(reader.done.await(10, TimeUnit.SECONDS));
      assertEquals("", reader.wrong);
      assertEquals(1, simulator.connections());
      assertTrue(
          log.stream().anyMatch(line -> line.endsWith("is dropped: too_slow")), log::toString);
      assertThrows(IOException.class, () -> drain(stuck));
      socket.abort();
    }
  }

  @Test
  void thePublisherWaitsForAClientThatComesLate() throws Exception {
    try (Simulator simulator =
            Simulator.start(Settings.defaults().withPatience(Duration.ofSeconds(5)));
        Client client = Client.live(simulator)) {
      Thread publisher = new Thread(() -> publish(simulator, 10_000));
      publisher.start();
      // Not a byte is read until the queue and every buffer on the way are full.
      assertTrue(simulator.await(s -> publisher.getState() == Thread.State.TIMED_WAITING, SOON));
      for (int i = 0; i < 10_000; i++) {
        String text = client.nextButPings().text();
        assertTrue(text.contains("\"i\":" + i + ","), text);
      }
      publisher.join();
    }
  }

  @Test
  void eventsFlatOutArriveInOrder() throws Exception {
    int count = 200_000;
    for (int remembered : new int[] {0, 100_000, 0, 100_000}) {
      Settings.Pull pull = Settings.defaults().pull().withRemembered(remembered);
      try (Simulator simulator = Simulator.start(Settings.defaults().withPull(pull))) {
        Reader reader = new Reader(count);
        WebSocket socket = reader.connect(simulator);
        long start = System.nanoTime();
        publish(simulator, count);
        assertTrue(reader.done.await(15, TimeUnit.SECONDS));
        double seconds = (System.nanoTime() - start) / 1e9;
        assertEquals("", reader.wrong);
        String figures = "simulator: %,.0f events a second, %,d remembered%n";
        System.out.printf(figures, count / seconds, remembered);
        socket.abort();
      }
    }
  }

  private static void publish(Simulator simulator, int count) {
    String filler = "x".repeat(560);
    for (int i = 0; i < count; i++) {
      simulator.publish("{\"name\":\"a.b\",\"i\":" + i + ",\"filler\":\"" + filler + "\"}");
    }
  }

  /** Counts events on the JDK's client, and looks that none is missing or out of its turn. */
  private static final class Reader implements WebSocket.Listener {
    final CountDownLatch done = new CountDownLatch(1);
    volatile String wrong = "";
    private final CountDownLatch confirmed = new CountDownLatch(1);
    private final int count;
    private final List<CharSequence> parts = new ArrayList<>(); // one listener call at a time
    private int seen; // one listener call at a time

    Reader(int count) {
      this.count = count;
    }

    WebSocket connect(Simulator simulator) throws InterruptedException {
      WebSocket socket =
          HttpClient.newBuilder()
              .executor(Runnable::run)
              .build()
              .newWebSocketBuilder()
              .header("Authorization", "Bearer " + simulator.token())
              .buildAsync(simulator.url(), this)
              .join();
      socket.sendText(Client.SUBSCRIBE, true).join();
      assertTrue(confirmed.await(5, TimeUnit.SECONDS));
      return socket;
    }

    @Override
    public void onOpen(WebSocket socket) {
      socket.request(256);
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      socket.request(1);
      parts.add(data);
      if (last) {
        message(parts.size() == 1 ? data.toString() : String.join("", parts));
        parts.clear();
      }
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      fail(error.toString());
    }

    private void message(String text) {
      if (text.contains("confirm_subscription")) {
        confirmed.countDown();
      }
      if (text.startsWith("{\"identifier\"") && text.contains(",\"message\":{")) {
        if (!text.regionMatches(text.indexOf("\"i\":") + 4, seen + ",", 0, (seen + ",").length())) {
          fail("after " + seen + " came " + text);
        }
        if (++seen == count) {
          done.countDown();
        }
      }
    }

    private void fail(String reason) {
      wrong = wrong.isEmpty() ? reason : wrong;
      done.countDown();
    }
  }
}
