package loomagent.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** What the jar has for Java 18 and later, where it was built with one. */
final class AddressOrderTest {
  private static final String SPI = "java.net.spi.InetAddressResolver";

  @Test
  @EnabledForJreRange(min = JRE.JAVA_18)
  void anAddressThatFailedIsFollowedByTheNext() throws Exception {
    List<InetAddress> found =
        List.of(InetAddress.getByName("10.0.0.1"), InetAddress.getByName("10.0.0.2"));
    // These tests are compiled for Java 17, which does not know the types.
    Class<?> type = Class.forName(SPI);
    Object builtIn =
        Proxy.newProxyInstance(
            AddressOrderTest.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> found.stream());
    Object resolver =
        Class.forName("loomagent.net.AddressOrder")
            .getDeclaredMethod("over", type)
            .invoke(null, builtIn);
    assertEquals(found, lookUp(resolver));
    Addresses.SHARED.failed("two.test");
    assertEquals(List.of(found.get(1), found.get(0)), lookUp(resolver));
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_18)
  void itIsTheResolverOfTheProcess() throws Exception {
    InetAddress unused = InetAddress.getByName("localhost");
    assertTrue(Addresses.SHARED.isOrdering());
  }

  private static List<?> lookUp(Object resolver) throws Exception {
    Class<?> policy = Class.forName(SPI + "$LookupPolicy");
    Object any = policy.getMethod("of", int.class).invoke(null, 1);
    return ((Stream<?>)
            Class.forName(SPI)
                .getMethod("lookupByName", String.class, policy)
                .invoke(resolver, "two.test", any))
        .toList();
  }
}
