package loomagent.cable;

import java.util.HashSet;
import java.util.Set;

/** Lets a kind of thing be said once. One thread. */
final class Once {
  /** Kinds are named in the code; more than this many would be a fault, and are not said. */
  private static final int MOST = 32;

  private final Set<String> said = new HashSet<>();

  boolean first(String kind) {
    return said.size() < MOST && said.add(kind);
  }
}
