package loomagent.config;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loomagent.base.Nearest;

/** How keys are written: with a handler's or a connection's name in them, and as variables. */
final class Naming {
  /** Of a handler or a connection. It becomes a file's: no two names are one file on any disk. */
  static final String NAME = "[a-z0-9][a-z0-9_-]{0,63}";

  private static final String CONNECTION = "connection.";
  private static final String HANDLER = "handler.";
  // An own setting of a few letters is near to some key or other by chance.
  private static final int MIN_MISSPELT = 6;
  private static final Pattern NAMED =
      Pattern.compile(
          "((?:handler|connection)\\.)(" + NAME + ")(\\.[\\p{L}\\p{N}\\p{P}\\p{S}]{1,180})");
  // Also api-key and X-Auth-Token: one too many only makes a message shorter.
  private static final Pattern SECRET =
      Pattern.compile("(?s).*(secret|password|token|key|authorization|cookie)[^.]*");
  private static final Pattern NO_WORD = Pattern.compile("[^A-Z0-9]");
  private static final Pattern HANDLER_VARIABLE =
      Pattern.compile("LOOM_AGENT_HANDLER_([A-Z0-9]{1,64})_([A-Z0-9_]+)");

  private Naming() {}

  /** With {@code <name>} in place of the handler's or the connection's. */
  static String general(String key) {
    Matcher named = NAMED.matcher(key);
    // Nobody's name is <name>.
    return named.matches() ? named.group(1) + Key.NAME + named.group(3) : key.replace(Key.NAME, "");
  }

  /** What stands behind the connection's name in a general key; empty in any other's. */
  static String ofConnection(String general) {
    String prefix = CONNECTION + Key.NAME + ".";
    return general.startsWith(prefix) ? general.substring(prefix.length()) : "";
  }

  /** The handler that a key belongs to, be it in the table or the handler's own. */
  static Optional<String> handler(String key) {
    return named(HANDLER, key);
  }

  /** The connection that a key belongs to. */
  static Optional<String> connection(String key) {
    return named(CONNECTION, key);
  }

  private static Optional<String> named(String prefix, String key) {
    Matcher named = NAMED.matcher(key);
    return named.matches() && named.group(1).equals(prefix)
        ? Optional.of(named.group(2))
        : Optional.empty();
  }

  /** A plain key as the own of the connection of this name. */
  static String connections(String name, String key) {
    return CONNECTION + name + "." + key;
  }

  /** The environment variable of a key. */
  static String variable(String key) {
    return "LOOM_AGENT_" + NO_WORD.matcher(key.toUpperCase(Locale.ROOT)).replaceAll("_");
  }

  /**
   * The key of a handler that nothing else names, as {@code LOOM_AGENT_HANDLER_MIS_RETRY_FIRST}. Of
   * the handler's own settings one word counts: more could not be told from the name.
   */
  static Optional<String> ofHandler(String variable) {
    Matcher parts = HANDLER_VARIABLE.matcher(variable);
    if (!parts.matches()) {
      return Optional.empty();
    }
    String name = parts.group(1).toLowerCase(Locale.ROOT);
    String own = HANDLER + name + "." + parts.group(2).toLowerCase(Locale.ROOT);
    return Key.names().stream()
        .filter(key -> key.startsWith(HANDLER))
        .map(key -> key.replace(Key.NAME, name))
        .filter(key -> variable(key).equals(variable))
        .findFirst()
        .or(() -> Optional.of(own).filter(key -> !key.contains("_")));
  }

  /** What is wrong with a key that is not in the table, and what to write instead. */
  static String complaint(String key) {
    String unknown = "unknown key " + Problems.quote(key) + ". ";
    String form = "; a name is 1 to 64 of a-z, 0-9, _ and -.";
    if (key.startsWith(HANDLER)) {
      return unknown + "Write handler.<name>.<setting>" + form;
    }
    String own = ofConnection(general(key));
    if (key.startsWith(CONNECTION) && own.isEmpty()) {
      return unknown + "Write connection.<name>.<key>" + form;
    }
    if (Key.names().contains(own)) {
      return Problems.plain(key) + " cannot be one connection's own. Write " + own + ", for all.";
    }
    String before = key.substring(0, key.length() - own.length());
    return unknown
        + Nearest.to(Problems.plain(own), Key.own())
            .map(before::concat)
            .or(() -> Nearest.to(Problems.plain(key), Key.names()))
            .map(near -> "Did you mean " + Problems.quote(near) + "?")
            .orElse("The sample agent.properties has every key.");
  }

  /** The key of the table that a handler's own setting was probably meant to be. */
  static Optional<String> misspelt(String own) {
    String handlers = HANDLER + Key.NAME + ".";
    List<String> candidates =
        Key.names().stream()
            .filter(key -> key.startsWith(handlers))
            .map(key -> key.substring(handlers.length()))
            .filter(key -> key.length() >= MIN_MISSPELT)
            .toList();
    String prefix = HANDLER + handler(own).orElse("") + ".";
    return Nearest.to(own.substring(prefix.length()), candidates).map(prefix::concat);
  }

  /** A key of the table says so itself: {@code handler.mis.key} holds none. */
  static boolean secret(String key) {
    return Key.find(key)
        .map(known -> known.form().live())
        .orElseGet(() -> SECRET.matcher(key.toLowerCase(Locale.ROOT)).matches());
  }
}
