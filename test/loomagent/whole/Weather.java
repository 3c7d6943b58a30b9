package loomagent.whole;

import java.util.SplittableRandom;

/** How bad things are, from 0 to 3 each. Of a thousand times something goes wrong so often. */
final class Weather {
  private final SplittableRandom random;
  private int network;
  private int disk;
  private int handlers;

  Weather(SplittableRandom random) {
    this.random = random;
    network = random.nextInt(4);
    disk = random.nextInt(4);
    handlers = random.nextInt(4);
  }

  /** From now on nothing goes wrong. */
  void clear() {
    network = 0;
    disk = 0;
    handlers = 0;
  }

  boolean network(int perMille) {
    return random.nextInt(1000) < perMille * network;
  }

  boolean disk(int perMille) {
    return random.nextInt(1000) < perMille * disk;
  }

  boolean handlers(int perMille) {
    return random.nextInt(1000) < perMille * handlers;
  }

  @Override
  public String toString() {
    return "network " + network + ", disk " + disk + ", handlers " + handlers;
  }
}
