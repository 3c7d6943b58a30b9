package loomagent.handlers;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import loomagent.Event;
import loomagent.RetryLater;
import loomagent.Undeliverable;
import loomagent.base.LogLines;
import org.junit.jupiter.api.Test;

/** What is sent, and what becomes of each answer. */
class WebhookHandlerTest {
  private static final String SECRET = "nq9oZo7haPgNVdNRccWhK551";
  private static final String BODY =
      "{\"id\":\"62abcc92-e17e-4db0-b78e-13369251474b\",\"name\":\"accounting.invoice_paid\","
          + "\"subject\":\"Org/2b271d51-e447-4a16-810f-5abdc596700a\","
          + "\"timestamp\":\"2019-11-26T10:58:09.664Z\",\"version\":\"1.0\",\"payload\":"
          + "{\"invoice_number\":\"b1a2eaa9-11ba-4cab-8580-40f091e37742\"},"
          + "\"link\":\"https://account.example.tld/api/v1/payments/1234\","
          + "\"received_at\":\"2019-11-26T10:58:09.664Z\"}";
  private static final String SIGNATURE =
      "853fcdb7a11e0106694f5e5033df2210a0876548b68292bed6f6917602498400";
  private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
  private static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  private final LogLines log = new LogLines();

  private WebhookHandler open(Map<String, String> settings) {
    WebhookHandler handler = new WebhookHandler(CLOCK);
    handler.open(new Place(settings, Path.of(""), log));
    return handler;
  }

  private static Event event(String json) {
    return Event.parse(json);
  }

  @Test
  void zaikiosOwnVectorHoldsOnTheWire() throws Exception {
    try (Wire wire = Wire.saying(OK)) {
      open(Map.of("url", wire.url(), "secret", SECRET)).handle(event(BODY).at(3, false));
      Wire.Request sent = wire.next();
      assertEquals(BODY, sent.body());
      assertTrue(sent.head().startsWith("POST /hook?k=in-the-url HTTP/1.1\r\n"), sent.head());
      assertEquals(SIGNATURE, sent.header("X-Loom-Signature"));
      assertEquals("application/json", sent.header("Content-Type"));
      assertEquals("62abcc92-e17e-4db0-b78e-13369251474b", sent.header("Idempotency-Key"));
      assertEquals("3", sent.header("X-Loom-Attempt"));
      assertEquals(Integer.toString(BODY.length()), sent.header("Content-Length"));
      assertEquals("127.0.0.1:" + wire.port(), sent.header("Host"));
      assertTrue(sent.header("User-Agent").startsWith("loom-agent"), sent.head());
      assertFalse(sent.head().contains("Upgrade"), sent.head());
      assertEquals(List.of(), log.all());
    }
  }

  @Test
  void theBodyIsTheEventsExactTextInUtf8() throws Exception {
    String text = "{ \"x\":1.50,\n\"id\" : \"1\",\"né\":\"印刷 😀 \\u0000\\ud800\",\"id2\":[]}\t";
    try (Wire wire = Wire.saying(OK)) {
      open(Map.of("url", wire.url(), "secret", "sécret")).handle(event(text));
      Wire.Request sent = wire.next();
      byte[] body = sent.body().getBytes(ISO_8859_1);
      assertEquals(text, new String(body, UTF_8));
      assertEquals(WebhookHandler.signature("sécret", body), sent.header("X-Loom-Signature"));
    }
  }

  @Test
  void everyStatusIsDeliveredRetriedOrDead() throws Exception {
    try (Wire wire = Wire.with((socket, request) -> Wire.say(socket, answer(request.body())))) {
      WebhookHandler handler = open(Map.of("url", wire.url()));
      Set<Integer> wrong = new TreeSet<>();
      for (int status = 200; status <= 620; status++) {
        String outcome = outcome(handler, event("{\"id\":\"1\",\"name\":\"" + status + "\"}"));
        boolean dead = status / 100 == 4 && status != 408 && status != 425 && status != 429;
        String kind = status / 100 == 2 ? "delivered" : dead ? "Undeliverable" : "IOException";
        String says = status < 400 ? "" : "because of " + status;
        if (!outcome.startsWith(kind) || !outcome.endsWith(says)) {
          wrong.add(status);
        }
        assertTrue(kind.equals("delivered") || outcome.contains(" answered " + status), outcome);
      }
      assertEquals(Set.of(), wrong);
      assertEquals(1, wire.connections.get(), "one connection for all");
    }
  }

  private static String answer(String event) {
    String status = Event.parse(event).name();
    String body = "because of " + status + "\nmore";
    return status.equals("204") || status.equals("304")
        ? "HTTP/1.1 " + status + " X\r\n\r\n"
        : "HTTP/1.1 " + status + " X\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
  }

  private static String outcome(WebhookHandler handler, Event event) {
    try {
      handler.handle(event);
      return "delivered";
    } catch (Exception thrown) {
      return thrown.getClass().getSimpleName() + ": " + thrown.getMessage();
    }
  }

  @Test
  void retryAfterIsHonouredUpToAnHour() throws Exception {
    Map<String, Duration> waits = new TreeMap<>();
    waits.put("7", Duration.ofSeconds(7));
    waits.put(" 90 ", Duration.ofSeconds(90));
    waits.put("999999999999", Duration.ofHours(1));
    waits.put("Sun, 01 Mar 2026 10:02:00 GMT", Duration.ofMinutes(2));
    waits.put("Mon, 01 Mar 2027 10:02:00 GMT", Duration.ofHours(1));
    for (int status : List.of(408, 425, 429, 500, 503, 599)) {
      for (Map.Entry<String, Duration> wait : waits.entrySet()) {
        String fields = "Retry-After: " + wait.getKey() + "\r\nContent-Length: 0\r\n\r\n";
        try (Wire wire = Wire.saying("HTTP/1.1 " + status + " X\r\n" + fields)) {
          WebhookHandler handler = open(Map.of("url", wire.url()));
          RetryLater later = assertThrows(RetryLater.class, () -> handler.handle(event(BODY)));
          assertEquals(wait.getValue(), later.after(), wait.getKey());
          assertEquals(
              "http://127.0.0.1:" + wire.port() + " answered " + status, later.getMessage());
        }
      }
    }
  }

  @Test
  void aRetryAfterThatSaysNothingLeavesTheWaitToTheAgent() throws Exception {
    for (String useless :
        List.of("0", "-5", "soon", "", "1.5", "Sun, 01 Mar 2026 09:00:00 GMT", "9".repeat(400))) {
      String fields = "Retry-After: " + useless + "\r\nContent-Length: 0\r\n\r\n";
      try (Wire wire = Wire.saying("HTTP/1.1 503 X\r\n" + fields)) {
        WebhookHandler handler = open(Map.of("url", wire.url()));
        assertThrows(IOException.class, () -> handler.handle(event(BODY)), useless);
      }
    }
  }

  @Test
  void aRedirectIsNotFollowedAndSaysWhereTo() throws Exception {
    try (Wire elsewhere = Wire.saying(OK)) {
      Map<String, String> says = new HashMap<>();
      says.put("http://127.0.0.1:" + elsewhere.port() + "/s3cret", "another address of its own");
      says.put("/login?k=s3cret", "another address of its own");
      says.put("https://127.0.0.1/x", "https://127.0.0.1");
      says.put("http://mis.example/s3cret", "http://mis.example");
      says.put("http://" + "a".repeat(5000) + "/", "http://" + "a".repeat(113) + "…");
      says.put("::[s3cret", "somewhere unreadable");
      for (Map.Entry<String, String> each : says.entrySet()) {
        String fields = "Location: " + each.getKey() + "\r\nContent-Length: 0\r\n\r\n";
        try (Wire wire = Wire.saying("HTTP/1.1 302 X\r\n" + fields)) {
          WebhookHandler handler = open(Map.of("url", wire.url()));
          assertEquals(
              "http://127.0.0.1:"
                  + wire.port()
                  + " answered 302 to "
                  + each.getValue()
                  + ". Redirects are not followed: set url to where it leads",
              assertThrows(IOException.class, () -> handler.handle(event(BODY))).getMessage());
        }
      }
      assertEquals(0, elsewhere.connections.get());
    }
  }

  @Test
  void whatTheReceiverSaysIsOneHarmlessLine() throws Exception {
    String body = "\r\n\n  bad \u001b[2Jjob\u0007" + "x".repeat(300) + "\nSecond line";
    String head = "HTTP/1.1 422 X\r\nContent-Length: " + body.length() + "\r\n\r\n";
    try (Wire wire = Wire.saying(head + body)) {
      WebhookHandler handler = open(Map.of("url", wire.url()));
      String words =
          assertThrows(Undeliverable.class, () -> handler.handle(event(BODY))).getMessage();
      assertEquals(
          "http://127.0.0.1:"
              + wire.port()
              + " answered 422: bad \uFFFD[2Jjob\uFFFD"
              + "x".repeat(108)
              + "…",
          words);
    }
  }

  @Test
  void aThousandEventsTakeOneConnection() throws Exception {
    String chunked = "HTTP/1.1 201 X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    try (Wire wire = Wire.saying(chunked)) {
      WebhookHandler handler = open(Map.of("url", wire.url(), "secret", SECRET));
      for (int i = 0; i < 1_000; i++) {
        handler.handle(event("{\"id\":\"" + i + "\"}"));
      }
      assertEquals(1_000, wire.requests.size());
      assertEquals(1, wire.connections.get());
    }
  }

  @Test
  void anIdThatNoHeaderMayCarryIsInTheBodyAlone() throws Exception {
    try (Wire wire = Wire.saying(OK)) {
      WebhookHandler handler = open(Map.of("url", wire.url()));
      for (String id : List.of("a\\r\\nX-Evil: 1", "é", "a b", "\\u0000", "x".repeat(256))) {
        handler.handle(event("{\"id\":\"" + id + "\"}"));
        Wire.Request sent = wire.next();
        assertEquals("", sent.header("Idempotency-Key"), id);
        assertEquals("", sent.header("X-Evil"));
        assertEquals("", sent.header("X-Loom-Signature"));
      }
      String odd = "!x%20:/~" + "y".repeat(247);
      handler.handle(event("{\"id\":\"" + odd + "\"}"));
      assertEquals(odd, wire.next().header("Idempotency-Key"));
    }
  }

  @Test
  void secretAndHeaderValuesAreLookedUpForEachEvent() throws Exception {
    try (Wire wire = Wire.saying(OK)) {
      Map<String, String> live = new HashMap<>(Map.of("url", wire.url(), "secret", "first"));
      live.put("header.Authorization", "Bearer one");
      live.put("header.User-Agent", "print shop");
      live.put("header.X-Empty", "");
      WebhookHandler handler = open(live);
      handler.handle(event(BODY));
      live.put("secret", SECRET);
      live.put("header.Authorization", "Bearer two");
      handler.handle(event(BODY));
      assertEquals("Bearer one", wire.next().header("Authorization"));
      Wire.Request second = wire.next();
      assertEquals("Bearer two", second.header("Authorization"));
      assertEquals("print shop", second.header("User-Agent"));
      assertEquals(SIGNATURE, second.header("X-Loom-Signature"));
    }
  }

  @Test
  void aValueThatWentWrongSendsNothingAndIsNotShown() throws Exception {
    try (Wire wire = Wire.saying(OK)) {
      Map<String, String> live = new HashMap<>(Map.of("url", wire.url(), "secret", "first"));
      live.put("header.X-Key", "fine");
      WebhookHandler handler = open(live);
      live.put("header.X-Key", "s3cr\r\nX-Evil: t");
      assertEquals(
          "IOException: header.X-Key holds a line break, or a character other than ASCII, or is too"
              + " long",
          outcome(handler, event(BODY)));
      live.put("header.X-Key", "fine");
      live.put("secret", " ");
      assertTrue(outcome(handler, event(BODY)).startsWith("IOException: secret is empty"));
      assertEquals(0, wire.connections.get());
    }
  }

  @Test
  void whatIsWrongIsSaidAtOnceAndWithoutValues() {
    Map<String, String> settings = new HashMap<>();
    settings.put("url", "http://user:s3cret@mis.example/");
    settings.put("secret", "");
    settings.put("header.Host", "s3cret");
    settings.put("header.x-loom-signature", "s3cret");
    settings.put("header.Bad Name", "s3cret");
    settings.put("header.X-Line", "s3cret\nX");
    settings.put("header.X-Twice", "s3cret");
    settings.put("header.x-twice", "s3cret");
    settings.put("ulr", "s3cret");
    String words = refusal(settings);
    for (String part :
        List.of(
            "unknown setting ulr; webhook knows header.<Name>, secret, url",
            "url may hold no user and password",
            "secret is empty",
            "header.Host cannot be set",
            "header.x-loom-signature cannot be set",
            "header.Bad Name names no HTTP header field",
            "header.X-Line holds a line break",
            "header.x-twice is there twice")) {
      assertTrue(words.contains(part), words);
    }
    assertFalse(words.contains("s3cret"), words);
  }

  @Test
  void anAddressThatCannotBeReachedIsRefused() {
    for (String url :
        List.of(
            "",
            "mis.example",
            "ftp://mis.example/",
            "http://",
            "http:///x",
            "http://mis_1.example/",
            "http://mis.example:0/",
            "http://mis.example:65536/",
            "http://mis.example/#x",
            "http://mis.example/a b",
            "http:mis.example",
            "://",
            "http://[::1/")) {
      assertTrue(refusal(Map.of("url", url)).startsWith("url "), url);
    }
    assertTrue(refusal(Map.of()).startsWith("url is not set"));
    open(Map.of("url", "HTTPS://mis.example:8443/a?b=c", "secret", "x"));
    open(Map.of("url", "http://[::1]/", "secret", "x"));
    assertEquals(List.of(), log.all());
  }

  private String refusal(Map<String, String> settings) {
    return assertThrows(IllegalArgumentException.class, () -> open(settings)).getMessage();
  }

  @Test
  void whatOthersMayReadOrForgeIsSaidWhenItOpens() {
    open(Map.of("url", "http://mis.example/s3cret"));
    assertEquals(
        List.of(
            "INFO no secret is set: events are sent without X-Loom-Signature",
            "WARNING url is plain http: whoever is on the way to mis.example reads the events. Use"
                + " https if it can"),
        log.withLevels());
  }

  @Test
  void theSampleOpensAsItIsWritten() throws IOException {
    Map<String, String> settings = new TreeMap<>();
    for (String line : Files.readAllLines(Path.of("agent.properties"))) {
      if (line.startsWith("#handler.webhook.")) {
        String[] pair = line.substring("#handler.webhook.".length()).split(" = ");
        settings.put(pair[0], pair[1]);
      }
    }
    assertEquals(Set.of("url", "secret", "header.Authorization"), settings.keySet());
    open(settings);
    assertEquals(List.of(), log.all());
  }

  @Test
  void itsTypeIsWebhook() {
    assertEquals("webhook", new WebhookHandler().type());
  }
}
