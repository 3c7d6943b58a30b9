package loomagent.simulator;

import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;

/**
 * How a simulator behaves. Start from {@link #defaults()} and change what matters.
 *
 * @param port the port on 127.0.0.1, 0 for any that is free
 * @param tokens the bearer tokens it accepts; none means one made up at start
 * @param pingEvery the time between two pings, 3 seconds as in Rails; at least 1 ms
 * @param strictOrigin whether a missing Origin is refused, as Rails' forgery protection does
 * @param rate events of {@code source} a second while somebody is subscribed, 0 for none, at most
 *     1,000,000
 * @param patience how long a client may send no more of its request, or read nothing of what waits
 *     for it; at least 1 ms, less than a day
 * @param log told one line a fact, from any thread; must return at once
 */
public record Settings(
    int port,
    Set<String> tokens,
    Duration pingEvery,
    boolean strictOrigin,
    double rate,
    Events source,
    Duration patience,
    Consumer<String> log) {

  /**
   * Refuses what no simulator can do.
   *
   * @throws IllegalArgumentException naming the setting, its value and its limits
   */
  public Settings {
    tokens = Set.copyOf(tokens);
    require(port >= 0 && port <= 65_535, "port is " + port + "; it has to be 0 to 65535");
    // What is not one visible word cannot come back in an Authorization header.
    require(
        tokens.stream().allMatch(token -> token.matches("[!-~]+")),
        "a token is empty or holds a space or another character no header can carry");
    require(rate >= 0 && rate <= 1_000_000, "rate is " + rate + "; it has to be 0 to 1000000");
    require(pingEvery.toMillis() > 0, "pingEvery is " + pingEvery + "; it has to be 1 ms or more");
    require(
        patience.toMillis() > 0 && patience.toDays() == 0,
        "patience is " + patience + "; it has to be 1 ms or more and less than a day");
  }

  /** Any free port, a token made up at start, no events but those published. */
  public static Settings defaults() {
    Duration pingEvery = Duration.ofSeconds(3);
    Duration patience = Duration.ofSeconds(10);
    return new Settings(0, Set.of(), pingEvery, false, 0, Events.madeUp(), patience, line -> {});
  }

  public Settings withPort(int port) {
    return new Settings(port, tokens, pingEvery, strictOrigin, rate, source, patience, log);
  }

  public Settings withTokens(Set<String> tokens) {
    return new Settings(port, tokens, pingEvery, strictOrigin, rate, source, patience, log);
  }

  public Settings withPingEvery(Duration pingEvery) {
    return new Settings(port, tokens, pingEvery, strictOrigin, rate, source, patience, log);
  }

  public Settings withStrictOrigin(boolean strictOrigin) {
    return new Settings(port, tokens, pingEvery, strictOrigin, rate, source, patience, log);
  }

  public Settings withEvents(double rate, Events source) {
    return new Settings(port, tokens, pingEvery, strictOrigin, rate, source, patience, log);
  }

  public Settings withPatience(Duration patience) {
    return new Settings(port, tokens, pingEvery, strictOrigin, rate, source, patience, log);
  }

  public Settings withLog(Consumer<String> log) {
    return new Settings(port, tokens, pingEvery, strictOrigin, rate, source, patience, log);
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
