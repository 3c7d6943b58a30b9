package loomagent.auth;

import java.time.Duration;
import java.util.Optional;
import loomagent.auth.TokenException.Kind;
import loomagent.base.Words;
import loomagent.net.Failures;

/** The Hub's no, in words, with what to do about it there. */
final class Refusal {
  private static final int EXCERPT = 200;

  private Refusal() {}

  /**
   * What an answer that gives nothing means.
   *
   * @param pause how long it asks to wait
   */
  static TokenException of(Answer answer, Duration pause) {
    int status = answer.status();
    String code = answer.text("error").map(text -> Words.line(text, EXCERPT)).orElse("");
    Optional<String> known = advice(code);
    String wait = pause.isZero() ? "" : "; it asks to wait " + Words.of(pause);
    if (status == 429 || status == 408 || status >= 500 || unwell(code)) {
      String fact =
          status == 429 ? "too many requests (429)" : "it is out of order (" + status + ")";
      return new TokenException(Kind.UNREACHABLE, code, "the Hub: " + fact + wait, pause);
    }
    String text =
        "the Hub refuses"
            + (code.isEmpty() ? " (" + status + ")" : ": " + code)
            + answer.text("error_description").map(Refusal::quoted).orElse("")
            + ". ";
    return known
        .map(advice -> new TokenException(Kind.REFUSED, code, text + advice, pause))
        .orElseGet(() -> odd(answer, code, text, pause));
  }

  private static TokenException odd(Answer answer, String code, String text, Duration pause) {
    String words =
        Failures.words(answer.status(), answer.headers(), "hub.url")
            .orElse(
                text
                    + (answer.status() == 404
                        ? "Check hub.url"
                        : "Check hub.url, oauth.client-id and oauth.client-secret"));
    return new TokenException(Kind.REFUSED, code, words, pause);
  }

  private static boolean unwell(String code) {
    return code.equals("temporarily_unavailable") || code.equals("server_error");
  }

  private static String quoted(String description) {
    return " (\"" + Words.line(description, EXCERPT) + "\")";
  }

  private static Optional<String> advice(String code) {
    String advice =
        switch (code) {
          case "ungranted_scope" ->
              "The Organization has not granted this scope to the app: in the Hub, have one of its"
                  + " admins connect the app again with all of oauth.scopes, or take the scope out"
                  + " of oauth.scopes";
          case "malformed_scope", "invalid_scope" ->
              "Check oauth.scopes (such as directory.organization.r, with commas between them and"
                  + " without Org/<uuid>.) and that the app has them in the Hub";
          case "bearer_does_not_exist" ->
              "The Hub knows no such Organization, or it is not connected to the app: check"
                  + " organization, and connect the app with it in the Hub";
          case "invalid_client" ->
              "Check oauth.client-id and oauth.client-secret against the app's credentials in the"
                  + " Hub, and that hub.url is of the environment (sandbox, production) they are"
                  + " from";
          case "unauthorized_client" ->
              "The app may not ask for tokens in this way: in the Hub, allow it the grant, or use"
                  + " another (oauth.refresh-token, or run: login)";
          case "invalid_grant" ->
              "The refresh token was used already, was revoked, or is older than 7 days. Run:"
                  + " login";
          case "unsupported_grant_type" ->
              "This Hub gives no tokens in this way: check hub.url, or use another (oauth.scopes,"
                  + " oauth.refresh-token, or run: login)";
          case "access_denied" -> "Somebody declined it in the Hub. Run login again and approve it";
          case "expired_token" -> "Nobody approved it in time. Run login again";
          default -> "";
        };
    return Optional.of(advice).filter(text -> !text.isEmpty());
  }
}
