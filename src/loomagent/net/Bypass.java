package loomagent.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Whom to reach without the proxy, as {@code NO_PROXY} says it to other programs:
 *
 * <ul>
 *   <li>a name, also with {@code .} or {@code *.} in front: it, and all below it
 *   <li>an address, or a block of them such as {@code 10.0.0.0/8}: what is written as an address in
 *       a URL. No name is looked up for it: that is often for the proxy alone to do
 *   <li>{@code *}: everybody
 * </ul>
 *
 * <p>Loopback is no exception of its own: a proxy that is set is for all that is not named here.
 */
final class Bypass {
  private final List<String> entries;

  Bypass(List<String> entries) {
    this.entries = entries.stream().map(entry -> entry.strip().toLowerCase(Locale.ROOT)).toList();
  }

  /** Whether a host of a URL is reached directly. */
  boolean holds(String host) {
    String plain = plain(host);
    Optional<byte[]> address = address(plain);
    return entries.stream()
        .anyMatch(
            entry ->
                entry.equals("*")
                    || address
                        .map(bytes -> within(bytes, entry))
                        .orElseGet(() -> below(plain, plain(entry.replaceFirst("^\\*?\\.", "")))));
  }

  private static boolean below(String host, String name) {
    return host.equals(name) || host.endsWith("." + name);
  }

  private static boolean within(byte[] address, String entry) {
    String[] parts = entry.split("/", 2);
    Optional<byte[]> block = address(plain(parts[0]));
    if (block.isEmpty() || block.get().length != address.length) {
      return false;
    }
    int bits = address.length * 8;
    if (parts.length == 2) {
      bits = parts[1].matches("[0-9]{1,3}") ? Math.min(bits, Integer.parseInt(parts[1])) : bits;
    }
    for (int bit = 0; bit < bits; bit++) {
      if (((address[bit / 8] ^ block.get()[bit / 8]) & 0x80 >> bit % 8) != 0) {
        return false;
      }
    }
    return true;
  }

  private static String plain(String host) {
    return host.toLowerCase(Locale.ROOT).replaceFirst("^\\[(.*)]$", "$1").replaceFirst("\\.$", "");
  }

  /** Of what is written as an address: nothing is looked up. */
  private static Optional<byte[]> address(String text) {
    if (!text.matches("[0-9]+(\\.[0-9]+){3}|[0-9a-f.]*:[0-9a-f:.]+")) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.getByName(text).getAddress());
    } catch (UnknownHostException wrong) {
      return Optional.empty();
    }
  }
}
