package loomagent.backfill;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import loomagent.base.Disk;
import loomagent.base.Words;
import loomagent.json.Json;

/**
 * Every span in which a connection had no live subscription, and what closed it. Any thread: each
 * method holds the lock of this object, also while it writes a line.
 *
 * <p>On disk ({@code gaps.ndjson}) a JSON object a line; the last line about a gap, or about a
 * connection, is the one that counts:
 *
 * <pre>
 * {"gap":7,"connection":"default","from":T,"to":T,"asked":T,"closed":false,"recovered":0,"note":…,
 *     "progress":{"last":8,"name":…,"page":URL,"recovered":0,"known":0,"others":0}}
 * {"connection":"default","live":T,"known":T}                 the last confirmation, and the time of
 *                                                             the last event known then, or of the
 *                                                             first one of all; of each if there is
 * </pre>
 *
 * {@code to} is absent while the gap lasts, {@code note} when there is none, {@code progress}
 * unless a pull is under way. A line is synced when the method that wrote it returns. The file is
 * written anew, by a replace, when it is opened, and when it has grown by more than what it would
 * hold then. A line that cannot be read, such as a torn last one, is stepped over.
 *
 * <p>A write that fails is said once, counted, and made up for by the next one.
 */
public final class Gaps implements AutoCloseable {
  /** Closed gaps that are remembered: months of ordinary life, and some 300 KB. */
  static final int MAX_CLOSED = 1_000;

  /**
   * Gaps of one connection that wait to be closed. They are pulled together, so that the older half
   * can be remembered as one; without credentials they would become more for ever.
   */
  static final int MAX_OPEN = 100;

  static final int MAX_NOTE = 500; // characters

  static final String NO_CREDENTIALS =
      "not closed: there are no credentials for the pull API. Set backfill.app and"
          + " backfill.password soon: Loom keeps events for several weeks only";

  private final GapsFile file;
  private final System.Logger log;

  // Guarded by this:
  private final TreeMap<Long, Gap> gaps = new TreeMap<>();
  private final Map<String, Instant> live = new LinkedHashMap<>();
  private final Map<String, Instant> known = new LinkedHashMap<>();

  // Written under this; looked at for each event:
  private final Set<String> dated = ConcurrentHashMap.newKeySet(); // what the file has of known

  private Gaps(Path file, Disk disk, System.Logger log) {
    this.file = new GapsFile(file, disk, log);
    this.log = log;
  }

  /**
   * The gaps of a data folder.
   *
   * @param folder where {@code gaps.ndjson} is, or will be
   * @param disk what it is written with
   * @param log told when a gap ends, and of trouble with the file
   * @return what was known when the folder was last used
   * @throws IOException if the file is there and cannot be read
   */
  public static Gaps open(Path folder, Disk disk, System.Logger log) throws IOException {
    Gaps gaps = new Gaps(folder.resolve("gaps.ndjson"), disk, log);
    gaps.read();
    return gaps;
  }

  /** A last line without its end was never synced, so that nobody relies on it. */
  private synchronized void read() throws IOException {
    byte[] old = file.read();
    long damaged = 0;
    for (int from = 0, at = 0; at < old.length; at++) {
      if (old[at] == '\n') {
        damaged += read(old, from, at) ? 0 : 1;
        from = at + 1;
      }
    }
    if (damaged > 0) {
      log.log(
          Level.WARNING,
          "{0}: {1} cannot be read and left out. A gap may be forgotten, or pulled once more",
          file.name(),
          Words.count(damaged, "line"));
    }
    forget();
    dated.addAll(known.keySet());
    if (!Arrays.equals(old, content())) {
      file.rewrite();
      write("");
    }
  }

  private boolean read(byte[] bytes, int from, int to) {
    try {
      Map<?, ?> line = (Map<?, ?>) Json.parse(bytes, from, to);
      if (line.containsKey("gap")) {
        Gap gap = Gap.read(line);
        gaps.put(gap.number(), gap);
      } else {
        String connection = Objects.requireNonNull((String) line.get("connection"));
        put(live, connection, line.get("live"));
        put(known, connection, line.get("known"));
      }
      return true;
    } catch (RuntimeException damaged) { // by whatever it was: no JSON, no object, no time
      return false;
    }
  }

  private static void put(Map<String, Instant> times, String connection, Object time) {
    if (time != null) {
      times.put(connection, Instant.parse((String) time));
    }
  }

  /**
   * The connection has no live subscription. Begins a gap, unless one is running. The first start
   * of all, with nothing known and no {@code since}, begins none: there is nothing to pull back to.
   *
   * @param connection its name
   * @param from when it was last known to be live
   * @param lastKnown the time of the last event known of it: {@link Backfill#lastKnown}. Without
   *     one that of the last confirmation counts, as where a full disk has cost all events; where
   *     there never was an event, what the gap before this one was pulled from; and only then the
   *     last confirmation itself, by this machine's clock
   * @param since {@code backfill.since}: where to begin when there is neither
   * @return the gap that is running
   */
  public synchronized Optional<Gap> lost(
      String connection, Instant from, Optional<Instant> lastKnown, Optional<Instant> since) {
    Optional<Instant> before =
        lastKnown
            .or(() -> Optional.ofNullable(known.get(connection)))
            .or(() -> last(connection).map(Gap::asked))
            .or(() -> lastLive(connection));
    Optional<Instant> asked = before.or(() -> since);
    if (running(connection).isEmpty() && asked.isPresent()) {
      long number = gaps.isEmpty() ? 1 : gaps.lastKey() + 1;
      Instant begin = before.isPresent() ? from : asked.get();
      put(Gap.begun(number, connection, begin, asked.get()));
    }
    return running(connection);
  }

  /**
   * The time of the last event known of a connection, to be kept with its next confirmation, and
   * the first one of all at once.
   *
   * @param connection its name
   * @param lastKnown {@link Backfill#lastKnown}: unlike a confirmation's, it is the time where
   *     events come from, and so does not depend on this machine's clock
   */
  public synchronized void known(String connection, Instant lastKnown) {
    boolean first = !isDated(connection);
    known.merge(connection, lastKnown, (old, now) -> first && old.isBefore(now) ? old : now);
    if (first) {
      write(json(liveLine(connection)));
    }
  }

  /**
   * Whether the file tells the time of some event of a connection, so that a pull begins by it even
   * if the journal has none any more.
   *
   * @param connection its name
   * @return whether {@link #known} could be written, once
   */
  public boolean isDated(String connection) {
    return dated.contains(connection);
  }

  /**
   * The connection's subscription is confirmed: a gap that is running ends, and the time is kept
   * for {@link #lastLive}.
   *
   * @param connection its name
   * @param at when
   * @return the gap that ended
   */
  public synchronized Optional<Gap> live(String connection, Instant at) {
    live.put(connection, at);
    Optional<Gap> over = running(connection).map(gap -> gap.ended(at));
    over.ifPresent(gap -> end(gap, at));
    write(json(liveLine(connection)) + over.map(gap -> json(gap.line())).orElse(""));
    return over;
  }

  private void end(Gap gap, Instant at) {
    gaps.put(gap.number(), gap);
    merge(gap.connection());
    log.log(
        Level.INFO,
        "gap {0}: {1} without a subscription, from {2} to {3}, connection {4}",
        Long.toString(gap.number()),
        Words.of(gap.length()),
        gap.from(),
        at,
        gap.connection());
  }

  /**
   * Nothing of the gap can be missing any more.
   *
   * @param number of a gap that has ended
   * @param recovered events that only the pull brought
   * @param note what else is to be known, or ""
   */
  public synchronized void closed(long number, long recovered, String note) {
    change(number, gap -> gap.closed(recovered, Words.line(note, MAX_NOTE)));
    forget();
  }

  /**
   * Says why a gap is still open.
   *
   * @param number of the gap
   * @param words for an operator; "" when that is over
   */
  public synchronized void note(long number, String words) {
    change(number, gap -> gap.noted(Words.line(words, MAX_NOTE)));
  }

  /**
   * Keeps how far a pull is, for another process to go on there. Everything before it must be on
   * disk.
   *
   * @param number of the earliest of the gaps that it closes
   * @param progress how far
   */
  public synchronized void progress(long number, Gap.Progress progress) {
    change(number, gap -> gap.pulled(progress));
  }

  /**
   * The gaps that have ended and are not closed.
   *
   * @param connection whose
   * @return the oldest first
   */
  public synchronized List<Gap> open(String connection) {
    return gaps.values().stream()
        .filter(gap -> gap.connection().equals(connection) && !gap.closed() && gap.to().isPresent())
        .toList();
  }

  /**
   * The last gaps of a connection, whatever their state.
   *
   * @param connection whose
   * @param most how many at the most
   * @return the oldest first
   */
  public synchronized List<Gap> recent(String connection, int most) {
    List<Gap> all =
        gaps.values().stream().filter(gap -> gap.connection().equals(connection)).toList();
    return all.subList(Math.max(0, all.size() - most), all.size());
  }

  /**
   * When the connection was last confirmed.
   *
   * @param connection its name
   * @return empty if it never was, as long as this folder is in use
   */
  public synchronized Optional<Instant> lastLive(String connection) {
    return Optional.ofNullable(live.get(connection));
  }

  /**
   * For a connection that has no {@link Backfill}: says in the log, and in each gap that it has
   * open, what is to be set to have it closed.
   *
   * @param connection its name
   */
  public synchronized void noCredentials(String connection) {
    for (Gap gap : open(connection)) {
      if (!gap.note().equals(NO_CREDENTIALS)) {
        note(gap.number(), NO_CREDENTIALS);
        log.log(
            Level.WARNING,
            "gap {0} of connection {1} is {2}",
            Long.toString(gap.number()),
            connection,
            NO_CREDENTIALS);
      }
    }
  }

  /**
   * How often a line could not be written.
   *
   * @return since the start
   */
  public synchronized long failures() {
    return file.failures();
  }

  /**
   * Tries to write what could not be written so far, if anything. To be called before an event is
   * journaled: a gap that is only in memory would be forgotten at a kill, and what is known by then
   * would lie behind it.
   */
  public void mend() {
    if (file.isBehind()) {
      synchronized (this) {
        write("");
      }
    }
  }

  /** Writes what could not be written so far. Changes made later are not kept. */
  @Override
  public synchronized void close() {
    if (file.isBehind()) {
      write("");
    }
    file.close();
  }

  private Optional<Gap> last(String connection) {
    return gaps.descendingMap().values().stream()
        .filter(gap -> gap.connection().equals(connection))
        .findFirst();
  }

  private Optional<Gap> running(String connection) {
    return gaps.descendingMap().values().stream()
        .filter(gap -> gap.connection().equals(connection) && gap.to().isEmpty())
        .findFirst();
  }

  private void change(long number, UnaryOperator<Gap> change) {
    Optional.ofNullable(gaps.get(number))
        .filter(gap -> !gap.closed() && !change.apply(gap).equals(gap))
        .ifPresent(gap -> put(change.apply(gap)));
  }

  private void put(Gap gap) {
    gaps.put(gap.number(), gap);
    write(json(gap.line()));
  }

  /** Drops the oldest of too many closed gaps; the file forgets them when it is written anew. */
  private void forget() {
    List<Gap> closed = gaps.values().stream().filter(Gap::closed).toList();
    for (Gap gap : closed.subList(0, Math.max(0, closed.size() - MAX_CLOSED))) {
      gaps.remove(gap.number());
    }
  }

  private void merge(String connection) {
    List<Gap> open = open(connection);
    if (open.size() > MAX_OPEN) {
      List<Gap> older = open.subList(0, open.size() - MAX_OPEN / 2);
      older.forEach(gap -> gaps.remove(gap.number()));
      Gap one = older.stream().reduce(Gap::with).orElseThrow();
      gaps.put(one.number(), one);
      file.rewrite(); // numbers have gone, which only a file written anew can say
    }
  }

  private Map<String, Object> liveLine(String connection) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("connection", connection);
    lastLive(connection).ifPresent(at -> line.put("live", at.toString()));
    Optional.ofNullable(known.get(connection)).ifPresent(at -> line.put("known", at.toString()));
    return line;
  }

  private static String json(Map<String, Object> line) {
    return Json.write(line) + "\n";
  }

  private byte[] content() {
    StringBuilder content = new StringBuilder();
    gaps.values().forEach(gap -> content.append(json(gap.line())));
    Set<String> connections = new TreeSet<>(live.keySet());
    connections.addAll(known.keySet());
    connections.forEach(name -> content.append(json(liveLine(name))));
    return content.toString().getBytes(UTF_8);
  }

  private void write(String lines) {
    if (file.write(lines, this::content)) {
      dated.addAll(known.keySet());
    }
  }
}
