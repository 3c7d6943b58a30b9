package loomagent.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URLDecoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class PullTest extends Puller {
  private static final Duration SOON = Duration.ofSeconds(5);

  @Test
  void whatNobodyHeardIsGivenOutToTheLetter() throws Exception {
    String first = event("a.b", 1, NOON);
    String second = event("a.b", 2, NOON).replace(",", " ,\n\t");
    assertEquals(0, simulator.publish(first));
    assertEquals(0, simulator.publish(second));
    HttpResponse<String> answer = get("");
    assertEquals("[" + first + "," + second + "]", answer.body());
    assertEquals("2", answer.headers().firstValue("Total-Count").orElse(""));
    assertEquals(Optional.empty(), answer.headers().firstValue("Link"));
  }

  @Test
  void whatASubscriberHeardIsGivenOutToo() throws Exception {
    String event = event("a.b", 1, NOON);
    try (Client client = Client.live(simulator)) {
      assertEquals(1, simulator.publish(event));
      client.expect(Faults.envelope(Client.IDENTIFIER, event));
    }
    assertEquals(List.of("1"), ids(get("")));
  }

  @Test
  void namesAndTimesAreFilteredPlainOrEncodedAndBothEndsCount() throws Exception {
    for (int second = 0; second < 6; second++) {
      String name = second % 2 == 0 ? "a.b" : "c.d";
      simulator.publish(event(name, second, "2026-03-01T12:00:0" + second + ".000500Z"));
    }
    String from = filter("from", "2026-03-01T12:00:01.0005Z");
    String to = filter("to", "2026-03-01T14:00:04.0005+02:00");
    assertEquals(List.of("0", "2", "4"), ids(get("?" + filter("name", "a.b"))));
    assertEquals(List.of("1", "2", "3", "4"), ids(get("?" + from + "&" + to)));
    assertEquals(List.of("2", "4"), ids(get("?" + from + "&" + to + "&" + filter("name", "a.b"))));
    assertEquals(
        List.of("2", "3", "4", "5"),
        ids(get("?" + filter("from", NOON.replace("00Z", "01.001Z")))));
    assertEquals(List.of(), ids(get("?" + filter("name", "x.y"))));
    try (Client client = new Client(simulator)) {
      String login = simulator.app() + ":" + simulator.eventPassword();
      String head =
          client.request(
              "GET /api/v1/events?filter[name]=a.b&filter[from]=2026-03-01T12:00:03Z HTTP/1.1\r\n"
                  + "authorization: bAsIc "
                  + base64(login)
                  + "\r\nHost: localhost\r\n\r\n");
      assertTrue(head.startsWith("HTTP/1.1 200 "), head);
      assertEquals("[" + event("a.b", 4, "2026-03-01T12:00:04.000500Z") + "]", client.rest());
    }
  }

  @Test
  void whatDoesNotSayWhenItWasReceivedWasWhenItArrived() throws Exception {
    Instant before = Instant.now().minusMillis(1);
    simulator.publish("a.b", "{\"id\":1}");
    simulator.publish("a.b", "{\"id\":\"2\",\"received_at\":\"yesterday\"}");
    String after = filter("to", Instant.now().toString());
    assertEquals(List.of(1L, "2"), ids(get("?" + filter("from", before.toString()) + "&" + after)));
    assertEquals(List.of(), ids(get("?" + filter("to", before.toString()))));
  }

  @Test
  void whatIsNoEventIsNotGivenOut() throws Exception {
    for (String text :
        new String[] {"", "7", "[]", "{}", "{\"id\":null}", "{\"id\":\"1\"", "\ud800"}) {
      simulator.publish("a.b", text);
    }
    simulator.publish("a.b", "{\"id\":\"1\"}");
    assertEquals("[{\"id\":\"1\"}]", get("").body());
  }

  @Test
  void pagesOfAHundredAreLinked() throws Exception {
    IntStream.range(0, 250).forEach(id -> simulator.publish(event("a.b", id, NOON)));
    String query = "?" + filter("name", "a.b") + "&" + filter("from", NOON);
    HttpResponse<String> first = get(query);
    assertEquals(100, events(first).size());
    assertEquals("250", first.headers().firstValue("Total-Count").orElse(""));
    assertEquals(List.of("next", "last"), List.copyOf(links(first).keySet()));
    HttpResponse<String> second = ask(simulator, links(first).get("next"));
    assertEquals("100", ids(second).get(0));
    assertEquals(List.of("first", "prev", "next", "last"), List.copyOf(links(second).keySet()));
    assertEquals(first.body(), ask(simulator, links(second).get("prev")).body());
    HttpResponse<String> last = ask(simulator, links(second).get("next"));
    assertEquals(last.uri().toString(), links(first).get("last"));
    assertEquals(50, events(last).size());
    assertEquals(List.of("first", "prev"), List.copyOf(links(last).keySet()));
    String decoded = URLDecoder.decode(links(last).get("prev"), StandardCharsets.UTF_8);
    assertEquals(
        simulator.api() + "/api/v1/events?filter[from]=" + NOON + "&filter[name]=a.b&page=2",
        decoded);
    HttpResponse<String> beyond = get(query + "&page=999999999");
    assertEquals(List.of(), events(beyond));
    assertEquals("250", beyond.headers().firstValue("Total-Count").orElse(""));
    assertEquals(List.of("first", "prev"), List.copyOf(links(beyond).keySet()));
  }

  @Test
  void whatFillsItsPagesHasNoEmptyOneBehind() throws Exception {
    IntStream.range(0, 200).forEach(id -> simulator.publish(event("a.b", id, NOON)));
    assertEquals(List.of("first", "prev"), List.copyOf(links(get("?page=2")).keySet()));
    assertEquals(200, new HashSet<>(allIds(simulator, "")).size());
  }

  @Test
  void linksLeadToTheHostThatWasAsked() throws Exception {
    IntStream.range(0, 101).forEach(id -> simulator.publish(event("a.b", id, NOON)));
    String host = "http://localhost:" + simulator.api().getPort();
    HttpResponse<String> answer = ask(simulator, host + "/api/v1/events");
    assertEquals(host + "/api/v1/events?page=2", links(answer).get("next"));
  }

  @Test
  void eventsOfOtherOrganizationsAreMixedIn() throws Exception {
    String own = event("a.b", 7, NOON).replace("}", ",\"subject\":\"Org/1\"}");
    try (Simulator loom = Simulator.start(with(pull().withForeign(2)))) {
      IntStream.range(0, 60).forEach(id -> loom.publish(event("a.b", id, NOON)));
      loom.publish(own);
      HttpResponse<String> last = ask(loom, loom.api() + "/api/v1/events?page=2");
      assertEquals("183", last.headers().firstValue("Total-Count").orElse(""));
      assertTrue(last.body().contains("," + own + ","), last.body());
      List<?> events = events(last);
      Set<Object> subjects = new HashSet<>();
      for (Object event : events.subList(80, 83)) {
        Map<?, ?> map = (Map<?, ?>) event;
        assertEquals("a.b", map.get("name"));
        assertEquals(NOON, map.get("received_at"));
        subjects.add(map.get("subject"));
      }
      assertEquals(3, subjects.size());
      assertTrue(subjects.contains("Org/1"), subjects::toString);
      List<Object> ids = allIds(loom, "");
      assertEquals(ids, allIds(loom, ""));
      // 60 events and their foreign ones; the one with an id again has the same foreign ones again.
      assertEquals(180, new HashSet<>(ids).size());
    }
    try (Simulator loom = Simulator.start(Settings.defaults())) {
      loom.publish(own);
      assertEquals(2, allIds(loom, "").size());
    }
  }

  @Test
  void theNewestAreRememberedUpToTheBound() throws Exception {
    try (Simulator three = Simulator.start(with(pull().withForeign(0).withRemembered(3)));
        Simulator none = Simulator.start(with(pull().withRemembered(0)))) {
      for (int id = 0; id < 10; id++) {
        three.publish(event("a.b", id, NOON));
        none.publish(event("a.b", id, NOON));
      }
      assertEquals(List.of("7", "8", "9"), allIds(three, ""));
      assertEquals(List.of(), allIds(none, ""));
    }
  }

  @Test
  void longEventsPushTheOldestOutBeforeTheHeapIsFull() {
    Published published = new Published(100, 1_000, 0);
    String event = event("a.b", 7, NOON);
    for (int id = 0; id < 100; id++) {
      published.add("a.b", event);
    }
    long kept = published.page(Optional.empty(), Instant.MIN, Instant.MAX, 1, 1).total();
    assertEquals(1_000 / event.length(), kept);
    published.add("a.b", event + " ".repeat(1_000));
    assertEquals(0, published.page(Optional.empty(), Instant.MIN, Instant.MAX, 1, 1).total());
    published.add("a.b", event);
    assertEquals(1, published.page(Optional.empty(), Instant.MIN, Instant.MAX, 1, 1).total());
  }

  @Test
  void whatIsStillBeingSentCanBePulledAlready() throws Exception {
    // Whoever is confirmed meanwhile, too late to hear it, pulls after that and must find it.
    AtomicInteger begun = new AtomicInteger();
    Thread publisher =
        new Thread(
            () -> {
              while (begun.get() < 20_000) {
                simulator.publish(event("a.b", begun.getAndIncrement(), NOON) + " ".repeat(500));
              }
            });
    try (Client stuck = Client.live(simulator)) {
      publisher.start();
      assertTrue(simulator.await(s -> publisher.getState() == Thread.State.TIMED_WAITING, SOON));
      int sent;
      String total;
      do { // it may have waited for a moment only
        sent = begun.get();
        total = get("").headers().firstValue("Total-Count").orElse("");
      } while (sent != begun.get());
      assertEquals(Integer.toString(sent), total);
      assertTrue(begun.get() < 20_000 && stuck.socket.isConnected(), begun::toString);
    }
    publisher.join();
    assertEquals("20000", get("").headers().firstValue("Total-Count").orElse(""));
  }

  @Test
  void manyPullersAtOnceWhileEventsAreFlatOut() throws Exception {
    IntStream.range(0, 500).forEach(id -> simulator.publish(event("a.b", id, NOON)));
    AtomicBoolean enough = new AtomicBoolean();
    Thread publisher =
        new Thread(
            () -> {
              for (int id = 0; !enough.get() && id < 20_000; id++) {
                simulator.publish("c.d", event("c.d", id, NOON));
              }
            });
    publisher.start();
    long pulled =
        IntStream.range(0, 6)
            .parallel()
            .mapToLong(
                puller -> {
                  try {
                    return new HashSet<>(allIds(simulator, "?" + filter("name", "a.b"))).size();
                  } catch (Exception e) {
                    throw new AssertionError(e);
                  }
                })
            .sum();
    enough.set(true);
    publisher.join();
    assertTrue(simulator.await(s -> s.connections() == 0, SOON));
    assertEquals(6 * 500, pulled);
  }
}
