package loomagent.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import loomagent.auth.TokenException.Kind;
import loomagent.base.Secret;
import loomagent.simulator.Request;
import loomagent.simulator.Script;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class HubTest {
  private Scene scene;

  @BeforeEach
  void open() throws IOException {
    scene = new Scene(Scene.standard());
  }

  @AfterEach
  void close() {
    scene.close();
  }

  @Test
  void theAppsCredentialsGiveATokenForTheScope() throws Exception {
    Grant grant = scene.hub.clientCredentials(scene.client, Scene.SCOPE);
    Claims claims = Claims.of(grant.access());
    assertEquals(Optional.of("Organization/" + Scene.ORGANIZATION), claims.subject());
    assertEquals(Optional.of(scene.clock.instant().plus(Duration.ofHours(1))), grant.expiresAt());
    Request request = scene.loom.hub().requests().get(0);
    assertTrue(request.header("Authorization").orElse("").startsWith("Basic "));
    assertFalse(request.body().contains("client_id"));
  }

  @Test
  void anAppWithoutASecretShowsItsIdInTheForm() throws Exception {
    scene.close();
    scene = new Scene(Scene.standard().withConfidential(false));
    Secret first = new Secret(scene.loom.hub().refreshToken(Scene.ORGANIZATION));
    assertTrue(scene.hub.refresh(scene.client, first).refresh().isPresent());
    Request request = scene.loom.hub().requests().get(0);
    assertTrue(request.body().contains("client_id=simulated_client"), request.body());
    assertEquals(Optional.empty(), request.header("Authorization"));
    assertFailure(
        Kind.REFUSED,
        "allow it the grant",
        () -> scene.hub.clientCredentials(scene.client, Scene.SCOPE));
  }

  @Test
  void aSecretGoesToTheHubAsItIs() throws Exception {
    scene.close();
    scene = new Scene(Scene.standard().withClient("an/id+", "s+e%c:r/e=t&%41"));
    assertTrue(scene.hub.clientCredentials(scene.client, Scene.SCOPE).expiresAt().isPresent());
  }

  @Test
  void aLifeIsReadInEveryFormTheHubGivesItIn() throws Exception {
    Instant now = scene.clock.instant();
    long unix = now.getEpochSecond();
    Instant second = Instant.ofEpochSecond(unix);
    String jwt = Scene.jwt("{\"iat\":%d,\"exp\":%d}".formatted(unix, unix + 60));
    assertEquals(Optional.of(now.plusSeconds(599)), end("x", "599"));
    assertEquals(Optional.of(now.plusSeconds(599)), end(jwt, "\"599\""));
    assertEquals(
        Optional.of(second.plusSeconds(90)), end("x", "\"" + second.plusSeconds(90) + "\""));
    assertEquals(Optional.of(second.plusSeconds(90)), end("x", "" + (unix + 90)));
    assertEquals(Optional.of(now.plusSeconds(60)), end(jwt, "null"));
    assertEquals(Optional.of(now.plusSeconds(60)), end(jwt, "\"soon\""));
    assertEquals(Optional.of(now.plusSeconds(60)), end(jwt, "[1]"));
    assertEquals(Optional.empty(), end("x", "null"));
    assertEquals(Optional.empty(), end("a.b.c", "1e400"));
    assertEquals(Optional.empty(), end("x", "-1"));
  }

  /** Both the Hub's clock and this one say what they like: what counts is the distance. */
  @Test
  void aClockThatIsWrongByMinutesDoesNotMatter() throws Exception {
    Instant hub = Instant.parse("2031-05-01T10:00:00Z");
    String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(hub.atZone(ZoneOffset.UTC));
    long unix = hub.getEpochSecond();
    Optional<Instant> wanted = Optional.of(scene.clock.instant().plusSeconds(3_600));
    String time = "\"2031-05-01T11:00:00.000Z\"";
    assertEquals(wanted, end("x", time, Map.of("Date", date)));
    assertEquals(wanted, end(Scene.jwt("{\"iat\":" + unix + "}"), time));
    assertEquals(
        wanted, end(Scene.jwt("{\"exp\":" + (unix + 3_600) + "}"), "null", Map.of("Date", date)));
    assertEquals(
        wanted, end(Scene.jwt("{\"iat\":%d,\"exp\":%d}".formatted(unix, unix + 3_600)), "null"));
  }

  @Test
  void theHubsNoIsToldWithWhatToDoThere() throws Exception {
    String other = "Org/00000000-0000-4000-8000-000000000000.loom.event.r";
    scene.close();
    scene = new Scene(Scene.standard().withGranted(Map.of(Scene.ORGANIZATION, Set.of("a.r"))));
    assertFailure(Kind.REFUSED, "ungranted_scope (\"loom.event.r was", () -> ask(Scene.SCOPE));
    assertFailure(Kind.REFUSED, "admins connect the app again", () -> ask(Scene.SCOPE));
    assertFailure(Kind.REFUSED, "Check oauth.scopes", () -> ask("Org/1.a.r"));
    assertFailure(Kind.REFUSED, "The Hub knows no such Organization", () -> ask(other));
    Hub.Client wrong = new Hub.Client(() -> "x", scene.client.secret());
    assertFailure(
        Kind.REFUSED,
        "Check oauth.client-id and oauth.client-secret",
        () -> scene.hub.clientCredentials(wrong, Scene.SCOPE));
    assertFailure(
        Kind.REFUSED,
        "Run: login",
        () -> scene.hub.refresh(scene.client, new Secret("never-given-out")));
    scripted(Kind.REFUSED, 400, "unsupported_grant_type", "gives no tokens in this way");
    scripted(Kind.REFUSED, 400, "invalid_scope", "Check oauth.scopes");
    scripted(Kind.UNREACHABLE, 400, "temporarily_unavailable", "out of order");
    scripted(Kind.UNREACHABLE, 500, "", "out of order (500)");
    scripted(Kind.REFUSED, 418, "tea", "the Hub refuses: tea (\"a \\u000ab\"). Check hub.url");
  }

  @Test
  void whatIsNoHubIsSaidToBeNone() {
    assertAnswer(
        "redirects (302 to http://127.0.0.1:1/)",
        302,
        Map.of("Location", "http://127.0.0.1:1/"),
        "");
    assertAnswer("Check hub.url", 404, Map.of(), "<html>");
    assertAnswer("without an access_token. Check hub.url", 200, Map.of(), "<html>");
    assertAnswer("without an access_token", 200, Map.of(), "{\"access_token\":\"a\\r\\nb\"}");
    assertAnswer("without an access_token", 200, Map.of(), "{\"access_token\":7}");
    assertAnswer("more than 65536 bytes", 200, Map.of(), " ".repeat(Hub.MAX_ANSWER + 1));
    assertEquals(6, scene.loom.hub().asks());
  }

  @Test
  void aHubThatCannotBeReachedIsNamedForWhatItIs() throws Exception {
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    Hub nobody =
        new Hub(URI.create("http://127.0.0.1:" + free), Scene.NETWORK, "test", scene.clock);
    assertFailure(
        Kind.UNREACHABLE, "hub.url", () -> nobody.clientCredentials(scene.client, Scene.SCOPE));
    scene.loom.hub().next(peer -> peer.reset());
    assertFailure(Kind.UNREACHABLE, "the Hub: ", () -> ask(Scene.SCOPE));
  }

  @Test
  void aSettingThatCannotBeLookedUpIsSaidAndNothingSent() {
    Hub.Client unreadable =
        new Hub.Client(
            scene.client.id(),
            Optional.of(
                () -> {
                  throw new IOException("agent.properties:3: needs ${file:x}");
                }));
    assertFailure(
        Kind.SETTING,
        "agent.properties:3",
        () -> scene.hub.clientCredentials(unreadable, Scene.SCOPE));
    assertEquals(0, scene.loom.hub().asks());
  }

  @Test
  void afterTooManyRequestsNobodyAsksBeforeTheTime() throws Exception {
    scene.clock.forward(Duration.ofMinutes(10)); // it is wrong, which the answer's Date tells
    scene.loom.hub().next(Script.tooMany(Duration.ofSeconds(40)));
    TokenException first =
        assertFailure(Kind.UNREACHABLE, "too many requests (429)", () -> ask(Scene.SCOPE));
    assertTrue(Math.abs(first.pause().toSeconds() - 41) <= 2, first.pause().toString());
    TokenException second =
        assertFailure(Kind.UNREACHABLE, "wants no request for", () -> ask(Scene.SCOPE));
    assertTrue(second.pause().compareTo(first.pause()) <= 0);
    assertEquals(1, scene.loom.hub().asks());
    scene.clock.forward(first.pause());
    ask(Scene.SCOPE);
    assertEquals(2, scene.loom.hub().asks());
  }

  @Test
  void aHubOutOfOrderIsGivenTheTimeItAsksForButNoMoreThanAnHour() throws Exception {
    scene.loom.hub().next(Scene.answer(503, Map.of("Retry-After", "999999"), ""));
    TokenException failure =
        assertFailure(Kind.UNREACHABLE, "out of order (503)", () -> ask(Scene.SCOPE));
    assertEquals(Duration.ofHours(1), failure.pause());
    scene.clock.forward(Duration.ofHours(1));
    ask(Scene.SCOPE);
    scene.loom.hub().next(Scene.answer(500, Map.of(), ""));
    assertEquals(
        Duration.ZERO, assertFailure(Kind.UNREACHABLE, "(500)", () -> ask(Scene.SCOPE)).pause());
    ask(Scene.SCOPE);
  }

  @Test
  void theHubIsAskedOneThingAtATime() throws Exception {
    scene
        .loom
        .hub()
        .always(
            peer -> {
              Thread.onSpinWait();
              Script.TOKENS.run(peer);
            });
    ExecutorService threads = Executors.newFixedThreadPool(8);
    List<Callable<Grant>> asks = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      asks.add(() -> ask(Scene.SCOPE));
    }
    for (Future<Grant> asked : threads.invokeAll(asks)) {
      assertTrue(asked.get().expiresAt().isPresent());
    }
    threads.shutdown();
    assertEquals(1, scene.loom.hub().asksAtOnce());
  }

  @Test
  void anInterruptDoesNotLoseTheAnswerThatHoldsTheOnlySuccessor() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    scene
        .loom
        .hub()
        .next(
            peer -> {
              asked.countDown();
              try {
                answer.await();
              } catch (InterruptedException closing) {
                return;
              }
              Script.TOKENS.run(peer);
            });
    Secret first = new Secret(scene.loom.hub().refreshToken(Scene.ORGANIZATION));
    List<Boolean> interrupted = new ArrayList<>();
    List<Grant> got = new ArrayList<>();
    Thread asking =
        new Thread(
            () -> {
              try {
                got.add(scene.hub.refresh(scene.client, first));
              } catch (TokenException | InterruptedException lost) {
                throw new AssertionError(lost);
              }
              interrupted.add(Thread.currentThread().isInterrupted());
            });
    asking.start();
    asked.await();
    asking.interrupt();
    answer.countDown();
    asking.join();
    assertTrue(got.get(0).refresh().isPresent());
    assertEquals(List.of(true), interrupted);
  }

  private Grant ask(String scope) throws TokenException, InterruptedException {
    return scene.hub.clientCredentials(scene.client, scope);
  }

  private Optional<Instant> end(String token, String expiresIn) throws Exception {
    return end(token, expiresIn, Map.of());
  }

  private Optional<Instant> end(String token, String expiresIn, Map<String, String> headers)
      throws Exception {
    String body = "{\"access_token\":\"%s\",\"expires_in\":%s}".formatted(token, expiresIn);
    scene.loom.hub().next(Scene.answer(200, headers, body));
    return ask(Scene.SCOPE).expiresAt();
  }

  private void scripted(Kind kind, int status, String error, String words) {
    scene.loom.hub().next(Script.hubError(status, error, "a \nb"));
    TokenException failure = assertFailure(kind, words, () -> ask(Scene.SCOPE));
    assertEquals(error, failure.code());
  }

  private void assertAnswer(String words, int status, Map<String, String> headers, String body) {
    scene.loom.hub().next(Scene.answer(status, headers, body));
    assertFailure(Kind.REFUSED, words, () -> ask(Scene.SCOPE));
  }

  static TokenException assertFailure(Kind kind, String words, Callable<?> action) {
    TokenException failure = assertThrows(TokenException.class, action::call);
    assertEquals(kind, failure.kind(), failure.getMessage());
    assertTrue(failure.getMessage().contains(words), failure.getMessage());
    assertEquals(1, failure.getMessage().lines().count());
    return failure;
  }
}
