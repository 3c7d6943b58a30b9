package loomagent.agent;

import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import loomagent.base.Words;
import loomagent.delivery.Delivery;
import loomagent.journal.Journal;

/**
 * Says once a day whether all is well, with the figures of that day: a log that says nothing may be
 * that of an agent that is not there. One thread.
 */
public final class Daily {
  private final List<Link> links;
  private final Deliveries deliveries;
  private final Journal journal;
  private final SelfReport report;
  private final Clock clock;
  private final System.Logger log;
  private final Map<String, Long> before = new HashMap<>(); // each figure, a day ago
  private LocalDate day;

  Daily(
      List<Link> links,
      Deliveries deliveries,
      Journal journal,
      SelfReport report,
      Clock clock,
      System.Logger log) {
    this.links = links;
    this.deliveries = deliveries;
    this.journal = journal;
    this.report = report;
    this.clock = clock;
    this.log = log;
    this.day = LocalDate.now(clock);
  }

  /** Speaks if a day is over, by the clock on the wall. To be called every now and then. */
  public void look() {
    LocalDate today = LocalDate.now(clock);
    if (today.isAfter(day)) {
      boolean well = report.problems().isEmpty();
      log.log(
          well ? Level.INFO : Level.WARNING,
          "{0}. {1}: {2}",
          well ? "All is well" : "Not all is well: " + report.words(),
          day,
          figures());
    }
    day = today;
  }

  private String figures() {
    List<String> parts = new ArrayList<>();
    parts.add(Words.count(since("received", sum(link -> link.intake().received())), "event"));
    more(parts, since("recovered", sum(link -> link.gaps().recovered())), " pulled");
    long reconnects = since("reconnects", sum(link -> link.intake().reconnects()));
    parts.add(Words.count(reconnects, "reconnect"));
    long away = since("missed", sum(link -> link.intake().missed().toSeconds()));
    more(parts, away, "s without a subscription");
    for (Route route : deliveries.all()) {
      Delivery delivery = route.delivery();
      String name = delivery.name();
      StringBuilder part = new StringBuilder(name);
      part.append(' ').append(since(name + " delivered", delivery.delivered()));
      part.append(" delivered");
      add(part, since(name + " dead", delivery.tally().dead()), " given up");
      add(part, delivery.waiting(), " waiting");
      add(part, delivery.dead(), " dead in all");
      parts.add(part.toString());
    }
    parts.add("journal " + (journal.stats().bytes() >> 10) + " KB");
    return String.join(", ", parts);
  }

  private long sum(ToLongFunction<Link> figure) {
    return links.stream().mapToLong(figure).sum();
  }

  private static void more(List<String> parts, long figure, String what) {
    if (figure > 0) {
      parts.add(figure + what);
    }
  }

  private static void add(StringBuilder part, long figure, String what) {
    if (figure > 0) {
      part.append(", ").append(figure).append(what);
    }
  }

  private long since(String figure, long now) {
    Long earlier = before.put(figure, now);
    boolean anew = earlier == null || earlier > now; // as of a handler that was away for a while
    return now - (anew ? 0 : earlier);
  }
}
