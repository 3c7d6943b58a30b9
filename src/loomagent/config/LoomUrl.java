package loomagent.config;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;

/** The websocket address, checked before a token is sent to it. */
final class LoomUrl {
  static final String SANDBOX = "wss://loom.sandbox.zaikio.com/websocket";
  static final String PRODUCTION = "wss://loom.zaikio.com/websocket";

  private LoomUrl() {}

  /**
   * Never shows the address itself, which may have a password in it.
   *
   * @throws IllegalArgumentException with what is wrong, to stand behind the key's name
   */
  static URI parse(String text) {
    require(text.length() <= 2_048, "is longer than servers take, 2048 characters. Shorten it.");
    URI url;
    try {
      url = new URI(text);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("is no address: " + e.getReason() + ". Correct it.", e);
    }
    boolean plain = "ws".equalsIgnoreCase(url.getScheme());
    String authority = url.getRawAuthority() == null ? "" : url.getRawAuthority();
    require(
        plain || "wss".equalsIgnoreCase(url.getScheme()),
        "has to begin with wss:// (or ws:// on this machine).");
    require(!authority.contains("@"), "holds a user name or password. Remove it, and the @.");
    require(url.getHost() != null, "has no valid host. Write it like wss://host/websocket.");
    require(url.getPort() != 0 && url.getPort() < 65_536, "needs a port from 1 to 65535.");
    require(url.getRawFragment() == null, "holds a #. Remove it and what follows.");
    require(
        !plain || loopback(url.getHost()),
        "would send the token unencrypted. Write wss://; ws:// is for this machine only"
            + " (127.0.0.1, ::1, localhost).");
    return url;
  }

  /** By what is written, without asking DNS: a name can point anywhere tomorrow. */
  private static boolean loopback(String host) {
    try {
      return host.startsWith("[")
          ? InetAddress.getByName(host).isLoopbackAddress()
          : host.equalsIgnoreCase("localhost") || host.matches("127(\\.[0-9]{1,3}){3}");
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static void require(boolean right, String otherwise) {
    if (!right) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
