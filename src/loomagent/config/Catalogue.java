package loomagent.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import loomagent.base.Nearest;

/** Which keys there are, and what a key that is none of them was meant to be. */
final class Catalogue {
  enum Kind {
    KNOWN,
    /** In the contract, but not in this version: accepted, with a warning. */
    LATER,
    /** A handler's own setting, which the handler checks when it opens. */
    OWN,
    UNKNOWN
  }

  static final String NAME = "<name>";
  // As in the enum, with <name> for a handler's or connection's own name.
  static final Set<String> KNOWN =
      Arrays.stream(Key.values()).map(Key::key).collect(Collectors.toUnmodifiableSet());
  static final Set<String> LATER =
      Set.of(
          """
          organization loom.api hub.url oauth.client-id oauth.client-secret oauth.scopes \
          oauth.refresh-token backfill.app backfill.password backfill.margin backfill.since \
          standby connections journal.keep journal.max-size proxy.url proxy.user proxy.password \
          proxy.bypass tls.ca tls.client-certificate tls.client-key http.listen http.password \
          handler.<name>.connection handler.<name>.start handler.<name>.retry.first \
          handler.<name>.retry.longest handler.<name>.retry.attempts handler.<name>.timeout \
          handler.<name>.lanes handler.<name>.key\
          """
              .split(" "));

  // The name becomes a file's: small letters, so that no two names are one file on any disk.
  private static final Pattern NAMED =
      Pattern.compile(
          "(handler|connection)\\.([a-z0-9][a-z0-9_-]{0,63})\\.([\\p{L}\\p{N}\\p{P}\\p{S}]+)");
  // Also api-key and X-Auth-Token: one too many only makes a message shorter.
  private static final Pattern SECRET =
      Pattern.compile("secret|password|token|key|authorization|cookie");
  // Longer is no key; it also bounds the search for the nearest one.
  private static final int MAX_KEY = 256;

  private Catalogue() {}

  static Kind kind(String key) {
    Matcher named = NAMED.matcher(key);
    if (key.length() > MAX_KEY || key.contains(NAME)) {
      return Kind.UNKNOWN;
    }
    if (!named.matches()) {
      return KNOWN.contains(key) ? Kind.KNOWN : LATER.contains(key) ? Kind.LATER : Kind.UNKNOWN;
    }
    String setting = named.group(3);
    if (named.group(1).equals("connection")) {
      return KNOWN.contains(setting) || LATER.contains(setting) ? Kind.LATER : Kind.UNKNOWN;
    }
    String general = "handler.<name>." + setting;
    return KNOWN.contains(general) ? Kind.KNOWN : LATER.contains(general) ? Kind.LATER : Kind.OWN;
  }

  /** The handler that a key belongs to. */
  static Optional<String> handler(String key) {
    Matcher named = NAMED.matcher(key);
    return named.matches() && named.group(1).equals("handler")
        ? Optional.of(named.group(2))
        : Optional.empty();
  }

  /** What is wrong with a key of kind UNKNOWN, and what to write instead. */
  static String complaint(String key) {
    if (key.isEmpty()) {
      return "there is no key in front of the value. Write it as key = value.";
    }
    String unknown = "unknown key " + Problems.quote(key) + ". ";
    if (key.startsWith("handler.")) {
      return unknown
          + "Write handler.<name>.<setting>; the name is 1 to 64 of a-z, 0-9, _ and -, and does"
          + " not begin with _ or -.";
    }
    Set<String> candidates = new TreeSet<>(KNOWN);
    candidates.addAll(LATER);
    if (key.indexOf('.') != key.lastIndexOf('.')) {
      candidates.add("handler" + key.substring(key.indexOf('.')));
    }
    return unknown
        + Nearest.to(key, candidates)
            .map(near -> "Did you mean " + Problems.quote(near) + "?")
            .orElse("The sample agent.properties has every key.");
  }

  static boolean secret(String key) {
    String last = key.substring(key.lastIndexOf('.') + 1);
    return SECRET.matcher(last.toLowerCase(Locale.ROOT)).find();
  }

  /** The environment variable of a key. */
  static String variable(String key) {
    return "LOOM_AGENT_" + key.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
  }
}
