package loomagent.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import loomagent.json.Json;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class TokenEndpointTest {
  private static final String OTHER = "5b8d1e6c-0f5a-4b7e-9a53-6f6f4a6f2a11";
  private static final String UNKNOWN = "00000000-0000-4000-8000-000000000000";
  private static final Settings.Hub STANDARD =
      Settings.Hub.defaults()
          .withClient("app", "secret-of-app")
          .withDevice(-1, Duration.ZERO)
          .withGranted(Map.of(Events.ORGANIZATION, Set.of(), OTHER, Set.of("loom.r", "a.b")));

  private Simulator loom = start(STANDARD);

  private static Simulator start(Settings.Hub hub) {
    try {
      return Simulator.start(Settings.defaults().withHub(hub));
    } catch (java.io.IOException taken) {
      throw new IllegalStateException(taken);
    }
  }

  @AfterEach
  void close() {
    loom.close();
  }

  @Test
  void credentialsGiveAJwtOfTheOrganizationForAnHour() throws Exception {
    HttpResponse<String> answer = credentials("Org/" + OTHER + ".loom.r,Org/" + OTHER + ".a.b");
    Map<?, ?> body = body(200, answer);
    assertEquals(3600L, body.get("expires_in"));
    assertEquals("bearer", body.get("token_type"));
    assertEquals(Map.of("id", OTHER, "type", "Organization"), body.get("bearer"));
    String claims = body.get("access_token").toString().split("\\.")[1];
    Map<?, ?> jwt =
        (Map<?, ?>)
            Json.parse(new String(Base64.getUrlDecoder().decode(claims), StandardCharsets.UTF_8));
    assertEquals("Organization/" + OTHER, jwt.get("sub"));
    assertEquals(3600L, (long) jwt.get("exp") - (long) jwt.get("iat"));
    assertEquals("no-store", answer.headers().firstValue("Cache-Control").orElse(""));
    assertTrue(answer.headers().firstValue("Date").isPresent());
  }

  @Test
  void theEndMayBeATime() throws Exception {
    again(STANDARD.withLife(Duration.ofMinutes(2), true, false));
    Instant end =
        Instant.parse(
            body(200, credentials("Org/" + OTHER + ".loom.r")).get("expires_in").toString());
    assertTrue(end.isAfter(Instant.now().plusSeconds(100)), end.toString());
  }

  @Test
  void whatIsNotGrantedIsRefusedWithTheWordForIt() throws Exception {
    assertError(403, "ungranted_scope", credentials("Org/" + OTHER + ".else.r"));
    assertError(404, "bearer_does_not_exist", credentials("Org/" + UNKNOWN + ".loom.r"));
    for (String scope :
        new String[] {
          "loom.r",
          "Org.loom.r",
          "Org/" + OTHER,
          "Org/" + OTHER + ".loom.r ",
          "Org/" + OTHER + ".loom.r,",
          "Org/" + OTHER + ".loom.r,Org/" + Events.ORGANIZATION + ".loom.r"
        }) {
      assertError(400, "malformed_scope", credentials(scope));
    }
    assertError(400, "invalid_request", ask("grant_type=client_credentials"));
    assertError(400, "unsupported_grant_type", ask("grant_type=password"));
  }

  @Test
  void onlyTheClientWithItsSecretInTheHeaderIsServed() throws Exception {
    String form = "grant_type=client_credentials&scope=Org/" + OTHER + ".loom.r";
    HttpResponse<String> wrong = send("access_token", form, "app:wrong");
    assertError(401, "invalid_client", wrong);
    assertTrue(wrong.headers().firstValue("WWW-Authenticate").isPresent());
    assertError(401, "invalid_client", send("access_token", form, "other:secret-of-app"));
    assertError(401, "invalid_client", send("access_token", form, "app"));
    assertError(401, "invalid_client", send("access_token", form, ""));
    assertError(
        401,
        "invalid_client",
        send("access_token", form + "&client_id=app&client_secret=secret-of-app", ""));
    assertError(401, "invalid_client", ask(form + "&client_id=other"));
    assertError(401, "invalid_client", send("access_token", form, "%61pp:secret-of-app"));
    body(200, send("access_token", form, "app:secret-of-app"));
    again(STANDARD.withConfidential(false));
    assertError(400, "unauthorized_client", send("access_token", form + "&client_id=app", ""));
  }

  @Test
  void onlyAFormIsRead() throws Exception {
    HttpRequest.Builder json =
        HttpRequest.newBuilder(URI.create(loom.hub().url() + "/oauth/access_token"))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString("{}"));
    assertError(400, "invalid_request", Puller.HTTP.send(json.build(), BodyHandlers.ofString()));
    assertError(400, "invalid_request", ask("grant_type=a&grant_type=b"));
    assertError(400, "invalid_request", ask("grant_type=%zz"));
    assertEquals(404, send("token", "", "app:secret-of-app").statusCode());
    HttpRequest get =
        HttpRequest.newBuilder(URI.create(loom.hub().url() + "/oauth/access_token")).build();
    assertEquals(405, Puller.HTTP.send(get, BodyHandlers.ofString()).statusCode());
  }

  @Test
  void aRefreshTokenWorksOnceAndHasASuccessor() throws Exception {
    String first = loom.hub().refreshToken(OTHER);
    Map<?, ?> given = body(200, ask("grant_type=refresh_token&refresh_token=" + first));
    assertError(400, "invalid_grant", ask("grant_type=refresh_token&refresh_token=" + first));
    String second = given.get("refresh_token").toString();
    assertNotEquals(first, second);
    loom.hub().revoke(second);
    assertError(400, "invalid_grant", ask("grant_type=refresh_token&refresh_token=" + second));
    assertError(400, "invalid_request", ask("grant_type=refresh_token"));
    assertEquals(4, loom.hub().asks());
    assertEquals(1, loom.hub().asksAtOnce());
  }

  @Test
  void aDeviceIsApprovedOrDeclinedOverHttpToo() throws Exception {
    Map<?, ?> device = device();
    String poll =
        "grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code="
            + device.get("device_code");
    assertError(400, "authorization_pending", ask(poll));
    assertEquals(400, admin("approve?code=x"));
    assertEquals(202, admin("approve?code=" + device.get("user_code")));
    assertEquals(Map.of("id", OTHER, "type", "Organization"), body(200, ask(poll)).get("bearer"));
    assertError(400, "expired_token", ask(poll));
    Map<?, ?> other = device();
    assertEquals(202, admin("decline?code=" + other.get("user_code")));
    poll = poll.replace(device.get("device_code").toString(), other.get("device_code").toString());
    assertError(400, "access_denied", ask(poll));
  }

  @Test
  void aDeviceThatAsksTooOftenIsToldSoAndOneMayBeApprovedByItself() throws Exception {
    again(STANDARD.withDevice(0, Duration.ofMinutes(1)));
    String poll = "grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=";
    body(200, ask(poll + device().get("device_code")));
    again(STANDARD.withDevice(1, Duration.ofMinutes(1)));
    Object code = device().get("device_code");
    assertError(400, "authorization_pending", ask(poll + code));
    assertError(400, "slow_down", ask(poll + code));
  }

  @Test
  void tooManyRequestsAreToldWhenToComeBack() throws Exception {
    again(STANDARD.withPerMinute(2));
    assertError(400, "unsupported_grant_type", ask("grant_type=x"));
    assertError(400, "unsupported_grant_type", ask("grant_type=x"));
    HttpResponse<String> third = ask("grant_type=x");
    assertEquals(429, third.statusCode());
    long reset = Long.parseLong(third.headers().firstValue("RateLimit-Reset").orElseThrow());
    long wait = reset - Instant.now().getEpochSecond();
    assertTrue(wait > 50 && wait <= 61, wait + " s");
  }

  @Test
  void aTokenOfAnOrganizationGetsItsEventsAlone() throws Exception {
    try (Client all = Client.live(loom);
        Client one = live(token(OTHER))) {
      assertEquals(1, loom.publish(event(Events.ORGANIZATION)));
      assertEquals(2, loom.publish(event(OTHER)));
      assertEquals(1, loom.publish("a.b", "\"no event\""));
      assertTrue(one.nextButPings().text().contains("Org/" + OTHER));
      assertTrue(all.nextButPings().text().contains("Org/" + Events.ORGANIZATION));
    }
  }

  @Test
  void aTokenThatIsOverOrRevokedIsAWrongOne() throws Exception {
    String token = token(OTHER);
    loom.hub().revoke(token);
    assertUnauthorized(token);
    again(STANDARD.withLife(Duration.ofMillis(1), true, false));
    String over = token(OTHER);
    Instant end = Instant.now().plusMillis(2);
    while (Instant.now().isBefore(end)) {
      Thread.onSpinWait();
    }
    assertUnauthorized(over);
  }

  @Test
  void aWebsocketMayBeToldThatItsTokenIsOver() throws Exception {
    again(STANDARD.withLife(Duration.ofMillis(300), true, true));
    try (Client fixed = Client.live(loom);
        Client client = live(token(OTHER))) {
      client.expect("{\"type\":\"disconnect\",\"reason\":\"token_expired\",\"reconnect\":false}");
      client.expectClose(1000);
      assertEquals(1, loom.publish(event(OTHER)));
      assertTrue(fixed.nextButPings().text().contains(OTHER));
    }
  }

  private void again(Settings.Hub hub) {
    loom.close();
    loom = start(hub);
  }

  private Map<?, ?> device() throws Exception {
    String form = "client_id=app&scope=Org/" + OTHER + ".loom.r";
    return body(200, send("device_authorizations/authorize", form, "app:secret-of-app"));
  }

  private String token(String organization) throws Exception {
    return body(200, credentials("Org/" + organization + ".loom.r")).get("access_token").toString();
  }

  private void assertUnauthorized(String token) throws Exception {
    try (Client client = new Client(loom)) {
      client.request(Client.upgrade(loom, "").replace(loom.token(), token));
      client.expect("{\"type\":\"disconnect\",\"reason\":\"unauthorized\",\"reconnect\":false}");
    }
  }

  private Client live(String token) throws Exception {
    Client client = new Client(loom);
    client.request(Client.upgrade(loom, "").replace(loom.token(), token));
    client.expect("{\"type\":\"welcome\"}");
    client.send(Client.SUBSCRIBE);
    client.expect(Faults.confirmation(Client.IDENTIFIER));
    return client;
  }

  private static String event(String organization) {
    return "{\"id\":\"1\",\"name\":\"a.b\",\"subject\":\"Org/" + organization + "\"}";
  }

  private HttpResponse<String> credentials(String scope) throws Exception {
    return ask("grant_type=client_credentials&scope=" + Puller.encoded(scope));
  }

  private HttpResponse<String> ask(String form) throws Exception {
    return send("access_token", form, "app:secret-of-app");
  }

  private HttpResponse<String> send(String path, String form, String login) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(loom.hub().url() + "/oauth/" + path))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString(form));
    return Puller.HTTP.send(
        (login.isEmpty()
                ? request
                : request.header("Authorization", "Basic " + Puller.base64(login)))
            .build(),
        BodyHandlers.ofString());
  }

  private int admin(String what) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(loom.hub().url() + "/admin/" + what))
            .POST(BodyPublishers.noBody())
            .build();
    return Puller.HTTP.send(request, BodyHandlers.ofString()).statusCode();
  }

  private static Map<?, ?> body(int status, HttpResponse<String> answer) {
    assertEquals(status, answer.statusCode(), answer.body());
    return (Map<?, ?>) Json.parse(answer.body());
  }

  private static void assertError(int status, String error, HttpResponse<String> answer) {
    assertEquals(error, body(status, answer).get("error"));
    assertFalse(body(status, answer).get("error_description").toString().isEmpty());
  }
}
