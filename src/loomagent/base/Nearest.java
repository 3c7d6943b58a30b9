package loomagent.base;

import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** What somebody probably meant. */
public final class Nearest {
  private Nearest() {}

  /**
   * The candidate with the fewest letters to change, if they are few beside its length.
   *
   * @param text what was written; bound it first, the time grows with its length
   * @param candidates what would have been right
   * @return the nearest, or nothing near enough
   */
  public static Optional<String> to(String text, Collection<String> candidates) {
    String best = "";
    int least = Integer.MAX_VALUE;
    for (String candidate : candidates) {
      int most = candidate.length() / 4 + 1;
      if (Math.abs(candidate.length() - text.length()) <= most) {
        int distance = distance(text.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
        if (distance <= most && distance < least) {
          least = distance;
          best = candidate;
        }
      }
    }
    return Optional.of(best).filter(found -> !found.isEmpty());
  }

  /** Levenshtein's, with neighbours that changed places as one change: it is the usual slip. */
  private static int distance(String a, String b) {
    int[][] rows = new int[a.length() + 1][b.length() + 1];
    Arrays.setAll(rows[0], j -> j);
    for (int i = 1; i <= a.length(); i++) {
      rows[i][0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int exchanged = rows[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        int least = Math.min(exchanged, Math.min(rows[i - 1][j], rows[i][j - 1]) + 1);
        boolean swapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        rows[i][j] = swapped ? Math.min(least, rows[i - 2][j - 2] + 1) : least;
      }
    }
    return rows[a.length()][b.length()];
  }
}
