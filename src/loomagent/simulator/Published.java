package loomagent.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import loomagent.json.Json;
import loomagent.json.JsonException;

/**
 * The events published lately, in the order of their arrival. Publishing has to stay quick, so what
 * stands in an event is read only once somebody pulls.
 */
final class Published {
  /** Of the heap, in characters: large events must not fill it before there are many of them. */
  static final long MAX_TEXT = Runtime.getRuntime().maxMemory() / 4;

  private final int most;
  private final long mostText;
  private final int foreign;
  private final Deque<Kept> kept = new ArrayDeque<>(); // the monitor guards it, and its length
  private long length;
  private Query lastQuery = NONE; // the monitor guards it, and its answer
  private List<Kept> lastAnswer = List.of();
  private long unseen; // events since the last answer

  /**
   * Remembers nothing yet.
   *
   * @param most how many events are remembered, the newest
   * @param mostText how many characters they may have together
   * @param foreign how many events of other Organizations follow each
   */
  Published(int most, long mostText, int foreign) {
    this.most = most;
    this.mostText = mostText;
    this.foreign = foreign;
  }

  private record Query(Optional<String> name, Instant from, Instant to) {}

  private static final Query NONE = new Query(Optional.empty(), Instant.MAX, Instant.MIN);

  /**
   * Some of what was asked for.
   *
   * @param total how many events were asked for
   */
  record Page(long total, List<String> events) {}

  void add(String name, String text) {
    Kept latest = new Kept(name, text);
    synchronized (this) {
      kept.add(latest);
      length += text.length();
      unseen++;
      while (kept.size() > most || length > mostText) {
        length -= kept.remove().text.length();
        lastQuery = NONE; // its answer may hold what is gone
      }
    }
  }

  /** The events of a name, or of all, received from one time to another, both included. */
  Page page(Optional<String> name, Instant from, Instant to, long page, int size) {
    List<Kept> wanted = wanted(new Query(name, from, to));
    int each = 1 + foreign;
    long total = (long) wanted.size() * each;
    List<String> events = new ArrayList<>();
    for (long i = (page - 1) * size; i < Math.min(total, page * size); i++) {
      Kept event = wanted.get((int) (i / each));
      int other = (int) (i % each);
      events.add(other == 0 ? event.text : event.ofAnother(other));
    }
    return new Page(total, events);
  }

  /** The next page of a query looks at what is new alone: all would take longer each time. */
  private synchronized List<Kept> wanted(Query query) {
    boolean goesOn = query.equals(lastQuery);
    List<Kept> wanted = goesOn ? new ArrayList<>(lastAnswer) : new ArrayList<>();
    Deque<Kept> news = new ArrayDeque<>();
    Iterator<Kept> backwards = kept.descendingIterator();
    for (long left = goesOn ? unseen : kept.size(); left > 0; left--) {
      news.push(backwards.next());
    }
    for (Kept event : news) {
      if (query.name.orElse(event.name).equals(event.name)
          && event.isReceived(query.from, query.to)) {
        wanted.add(event);
      }
    }
    lastQuery = query;
    lastAnswer = wanted;
    unseen = 0;
    return wanted;
  }

  private static final class Kept {
    final String name;
    final String text;
    private final long arrived = System.currentTimeMillis();
    private boolean read; // the monitor guards it, and what was read
    private Optional<Instant> receivedAt = Optional.empty();

    Kept(String name, String text) {
      this.name = name;
      this.text = text;
    }

    /** Never of what is no event: tests publish that, too. */
    synchronized boolean isReceived(Instant from, Instant to) {
      if (!read) {
        receivedAt = readReceivedAt();
        read = true;
      }
      return receivedAt.filter(at -> !at.isBefore(from) && !at.isAfter(to)).isPresent();
    }

    private Optional<Instant> readReceivedAt() {
      try {
        Map<?, ?> event = Json.parse(text) instanceof Map<?, ?> map ? map : Map.of();
        return event.get("id") == null
            ? Optional.empty()
            : Optional.of(Instant.parse(String.valueOf(event.get("received_at"))));
      } catch (DateTimeException e) {
        return Optional.of(Instant.ofEpochMilli(arrived));
      } catch (JsonException e) {
        return Optional.empty();
      }
    }

    /** The same event as if another Organization had it too; the same one at each asking. */
    String ofAnother(int number) {
      Map<String, Object> event = new LinkedHashMap<>();
      ((Map<?, ?>) Json.parse(text)).forEach((member, value) -> event.put((String) member, value));
      event.put("id", uuid(event.get("id") + " of another " + number));
      event.put("subject", "Org/" + uuid("another " + number));
      return Json.write(event);
    }

    private static String uuid(String of) {
      return UUID.nameUUIDFromBytes(of.getBytes(UTF_8)).toString();
    }
  }
}
