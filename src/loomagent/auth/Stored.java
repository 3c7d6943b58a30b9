package loomagent.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import loomagent.base.Secret;
import loomagent.base.Token;
import loomagent.json.Json;

/**
 * What is kept of one connection's tokens. Its text:
 *
 * <pre>
 * {"hub":"https://hub.zaikio.com","configured":"&lt;SHA-256&gt;","refresh_token":"…",
 *  "access_token":"…","expires_at":"…","renew_at":"…",
 * "begun":"&lt;SHA-256&gt;","begun_at":"…"}
 * </pre>
 *
 * @param hub where the tokens are from, and the only place the refresh token may go to
 * @param configured the hash of the {@code oauth.refresh-token} that was configured when this chain
 *     began: the chain descends from it, or a login was done in its stead; a setting of another
 *     hash is newer than all this
 * @param refresh the one to exchange next
 * @param access the last access token
 * @param begun the exchange that was begun and that nobody knows the end of
 */
record Stored(
    String hub,
    Optional<String> configured,
    Optional<Secret> refresh,
    Optional<Token> access,
    Optional<Begun> begun) {

  /**
   * An exchange under way.
   *
   * @param hash of the refresh token that is spent
   * @param at when it was sent first
   */
  record Begun(String hash, Instant at) {}

  static Stored none(String hub) {
    return new Stored(hub, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
  }

  /**
   * Reads its text.
   *
   * @throws IllegalArgumentException if it is anything else; the message shows nothing of it
   */
  static Stored parse(byte[] text) {
    if (!(Json.parse(text, 0, text.length) instanceof Map<?, ?> members)
        || !(members.get("hub") instanceof String hub)) {
      throw new IllegalArgumentException("it is no object with a hub");
    }
    return new Stored(
        hub,
        member(members, "configured"),
        member(members, "refresh_token").map(Secret::new),
        member(members, "access_token")
            .map(
                access ->
                    new Token(
                        new Secret(access),
                        time(members, "expires_at"),
                        time(members, "renew_at"))),
        member(members, "begun")
            .flatMap(hash -> time(members, "begun_at").map(at -> new Begun(hash, at))));
  }

  byte[] text() {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("hub", hub);
    configured.ifPresent(hash -> members.put("configured", hash));
    refresh.ifPresent(secret -> members.put("refresh_token", secret.reveal()));
    access.ifPresent(
        token -> {
          members.put("access_token", token.secret().reveal());
          token.expiresAt().ifPresent(time -> members.put("expires_at", time.toString()));
          token.renewAt().ifPresent(time -> members.put("renew_at", time.toString()));
        });
    begun.ifPresent(
        exchange -> {
          members.put("begun", exchange.hash());
          members.put("begun_at", exchange.at().toString());
        });
    return (Json.write(members) + "\n").getBytes(UTF_8);
  }

  Stored begun(Begun exchange) {
    return new Stored(hub, configured, refresh, access, Optional.of(exchange));
  }

  static boolean same(Secret one, Secret other) {
    return one.reveal().equals(other.reveal());
  }

  /** By which a token is known again without being told. */
  static String hash(Secret token) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha.digest(token.reveal().getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every JDK has SHA-256", impossible);
    }
  }

  private static Optional<String> member(Map<?, ?> members, String name) {
    return members.get(name) instanceof String text ? Optional.of(text) : Optional.empty();
  }

  private static Optional<Instant> time(Map<?, ?> members, String name) {
    try {
      return member(members, name).map(Instant::parse);
    } catch (DateTimeException unreadable) {
      throw new IllegalArgumentException(name + " is no time", unreadable);
    }
  }
}
