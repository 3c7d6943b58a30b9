package loomagent.journal;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loomagent.base.Disk;
import loomagent.base.Words;

/**
 * What a journal knows when it opens: where to go on, the ids seen lately, and the newest event of
 * each connection, all read from the newest files. One thread.
 */
final class Recovery {
  private final Segments segments;
  private final SeenIds seen;
  private final Activity activity;
  private final System.Logger log;
  private final Map<String, Entry> newest = new HashMap<>();
  private long from = 1;
  private long next = 1;
  private long unreadable; // bytes since the last whole record
  private long whole; // where the last whole record of the file being read ends

  Recovery(Segments segments, SeenIds seen, Activity activity, System.Logger log) {
    this.segments = segments;
    this.seen = seen;
    this.activity = activity;
    this.log = log;
  }

  /** The newest events by connection, of those that were read. */
  Map<String, Entry> newest() {
    return newest;
  }

  /** The first sequence that was looked at. */
  long from() {
    return from;
  }

  /** The sequence to go on with: above all that were ever read by anybody. */
  long next() {
    return next;
  }

  void run(Path folder, Disk disk) throws IOException {
    List<Segment> all = List.copyOf(segments.all());
    if (all.isEmpty()) {
      segments.start(next);
      return;
    }
    Segment last = all.get(all.size() - 1);
    from = segments.holding(last.first() - SeenIds.GENERATION).orElse(last).first();
    for (Segment segment : all) {
      if (segment.first() >= from) {
        scan(segment, segment == last);
      }
    }
    // A number that was in damaged bytes may be known to a handler's cursor: it is not used again.
    long lowest =
        last.first() + (last.durable() > 0 ? 1 : 0); // another file of that name would do harm
    next = Math.max(next + Line.most(unreadable), lowest);
    if (whole == last.durable()) {
      segments.goOn();
    } else {
      cut(last, folder, disk);
    }
  }

  private void scan(Segment segment, boolean last) throws IOException {
    whole = 0;
    List<JournalFiles.Damage> damages = new ArrayList<>();
    try (Lines lines = segments.lines(segment)) {
      while (lines.next(segment.durable())) {
        Optional<Entry> entry = lines.isDamaged() ? Optional.empty() : lines.entry();
        if (entry.isPresent()) {
          know(entry.get());
          segment.took(entry.get().millis(), entry.get().millis());
          whole = lines.end();
          unreadable = 0;
        } else {
          unreadable += lines.end() - lines.offset();
          damages.add(lines.damage());
        }
      }
    }
    for (JournalFiles.Damage damage : damages) {
      if (!last || damage.offset() < whole) {
        segments.damaged(damage);
      }
    }
  }

  private void know(Entry entry) {
    seen.add(entry.event().id());
    activity.add(entry.millis());
    newest.put(entry.event().connection(), entry);
    next = Math.max(next, entry.sequence() + 1);
  }

  /** The new file is made before the cut: its name is what keeps the numbers rising. */
  private void cut(Segment last, Path folder, Disk disk) throws IOException {
    long tail = last.durable() - whole;
    try (Disk.Appender appender = disk.append(last.file())) {
      appender.sync();
      try {
        Path aside = JournalFiles.setAside(folder, disk, last.file(), whole, tail);
        segments.start(next);
        appender.truncate(whole);
        appender.sync();
        last.durable(whole);
        log.log(Level.WARNING, "{0}: cut off, and kept as {1}", words(last, tail), aside);
      } catch (IOException failure) {
        // As on a full disk. Readers step over it, and a new file is begun once there is room.
        log.log(Level.WARNING, "{0}. They could not be cut off: {1}", words(last, tail), failure);
      }
    }
  }

  private static String words(Segment segment, long tail) {
    return segment.file()
        + " ended in "
        + Words.count(tail, "byte")
        + " that are no whole record, as after a power cut";
  }
}
