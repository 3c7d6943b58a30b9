package loomagent.backfill;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loomagent.auth.Claims;
import loomagent.base.Secret;

/** Whose events a connection gets, as {@code subject} says it in them. */
public final class Organization {
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
    return Claims.of(token)
        .subject()
        .map(SUB::matcher)
        .filter(Matcher::matches)
        .map(organization -> subject(organization.group(1)));
  }
}
