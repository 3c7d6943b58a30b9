package loomagent.config;

import java.net.URI;
import java.net.URISyntaxException;

/** The address of an HTTP proxy, as far as Java can use one. */
final class ProxyUrl {
  private static final String WRITE = " Write it like http://proxy.example:3128.";

  private ProxyUrl() {}

  /**
   * A host and a port. Never shows the address itself, which may have a password in it.
   *
   * @throws IllegalArgumentException with what is wrong, to stand behind the key's name
   */
  static URI parse(String text) {
    URI url;
    try {
      url = new URI(text);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("is no address: " + e.getReason() + "." + WRITE, e);
    }
    String scheme = url.getScheme() == null ? "" : url.getScheme();
    require(
        !scheme.regionMatches(true, 0, "socks", 0, 5),
        "is a SOCKS proxy, which Java's HTTP client passes by. Name an HTTP proxy.");
    require(
        !scheme.equalsIgnoreCase("https"),
        "begins with https://, but the way to the proxy itself is never encrypted; what goes"
            + " through it is, all the way to Loom."
            + WRITE);
    require(scheme.equalsIgnoreCase("http"), "has to begin with http://." + WRITE);
    String authority = url.getRawAuthority() == null ? "" : url.getRawAuthority();
    require(
        !authority.contains("@"),
        "holds a user name or password. Write them as proxy.user and proxy.password.");
    require(url.getHost() != null, "has no valid host." + WRITE);
    require(url.getPort() > 0 && url.getPort() < 65_536, "needs a port from 1 to 65535." + WRITE);
    require(
        url.getRawPath().matches("/?") && url.getRawQuery() == null && url.getRawFragment() == null,
        "holds more than a host and a port." + WRITE);
    return URI.create("http://" + authority);
  }

  private static void require(boolean right, String otherwise) {
    if (!right) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
