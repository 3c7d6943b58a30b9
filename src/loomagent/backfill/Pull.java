package loomagent.backfill;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import loomagent.backfill.Trouble.Kind;
import loomagent.base.Words;
import loomagent.json.Envelope;
import loomagent.json.Items;
import loomagent.json.JsonException;

/**
 * One pull: all pages of all names, for the gaps that had ended when it began. It begins at the
 * earliest of them, or goes on where another process stopped. The backfill's thread only.
 */
final class Pull {
  /** What there is to do after a page. */
  enum Step {
    MORE,
    DONE,
    /** The sink takes nothing any more. */
    STOPPED
  }

  private final List<Gap> batch;
  private final Instant from;
  private final Backfill.Settings settings;
  private final PullApi api;
  private final Gaps gaps;
  private final Sink sink;
  private final int maxPages;
  private final AtomicLong counter;
  private final Envelope envelope = new Envelope();
  private final Items items = new Items();

  private String name;
  private URI page;
  private long pages; // of this name, since this process began with it
  private URI mark; // an earlier page of this name

  private long recovered;
  private long known;
  private long others;
  private long unasked;
  private String total = "";

  /**
   * A pull that has not begun.
   *
   * @param open the gaps that have ended, not empty; of those that come after a pull that another
   *     process began, none is closed by it: it may have been past their events
   * @param counter counts the events recovered
   */
  Pull(
      List<Gap> open,
      Backfill.Settings settings,
      PullApi api,
      Gaps gaps,
      Sink sink,
      int maxPages,
      AtomicLong counter) {
    Gap first = open.get(0);
    long last = first.progress().map(Gap.Progress::last).orElse(Long.MAX_VALUE);
    this.batch = open.stream().filter(gap -> gap.number() <= last).toList();
    this.from =
        batch.stream()
            .map(Gap::asked)
            .min(Instant::compareTo)
            .orElseThrow()
            .minus(settings.margin());
    this.settings = settings;
    this.api = api;
    this.gaps = gaps;
    this.sink = sink;
    this.maxPages = maxPages;
    this.counter = counter;
    begin(settings.names().get(0));
    first.progress().ifPresent(this::resume);
  }

  /** Not where the names or the address have changed meanwhile: what comes twice does no harm. */
  private void resume(Gap.Progress so) {
    if (settings.names().contains(so.name()) && Links.sameServer(settings.api(), so.page())) {
      begin(so.name());
      page = so.page();
      recovered = so.recovered();
      known = so.known();
      others = so.others();
    }
  }

  private void begin(String next) {
    name = next;
    page = api.first(next, from);
    mark = page;
    pages = 0;
  }

  /** The gaps that this closes, the oldest first. */
  List<Gap> batch() {
    return batch;
  }

  /** Begins again with the first page of this name: the one that it was at is no good. */
  void startOver() {
    begin(name);
  }

  /** Takes one page. What it held is on disk when this returns, unless it is {@code STOPPED}. */
  Step page(String subject) throws Trouble, InterruptedException {
    Page got = api.get(page);
    if (!take(got.json, subject) || !sink.flush()) {
      return Step.STOPPED;
    }
    total = got.total;
    pages++;
    if (got.next.isPresent()) {
      follow(got.next.get());
    } else {
      int next = settings.names().indexOf(name) + 1;
      if (next == settings.names().size()) {
        return Step.DONE;
      }
      begin(settings.names().get(next));
    }
    long last = batch.get(batch.size() - 1).number();
    gaps.progress(
        batch.get(0).number(), new Gap.Progress(last, name, page, recovered, known, others));
    return Step.MORE;
  }

  private boolean take(byte[] json, String subject) throws Trouble {
    try {
      items.read(json, 0, json.length);
    } catch (JsonException broken) {
      throw new Trouble(
          Kind.ODD,
          "what the pull API answered is no list of events ("
              + broken.getMessage()
              + "). Check loom.api");
    }
    while (items.next()) {
      envelope.readMessage(json, items.start(), items.end());
      if (!envelope.messageIsObject() || envelope.id().isEmpty()) {
        String text = new String(json, items.start(), items.end() - items.start(), UTF_8);
        sink.aside(
            text, envelope.messageIsObject() ? "pulled, without an id" : "pulled, no JSON object");
      } else if (!envelope.subject().equalsIgnoreCase(subject)) {
        others++;
      } else if (!settings.names().contains(envelope.name())) {
        unasked++;
      } else if (!took(
          sink.take(envelope.id(), envelope.name(), json, items.start(), items.end()))) {
        return false;
      }
    }
    return true;
  }

  private boolean took(Sink.Taken taken) {
    switch (taken) {
      case NEW -> {
        recovered++;
        counter.incrementAndGet();
      }
      case DUPLICATE -> known++;
      case REFUSED -> {}
    }
    return taken != Sink.Taken.REFUSED;
  }

  /** A circle of any length is noticed: the page marked is moved on at each power of two. */
  private void follow(URI next) throws Trouble {
    if (next.equals(page) || next.equals(mark)) {
      throw new Trouble(Kind.ENDLESS, "the pages of " + name + " go round in a circle");
    }
    if (pages >= maxPages) {
      throw new Trouble(Kind.ENDLESS, "there are more than " + maxPages + " pages of " + name);
    }
    if (Long.bitCount(pages) == 1) {
      mark = next;
    }
    page = next;
  }

  /** Every page was taken: nothing of these gaps is missing any more. */
  void close(String note) {
    Gap first = batch.get(0);
    for (Gap gap : batch.subList(1, batch.size())) {
      gaps.closed(gap.number(), 0, "pulled together with gap " + first.number());
    }
    gaps.closed(first.number(), recovered, note);
  }

  /** How far it is. */
  String progress() {
    return Words.count(pages, "page")
        + " of "
        + name
        + (total.isEmpty()
            ? ""
            : ", which Loom counts " + Words.count(Long.parseLong(total), "event") + " of")
        + "; "
        + events();
  }

  /** Which gaps, by how long they were. */
  String what() {
    Duration length = batch.stream().map(Gap::length).reduce(Duration.ZERO, Duration::plus);
    return batch.size() == 1
        ? "gap of " + Words.of(length)
        : batch.size() + " gaps of " + Words.of(length) + " together";
  }

  /** What it brought. */
  String events() {
    StringBuilder words = new StringBuilder(Words.count(recovered, "event")).append(" recovered");
    more(words, known, known == 1 ? " was known already" : " were known already");
    more(words, others, " of other organizations left aside");
    more(words, unasked, " with names not asked for left aside");
    return words.toString();
  }

  private static void more(StringBuilder words, long count, String what) {
    if (count > 0) {
      words.append(", ").append(count).append(what);
    }
  }
}
