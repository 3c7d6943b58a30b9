package loomagent.ops;

import java.util.List;
import java.util.Map;

/**
 * What an agent knows of itself, for whoever asks in whatever way. Any thread; never waits long.
 */
public interface Insight {

  /**
   * Why somebody should look at it.
   *
   * @param subject such as {@code connection default}, {@code handler mis}, {@code journal}
   * @param reason what is wrong, since when, in a line
   */
  record Problem(String subject, String reason) {}

  /**
   * Why it is not live, keeping up, and on a disk with room.
   *
   * @return empty if it is
   */
  List<Problem> problems();

  /**
   * What of the agent itself does not work: a thread that is gone or stuck, a disk that takes
   * nothing. What is wrong with the network, Loom or a handler is none of these.
   *
   * @return lines; empty if all works
   */
  List<String> faults();

  /**
   * Where it stands, in a few words.
   *
   * @return such as {@code live, 2 handlers, 3 events waiting}
   */
  String words();

  /**
   * Whether there is nothing more to wait for at the start: every connection is live, or fails for
   * a reason that is known.
   *
   * @return once true, for ever
   */
  boolean settled();

  /**
   * All of it: the members of {@code status --json}, and
   *
   * <pre>
   * "now":"…", "problems":[{"subject":"…","reason":"…"}],
   * "activity":{"seconds":300,"to":"…","received":[0, …]},
   *    received: events in each of the last 288 spans of so many seconds, the newest last, which ends at "to"
   * "latest":[{"id":"…","name":"…","subject":"…","connection":"…","receivedAt":"…",
   *            "deliveries":[{"handler":"…","state":"delivered|waiting|retrying|dead|unwanted"}]}]
   *    the newest first, at most 20
   * </pre>
   *
   * @return to be written as JSON
   */
  Map<String, Object> overview();

  /**
   * The metrics.
   *
   * @return in the order in which they are shown
   */
  List<Metric> metrics();
}
