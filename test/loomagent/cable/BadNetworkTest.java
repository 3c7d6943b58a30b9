package loomagent.cable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Days of a bad network in seconds. A failure names its seed, and that seed alone replays it. */
final class BadNetworkTest {

  /** The worst there is after a recovery: the longest wait, one dial and one handshake. */
  private static final Duration RECOVERY = Duration.ofSeconds(60 + 30);

  @Test
  void aDayOfBadNetworkEndsLiveAndNothingThatArrivedIsMissed() {
    int lives = 0;
    for (long seed = 1; seed <= 20; seed++) {
      lives += day(seed, Duration.ofDays(1));
    }
    assertTrue(lives > 20 * 100, "the network was bad, but not that bad: " + lives);
  }

  @Test
  void thousandsOfShortBadTimesEndLive() {
    long first = new Random().nextInt(1_000_000) * 1_000L; // another thousand each time
    for (long seed = first; seed < first + 2_000; seed++) {
      day(seed, Duration.ofMinutes(30));
    }
  }

  private static int day(long seed, Duration bad) {
    try {
      BadNetwork network = new BadNetwork(seed);
      network.run(bad);
      assertTrue(network.dialled() <= bad.toSeconds() / 4 + 10, "it hammers the server");
      network.heal();
      network.run(RECOVERY.plus(Duration.ofSeconds(90)));
      assertTrue(network.live(), "not live again");
      int before = network.delivered();
      network.publishOnEveryLiveSocket();
      network.run(Duration.ofSeconds(5));
      assertEquals(before + 1, network.delivered(), "a fresh event passes");
      return network.lives();
    } catch (AssertionError | RuntimeException failure) {
      throw new AssertionError("seed " + seed, failure);
    }
  }
}
