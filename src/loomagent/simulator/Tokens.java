package loomagent.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import loomagent.json.Json;

/** The tokens there are, and what each is good for. Any thread. */
final class Tokens {
  /** Of each kind; the oldest is forgotten, and so worth nothing. */
  private static final int KEPT = 10_000;

  private static final Duration REFRESH_LIFE = Duration.ofDays(7);
  private static final Duration DEVICE_LIFE = Duration.ofMinutes(15);

  private final Settings settings;
  // The monitor guards them:
  private final Map<String, Access> access = bounded();
  private final Map<String, Refresh> refresh = bounded();
  private final Map<String, Device> devices = bounded();
  private Instant minuteEnds = Instant.MIN;
  private int asked;

  Tokens(Settings settings) {
    this.settings = settings;
  }

  /**
   * What an access token is good for.
   *
   * @param subject whose events: {@code Org/<uuid>}, or everybody's if empty
   */
  record Access(String subject, Instant end) {}

  /** What is given out. */
  record Given(String access, String refresh, String organization, String scope, Instant end) {}

  private record Refresh(String organization, String scope, Instant end) {}

  /** A login begun: the code for the device, and the one for its user. */
  record Begun(String code, String userCode, Instant end) {}

  /** What a device is told when it asks; it is given something once it is approved. */
  record Polled(Poll poll, Optional<Given> given) {}

  /** How far a login is. */
  enum Poll {
    UNKNOWN,
    PENDING,
    TOO_SOON,
    DECLINED,
    APPROVED
  }

  private static final class Device {
    final String organization;
    final String scope;
    final String userCode = userCode();
    final Instant end = Instant.now().plus(DEVICE_LIFE);
    int polls;
    Instant last = Instant.MIN;
    Optional<Boolean> approved = Optional.empty();

    Device(String organization, String scope) {
      this.organization = organization;
      this.scope = scope;
    }

    private static String userCode() {
      String code = UUID.randomUUID().toString().substring(0, 8).toUpperCase(Locale.ROOT);
      return code.substring(0, 4) + "-" + code.substring(4);
    }
  }

  /** What a token is good for; empty if it is none, or is over. */
  synchronized Optional<Access> access(String token) {
    return settings.tokens().contains(token)
        ? Optional.of(new Access("", Instant.MAX))
        : Optional.ofNullable(access.get(token))
            .filter(known -> known.end().isAfter(Instant.now()));
  }

  synchronized Given give(String organization, String scope) {
    Instant now = Instant.now();
    Instant end = now.plus(settings.hub().life());
    String token = jwt(organization, now, end);
    access.put(token, new Access("Org/" + organization, end));
    return new Given(token, refresh(organization, scope), organization, scope, end);
  }

  /** A new refresh token. */
  synchronized String refresh(String organization) {
    return refresh(organization, "Org/" + organization + ".loom");
  }

  private String refresh(String organization, String scope) {
    String token = UUID.randomUUID().toString().replace("-", "");
    refresh.put(token, new Refresh(organization, scope, Instant.now().plus(REFRESH_LIFE)));
    return token;
  }

  /** Spends a refresh token; empty if it is none, was spent, or is over. */
  synchronized Optional<Given> exchange(String token) {
    return Optional.ofNullable(refresh.remove(token))
        .filter(known -> known.end().isAfter(Instant.now()))
        .map(known -> give(known.organization(), known.scope()));
  }

  synchronized void revoke(String token) {
    access.remove(token);
    refresh.remove(token);
  }

  /** Begins a login, for the first Organization there is if none is named. */
  synchronized Begun begin(Optional<String> organization, String scope) {
    String code = UUID.randomUUID().toString();
    Device device = new Device(organization.orElseGet(this::anyOrganization), scope);
    devices.put(code, device);
    return new Begun(code, device.userCode, device.end);
  }

  private String anyOrganization() {
    Set<String> all = settings.hub().granted().keySet();
    return all.contains(Events.ORGANIZATION) ? Events.ORGANIZATION : all.iterator().next();
  }

  synchronized boolean approve(String userCode, boolean yes) {
    Optional<Device> waiting =
        devices.values().stream().filter(device -> device.userCode.equals(userCode)).findFirst();
    waiting.ifPresent(device -> device.approved = Optional.of(yes));
    return waiting.isPresent();
  }

  /** A device asks; once it is approved or declined its code is used up. */
  synchronized Polled poll(String code) {
    Device device = devices.get(code);
    Poll poll = device == null ? Poll.UNKNOWN : poll(device, Instant.now());
    if (poll == Poll.APPROVED || poll == Poll.DECLINED) {
      devices.remove(code);
    }
    return new Polled(
        poll,
        poll == Poll.APPROVED
            ? Optional.of(give(device.organization, device.scope))
            : Optional.empty());
  }

  private Poll poll(Device device, Instant now) {
    if (device.end.isBefore(now)) {
      return Poll.UNKNOWN;
    }
    boolean soon = device.last.plus(settings.hub().interval()).isAfter(now);
    device.last = now;
    if (soon) {
      return Poll.TOO_SOON;
    }
    int pending = settings.hub().pendingPolls();
    if (device.approved.isEmpty() && (pending < 0 || device.polls++ < pending)) {
      return Poll.PENDING;
    }
    return device.approved.orElse(true) ? Poll.APPROVED : Poll.DECLINED;
  }

  /** Counts a request; if it is one too many, when the next may come. */
  synchronized Optional<Instant> limit(Instant now) {
    if (!now.isBefore(minuteEnds)) {
      minuteEnds = now.plus(Duration.ofMinutes(1));
      asked = 0;
    }
    return asked++ < settings.hub().perMinute() ? Optional.empty() : Optional.of(minuteEnds);
  }

  /** As real ones look, but that nobody could check its signature. */
  private static String jwt(String organization, Instant from, Instant end) {
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("iss", "ZAI");
    claims.put("sub", "Organization/" + organization);
    claims.put("iat", from.getEpochSecond());
    claims.put("exp", end.getEpochSecond());
    claims.put("jti", UUID.randomUUID().toString());
    return part("{\"alg\":\"RS256\",\"typ\":\"JWT\"}")
        + "."
        + part(Json.write(claims))
        + "."
        + part("signed by nobody: simulated");
  }

  private static String part(String text) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(UTF_8));
  }

  private static <V> Map<String, V> bounded() {
    return new LinkedHashMap<>() {
      private static final long serialVersionUID = 1;

      @Override
      protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
        return size() > KEPT;
      }
    };
  }
}
