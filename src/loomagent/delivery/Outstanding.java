package loomagent.delivery;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import loomagent.Event;
import loomagent.base.Backoff;
import loomagent.journal.Entry;

/**
 * The events that one handler is to be given next: read, wanted, and not done with. Those of one
 * key stand in a line, and only the first of a line is given out; while it waits to be tried again,
 * so does its line, and the other lines go on.
 *
 * <pre>
 * add ──▶ ready ──take──▶ in hand ──done──▶ gone, and the next of its line is ready
 *           ▲                │
 *           └─────due────── parked
 * </pre>
 *
 * Under its owner's lock. Nothing but adding needs memory, so that a full heap leaves all in place.
 */
final class Outstanding {

  /**
   * Events at once: enough for keys to go on beside parked ones, and what a cursor has room for.
   */
  static final int MOST_EVENTS = Cursor.MOST_OPEN;

  /** Characters at once, by what an event costs; a handler that lags holds no more. */
  static final long MOST_BYTES = Math.min(8L << 20, Runtime.getRuntime().maxMemory() / 32);

  /** Replays that may wait; who asks for more waits for these first. */
  static final int MOST_REPLAYS = 1_000;

  /** What an event costs beside its text, in bytes. */
  private static final int OVERHEAD = 300;

  private static final Entry NONE = new Entry(0, 0, Event.of("", "", "", ""));

  /** A replay somebody waits for. */
  record Request(CompletableFuture<Optional<String>> answer, boolean once) {}

  /** One event, from when it was read until it is done with. */
  static final class Item {
    final long sequence; // 0 for a replay
    final long taken; // by the journal, milliseconds since 1970
    final Event event;
    final Optional<Request> request;
    private final Line line;
    private Item before; // in the order of the journal
    private Item after;
    private Item behind; // in its line

    int failures;
    Optional<Backoff> backoff = Optional.empty();
    Optional<DeadLetters.Letter> owed = Optional.empty(); // out of attempts, and not written yet
    boolean buried; // the letter is on disk
    private long due; // while parked
    private boolean out; // in hand
    private boolean alone; // a batch that it was in has failed

    private Item(Entry entry, Line line, Optional<Request> request) {
      this.sequence = entry.sequence();
      this.taken = entry.millis();
      this.event = entry.event();
      this.line = line;
      this.request = request;
    }

    /** The event as it is given next. */
    Event now() {
      return failures == 0 && request.isEmpty()
          ? event
          : event.at(event.attempt() + failures, request.isPresent());
    }

    /** Whether it may come with others: what failed, or somebody asked for, comes by itself. */
    private boolean social() {
      return failures == 0 && request.isEmpty() && owed.isEmpty() && !alone;
    }

    long taken() {
      return taken;
    }

    private long cost() {
      return (long) event.size() + OVERHEAD;
    }
  }

  private static final class Line {
    final String key;
    Item head;
    Item tail;

    Line(String key) {
      this.key = key;
    }
  }

  private final Map<String, Line> lines = new HashMap<>(); // of the journal's events, by key
  private final Queue<Item> ready = new ArrayDeque<>(MOST_EVENTS + MOST_REPLAYS);
  private final Queue<Item> parked =
      new PriorityQueue<>(MOST_EVENTS + MOST_REPLAYS, (a, b) -> Long.compare(a.due - b.due, 0));
  private final long[] open = new long[MOST_EVENTS];
  private final Item ends = new Item(NONE, new Line(""), Optional.empty());
  private int size;
  private int replays;
  private long bytes;
  private long highestDone;

  /**
   * Nothing yet.
   *
   * @param next where the cursor is
   */
  Outstanding(long next) {
    highestDone = next - 1;
    ends.before = ends;
    ends.after = ends;
  }

  /** How many more events of the journal there is room for. */
  int room() {
    return bytes < MOST_BYTES ? MOST_EVENTS - size : 0;
  }

  /** Adds the journal's next event. */
  void add(Entry entry, String key) {
    Line line = lines.computeIfAbsent(key, Line::new);
    Item item = new Item(entry, line, Optional.empty());
    item.before = ends.before;
    item.after = ends;
    ends.before.after = item;
    ends.before = item;
    size++;
    bytes += item.cost();
    if (line.head == null) {
      line.head = item;
      ready.add(item);
    } else {
      line.tail.behind = item;
    }
    line.tail = item;
  }

  /** Adds a replay, which stands in a line of its own; false if there is no room. */
  boolean add(Event event, Request request) {
    if (replays == MOST_REPLAYS) {
      return false;
    }
    replays++;
    Item item = new Item(new Entry(0, 0, event), new Line(""), Optional.of(request));
    item.line.head = item;
    ready.add(item);
    return true;
  }

  /**
   * Gives out an event whose turn it is, and with it those that may come along: what stands behind
   * it in its line, then other lines.
   *
   * @param most 1 or more
   * @return in order; empty if nothing's turn is now
   */
  List<Item> take(long now, int most) {
    while (!parked.isEmpty() && parked.element().due - now <= 0) {
      ready.add(parked.remove());
    }
    Item first = ready.peek();
    if (first == null) {
      return List.of();
    }
    boolean several = first.social();
    // No memory is needed after this: for want of it an event would be nowhere.
    List<Item> taken = new ArrayList<>(several ? most : 1);
    while (first != null && (taken.isEmpty() || several && first.social() && taken.size() < most)) {
      ready.remove();
      Item item = first;
      do {
        item.out = true;
        taken.add(item);
        item = item.behind;
      } while (several && item != null && item.social() && taken.size() < most);
      first = ready.peek();
    }
    return taken;
  }

  /** Takes back several events that were given out together; each comes by itself, at once. */
  void takeBack(List<Item> batch) {
    for (Item item : batch) {
      item.out = false;
      item.alone = true;
      if (item.line.head.equals(item)) {
        ready.add(item);
      }
    }
  }

  /** Whether an event was given out, and nobody has said yet what became of it. */
  boolean isOut(Item item) {
    return item.out;
  }

  /** An event that was given out, and comes again. */
  void park(Item item, long due) {
    item.out = false;
    item.due = due;
    parked.add(item);
  }

  /** An event that was given out, and is done with. */
  void done(Item item) {
    item.out = false;
    Line line = item.line;
    line.head = item.behind;
    if (line.head != null) {
      if (!line.head.out) { // else it is of the same batch, and done with next
        ready.add(line.head);
      }
    } else if (item.request.isEmpty()) {
      lines.remove(line.key);
    }
    if (item.request.isPresent()) {
      replays--;
      return;
    }
    item.before.after = item.after;
    item.after.before = item.before;
    size--;
    bytes -= item.cost();
    highestDone = Math.max(highestDone, item.sequence);
  }

  /**
   * Moves the cursor to where things are. Of the events that were not wanted, those count as done
   * that are followed by one that is, or by nothing.
   *
   * @param position one behind the last event read
   */
  void store(Cursor cursor, long position) {
    int count = 0;
    Item item = ends.after;
    while (item != ends && item.sequence < highestDone) {
      open[count++] = item.sequence;
      item = item.after;
    }
    long next = item == ends ? position : item.sequence;
    cursor.move(next, open, count);
  }

  /** The lowest sequence that is still needed. */
  long low(long position) {
    return ends.after == ends ? position : ends.after.sequence;
  }

  /** Whether an event could be given out at once. */
  boolean hasReady() {
    return !ready.isEmpty();
  }

  /** Nanoseconds until an event comes again; {@code Long.MAX_VALUE} if none does. */
  long untilDue(long now) {
    return parked.isEmpty() ? Long.MAX_VALUE : Math.max(0, parked.element().due - now);
  }

  /** The first event of the journal that is here. */
  Optional<Item> first() {
    return ends.after == ends ? Optional.empty() : Optional.of(ends.after);
  }

  /** One event of the journal, if it is here. */
  Optional<Item> find(long sequence) {
    Item item = ends.before; // those asked for are new
    while (item != ends && item.sequence > sequence) {
      item = item.before;
    }
    return item != ends && item.sequence == sequence ? Optional.of(item) : Optional.empty();
  }

  /** How many events of the journal are here. */
  int size() {
    return size;
  }

  /** How many events wait to be tried again. */
  int retrying() {
    return parked.size();
  }

  /** Drops every replay that was not given yet, or waits to come again. */
  List<Request> dropReplays() {
    List<Request> dropped =
        Stream.concat(ready.stream(), parked.stream())
            .flatMap(item -> item.request.stream())
            .toList();
    ready.removeIf(item -> item.request.isPresent());
    parked.removeIf(item -> item.request.isPresent());
    replays -= dropped.size();
    return dropped;
  }
}
