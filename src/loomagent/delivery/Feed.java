package loomagent.delivery;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import loomagent.Event;
import loomagent.journal.Entry;
import loomagent.journal.Journal;
import loomagent.journal.JournalReader;

/**
 * Brings one handler's events from the journal, beginning at its cursor, and moves that cursor.
 * Under its owner's lock.
 */
final class Feed {

  /** Events read at once: enough to make reading cheap. */
  static final int SLICE = 256;

  /** Open events closer than this are read past what lies between them. */
  private static final int NEAR = 4_096;

  private static final Duration READ_AGAIN = Duration.ofSeconds(1);

  private final Journal journal;
  private final Cursor cursor;
  private final Predicate<Event> wanted;
  private final Function<Event, String> keys;
  private final boolean keyed;
  private final System.Logger log;
  private final List<Long> open; // what the cursor said to be open at the start
  private int openRead; // how many of them are read
  private Optional<JournalReader> reader = Optional.empty();
  private long position; // one behind the last event read
  private long readAgain; // after a failure, which is what `failures` counts
  private long failures;

  Feed(Journal journal, Cursor cursor, Policy policy, Predicate<Event> wanted, System.Logger log) {
    this.journal = journal;
    this.cursor = cursor;
    this.wanted = wanted;
    this.keys = policy.keys();
    this.keyed = !policy.key().isEmpty();
    this.log = log;
    this.open = cursor.start().open();
    this.position = cursor.start().next();
  }

  /** One behind the last event read. */
  long position() {
    return position;
  }

  /** How many events were not read yet. */
  long unread() {
    return Math.max(0, journal.next() - position) + open.size() - openRead;
  }

  /** One behind the last event there is. */
  long end() {
    return journal.next();
  }

  /** Where an event stands that was not handed on. */
  Standing standing(long sequence) {
    if (sequence >= position || open.subList(openRead, open.size()).contains(sequence)) {
      return Standing.WAITING;
    }
    return sequence < cursor.begin() ? Standing.BEFORE : Standing.DONE;
  }

  /** The lowest sequence that is still needed. */
  long low(Outstanding outstanding) {
    return openRead < open.size()
        ? Math.min(open.get(0), outstanding.low(position))
        : outstanding.low(position);
  }

  /** Whether there is no use in reading on. Without a key, all wait for the first anyway. */
  boolean enough(Outstanding outstanding) {
    return keyed ? outstanding.room() == 0 : outstanding.size() > 0;
  }

  /** Nanoseconds until it may be read again; 0 at once. */
  long untilRead(long now) {
    return failures == 0 ? 0 : Math.max(0, readAgain - now);
  }

  /**
   * Reads some events and adds those that are wanted.
   *
   * @return whether there were any
   */
  boolean fill(Outstanding outstanding, long now) {
    if (enough(outstanding) || untilRead(now) > 0) {
      return false;
    }
    try {
      boolean any = openRead < open.size() ? readOpen(outstanding) : readOn(outstanding);
      failures = 0;
      return any;
    } catch (Throwable failure) { // a full heap, too: read anew, from what was added last
      release();
      readAgain = now + READ_AGAIN.toNanos();
      if (Long.bitCount(++failures) == 1) {
        log.log(
            Level.ERROR,
            "the journal cannot be read at event {0}, and is tried again: {1}",
            Long.toString(position),
            Streak.words(failure));
      }
      return false;
    }
  }

  /** Reads all that was open at once: there was room for it before, so there is now. */
  private boolean readOpen(Outstanding outstanding) throws IOException {
    for (; openRead < open.size(); openRead++) {
      long sequence = open.get(openRead);
      if (reader.isEmpty() || sequence - reader.get().position() > NEAR) {
        release();
        reader = Optional.of(journal.reader(sequence));
      }
      for (Entry entry : readTo(sequence)) {
        if (entry.sequence() == sequence) {
          add(entry, outstanding);
        }
      }
    }
    release();
    return true;
  }

  private List<Entry> readTo(long sequence) throws IOException {
    JournalReader from = reader.orElseThrow();
    List<Entry> entries = List.of();
    while (from.position() <= sequence) {
      entries = from.read((int) Math.min(SLICE, sequence + 1 - from.position()));
      if (entries.isEmpty()) {
        return entries;
      }
    }
    return entries;
  }

  private boolean readOn(Outstanding outstanding) throws IOException {
    if (reader.isEmpty()) {
      reader = Optional.of(journal.reader(position));
    }
    long before = position;
    int most = keyed ? Math.min(SLICE, outstanding.room()) : SLICE;
    for (Entry entry : reader.get().read(most)) {
      add(entry, outstanding);
      position = entry.sequence() + 1;
    }
    position = Math.max(position, reader.get().position()); // what is damaged is stepped over
    if (outstanding.size() == 0 && position > before) {
      cursor.move(position);
    }
    return position > before;
  }

  private void add(Entry entry, Outstanding outstanding) {
    if (wanted.test(entry.event())) {
      outstanding.add(entry, key(entry.event()));
    }
  }

  // What only a tree shows to be too large is an event all the same.
  private String key(Event event) {
    try {
      return keys.apply(event);
    } catch (RuntimeException unreadable) {
      return "";
    }
  }

  /** Moves the cursor to where things are; not before all that it says is known here. */
  void store(Outstanding outstanding) {
    if (openRead == open.size()) {
      outstanding.store(cursor, position);
    }
  }

  /** Puts the cursor on disk. */
  void force() {
    cursor.force();
  }

  /** Lets go of the journal's file. */
  void release() {
    try {
      if (reader.isPresent()) {
        reader.get().close();
      }
    } catch (IOException unread) {
      // nothing more is read from it
    }
    reader = Optional.empty();
  }
}
