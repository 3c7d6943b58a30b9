package loomagent.agent;

import java.io.IOException;
import java.time.Clock;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import loomagent.base.Words;
import loomagent.journal.Activity;
import loomagent.journal.Entry;
import loomagent.journal.Journal;
import loomagent.ops.Insight;
import loomagent.ops.Metric;

/** All that a running agent tells of itself. Any thread. */
final class SelfReport implements Insight {

  /** As many as a screen shows. */
  private static final int MOST_LATEST = 20;

  /** Characters: an event may be 1 MB, and nearly all of it its subject. */
  private static final int MOST_TEXT = 200;

  /** Characters: systemctl shows a line. */
  private static final int MOST_WORDS = 400;

  private final List<Link> links;
  private final Deliveries deliveries;
  private final Journal journal;
  private final Status status;
  private final Health health;
  private final Figures figures;
  private final Clock clock;
  private final Object reading = new Object();
  private volatile boolean settled;

  SelfReport(
      List<Link> links,
      Deliveries deliveries,
      Journal journal,
      Status status,
      Layout layout,
      Clock clock) {
    this.links = links;
    this.deliveries = deliveries;
    this.journal = journal;
    this.status = status;
    this.health = new Health(links, deliveries, journal, layout.folder(), clock);
    this.figures = new Figures(links, deliveries, journal);
    this.clock = clock;
  }

  @Override
  public List<Problem> problems() {
    List<Problem> problems = health.problems();
    if (status.isStopping()) {
      problems.add(0, new Problem("agent", "it stops"));
    }
    return problems;
  }

  void watch(Supplier<Optional<String>> fault) {
    health.watch(fault);
  }

  @Override
  public List<String> faults() {
    return health.faults();
  }

  @Override
  public String words() {
    List<Problem> problems = health.problems();
    String rest =
        problems.isEmpty()
            ? Words.count(deliveries.waiting(), "event") + " waiting"
            : problems.stream()
                .map(problem -> problem.subject() + " " + problem.reason())
                .collect(Collectors.joining("; "));
    return Words.line(status.state() + ": " + rest, MOST_WORDS);
  }

  @Override
  public boolean settled() {
    settled = settled || links.stream().allMatch(link -> link.intake().settled());
    return settled;
  }

  @Override
  public Map<String, Object> overview() {
    Map<String, Object> overview = status.members();
    overview.put("now", clock.instant().toString());
    overview.put("problems", problems().stream().map(SelfReport::members).toList());
    overview.put("activity", activity());
    overview.put("latest", latest());
    return overview;
  }

  private static Map<String, Object> members(Problem problem) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("subject", problem.subject());
    members.put("reason", problem.reason());
    return members;
  }

  private Map<String, Object> activity() {
    Activity.Recent recent = journal.activity();
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("seconds", recent.span().toSeconds());
    members.put("to", recent.to().toString());
    members.put("received", recent.events());
    return members;
  }

  /** One at a time, as an event may be large and those who ask may be many. */
  private List<Map<String, Object>> latest() {
    synchronized (reading) {
      try {
        List<Map<String, Object>> latest = journal.latest(MOST_LATEST, this::latest);
        Collections.reverse(latest);
        return latest;
      } catch (IOException unreadable) {
        return List.of(); // the journal's own threads come upon it, and say so
      }
    }
  }

  private Map<String, Object> latest(Entry entry) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("id", Words.line(entry.event().id(), MOST_TEXT));
    members.put("name", Words.line(entry.event().name(), MOST_TEXT));
    members.put("subject", Words.line(entry.event().subject(), MOST_TEXT));
    members.put("connection", entry.event().connection());
    members.put("receivedAt", entry.time().toString());
    members.put(
        "deliveries", deliveries.all().stream().map(route -> delivery(route, entry)).toList());
    return members;
  }

  private static Map<String, Object> delivery(Route route, Entry entry) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("handler", route.name());
    members.put("state", state(route, entry));
    return members;
  }

  private static String state(Route route, Entry entry) {
    if (!route.wants(entry.event())) {
      return "unwanted";
    }
    return switch (route.delivery().standing(entry.sequence())) {
      case WAITING -> "waiting";
      case RETRYING -> "retrying";
      case BEFORE -> "before";
      case DONE -> route.letters().has(entry.sequence()) ? "dead" : "delivered";
    };
  }

  @Override
  public List<Metric> metrics() {
    return figures.all();
  }
}
