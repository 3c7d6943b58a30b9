package loomagent.auth;

import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import loomagent.base.Secret;
import loomagent.json.Json;

/**
 * What an access token says of itself, if it is a JWT. Its signature is not checked: this is good
 * to plan with, and never to decide trust.
 *
 * @param issuedAt {@code iat}
 * @param expiresAt {@code exp}
 * @param subject {@code sub}
 */
public record Claims(
    Optional<Instant> issuedAt, Optional<Instant> expiresAt, Optional<String> subject) {
  private static final int MAX_TOKEN = 16 << 10; // characters; a JWT has a thousand or two
  private static final Claims NONE =
      new Claims(Optional.empty(), Optional.empty(), Optional.empty());

  /** Reads a token of any kind; of one that is no JWT there is nothing to know. */
  public static Claims of(Secret token) {
    String text = token.reveal();
    String[] parts = text.length() > MAX_TOKEN ? new String[0] : text.split("\\.", 4);
    if (parts.length != 3) {
      return NONE;
    }
    try {
      byte[] claims = Base64.getUrlDecoder().decode(parts[1]);
      return Json.parse(claims, 0, claims.length) instanceof Map<?, ?> members
          ? new Claims(
              time(members.get("iat")),
              time(members.get("exp")),
              members.get("sub") instanceof String sub ? Optional.of(sub) : Optional.empty())
          : NONE;
    } catch (IllegalArgumentException noJwt) { // no base64, or no JSON
      return NONE;
    }
  }

  /** Seconds since 1970, with a fraction or not; what is before 2001 or after 9999 is no time. */
  private static Optional<Instant> time(Object claim) {
    return claim instanceof Number number
            && number.doubleValue() >= 1e9
            && number.doubleValue() < 253_402_300_800.0
        ? Optional.of(Instant.ofEpochMilli((long) (number.doubleValue() * 1_000)))
        : Optional.empty();
  }
}
