package loomagent.net;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** What of the hosts in addresses is this machine itself. */
public final class Loopback {
  private Loopback() {}

  /**
   * Whether a host is this machine, by what is written: a name that is looked up can point anywhere
   * tomorrow.
   *
   * @param host as in a URL, an IPv6 address in brackets
   * @return true for {@code localhost}, 127.0.0.0/8 and ::1
   */
  public static boolean is(String host) {
    try {
      return host.startsWith("[")
          ? InetAddress.getByName(host).isLoopbackAddress()
          : host.equalsIgnoreCase("localhost") || host.matches("127(\\.[0-9]{1,3}){3}");
    } catch (UnknownHostException noAddress) {
      return false;
    }
  }
}
