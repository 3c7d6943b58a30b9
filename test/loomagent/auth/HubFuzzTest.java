package loomagent.auth;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import loomagent.base.Fuzz;
import loomagent.base.RawServer;
import loomagent.base.Secret;
import loomagent.json.Json;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whatever answers in the Hub's place: a token that a header can carry, or words in one line. */
@Tag("fuzz")
class HubFuzzTest {
  private static final String DATE = "Wed, 04 Mar 2026 05:06:07 GMT";
  private static final byte[][] GOOD = {
    RawServer.http(
        200,
        "{\"access_token\":\""
            + Scene.jwt("{\"iat\":1767261600,\"exp\":1767265200}")
            + "\",\"refresh_token\":\"r-1\",\"expires_in\":3600,\"token_type\":\"bearer\"}",
        "Date",
        DATE,
        "Content-Type",
        "application/json"),
    RawServer.http(
        200, "{\"access_token\":\"a-1\",\"expires_in\":\"2026-03-04T06:06:07Z\"}", "Date", DATE),
    RawServer.http(
        200,
        "{\"device_code\":\"d-1\",\"user_code\":\"ABCD-EFGH\",\"interval\":5,\"expires_in\":600,"
            + "\"verification_uri\":\"https://hub.example/device\"}"),
    RawServer.http(
        400, "{\"error\":\"invalid_grant\",\"error_description\":\"It was used.\"}", "Date", DATE),
    RawServer.http(429, "slow down", "Retry-After", "120"),
    RawServer.http(503, "", "RateLimit-Reset", "1772600767", "Date", DATE),
    RawServer.http(302, "", "Location", "https://elsewhere.example/")
  };

  @Test
  void whateverTheHubAnswersIsATokenOrOneLineOfWords() throws Exception {
    AtomicReference<byte[]> answer = new AtomicReference<>();
    int[] outcomes = new int[3];
    try (RawServer server = new RawServer(head -> answer.get())) {
      URI url = URI.create("http://" + server.authority());
      Hub.Client client =
          new Hub.Client(() -> "client-id", Optional.of(() -> new Secret("s3cret-of-the-app")));
      boolean all =
          Fuzz.run(
              250,
              fuzz -> {
                byte[] good = fuzz.once(4) ? strange(fuzz) : fuzz.one(GOOD);
                answer.set(fuzz.once(3) ? fuzz.input(good) : fuzz.damaged(good, fuzz.one(GOOD)));
                Hub hub = new Hub(url, Scene.NETWORK, "test", Clock.systemUTC());
                Instant begun = Instant.now();
                try {
                  if (fuzz.once(2)) {
                    look(hub.clientCredentials(client, "scope"));
                    outcomes[0]++;
                  } else {
                    look(hub.authorize(client, "scope"));
                    outcomes[1]++;
                  }
                } catch (TokenException refused) {
                  look(refused);
                  outcomes[2]++;
                }
                assertTrue(
                    Duration.between(begun, Instant.now()).compareTo(Duration.ofSeconds(10)) < 0);
              });
      assertTrue(
          !all || outcomes[0] > 2 && outcomes[1] > 0 && outcomes[2] > 50,
          Arrays.toString(outcomes));
    }
  }

  /** JSON as it should be, with what is said in it damaged. */
  private static byte[] strange(Fuzz fuzz) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("access_token", fuzz.damaged("a-1"));
    members.put("device_code", fuzz.damaged("d-1"));
    members.put("user_code", fuzz.damaged("ABCD-EFGH"));
    members.put("verification_uri", fuzz.damaged("https://hub.example/device"));
    members.put("expires_in", fuzz.damaged(fuzz.one("600", "2026-03-04T06:06:07Z")));
    return RawServer.http(fuzz.one(200, 200, 400), Json.write(members), "Date", DATE);
  }

  private static void look(Grant grant) {
    String token = grant.access().reveal();
    assertTrue(token.matches("[!-~]+"), token);
    grant.expiresAt().ifPresent(end -> assertIsNear(grant.from(), end));
  }

  private static void look(Hub.Device device) {
    assertTrue(device.code().reveal().matches("[!-~]+"));
    assertTrue(device.interval().compareTo(Duration.ofMinutes(1)) <= 0);
    assertIsNear(Instant.now(), device.end());
  }

  private static void assertIsNear(Instant from, Instant end) {
    assertTrue(Duration.between(from, end).abs().compareTo(Duration.ofDays(3_661)) < 0);
  }

  private static void look(TokenException refused) {
    String words = refused.getMessage();
    assertTrue(words.length() < 1_000 && words.chars().noneMatch(Character::isISOControl), words);
    assertFalse(words.contains("s3cret-of-the-app"), words);
    assertTrue(refused.pause().compareTo(Duration.ofHours(1)) <= 0);
  }
}
