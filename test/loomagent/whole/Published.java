package loomagent.whole;

import java.time.Instant;

/**
 * An event that Loom has.
 *
 * @param own whether it is of the agent's Organization
 */
record Published(String id, String name, boolean own, Instant timestamp, String json) {}
