package loomagent.simulator;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * How a simulator behaves. Start from {@link #defaults()} and change what matters.
 *
 * @param port the port on 127.0.0.1, 0 for any that is free
 * @param tokens the bearer tokens it accepts; none means one made up at start
 * @param pingEvery the time between two pings, 3 seconds as in Rails; at least 1 ms
 * @param strictOrigin whether a missing Origin is refused, as Rails' forgery protection does
 * @param rate events of {@code source} a second while somebody is subscribed (see {@link
 *     Events#goesOn} for the time after), 0 for none, at most 1,000,000
 * @param patience how long a client may send no more of its request, or read nothing of what waits
 *     for it; at least 1 ms, less than a day
 * @param pull how the pull API behaves
 * @param hub how the token endpoint behaves
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
    Pull pull,
    Hub hub,
    Consumer<String> log) {

  /**
   * How the pull API behaves.
   *
   * @param app the app's technical name, the user of its Basic authentication
   * @param password the app's event password; empty means one made up at start
   * @param remembered how many events can be pulled, the newest, as long as their text fits a
   *     quarter of the heap; 0 for none
   * @param foreign how many events of other Organizations are mixed in for each event, with its
   *     name and times; at most 100
   */
  public record Pull(String app, String password, int remembered, int foreign) {
    /**
     * Refuses what cannot be.
     *
     * @throws IllegalArgumentException naming the setting and its limits
     */
    public Pull {
      require(app.matches("[!-9;-~]+"), "the app is empty or holds a space or a colon");
      require(password.matches("[!-~]*"), "the event password holds more than visible ASCII");
      require(remembered >= 0, "remembered is " + remembered + "; it has to be 0 or more");
      require(foreign >= 0 && foreign <= 100, "foreign is " + foreign + "; it has to be 0 to 100");
    }

    public Pull withLogin(String app, String password) {
      return new Pull(app, password, remembered, foreign);
    }

    public Pull withRemembered(int remembered) {
      return new Pull(app, password, remembered, foreign);
    }

    public Pull withForeign(int foreign) {
      return new Pull(app, password, remembered, foreign);
    }
  }

  /**
   * How the token endpoint behaves.
   *
   * @param id of the one client there is
   * @param secret of the client; empty means one made up at start
   * @param confidential whether the client has to show its secret; else its id in the form will do
   * @param granted the UUIDs of the Organizations that the app is connected with, and the scopes
   *     that each granted it; none of these means all that there are
   * @param life of an access token; at least 1 ms
   * @param asTime whether {@code expires_in} is a time; else it is seconds
   * @param disconnects whether a websocket is told {@code token_expired} when its token ends
   * @param pendingPolls how often a device asks in vain before it is approved by itself; negative
   *     means that {@link loomagent.simulator.Hub#approve} does that
   * @param interval between two polls of a device; one that comes earlier is told to slow down
   * @param perMinute requests a minute before they are too many
   */
  public record Hub(
      String id,
      String secret,
      boolean confidential,
      Map<String, Set<String>> granted,
      Duration life,
      boolean asTime,
      boolean disconnects,
      int pendingPolls,
      Duration interval,
      int perMinute) {
    /**
     * Refuses what cannot be.
     *
     * @throws IllegalArgumentException naming the setting and its limits
     */
    public Hub {
      granted = Map.copyOf(granted);
      require(id.matches("[!-9;-~]+"), "the client id is empty or holds a space or a colon");
      require(secret.matches("[!-~]*"), "the client secret holds more than visible ASCII");
      require(
          life.toMillis() > 0 && life.toDays() <= 366,
          "a token's life is " + life + "; it has to be 1 ms to 366 days");
      require(perMinute > 0, "perMinute is " + perMinute + "; it has to be 1 or more");
    }

    /** As the real one, for the one Organization that events are made up for. */
    public static Hub defaults() {
      Map<String, Set<String>> granted = Map.of(Events.ORGANIZATION, Set.of());
      Duration hour = Duration.ofHours(1);
      Duration interval = Duration.ofSeconds(5);
      return new Hub(
          "simulated_client", "", true, granted, hour, false, false, 1, interval, 10_000);
    }

    public Hub withClient(String id, String secret) {
      return new Hub(
          id,
          secret,
          confidential,
          granted,
          life,
          asTime,
          disconnects,
          pendingPolls,
          interval,
          perMinute);
    }

    public Hub withConfidential(boolean confidential) {
      return new Hub(
          id,
          secret,
          confidential,
          granted,
          life,
          asTime,
          disconnects,
          pendingPolls,
          interval,
          perMinute);
    }

    public Hub withGranted(Map<String, Set<String>> granted) {
      return new Hub(
          id,
          secret,
          confidential,
          granted,
          life,
          asTime,
          disconnects,
          pendingPolls,
          interval,
          perMinute);
    }

    public Hub withLife(Duration life, boolean asTime, boolean disconnects) {
      return new Hub(
          id,
          secret,
          confidential,
          granted,
          life,
          asTime,
          disconnects,
          pendingPolls,
          interval,
          perMinute);
    }

    public Hub withDevice(int pendingPolls, Duration interval) {
      return new Hub(
          id,
          secret,
          confidential,
          granted,
          life,
          asTime,
          disconnects,
          pendingPolls,
          interval,
          perMinute);
    }

    public Hub withPerMinute(int perMinute) {
      return new Hub(
          id,
          secret,
          confidential,
          granted,
          life,
          asTime,
          disconnects,
          pendingPolls,
          interval,
          perMinute);
    }
  }

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

  /** Any free port, secrets made up at start, no events but those published. */
  public static Settings defaults() {
    Duration pingEvery = Duration.ofSeconds(3);
    Duration patience = Duration.ofSeconds(10);
    Pull pull = new Pull("simulated_app", "", 100_000, 1);
    Events source = Events.madeUp();
    return new Settings(
        0, Set.of(), pingEvery, false, 0, source, patience, pull, Hub.defaults(), line -> {});
  }

  public Settings withPort(int port) {
    return new Settings(
        port, tokens, pingEvery, strictOrigin, rate, source, patience, pull, hub, log);
  }

  public Settings withTokens(Set<String> tokens) {
    return new Settings(
        port, tokens, pingEvery, strictOrigin, rate, source, patience, pull, hub, log);
  }

  public Settings withPingEvery(Duration pingEvery) {
    return new Settings(
        port, tokens, pingEvery, strictOrigin, rate, source, patience, pull, hub, log);
  }

  public Settings withStrictOrigin(boolean strictOrigin) {
    return new Settings(
        port, tokens, pingEvery, strictOrigin, rate, source, patience, pull, hub, log);
  }

  public Settings withEvents(double rate, Events source) {
    return new Settings(
        port, tokens, pingEvery, strictOrigin, rate, source, patience, pull, hub, log);
  }

  public Settings withPatience(Duration patience) {
    return new Settings(
        port, tokens, pingEvery, strictOrigin, rate, source, patience, pull, hub, log);
  }

  public Settings withPull(Pull pull) {
    return new Settings(
        port, tokens, pingEvery, strictOrigin, rate, source, patience, pull, hub, log);
  }

  public Settings withHub(Hub hub) {
    return new Settings(
        port, tokens, pingEvery, strictOrigin, rate, source, patience, pull, hub, log);
  }

  public Settings withLog(Consumer<String> log) {
    return new Settings(
        port, tokens, pingEvery, strictOrigin, rate, source, patience, pull, hub, log);
  }

  Settings withSecretsMadeUp() {
    String password = pull.password().isEmpty() ? secret() : pull.password();
    return withTokens(tokens.isEmpty() ? Set.of(secret()) : tokens)
        .withPull(pull.withLogin(pull.app(), password))
        .withHub(hub.secret().isEmpty() ? hub.withClient(hub.id(), secret()) : hub);
  }

  private static String secret() {
    return "simulator-" + UUID.randomUUID();
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
