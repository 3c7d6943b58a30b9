package loomagent.ops;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;

/** A print shop's agent, as far as it tells of itself: what a test says is so. Any thread. */
final class Shop implements Insight {
  static final Instant NOW = Instant.parse("2026-10-14T12:03:20Z");

  final List<Problem> problems = new CopyOnWriteArrayList<>();
  final List<String> faults = new CopyOnWriteArrayList<>();
  final List<Metric> metrics = new CopyOnWriteArrayList<>();
  final List<Map<String, Object>> connections = new CopyOnWriteArrayList<>();
  final List<Map<String, Object>> handlers = new CopyOnWriteArrayList<>();
  final List<Map<String, Object>> latest = new CopyOnWriteArrayList<>();
  volatile List<Integer> received = IntStream.range(0, 288).mapToObj(i -> 0).toList();
  volatile String state = "live";
  volatile Runnable asked = () -> {};

  static Instant ago(Duration time) {
    return NOW.minus(time);
  }

  static Map<String, Object> members(Object... pairs) {
    Map<String, Object> members = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      Object value = pairs[i + 1];
      members.put((String) pairs[i], value instanceof Instant time ? time.toString() : value);
    }
    return members;
  }

  /** Connected, with little to say. */
  static Shop quiet() {
    Shop shop = new Shop();
    shop.connections.add(connection("default", "live"));
    shop.handlers.add(handler("mis", 1204, 0, 0, 0, ""));
    return shop;
  }

  static Map<String, Object> connection(String name, String state) {
    return members(
        "name",
        name,
        "state",
        state,
        "since",
        ago(Duration.ofMinutes(125)),
        "lastEventAt",
        ago(Duration.ofSeconds(48)),
        "received",
        1204,
        "duplicates",
        3,
        "backfilled",
        12,
        "reconnects",
        2,
        "lastError",
        state.equals("live") ? "" : "loom.zaikio.com could not be found",
        "tokenExpiresAt",
        NOW.plus(Duration.ofMinutes(40)),
        "gaps",
        List.of());
  }

  static Map<String, Object> handler(
      String name, long delivered, long waiting, long retrying, long dead, String lastError) {
    return members(
        "name", name,
        "type", "webhook",
        "state", "open",
        "paused", false,
        "delivered", delivered,
        "waiting", waiting,
        "retrying", retrying,
        "dead", dead,
        "lastError", lastError,
        "lastDeliveredAt", ago(Duration.ofSeconds(40)));
  }

  static Map<String, Object> gap(Duration ago, Duration length, boolean closed, long recovered) {
    return members(
        "from",
        ago(ago),
        "to",
        ago(ago.minus(length)),
        "closed",
        closed,
        "recovered",
        recovered,
        "note",
        closed ? "" : "set backfill.app and backfill.password to have such gaps closed");
  }

  static Map<String, Object> event(int number, String... deliveries) {
    List<Object> all = new ArrayList<>();
    for (String delivery : deliveries) {
      String[] pair = delivery.split(" ");
      all.add(members("handler", pair[0], "state", pair[1]));
    }
    return members(
        "id",
        "bd6b9b7f-0000-4000-8000-%012d".formatted(number),
        "name",
        "mission_control.job_added",
        "subject",
        "Org/2b271d51-e447-4a16-810f-5abdc596700a",
        "connection",
        "default",
        "receivedAt",
        ago(Duration.ofSeconds(48L * number)),
        "deliveries",
        all);
  }

  @Override
  public List<Problem> problems() {
    asked.run();
    return List.copyOf(problems);
  }

  @Override
  public List<String> faults() {
    return List.copyOf(faults);
  }

  @Override
  public String words() {
    return state;
  }

  @Override
  public boolean settled() {
    return true;
  }

  @Override
  public List<Metric> metrics() {
    return List.copyOf(metrics);
  }

  @Override
  public Map<String, Object> overview() {
    asked.run();
    return members(
        "version", "0.3.0",
        "state", state,
        "since", ago(Duration.ofMinutes(125)),
        "connections", List.copyOf(connections),
        "handlers", List.copyOf(handlers),
        "journal",
            members(
                "events",
                48211,
                "bytes",
                31_400_000,
                "oldest",
                ago(Duration.ofDays(7)),
                "newest",
                ago(Duration.ofSeconds(48)),
                "fault",
                ""),
        "now", NOW,
        "problems",
            problems.stream()
                .map(each -> members("subject", each.subject(), "reason", each.reason()))
                .toList(),
        "activity", members("seconds", 300, "to", NOW, "received", received),
        "latest", List.copyOf(latest));
  }
}
