package loomagent.config;

import java.net.InetSocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a server of the agent's own is to be. */
final class ListenAddress {
  private static final String WRITE = " Write it like 127.0.0.1:9464.";
  private static final Pattern PARTS = Pattern.compile("(.*):([0-9]{1,5})");
  private static final String HOST = "[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?";
  private static final String IPV6 = "\\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*]";

  private ListenAddress() {}

  /**
   * A host and a port, of which 0 is any that is free. Looks nothing up.
   *
   * @throws IllegalArgumentException with what is wrong, to stand behind the key's name
   */
  static InetSocketAddress parse(String text) {
    require(!text.contains("/"), "holds a /, but is a host and a port and no more." + WRITE);
    Matcher parts = PARTS.matcher(text);
    require(parts.matches(), "has no port behind a colon." + WRITE);
    String host = parts.group(1);
    int port = Integer.parseInt(parts.group(2));
    require(
        !host.isEmpty() && !host.equals("*"),
        "names no host. Write 127.0.0.1:%1$d for this machine alone, or 0.0.0.0:%1$d for all that can reach it."
            .formatted(port));
    require(port < 65_536, "needs a port up to 65535." + WRITE);
    require(
        !host.contains(":") || host.startsWith("["),
        "needs [ and ] around its IPv6 address. Write it like [::1]:9464.");
    require(host.matches(HOST) || host.matches(IPV6), "has no valid host." + WRITE);
    return InetSocketAddress.createUnresolved(host, port);
  }

  private static void require(boolean right, String otherwise) {
    if (!right) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
