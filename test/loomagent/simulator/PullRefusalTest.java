package loomagent.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import loomagent.json.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the pull API does not answer, by its own rules or by a test's script. */
@Timeout(60)
final class PullRefusalTest extends Puller {
  private static Map<?, ?> error(HttpResponse<String> answer) {
    assertEquals(
        "application/json; charset=utf-8",
        answer.headers().firstValue("Content-Type").orElse(""),
        answer.body());
    return (Map<?, ?>) Json.parse(answer.body());
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
      assertEquals(200, ask(set, set.api() + "/api/v1/events").statusCode());
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
    assertEquals(404, ask(simulator, simulator.api() + "/api/v1/other").statusCode());
    HttpResponse<String> answer =
        Puller.HTTP.send(
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
  void settingsThatCannotBeAreRefused() {
    Settings.Pull pull = pull();
    assertThrows(IllegalArgumentException.class, () -> pull.withLogin("", "x"));
    assertThrows(IllegalArgumentException.class, () -> pull.withLogin("a:b", "x"));
    assertThrows(IllegalArgumentException.class, () -> pull.withLogin("a", "two words"));
    assertThrows(IllegalArgumentException.class, () -> pull.withRemembered(-1));
    assertThrows(IllegalArgumentException.class, () -> pull.withForeign(-1));
    assertThrows(IllegalArgumentException.class, () -> pull.withForeign(101));
  }
}
