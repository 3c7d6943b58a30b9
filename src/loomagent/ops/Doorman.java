package loomagent.ops;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Asks for the password (RFC 7617), and lets nobody try many: after five wrong ones, each further
 * one costs its address a minute in which nothing it sends is looked at. Any thread.
 */
final class Doorman {
  static final int FREE_TRIES = 5;
  static final Duration PENALTY = Duration.ofMinutes(1);

  /** Addresses remembered; whoever has more of them gets a few tries more. */
  private static final int MOST = 256;

  private static final int IPV6_NETWORK = 8; // bytes: a machine has all that lie behind them
  private static final Pattern BASIC = Pattern.compile("(?i)basic +([A-Za-z0-9+/]+={0,2}) *");

  private final StatusServer.Password password;
  private final LongSupplier nanos;
  private final System.Logger log;
  private long unreadable; // guarded by this

  /** Guarded by this. */
  private final Map<String, Tries> tries =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Tries> eldest) {
          return size() > MOST;
        }
      };

  /** Until is on the clock of {@code nanos}. */
  private record Tries(int wrong, long until) {}

  Doorman(StatusServer.Password password, LongSupplier nanos, System.Logger log) {
    this.password = password;
    this.nanos = nanos;
    this.log = log;
  }

  /**
   * Looks at one request.
   *
   * @param authorization its header
   * @return what to answer; nothing when the password is right
   */
  Optional<Answer> refusal(InetAddress client, Optional<String> authorization) {
    String expected;
    try {
      expected = password.read();
    } catch (IOException | RuntimeException e) {
      unreadable(e);
      return Optional.of(Answer.text(503, "http.password cannot be looked up; the log says why"));
    }
    return refusal(network(client), authorization.flatMap(Doorman::password), expected);
  }

  private synchronized Optional<Answer> refusal(
      String network, Optional<String> given, String expected) {
    Tries before = tries.getOrDefault(network, new Tries(0, nanos.getAsLong()));
    long left = before.until() - nanos.getAsLong();
    if (left > 0) {
      long seconds = left / 1_000_000_000 + 1;
      return Optional.of(
          Answer.text(429, "too many wrong passwords; wait " + seconds + " s")
              .with("Retry-After", Long.toString(seconds)));
    }
    if (given.isPresent()
        && MessageDigest.isEqual(given.get().getBytes(UTF_8), expected.getBytes(UTF_8))) {
      tries.remove(network);
      return Optional.empty();
    }
    if (given.isPresent()) { // a browser asks without one first
      wrong(network, before.wrong() + 1);
    }
    return Optional.of(
        Answer.text(401, "the password of the status page is needed (http.password); any user")
            .with("WWW-Authenticate", "Basic realm=\"loom-agent\", charset=\"UTF-8\""));
  }

  private void wrong(String network, int wrong) {
    boolean many = wrong >= FREE_TRIES;
    tries.remove(network);
    tries.put(network, new Tries(wrong, nanos.getAsLong() + (many ? PENALTY.toNanos() : 0)));
    if (many && Long.bitCount(wrong - FREE_TRIES + 1) == 1) {
      log.log(Level.WARNING, "{0} wrong passwords for the status page from {1}", wrong, network);
    }
  }

  private synchronized void unreadable(Exception e) {
    if (Long.bitCount(++unreadable) == 1) {
      log.log(
          Level.WARNING,
          "nobody is let onto the status page ({0} so far): {1}",
          unreadable,
          e.getMessage());
    }
  }

  private static Optional<String> password(String authorization) {
    Matcher basic = BASIC.matcher(authorization);
    if (!basic.matches()) {
      return Optional.empty();
    }
    try {
      String pair = new String(Base64.getDecoder().decode(basic.group(1)), UTF_8);
      return Optional.of(pair.substring(pair.indexOf(':') + 1));
    } catch (IllegalArgumentException noBase64) {
      return Optional.of("");
    }
  }

  private static String network(InetAddress client) {
    byte[] bytes = client.getAddress();
    return bytes.length > IPV6_NETWORK
        ? "[" + hex(Arrays.copyOf(bytes, IPV6_NETWORK)) + "::]"
        : client.getHostAddress();
  }

  private static String hex(byte[] bytes) {
    StringBuilder hex = new StringBuilder();
    for (int i = 0; i < bytes.length; i += 2) {
      hex.append(i == 0 ? "" : ":")
          .append(Integer.toHexString((bytes[i] & 0xff) << 8 | bytes[i + 1] & 0xff));
    }
    return hex.toString();
  }
}
