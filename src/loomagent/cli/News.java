package loomagent.cli;

import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Set;

/** Facts of one kind, each said once as long as it stays true, and again if it comes back. */
final class News {
  private final System.Logger log;
  private final Level level;
  private Set<String> known; // guarded by this

  /**
   * Facts to be looked at again and again.
   *
   * @param known what has been said already
   */
  News(System.Logger log, Level level, List<String> known) {
    this.log = log;
    this.level = level;
    this.known = Set.copyOf(known);
  }

  /** Says what is new in what is true now. Any thread. */
  synchronized void say(List<String> facts) {
    facts.stream()
        .distinct()
        .filter(fact -> !known.contains(fact))
        .forEach(fact -> log.log(level, fact));
    known = Set.copyOf(facts);
  }
}
