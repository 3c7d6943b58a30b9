package loomagent.net;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AddressesTest {
  private static final InetAddress A = address(1);
  private static final InetAddress B = address(2);
  private static final InetAddress C = address(3);
  private static final List<InetAddress> FOUND = List.of(A, B, C);

  private long now = -Duration.ofMinutes(5).toNanos(); // nanoTime may be below zero
  private final Addresses addresses = new Addresses(() -> now);

  @Test
  void oneThatFailedIsFollowedByTheNextUntilAllHaveAndThenByTheLongestAgo() {
    assertEquals(FOUND, addresses.ordered("x.test", FOUND));
    fails();
    assertEquals(List.of(B, C, A), addresses.ordered("X.test", FOUND));
    fails();
    assertEquals(List.of(C, A, B), addresses.ordered("x.test", FOUND));
    fails();
    assertEquals(List.of(A, B, C), addresses.ordered("x.test", FOUND));
    fails();
    assertEquals(List.of(B, C, A), addresses.ordered("x.test", FOUND));
    assertEquals(FOUND, addresses.ordered("y.test", FOUND));
  }

  @Test
  void afterAWhileAnAddressMayComeFirstAgain() {
    List<InetAddress> unused = addresses.ordered("x.test", FOUND);
    fails();
    now += Duration.ofMinutes(11).toNanos();
    assertEquals(FOUND, addresses.ordered("x.test", FOUND));
  }

  @Test
  void whatIsKnownOfManyNamesIsBounded() {
    List<InetAddress> unused = addresses.ordered("x.test", FOUND);
    fails();
    for (int i = 0; i < 99; i++) {
      unused = addresses.ordered("y" + i + ".test", FOUND);
    }
    assertEquals(List.of(B, C, A), addresses.ordered("x.test", FOUND));
    for (int i = 0; i < 100; i++) {
      unused = addresses.ordered("z" + i + ".test", FOUND);
    }
    assertEquals(FOUND, addresses.ordered("x.test", FOUND));
    addresses.failed("unheard.of");
  }

  private void fails() {
    now += Duration.ofSeconds(1).toNanos();
    addresses.failed("x.test");
  }

  private static InetAddress address(int last) {
    try {
      return InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) last});
    } catch (UnknownHostException impossible) {
      throw new AssertionError(impossible);
    }
  }
}
