package loomagent.backfill;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Base64;
import java.util.List;
import java.util.Optional;
import loomagent.base.Secret;
import org.junit.jupiter.api.Test;

class OrganizationTest {
  private static final String UUID = "837EBB91-2d4b-4818-a19b-04fea7be8cde";
  private static final String SUBJECT = "Org/837ebb91-2d4b-4818-a19b-04fea7be8cde";

  private static Optional<String> claims(String json) {
    String payload = Base64.getUrlEncoder().encodeToString(json.getBytes(UTF_8));
    return Organization.subject(new Secret("eyJhbGciOiJSUzI1NiJ9." + payload + ".c2lnbmF0dXJl"));
  }

  private static Optional<String> sub(String sub) {
    return claims("{\"exp\":1,\"x\":\"ÿ?>\",\"sub\":\"" + sub + "\"}");
  }

  @Test
  void theTokenSaysWhoseItIs() {
    assertEquals(Optional.of(SUBJECT), sub("Organization/" + UUID));
    assertEquals(Optional.of(SUBJECT), sub("Person/" + UUID + ">Organization/" + UUID));
    assertEquals(SUBJECT, Organization.subject(UUID));
  }

  @Test
  void paddingIsTakenAsItComes() {
    for (String more : List.of("", "a", "aa", "aaa")) {
      String json = "{\"sub\":\"Organization/" + UUID + "\",\"a\":\"" + more + "\"}";
      byte[] utf8 = json.getBytes(UTF_8);
      String bare = Base64.getUrlEncoder().withoutPadding().encodeToString(utf8);
      assertEquals(Optional.of(SUBJECT), Organization.subject(new Secret("a." + bare + ".")));
      assertEquals(Optional.of(SUBJECT), claims(json));
    }
  }

  @Test
  void anythingOddSaysNothing() {
    for (String sub :
        List.of(
            "",
            "Person/" + UUID,
            "Organization/" + UUID + "x",
            "Organization/x",
            UUID,
            "Organization/" + UUID + ">Person/" + UUID,
            "xOrganization/" + UUID)) {
      assertEquals(Optional.empty(), sub(sub), sub);
    }
    for (String json :
        List.of("", "[]", "{}", "{\"sub\":5}", "{\"sub\":null}", "{", "[".repeat(900), "null")) {
      assertEquals(Optional.empty(), claims(json), json);
    }
    for (String token :
        List.of("", ".", "..", "a.b", "a.b.c.d", "a.!.c", "opaque", "a.e30.c", "a.é.c")) {
      assertEquals(Optional.empty(), Organization.subject(new Secret(token)), token);
    }
    assertEquals(
        Optional.empty(), sub("Organization/" + UUID + "\",\"x\":\"" + "x".repeat(20_000)));
  }
}
