package loomagent.backfill;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A span in which a connection had no live subscription.
 *
 * @param number of this gap in its folder, from 1, never used twice
 * @param connection the connection's name
 * @param from when the connection was last known to be live
 * @param to when it was live again; empty while it is not
 * @param asked when the last event known before the gap happened: the pull begins there, less the
 *     margin
 * @param closed whether nothing of it can be missing any more: it was pulled to the end
 * @param recovered events that only the pull brought
 * @param note why it is not closed, or what else an operator should know; "" for nothing
 * @param progress where an unfinished pull goes on
 */
public record Gap(
    long number,
    String connection,
    Instant from,
    Optional<Instant> to,
    Instant asked,
    boolean closed,
    long recovered,
    String note,
    Optional<Progress> progress) {
  private static final long MOST_GAPS = Long.MAX_VALUE / 2; // there is always a number above
  private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant LAST = Instant.parse("9999-01-01T00:00:00Z");

  /**
   * How far a pull is. It is kept with the earliest of its gaps.
   *
   * @param last the highest number among the gaps that it closes
   * @param name the event name that is being asked for
   * @param page its next page
   * @param recovered new events so far
   * @param known events so far that were there already
   * @param others events so far of other Organizations
   */
  public record Progress(
      long last, String name, URI page, long recovered, long known, long others) {}

  /**
   * How long it lasted.
   *
   * @return nothing while it still lasts
   */
  public Duration length() {
    return to.map(end -> Duration.between(from, end)).orElse(Duration.ZERO);
  }

  static Gap begun(long number, String connection, Instant from, Instant asked) {
    return new Gap(
        number, connection, from, Optional.empty(), asked, false, 0, "", Optional.empty());
  }

  Gap ended(Instant at) {
    return new Gap(
        number, connection, from, Optional.of(at), asked, closed, recovered, note, progress);
  }

  Gap closed(long events, String words) {
    return new Gap(number, connection, from, to, asked, true, events, words, Optional.empty());
  }

  Gap noted(String words) {
    return new Gap(number, connection, from, to, asked, closed, recovered, words, progress);
  }

  /** What was noted before is over: the pull goes on. */
  Gap pulled(Progress so) {
    return new Gap(number, connection, from, to, asked, closed, recovered, "", Optional.of(so));
  }

  /**
   * This and a later one as one: both ended and not closed. It has the later number and no
   * progress, so that a pull that closes the earlier one alone does not close both.
   */
  Gap with(Gap later) {
    Instant earliest = asked.isBefore(later.asked) ? asked : later.asked;
    return new Gap(
        later.number, connection, from, later.to, earliest, false, 0, later.note, Optional.empty());
  }

  Map<String, Object> line() {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("gap", number);
    line.put("connection", connection);
    line.put("from", from.toString());
    to.ifPresent(end -> line.put("to", end.toString()));
    line.put("asked", asked.toString());
    line.put("closed", closed);
    line.put("recovered", recovered);
    if (!note.isEmpty()) {
      line.put("note", note);
    }
    progress.ifPresent(so -> line.put("progress", line(so)));
    return line;
  }

  private static Map<String, Object> line(Progress progress) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("last", progress.last);
    line.put("name", progress.name);
    line.put("page", progress.page.toString());
    line.put("recovered", progress.recovered);
    line.put("known", progress.known);
    line.put("others", progress.others);
    return line;
  }

  /**
   * The gap in a line.
   *
   * @throws RuntimeException if it is none: an IllegalArgumentException, a ClassCastException, a
   *     DateTimeException
   */
  static Gap read(Map<?, ?> line) {
    if (!(line.get("gap") instanceof Long number && number > 0 && number < MOST_GAPS)) {
      throw new IllegalArgumentException("a gap without its number");
    }
    if (Boolean.TRUE.equals(line.get("closed")) && !line.containsKey("to")) {
      // Taken for the one that is running, it would hide what is missed next.
      throw new IllegalArgumentException("a closed gap without its end");
    }
    return new Gap(
        number,
        text(line, "connection"),
        time(line, "from"),
        line.containsKey("to") ? Optional.of(time(line, "to")) : Optional.empty(),
        time(line, "asked"),
        Boolean.TRUE.equals(line.get("closed")),
        count(line, "recovered"),
        line.containsKey("note") ? text(line, "note") : "",
        line.get("progress") instanceof Map<?, ?> so
            ? Optional.of(progress(so)).filter(pull -> pull.last() >= number)
            : Optional.empty());
  }

  private static Progress progress(Map<?, ?> line) {
    return new Progress(
        count(line, "last"),
        text(line, "name"),
        URI.create(text(line, "page")),
        count(line, "recovered"),
        count(line, "known"),
        count(line, "others"));
  }

  private static String text(Map<?, ?> line, String member) {
    if (line.get(member) instanceof String text) {
      return text;
    }
    throw new IllegalArgumentException("a gap without " + member);
  }

  /** A year of four digits: what is reckoned from it is a time as well. */
  private static Instant time(Map<?, ?> line, String member) {
    Instant time = Instant.parse(text(line, member));
    if (time.isBefore(FIRST) || !time.isBefore(LAST)) {
      throw new IllegalArgumentException("a gap at no time of ours");
    }
    return time;
  }

  private static long count(Map<?, ?> line, String member) {
    if (line.get(member) instanceof Long count && count >= 0) {
      return count;
    }
    throw new IllegalArgumentException("a gap without " + member);
  }
}
