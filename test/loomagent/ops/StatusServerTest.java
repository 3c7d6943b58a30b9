package loomagent.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import loomagent.base.Secret;
import loomagent.json.Json;
import org.junit.jupiter.api.Test;

final class StatusServerTest extends StatusScene {

  @Test
  void healthSpeaksOfTheAgentAlone() throws Exception {
    StatusServer server = listen();
    shop.problems.add(new Insight.Problem("connection default", "not connected"));
    assertStatus(200, get(server, "/healthz"));
    assertEquals("ok\n", get(server, "/healthz").body());
    shop.faults.addAll(List.of("the journal's thread is gone", "two\nlines"));
    assertStatus(503, get(server, "/healthz"));
    assertEquals("the journal's thread is gone\ntwo\\u000alines\n", get(server, "/healthz").body());
  }

  @Test
  void readinessGivesItsReasons() throws Exception {
    StatusServer server = listen();
    HttpResponse<String> ready = get(server, "/readyz");
    assertStatus(200, ready);
    assertEquals("{\"ready\":true}\n", ready.body());
    assertEquals("application/json", ready.headers().firstValue("content-type").orElseThrow());
    shop.problems.add(new Insight.Problem("handler mis", "84 events \"wait\""));
    HttpResponse<String> not = get(server, "/readyz");
    assertStatus(503, not);
    assertEquals(
        Map.of(
            "ready",
            false,
            "reasons",
            List.of(Map.of("subject", "handler mis", "reason", "84 events \"wait\""))),
        Json.parse(not.body()));
  }

  @Test
  void statusIsTheOverview() throws Exception {
    HttpResponse<String> status = get(listen(), "/status.json");
    assertStatus(200, status);
    assertEquals(Json.parse(Json.write(shop.overview())), Json.parse(status.body()));
  }

  @Test
  void metricsSayTheirFormat() throws Exception {
    shop.metrics.add(
        Metric.gauge("loom_agent_journal_bytes", "Size.", List.of(new Metric.Sample(Map.of(), 7))));
    HttpResponse<String> metrics = get(listen(), "/metrics");
    assertEquals(
        "text/plain; version=0.0.4; charset=utf-8",
        metrics.headers().firstValue("content-type").orElseThrow());
    assertTrue(metrics.body().endsWith("\nloom_agent_journal_bytes 7\n"), metrics.body());
  }

  @Test
  void headIsAnsweredAsGetWithoutTheBody() throws Exception {
    StatusServer server = listen();
    for (String path : List.of("/", "/healthz", "/readyz", "/metrics", "/status.json")) {
      HttpResponse<String> got = get(server, path);
      HttpResponse<String> head = send(server, "HEAD", path, "");
      assertStatus(200, head);
      assertEquals("", head.body());
      int length = got.body().getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
      assertEquals(length, head.headers().firstValueAsLong("content-length").orElse(-1), path);
    }
  }

  @Test
  void anUnknownPathAndAWrongMethodAreSaid() throws Exception {
    StatusServer server = listen();
    for (String path : List.of("/x", "/healthz/", "/%2e", "/favicon.ico", "/page.html")) {
      assertStatus(404, get(server, path));
    }
    for (String method : List.of("POST", "PUT", "DELETE", "OPTIONS", "PATCH")) {
      HttpResponse<String> refused = send(server, method, "/status.json", "x".repeat(100_000));
      assertStatus(405, refused);
      assertEquals("GET, HEAD", refused.headers().firstValue("allow").orElseThrow());
    }
    HttpResponse<String> got = get(server, "/command");
    assertStatus(405, got);
    assertEquals("POST", got.headers().firstValue("allow").orElseThrow());
  }

  @Test
  void everyAnswerKeepsOtherSitesAway() throws Exception {
    StatusServer server = listen();
    for (String path : List.of("/", "/healthz", "/status.json", "/nothing", "/command")) {
      var headers = get(server, path, "Origin", "http://evil.example").headers();
      assertEquals("no-store", headers.firstValue("cache-control").orElseThrow());
      assertEquals("nosniff", headers.firstValue("x-content-type-options").orElseThrow());
      assertEquals("no-referrer", headers.firstValue("referrer-policy").orElseThrow());
      String policy = headers.firstValue("content-security-policy").orElseThrow();
      assertTrue(policy.startsWith("default-src 'none'; "), policy);
      assertTrue(policy.contains("frame-ancestors 'none'"), policy);
      assertFalse(policy.contains("unsafe"), policy);
      assertEquals(Optional.empty(), headers.firstValue("access-control-allow-origin"));
    }
  }

  @Test
  void aNameThatPointsHereIsNotServedWithoutAPassword() throws Exception {
    StatusServer server = listen();
    assertTrue(asked(server, "Host: evil.example").startsWith("HTTP/1.1 421"));
    assertTrue(asked(server, "Host: evil.example:" + server.port()).startsWith("HTTP/1.1 421"));
    assertTrue(asked(server, "Host: 127.0.0.1.evil.example").startsWith("HTTP/1.1 421"));
    assertTrue(asked(server, "Host: localhost\r\nHost: evil.example").startsWith("HTTP/1.1 400"));
    for (String own : List.of("localhost", "LOCALHOST:1", "127.0.0.1:80", "127.1.2.3", "[::1]:9")) {
      assertTrue(asked(server, "Host: " + own).startsWith("HTTP/1.1 200"), own);
    }
    assertTrue(asked(server, "X: y").startsWith("HTTP/1.1 200"), "a simple monitor names none");
    String proxied = "GET http://localhost/healthz HTTP/1.1\r\nConnection: close\r\n\r\n";
    assertTrue(exchange(server, proxied).startsWith("HTTP/1.1 400"));
  }

  private static String asked(StatusServer server, String headers) throws IOException {
    return exchange(
        server, "GET /healthz HTTP/1.1\r\n" + headers + "\r\nConnection: close\r\n\r\n");
  }

  @Test
  void withAPasswordAnyNameWillDo() throws Exception {
    StatusServer server = listen("0.0.0.0", Optional.of(() -> "pass-1234"), LIMIT);
    String header = "Host: press.example\r\nAuthorization: " + basic("x", "pass-1234");
    assertTrue(asked(server, header).startsWith("HTTP/1.1 200"));
    assertTrue(server.unlock().startsWith("http://127.0.0.1:" + server.port() + "/#"));
  }

  @Test
  void withoutAPasswordNothingIsShownElsewhere() {
    assertThrows(IllegalArgumentException.class, () -> listen("0.0.0.0", Optional.empty(), LIMIT));
  }

  @Test
  void thePasswordIsAskedForOnEveryPath() throws Exception {
    StatusServer server = listen("127.0.0.1", Optional.of(() -> "pässword:1"), LIMIT);
    for (String path : List.of("/", "/healthz", "/readyz", "/metrics", "/status.json", "/x")) {
      HttpResponse<String> refused = get(server, path);
      assertStatus(401, refused);
      String asks = refused.headers().firstValue("www-authenticate").orElseThrow();
      assertEquals("Basic realm=\"loom-agent\", charset=\"UTF-8\"", asks);
    }
    assertStatus(401, command(server, token(server), "reload"));
    assertStatus(401, get(server, "/", "Authorization", "Bearer x"));
    assertStatus(401, get(server, "/", "Authorization", basic("a", "pässword:")));
    assertStatus(200, get(server, "/", "Authorization", basic("a", "pässword:1")));
    assertStatus(200, get(server, "/", "Authorization", basic("", "pässword:1")));
    assertEquals(List.of(), List.copyOf(commands));
  }

  @Test
  void thePasswordIsReadAnewAndWithoutItNobodyIsLetIn() throws Exception {
    String[] now = {"first-pass"};
    StatusServer.Password password =
        () -> {
          if (now[0].isEmpty()) {
            throw new IOException("agent.properties:3: http.password needs ${file:x}");
          }
          return now[0];
        };
    StatusServer server = listen("127.0.0.1", Optional.of(password), LIMIT);
    assertStatus(200, get(server, "/healthz", "Authorization", basic("a", "first-pass")));
    now[0] = "second-pass";
    assertStatus(401, get(server, "/healthz", "Authorization", basic("a", "first-pass")));
    assertStatus(200, get(server, "/healthz", "Authorization", basic("a", "second-pass")));
    now[0] = "";
    HttpResponse<String> refused = get(server, "/healthz", "Authorization", basic("a", ""));
    assertStatus(503, refused);
    assertFalse(refused.body().contains("file"), refused.body());
    assertTrue(log.says("needs ${file:x}"), log.toString());
  }

  @Test
  void afterAFewWrongPasswordsAnAddressHasToWait() throws Exception {
    StatusServer server = listen("127.0.0.1", Optional.of(() -> "right-pass"), LIMIT);
    for (int i = 0; i < Doorman.FREE_TRIES; i++) {
      assertStatus(401, get(server, "/", "Authorization", basic("a", "wrong" + i)));
    }
    HttpResponse<String> late = get(server, "/", "Authorization", basic("a", "right-pass"));
    assertStatus(429, late);
    assertEquals("61", late.headers().firstValue("retry-after").orElseThrow());
    assertEquals(1, log.all().size(), log.toString());
    assertTrue(log.says("5 wrong passwords for the status page from 127.0.0.1"));
    nanos.addAndGet(Doorman.PENALTY.toNanos());
    assertStatus(401, get(server, "/", "Authorization", basic("a", "wrong again")));
    assertStatus(429, get(server, "/"));
    nanos.addAndGet(Doorman.PENALTY.toNanos());
    assertStatus(200, get(server, "/", "Authorization", basic("a", "right-pass")));
    assertStatus(401, get(server, "/", "Authorization", basic("a", "wrong")));
    assertStatus(200, get(server, "/", "Authorization", basic("a", "right-pass")));
  }

  @Test
  void onlyATokenLetsAnythingBeChanged() throws Exception {
    StatusServer server = listen();
    assertStatus(403, command(server, "guess", "reload"));
    assertStatus(403, send(server, "POST", "/command", "{\"words\":[\"reload\"]}"));
    String token = token(server);
    assertEquals(43, token.length(), "256 bits");
    assertStatus(403, command(server, token.substring(1), "reload"));
    assertEquals(List.of(), List.copyOf(commands));
    HttpResponse<String> done = command(server, token, "pause", "mis");
    assertStatus(200, done);
    assertEquals("{\"exit\":0,\"out\":[\"pause done\"],\"err\":[]}\n", done.body());
    assertEquals(List.of(List.of("pause", "mis")), List.copyOf(commands));
    assertEquals(List.of("INFO from the status page: pause mis"), log.withLevels());
  }

  @Test
  void aTokenEndsWithTimeAndWithNewerOnes() throws Exception {
    StatusServer server = listen();
    String first = token(server);
    clock.forward(Unlocks.GOOD_FOR.minusSeconds(1));
    assertStatus(200, command(server, first, "reload"));
    clock.forward(Duration.ofSeconds(1));
    assertStatus(403, command(server, first, "reload"));
    String second = token(server);
    clock.forward(Duration.ofHours(-1));
    assertStatus(403, command(server, second, "reload")); // the clock was set back
    List<String> tokens = List.of(token(server), token(server), token(server), token(server));
    String newest = token(server);
    assertStatus(403, command(server, tokens.get(0), "reload"));
    assertStatus(200, command(server, tokens.get(1), "reload"));
    assertStatus(200, command(server, newest, "reload"));
    assertNotEquals(newest, tokens.get(1));
  }

  @Test
  void aTokenCanBeToldOnceAndIsMaskedWhenItWasUsed() throws Exception {
    StatusServer server = listen();
    String address = server.unlock();
    assertEquals(address, Secret.mask(address), "the control socket would print ***");
    String token = address.substring(address.indexOf('#') + 1);
    assertStatus(200, command(server, token, "reload"));
    assertEquals("got ***", Secret.mask("got " + token));
  }

  @Test
  void anotherSiteGivesNoCommand() throws Exception {
    StatusServer server = listen();
    String token = token(server);
    for (String origin :
        List.of("http://evil.example", "null", "http://localhost:1", "127.0.0.1", "x y")) {
      HttpResponse<String> refused =
          send(server, "POST", "/command", "{}", "X-Loom-Token", token, "Origin", origin);
      assertStatus(403, refused);
    }
    String own = "http://127.0.0.1:" + server.port();
    assertStatus(
        200,
        send(
            server,
            "POST",
            "/command",
            "{\"words\":[\"reload\"]}",
            "X-Loom-Token",
            token,
            "Origin",
            own));
  }

  @Test
  void onlyAFewCommandsAreTaken() throws Exception {
    StatusServer server = listen();
    String token = token(server);
    for (String[] words :
        new String[][] {
          {"dead-discard", "", ""},
          {"repair"},
          {"reload", "x"},
          {"pause"},
          {"dead-retry", "mis"},
          {},
          {"pause", "x".repeat(201)}
        }) {
      assertStatus(400, command(server, token, words));
    }
    for (String body : List.of("", "[]", "{\"words\":[1]}", "{\"words\":\"reload\"}", "{", "{}")) {
      assertStatus(400, send(server, "POST", "/command", body, "X-Loom-Token", token));
    }
    String long4k = "{\"words\":[\"" + "x".repeat(Site.MAX_REQUEST) + "\"]}";
    assertStatus(413, send(server, "POST", "/command", long4k, "X-Loom-Token", token));
    assertEquals(List.of(), List.copyOf(commands));
    for (String[] words :
        new String[][] {
          {"pause", "mis"}, {"resume", "mis"}, {"reload"}, {"dead-retry", "mis", ""}
        }) {
      assertStatus(200, command(server, token, words));
    }
    assertEquals(4, commands.size());
  }

  @Test
  void aCommandThatTakesLongIsNotWaitedForAndTheThirdIsRefused() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    service =
        (words, out, err) -> {
          end.await();
          return 0;
        };
    StatusServer server = listen("127.0.0.1", Optional.empty(), Duration.ofMillis(50));
    String token = token(server);
    for (int i = 0; i < 2; i++) {
      HttpResponse<String> answer = command(server, token, "dead-retry", "mis", "");
      assertStatus(202, answer);
      assertTrue(answer.body().contains("still at work"), answer.body());
    }
    assertStatus(503, command(server, token, "reload"));
    assertStatus(200, get(server, "/healthz"));
    end.countDown();
  }

  @Test
  void aCommandsAnswerIsBoundedAndItsFailureSaid() throws Exception {
    service =
        (words, out, err) -> {
          for (int i = 0; i < 10_000; i++) {
            out.accept("line " + i + "\nand\u001b[2J" + "x".repeat(1_000));
          }
          throw new IllegalStateException("not for browsers");
        };
    StatusServer server = listen();
    HttpResponse<String> answer = command(server, token(server), "reload");
    Map<?, ?> said = (Map<?, ?>) Json.parse(answer.body());
    assertEquals(70L, said.get("exit"));
    assertEquals(50, ((List<?>) said.get("out")).size());
    assertTrue(answer.body().length() < 50_000, "bounded");
    assertFalse(answer.body().contains("not for browsers"), answer.body());
    assertTrue(log.says("not for browsers"), log.toString());
  }

  @Test
  void secretsAreMaskedInEveryAnswer() throws Exception {
    String secret = "quo\"ted-secret-4711";
    Secret.register(secret);
    shop.problems.add(new Insight.Problem("connection a", "refused " + secret));
    shop.faults.add("died of " + secret);
    shop.handlers.add(Shop.handler("h", 0, 0, 1, 0, "Bearer abcdefgh1234 " + secret));
    shop.metrics.add(
        Metric.counter("x_total", secret, List.of(new Metric.Sample(Map.of("reason", secret), 1))));
    service =
        (words, out, err) -> {
          out.accept(secret);
          err.accept(secret);
          return 1;
        };
    StatusServer server = listen();
    for (String path : List.of("/", "/healthz", "/readyz", "/metrics", "/status.json")) {
      String body = get(server, path).body();
      assertFalse(body.contains("4711"), body);
      assertFalse(body.contains("abcdefgh1234"), body);
      assertTrue(path.equals("/") || body.contains("***"), body);
    }
    String said = command(server, token(server), "reload").body();
    assertEquals("{\"exit\":1,\"out\":[\"***\"],\"err\":[\"***\"]}\n", said);
  }

  @Test
  void aFaultInTheAgentIsAnAnswerToo() throws Exception {
    StatusServer server = listen();
    shop.asked =
        () -> {
          throw new IllegalStateException("inside");
        };
    HttpResponse<String> failed = get(server, "/status.json");
    assertStatus(500, failed);
    assertFalse(failed.body().contains("inside"));
    assertTrue(log.says("inside"), log.toString());
    assertStatus(200, get(server, "/healthz"));
  }

  @Test
  void aPortThatIsTakenIsSaid() throws Exception {
    InetSocketAddress taken = InetSocketAddress.createUnresolved("localhost", listen().port());
    IOException said =
        assertThrows(
            IOException.class,
            () -> StatusServer.listen(taken, shop, service, Optional.empty(), Quiet.LOGGER));
    assertTrue(said.getMessage().contains("localhost:" + taken.getPort()), said.getMessage());
    assertTrue(said.getMessage().contains("Set http.listen"), said.getMessage());
  }
}
