package loomagent.schedule;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Something that is played by a schedule, from a seed. */
public interface Play {
  /**
   * How it went.
   *
   * @param trace the same for the same seed, if all of it came from the seed
   * @param failure what was wrong, and what was said last
   * @param counts how often what happened
   * @param story all that was said
   */
  record Outcome(
      long seed,
      long steps,
      long trace,
      Optional<String> failure,
      Map<String, Long> counts,
      String story) {}

  /**
   * Plays it once.
   *
   * @param folder an empty one
   */
  Outcome play(long seed, Path folder) throws Exception;
}
