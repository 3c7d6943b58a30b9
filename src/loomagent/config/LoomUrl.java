package loomagent.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import loomagent.net.Loopback;

/** Loom's addresses, checked before a token or a password is sent to them. */
final class LoomUrl {
  static final String SANDBOX = "wss://loom.sandbox.zaikio.com/websocket";
  static final String SANDBOX_API = "https://loom.sandbox.zaikio.com";
  static final String SANDBOX_HUB = "https://hub.sandbox.zaikio.com";

  /** The defaults that differ in production, by their keys. */
  static final Map<String, String> PRODUCTION =
      Map.of(
          "loom.url", "wss://loom.zaikio.com/websocket",
          "loom.api", "https://loom.zaikio.com",
          "hub.url", "https://hub.zaikio.com");

  private LoomUrl() {}

  /**
   * The websocket's. Never shows the address itself, which may have a password in it.
   *
   * @throws IllegalArgumentException with what is wrong, to stand behind the key's name
   */
  static URI websocket(String text) {
    return parse(text, "ws", "token", "/websocket");
  }

  /** The API's, without a slash at its end. Like {@link #websocket} in all else. */
  static URI api(String text) {
    return base(text, "password");
  }

  /** The Hub's. Like {@link #api} in all else. */
  static URI hub(String text) {
    return base(text, "client secret");
  }

  private static URI base(String text, String secret) {
    URI url = parse(text, "http", secret, "");
    require(url.getRawQuery() == null, "holds a ?. Remove it and what follows.");
    return URI.create(text.replaceFirst("/+$", ""));
  }

  private static URI parse(String text, String scheme, String secret, String path) {
    require(text.length() <= 2_048, "is longer than servers take, 2048 characters. Shorten it.");
    URI url;
    try {
      url = new URI(text);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("is no address: " + e.getReason() + ". Correct it.", e);
    }
    boolean plain = scheme.equalsIgnoreCase(url.getScheme());
    String authority = url.getRawAuthority() == null ? "" : url.getRawAuthority();
    require(
        plain || (scheme + "s").equalsIgnoreCase(url.getScheme()),
        "has to begin with %1$ss:// (or %1$s:// on this machine).".formatted(scheme));
    require(!authority.contains("@"), "holds a user name or password. Remove it, and the @.");
    String example = scheme + "s://host" + path;
    require(url.getHost() != null, "has no valid host. Write it like " + example + ".");
    require(url.getPort() != 0 && url.getPort() < 65_536, "needs a port from 1 to 65535.");
    require(url.getRawFragment() == null, "holds a #. Remove it and what follows.");
    require(
        !plain || Loopback.is(url.getHost()),
        "would send the %s unencrypted. Write %2$ss://; %2$s:// is for this machine only"
                .formatted(secret, scheme)
            + " (127.0.0.1, ::1, localhost).");
    return url;
  }

  private static void require(boolean right, String otherwise) {
    if (!right) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
