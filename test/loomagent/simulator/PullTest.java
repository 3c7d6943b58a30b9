package loomagent.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import loomagent.json.Json;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class PullTest {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final Pattern LINK = Pattern.compile("<([^>]+)>; rel=\"(\\w+)\"");
  private static final String NOON = "2026-03-01T12:00:00Z";

  private Simulator simulator;

  @BeforeEach
  void start() throws IOException {
    simulator = Simulator.start(with(pull().withForeign(0)));
  }

  @AfterEach
  void stop() {
    simulator.close();
  }

  private static Settings.Pull pull() {
    return Settings.defaults().pull();
  }

  private static Settings with(Settings.Pull pull) {
    return Settings.defaults().withPull(pull);
  }

  private static String event(String name, int id, String receivedAt) {
    return "{\"id\":\"%d\", \"name\":\"%s\",\"received_at\":\"%s\",\"n\":1.50,\"€\":\"\\u20ac\"}"
        .formatted(id, name, receivedAt);
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static HttpResponse<String> send(String url, String login) throws Exception {
    String basic = base64(login);
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url));
    return HTTP.send(
        (login.isEmpty() ? request : request.header("Authorization", "Basic " + basic)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static HttpResponse<String> get(Simulator loom, String url) throws Exception {
    return send(url, loom.app() + ":" + loom.eventPassword());
  }

  private HttpResponse<String> get(String query) throws Exception {
    return get(simulator, simulator.api() + "/api/v1/events" + query);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static String filter(String name, String value) {
    return encoded("filter[" + name + "]") + "=" + encoded(value);
  }

  private static Map<String, String> links(HttpResponse<?> answer) {
    Map<String, String> links = new LinkedHashMap<>();
    Matcher link = LINK.matcher(answer.headers().firstValue("Link").orElse(""));
    while (link.find()) {
      links.put(link.group(2), link.group(1));
    }
    return links;
  }

  private static List<?> events(HttpResponse<String> answer) {
    assertEquals(200, answer.statusCode(), answer.body());
    return (List<?>) Json.parse(answer.body());
  }

  private static List<Object> ids(HttpResponse<String> answer) {
    List<Object> ids = new ArrayList<>();
    events(answer).forEach(event -> ids.add(((Map<?, ?>) event).get("id")));
    return ids;
  }

  /** All pages, each linked to by the one before. */
  private static List<Object> allIds(Simulator loom, String query) throws Exception {
    List<Object> ids = new ArrayList<>();
    Optional<String> next = Optional.of(loom.api() + "/api/v1/events" + query);
    while (next.isPresent()) {
      HttpResponse<String> answer = get(loom, next.get());
      ids.addAll(ids(answer));
      next = Optional.ofNullable(links(answer).get("next"));
    }
    return ids;
  }

  private static Map<?, ?> error(HttpResponse<String> answer) {
    assertEquals(
        "application/json; charset=utf-8",
        answer.headers().firstValue("Content-Type").orElse(""),
        answer.body());
    return (Map<?, ?>) Json.parse(answer.body());
  }

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
    HttpResponse<String> second = get(simulator, links(first).get("next"));
    assertEquals("100", ids(second).get(0));
    assertEquals(List.of("first", "prev", "next", "last"), List.copyOf(links(second).keySet()));
    assertEquals(first.body(), get(simulator, links(second).get("prev")).body());
    HttpResponse<String> last = get(simulator, links(second).get("next"));
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
    HttpResponse<String> answer = get(simulator, host + "/api/v1/events");
    assertEquals(host + "/api/v1/events?page=2", links(answer).get("next"));
  }

  @Test
  void eventsOfOtherOrganizationsAreMixedIn() throws Exception {
    String own = event("a.b", 7, NOON).replace("}", ",\"subject\":\"Org/1\"}");
    try (Simulator loom = Simulator.start(with(pull().withForeign(2)))) {
      IntStream.range(0, 60).forEach(id -> loom.publish(event("a.b", id, NOON)));
      loom.publish(own);
      HttpResponse<String> last = get(loom, loom.api() + "/api/v1/events?page=2");
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
  void aWrongLoginIsRefusedAndOneIsMadeUp() throws Exception {
    String url = simulator.api() + "/api/v1/events";
    String right = simulator.eventPassword();
    for (String login : new String[] {"", "x:" + right, simulator.app() + ":wrong", right}) {
      HttpResponse<String> answer = send(url, login);
      assertEquals(401, answer.statusCode(), login);
      assertEquals(
          "Basic realm=\"Loom\"", answer.headers().firstValue("WWW-Authenticate").orElse(""));
      assertTrue(error(answer).get("error") instanceof String);
    }
    assertEquals(200, get("").statusCode());
    try (Simulator other = Simulator.start(Settings.defaults());
        Simulator set = Simulator.start(with(pull().withLogin("my_app", "a:b")))) {
      assertNotEquals(right, other.eventPassword());
      assertNotEquals(other.token(), other.eventPassword());
      assertEquals("my_app a:b", set.app() + " " + set.eventPassword());
      assertEquals(200, get(set, set.api() + "/api/v1/events").statusCode());
    }
  }

  @Test
  void whatCannotBeReadIsSaidAsJson() throws Exception {
    for (String query :
        new String[] {
          "page=0",
          "page=-1",
          "page=x",
          "page=",
          "page=9999999999",
          "filter%5Bto%5D=",
          filter("from", "yesterday"),
          "filter%5Bfrom%5D=2026-03-01T14:00:00+02:00"
        }) {
      HttpResponse<String> answer = get("?" + query);
      assertEquals(422, answer.statusCode(), query);
      String said = (String) error(answer).get("error");
      assertFalse(said.isEmpty(), query);
    }
    try (Client client = new Client(simulator)) {
      String login = simulator.app() + ":" + simulator.eventPassword();
      String answer =
          client.request(
              "GET /api/v1/events?filter[name]=%zz HTTP/1.1\r\nAuthorization: Basic "
                  + base64(login)
                  + "\r\n\r\n");
      assertTrue(answer.startsWith("HTTP/1.1 422 "), answer);
    }
    assertEquals(200, get("?&page=x&page=1&per_page=7&filter&").statusCode());
  }

  @Test
  void onlyGetAndOnlyWhatThereIs() throws Exception {
    assertEquals(404, get(simulator, simulator.api() + "/api/v1/other").statusCode());
    HttpResponse<String> answer =
        HTTP.send(
            HttpRequest.newBuilder(URI.create(simulator.api() + "/api/v1/events"))
                .POST(HttpRequest.BodyPublishers.ofString("x"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertEquals(405, answer.statusCode());
    assertEquals("GET", answer.headers().firstValue("Allow").orElse(""));
  }

  @Test
  void pullsAreCountedAndScriptedApartFromDials() throws Exception {
    simulator.next(Faults.refuse(404));
    simulator.nextPull(
        Faults.retryAfter(429, "7"), PullFaults.rateLimit(1_800_000_000), Faults.refuse(503));
    assertEquals("7", get("").headers().firstValue("Retry-After").orElse(""));
    HttpResponse<String> limited = get("");
    assertEquals(429, limited.statusCode());
    assertEquals("1800000000", limited.headers().firstValue("RateLimit-Reset").orElse(""));
    assertEquals("100/60s", limited.headers().firstValue("RateLimit-Rule").orElse(""));
    assertEquals(503, get("?page=3").statusCode());
    assertEquals(200, get("").statusCode());
    assertEquals(4, simulator.pulls());
    assertEquals("/api/v1/events?page=3", simulator.pullRequests().get(2).target());
    assertEquals(0, simulator.dials());
    assertEquals(List.of(), simulator.requests());
    simulator.alwaysPull(Faults.refuse(500));
    assertEquals(500, get("").statusCode());
    simulator.alwaysPull(Script.PULL);
    assertEquals(200, get("").statusCode());
  }

  @Test
  void aLimitCanBeSetForASpan() throws Exception {
    simulator.alwaysPull(PullFaults.limited(2, Duration.ofHours(1), Script.PULL));
    assertEquals(200, get("").statusCode());
    assertEquals(200, get("").statusCode());
    HttpResponse<String> over = get("");
    assertEquals(429, over.statusCode());
    long reset = Long.parseLong(over.headers().firstValue("RateLimit-Reset").orElse(""));
    long left = reset - Instant.now().getEpochSecond();
    assertTrue(left > 3_500 && left <= 3_601, () -> left + " seconds");
  }

  @Test
  void anAnswerCanBreakOff() throws Exception {
    simulator.nextPull(PullFaults.cutBody("[" + event("a.b", 1, NOON) + "]"));
    assertThrows(IOException.class, () -> get(""));
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
  void settingsThatCannotBeAreRefused() {
    Settings.Pull pull = pull();
    assertThrows(IllegalArgumentException.class, () -> pull.withLogin("", "x"));
    assertThrows(IllegalArgumentException.class, () -> pull.withLogin("a:b", "x"));
    assertThrows(IllegalArgumentException.class, () -> pull.withLogin("a", "two words"));
    assertThrows(IllegalArgumentException.class, () -> pull.withRemembered(-1));
    assertThrows(IllegalArgumentException.class, () -> pull.withForeign(-1));
    assertThrows(IllegalArgumentException.class, () -> pull.withForeign(101));
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
      String total = get("").headers().firstValue("Total-Count").orElse("");
      assertEquals(Integer.toString(begun.get()), total);
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
