package loomagent.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URLDecoder;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loomagent.json.Json;

/** The Hub as it should be: RFC 6749 and RFC 8628 with scopes that name their Organization. */
final class TokenEndpoint implements Script {
  static final String PREFIX = "/oauth/";

  private static final String TOKEN = PREFIX + "access_token";
  private static final String DEVICE = PREFIX + "device_authorizations/authorize";
  private static final String DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
  private static final Pattern SCOPE =
      Pattern.compile("Org(?:/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}))?\\.([a-z0-9_.]+)");

  /** An OAuth error. */
  private static final class No extends IOException {
    private static final long serialVersionUID = 1;
    private final int status;
    private final String error;

    No(int status, String error, String description) {
      super(description);
      this.status = status;
      this.error = error;
    }
  }

  /** What a client wants of one Organization; none if it names none. */
  private record Wanted(Optional<String> organization, String scope) {}

  @Override
  public void run(Peer peer) throws IOException {
    Request request = peer.request();
    Optional<Instant> wait = peer.tokens().limit(Instant.now());
    if (wait.isPresent()) {
      tooMany(peer, wait.get());
      return;
    }
    if (!request.path().equals(TOKEN) && !request.path().equals(DEVICE)) {
      throw new Refused(404, "There is " + TOKEN + " and " + DEVICE);
    } else if (!request.method().equals("POST")) {
      respond(peer, 405, Map.of("Allow", "POST"), Map.of("error", "invalid_request"));
      return;
    }
    try {
      Map<String, String> form = form(request);
      authenticate(request, form, peer.settings().hub());
      respond(
          peer,
          200,
          Map.of(),
          request.path().equals(TOKEN) ? token(peer, form) : device(peer, form));
    } catch (No no) {
      fail(peer, no.status, no.error, no.getMessage());
    }
  }

  static void fail(Peer peer, int status, String error, String description) throws IOException {
    Map<String, String> challenge =
        status == 401 ? Map.of("WWW-Authenticate", "Basic realm=\"Hub\"") : Map.of();
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("error", error);
    body.put("error_description", description);
    respond(peer, status, challenge, body);
  }

  static void tooMany(Peer peer, Instant until) throws IOException {
    // In whole seconds, and not too early.
    String reset = Long.toString(until.plusMillis(999).getEpochSecond());
    Map<String, String> headers = Map.of("RateLimit-Reset", reset, "RateLimit-Rule", "oauth/ip");
    respond(peer, 429, headers, Map.of());
  }

  private static void respond(Peer peer, int status, Map<String, String> more, Map<?, ?> body)
      throws IOException {
    Map<String, String> headers = new LinkedHashMap<>(more);
    ZonedDateTime now = ZonedDateTime.now(ZoneOffset.UTC);
    headers.put("Date", DateTimeFormatter.RFC_1123_DATE_TIME.format(now));
    headers.put("Content-Type", "application/json; charset=utf-8");
    headers.put("Cache-Control", "no-store");
    peer.respond(status, headers, Json.write(body));
  }

  private static Map<String, String> form(Request request) throws No {
    String type = request.header("Content-Type").orElse("").split(";", 2)[0].strip();
    if (!type.equalsIgnoreCase("application/x-www-form-urlencoded")) {
      throw new No(400, "invalid_request", "The body has to be form-encoded");
    }
    Map<String, String> form = new LinkedHashMap<>();
    try {
      for (String pair : request.body().split("&")) {
        String[] sides = pair.split("=", 2);
        String name = URLDecoder.decode(sides[0], UTF_8);
        String value = sides.length == 2 ? URLDecoder.decode(sides[1], UTF_8) : "";
        if (!name.isEmpty() && form.put(name, value) != null) {
          throw new No(400, "invalid_request", name + " is there twice");
        }
      }
    } catch (IllegalArgumentException badEncoding) {
      throw new No(400, "invalid_request", "The body is not form-encoded");
    }
    return form;
  }

  private static void authenticate(Request request, Map<String, String> form, Settings.Hub hub)
      throws No {
    String given = request.header("Authorization").orElse("");
    boolean right =
        given.isEmpty() && !hub.confidential() && hub.id().equals(form.get("client_id"));
    if (given.regionMatches(true, 0, "Basic ", 0, 6)) {
      try {
        String login = new String(Base64.getDecoder().decode(given.substring(6).strip()), UTF_8);
        String[] sides = login.split(":", 2);
        right =
            sides.length == 2
                && sides[0].equals(hub.id())
                && sides[1].equals(hub.secret())
                && form.getOrDefault("client_id", hub.id()).equals(hub.id());
      } catch (IllegalArgumentException badEncoding) {
        right = false;
      }
    }
    if (!right) {
      throw new No(401, "invalid_client", "Client authentication failed");
    }
  }

  private static Map<?, ?> token(Peer peer, Map<String, String> form) throws No {
    Tokens tokens = peer.tokens();
    Settings.Hub hub = peer.settings().hub();
    return switch (form.getOrDefault("grant_type", "")) {
      case "client_credentials" -> {
        if (!hub.confidential()) {
          throw new No(400, "unauthorized_client", "A client without a secret may not do this");
        }
        Wanted wanted = wanted(required(form, "scope"), hub);
        String organization =
            wanted
                .organization()
                .orElseThrow(() -> new No(400, "malformed_scope", "Say Org/<uuid>.<scope>"));
        yield answer(tokens.give(organization, wanted.scope()), hub);
      }
      case "refresh_token" ->
          answer(
              tokens
                  .exchange(required(form, "refresh_token"))
                  .orElseThrow(() -> new No(400, "invalid_grant", "The token is invalid or used")),
              hub);
      case DEVICE_GRANT -> answer(approved(tokens.poll(required(form, "device_code"))), hub);
      default -> throw new No(400, "unsupported_grant_type", "There is no such grant_type");
    };
  }

  private static Tokens.Given approved(Tokens.Polled polled) throws No {
    return switch (polled.poll()) {
      case UNKNOWN -> throw new No(400, "expired_token", "The device code is over");
      case PENDING -> throw new No(400, "authorization_pending", "Nobody approved it yet");
      case TOO_SOON -> throw new No(400, "slow_down", "Ask less often");
      case DECLINED -> throw new No(400, "access_denied", "It was declined");
      case APPROVED -> polled.given().orElseThrow();
    };
  }

  private static Map<?, ?> device(Peer peer, Map<String, String> form) throws No {
    Settings.Hub hub = peer.settings().hub();
    required(form, "client_id");
    String scope = form.getOrDefault("scope", "");
    Optional<String> organization =
        scope.isEmpty() ? Optional.empty() : wanted(scope, hub).organization();
    Tokens.Begun begun = peer.tokens().begin(organization, scope);
    String address = "http://" + peer.request().header("Host").orElse("") + "/device";
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("device_code", begun.code());
    body.put("user_code", begun.userCode());
    body.put("verification_url", address);
    body.put("verification_url_complete", address + "?user_code=" + begun.userCode());
    body.put("interval", hub.interval().toSeconds());
    body.put(
        "expires_in",
        hub.asTime()
            ? begun.end().truncatedTo(ChronoUnit.MILLIS).toString()
            : Duration.between(Instant.now(), begun.end()).toSeconds());
    return body;
  }

  private static String required(Map<String, String> form, String name) throws No {
    String value = form.getOrDefault(name, "");
    if (value.isEmpty()) {
      throw new No(400, "invalid_request", name + " is missing");
    }
    return value;
  }

  private static Wanted wanted(String scope, Settings.Hub hub) throws No {
    Optional<String> organization = Optional.empty();
    boolean first = true;
    for (String item : scope.split(",", -1)) {
      Matcher parts = SCOPE.matcher(item);
      if (!parts.matches()
          || (!first && !organization.equals(Optional.ofNullable(parts.group(1))))) {
        throw new No(400, "malformed_scope", "Say Org/<uuid>.<scope>,… of one Organization");
      }
      first = false;
      organization = Optional.ofNullable(parts.group(1));
      if (organization.isPresent()) {
        Set<String> granted = hub.granted().get(organization.get());
        if (granted == null) {
          throw new No(404, "bearer_does_not_exist", "There is no such Organization");
        }
        if (!granted.isEmpty() && !granted.contains(parts.group(2))) {
          throw new No(403, "ungranted_scope", parts.group(2) + " was not granted");
        }
      }
    }
    return new Wanted(organization, scope);
  }

  private static Map<?, ?> answer(Tokens.Given given, Settings.Hub hub) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("access_token", given.access());
    body.put("token_type", "bearer");
    body.put(
        "expires_in",
        hub.asTime()
            ? given.end().truncatedTo(ChronoUnit.MILLIS).toString()
            : hub.life().toSeconds());
    body.put("refresh_token", given.refresh());
    body.put("scope", given.scope());
    body.put("bearer", Map.of("id", given.organization(), "type", "Organization"));
    return body;
  }
}
