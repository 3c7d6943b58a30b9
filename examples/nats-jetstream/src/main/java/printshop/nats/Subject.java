package printshop.nats;

import java.util.List;
import loomagent.Event;

/** Which subject an event is published to: a template such as {@code loom.{connection}.{name}}. */
record Subject(String template) {
  private static final int LONGEST_NAME = 200;
  private static final String NAME = "{name}";
  private static final String CONNECTION = "{connection}";

  /**
   * Refuses what JetStream would.
   *
   * @throws IllegalArgumentException saying what would be right
   */
  Subject {
    String rest = template.replace(NAME, "x").replace(CONNECTION, "x");
    int name = template.indexOf(NAME);
    if (!rest.matches("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*")
        || name >= 0 && name != template.length() - NAME.length()
        || List.of(template.split("\\.")).stream()
            .anyMatch(t -> t.contains("{") && !t.equals(NAME) && !t.equals(CONNECTION))) {
      throw new IllegalArgumentException(
          "subject is \""
              + template
              + "\"; write words with dots, of which one may be {connection} and the last {name},"
              + " such as loom.{name}");
    }
  }

  /** An event's own. Its name comes from outside, and becomes nothing but words and dots. */
  String of(Event event) {
    String name = event.name().substring(0, Math.min(LONGEST_NAME, event.name().length()));
    String words =
        name.replaceAll("[^A-Za-z0-9_.-]", "_")
            .replaceAll("^(?=\\.)|(?<=\\.)(?=\\.)|(?<=\\.)$", "_");
    return template
        .replace(CONNECTION, event.connection())
        .replace(NAME, words.isEmpty() ? "_" : words);
  }

  /** All that {@link #of} may give, as a stream subscribes to it. */
  String all() {
    return template.replace(CONNECTION, "*").replace(NAME, ">");
  }

  /** Whether a stream that takes {@code wider} takes all of these. */
  boolean isWithin(String wider) {
    String[] own = all().split("\\.");
    String[] its = wider.split("\\.");
    for (int i = 0; i < its.length; i++) {
      if (i == own.length) {
        return false;
      } else if (its[i].equals(">")) {
        return true;
      } else if (own[i].equals(">") || !its[i].equals("*") && !its[i].equals(own[i])) {
        return false;
      }
    }
    return own.length == its.length;
  }
}
