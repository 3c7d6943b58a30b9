package loomagent.whole;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.net.http.HttpRequest;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/**
 * Gives out tokens. A refresh token works once: it is worth nothing any more as soon as the access
 * token that came for it is used, as Doorkeeper has it.
 */
final class Hub {
  static final long EPOCH = 1_780_000_000_000_000_000L; // the world's, as nanoseconds since 1970
  static final String FIRST = "refresh-first";
  static final String FIXED = "a-token-that-never-ends";

  private static final String TOKENS = "default.json";

  private record Grant(String refresh, String replaces, long ends) {}

  private final World world;
  private final long life;
  private final Map<String, Grant> access = new HashMap<>();
  private final Map<String, Boolean> refresh = new HashMap<>(); // whether it is still good
  private final Map<String, Boolean> used = new HashMap<>(); // with its successor safe
  private String text = "";
  private int made;

  Hub(World world) {
    this.world = world;
    this.life = 30L + world.random.nextInt(300);
    refresh.put(FIRST, true);
  }

  /** The end of a token, by the schedule. */
  long ends(String token) {
    return access.containsKey(token) ? access.get(token).ends : Long.MAX_VALUE;
  }

  /** The agent sends it. */
  void used(String token) {
    Grant grant = access.get(token);
    if (grant != null) {
      boolean safe = world.mounted().content(TOKENS).contains(grant.refresh);
      boolean told = world.mounted().isIrreplaceable(TOKENS);
      world.check(safe || told, "a token was used before its successor was safe on disk");
      used.put(token, safe);
    }
  }

  boolean accepts(String token) {
    Grant grant = access.get(token);
    if (grant != null && used.get(token)) { // else its operator was told what a kill may cost
      refresh.put(grant.replaces, false);
    }
    return token.equals(FIXED) || (grant != null && world.schedule.nanos() < grant.ends);
  }

  /** The answer's body. */
  String text() {
    return text;
  }

  Reply<?> exchange(HttpRequest request, String body) {
    Map<String, String> form = new HashMap<>();
    for (String pair : body.split("&")) {
      String[] sides = pair.split("=", 2);
      form.put(sides[0], URLDecoder.decode(sides[1], UTF_8));
    }
    String given = form.getOrDefault("refresh_token", "");
    if (!refresh.getOrDefault(given, false)) {
      text =
          "{\"error\":\"invalid_grant\",\"error_description\":\"The refresh token is invalid.\"}";
      return Reply.of(request, 400, Map.of());
    }
    int number = ++made;
    String next = "refresh-" + number + "-" + world.random.nextInt(1 << 20);
    long ends = world.schedule.nanos() + life * World.SECOND;
    String claims =
        "{\"exp\":%d,\"sub\":\"Organization/%s\",\"n\":%d}"
            .formatted((EPOCH + ends) / World.SECOND, Loom.ORGANIZATION, number);
    String token =
        "e30."
            + Base64.getUrlEncoder().withoutPadding().encodeToString(claims.getBytes(UTF_8))
            + ".c2ln";
    access.put(token, new Grant(next, given, ends));
    refresh.put(next, true);
    text =
        "{\"access_token\":\"%s\",\"refresh_token\":\"%s\",\"token_type\":\"Bearer\",\"expires_in\":%d}"
            .formatted(token, next, life);
    return Reply.of(request, 200, Map.of("Content-Type", "application/json"));
  }
}
