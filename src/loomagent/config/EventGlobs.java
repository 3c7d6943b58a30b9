package loomagent.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which events a handler takes: names and globs, separated by commas. {@code *} stands for any run
 * of characters, dots included; {@code !} in front excludes, wherever it stands in the list. With
 * nothing but exclusions, everything else is taken. Immutable.
 */
public final class EventGlobs {
  // As many as there may be event names, each as long as one.
  static final int MAX_GLOBS = 500;

  private static final int KNOWN = 16; // a power of two

  /** Whether a name is taken. */
  private record Answer(String name, boolean taken) {}

  private final List<Glob> taken = new ArrayList<>();
  private final List<Glob> excluded = new ArrayList<>();
  private final String text;
  private final Answer[] known = new Answer[KNOWN]; // a race costs a second look

  private EventGlobs(String text) {
    this.text = text;
  }

  /**
   * Reads a list of at most 500 patterns of at most 256 characters each.
   *
   * @throws IllegalArgumentException with a sentence that names the pattern and what to do
   */
  public static EventGlobs parse(String csv) {
    EventGlobs globs = new EventGlobs(csv.strip());
    String[] items = csv.split(",", MAX_GLOBS + 1);
    if (items.length > MAX_GLOBS) {
      throw new IllegalArgumentException("more than 500 patterns. Write fewer, with *.");
    }
    for (String item : items) {
      String glob = item.strip();
      if (!glob.matches("!?[A-Za-z0-9_.*-]{1,256}")) {
        throw new IllegalArgumentException(
            Problems.quote(glob)
                + " is no event name or glob. Write 1 to 256 letters, digits, _, -, . and *; ! in"
                + " front leaves out; one comma between two.");
      }
      boolean excludes = glob.startsWith("!");
      (excludes ? globs.excluded : globs.taken).add(Glob.of(excludes ? glob.substring(1) : glob));
    }
    return globs;
  }

  /** Whether an event of this name is taken. Every handler is asked this of every event. */
  public boolean matches(String eventName) {
    int slot = eventName.hashCode() & KNOWN - 1;
    Answer answer = known[slot];
    if (answer == null || !answer.name.equals(eventName)) {
      answer = new Answer(eventName, isTaken(eventName));
      known[slot] = answer;
    }
    return answer.taken;
  }

  private boolean isTaken(String eventName) {
    return first(excluded, eventName).isEmpty()
        && (taken.isEmpty() || first(taken, eventName).isPresent());
  }

  /** Which pattern takes or excludes an event of this name, in a few words. */
  public String why(String eventName) {
    Optional<Glob> exclusion = first(excluded, eventName);
    if (exclusion.isPresent()) {
      return "excluded by !" + exclusion.get().text();
    }
    if (taken.isEmpty()) {
      return "taken: " + text + " only leaves others out";
    }
    return first(taken, eventName)
        .map(glob -> "taken by " + glob.text())
        .orElse("not taken: not among " + text);
  }

  /** The list as it was written. */
  @Override
  public String toString() {
    return text;
  }

  private static Optional<Glob> first(List<Glob> globs, String name) {
    for (Glob glob : globs) {
      if (glob.matches(name)) {
        return Optional.of(glob);
      }
    }
    return Optional.empty();
  }

  /** A pattern, and what lies around its stars. */
  private record Glob(String text, List<String> parts) {

    static Glob of(String text) {
      return new Glob(text, List.of(text.split("\\*", -1)));
    }

    boolean matches(String name) {
      int stars = parts.size() - 1;
      String last = parts.get(stars);
      if (stars == 0 || !name.startsWith(parts.get(0))) {
        return text.equals(name);
      }
      int at = parts.get(0).length();
      // The first place where a part fits leaves the most for those behind it.
      for (int i = 1; i < stars; i++) {
        int found = name.indexOf(parts.get(i), at);
        if (found < 0) {
          return false;
        }
        at = found + parts.get(i).length();
      }
      return name.length() - last.length() >= at && name.endsWith(last);
    }
  }
}
