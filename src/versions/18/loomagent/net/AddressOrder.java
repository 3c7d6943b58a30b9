package loomagent.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolverProvider;
import java.util.stream.Stream;

/** The process's resolver: Java's own, its answers put in order by {@link Addresses}. */
public final class AddressOrder extends InetAddressResolverProvider {

  @Override
  public InetAddressResolver get(Configuration configuration) {
    Addresses.SHARED.begin();
    return over(configuration.builtinResolver());
  }

  @Override
  public String name() {
    return "loom-agent";
  }

  static InetAddressResolver over(InetAddressResolver builtIn) {
    return new InetAddressResolver() {
      @Override
      public Stream<InetAddress> lookupByName(String host, LookupPolicy policy)
          throws UnknownHostException {
        return Addresses.SHARED.ordered(host, builtIn.lookupByName(host, policy).toList()).stream();
      }

      @Override
      public String lookupByAddress(byte[] address) throws UnknownHostException {
        return builtIn.lookupByAddress(address);
      }
    };
  }
}
