package loomagent.backfill;

import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loomagent.base.Secret;
import loomagent.json.Json;

/** Whose events a connection gets, as {@code subject} says it in them. */
public final class Organization {
  private static final int MAX_TOKEN = 16 << 10; // characters; a JWT has a thousand or two

  private static final Pattern SUB =
      Pattern.compile(
          "(?:Person/[0-9a-fA-F-]{36}>)?Organization/"
              + "([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})");

  private Organization() {}

  /**
   * The subject of the Organization that was configured.
   *
   * @param uuid as in {@code organization}
   * @return {@code Org/<uuid>}
   */
  public static String subject(String uuid) {
    return "Org/" + uuid.toLowerCase(Locale.ROOT);
  }

  /**
   * The subject that an access token was issued for. Its signature is not checked: this is good to
   * plan with, and never to decide trust.
   *
   * @param token a JWT, or anything else
   * @return {@code Org/<uuid>}; empty if the token does not say
   */
  public static Optional<String> subject(Secret token) {
    String[] parts = token.reveal().split("\\.", 4);
    if (parts.length != 3 || token.reveal().length() > MAX_TOKEN) {
      return Optional.empty();
    }
    try {
      byte[] claims = Base64.getUrlDecoder().decode(parts[1]);
      if (Json.parse(claims, 0, claims.length) instanceof Map<?, ?> members
          && members.get("sub") instanceof String sub) {
        Matcher organization = SUB.matcher(sub);
        return organization.matches()
            ? Optional.of(subject(organization.group(1)))
            : Optional.empty();
      }
      return Optional.empty();
    } catch (IllegalArgumentException noJwt) { // no base64, or no JSON
      return Optional.empty();
    }
  }
}
