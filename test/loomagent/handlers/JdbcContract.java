package loomagent.handlers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import loomagent.Event;
import loomagent.Undeliverable;
import loomagent.json.Json;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What holds on every database; a subclass names one, and says what is its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class JdbcContract {
  static final String FULL =
      """
      {"id":"2b271d51-e447-4a16-810f-5abdc596700a","name":"mission_control.job_added",
       "subject":"Org/7","version":"1.0","timestamp":"2026-03-29T04:30:00.123456+02:00",
       "received_at":"2026-03-29T02:30:01Z","link":"https://example.com/1","unknown":[1.50],
       "payload":{"job_id":"J-7","count":3,"price":1.25,"rush":true,"none":null,
       "deep":{"er":["x"]}}}\
      """;

  @TempDir Path folder;
  private final List<JdbcHandler> opened = new ArrayList<>();
  private TimeZone zone;
  private ClassLoader loader;

  /** A database with no table of ours in it. */
  abstract String url() throws Exception;

  String user() {
    return "";
  }

  String password() {
    return "";
  }

  /** A type of column that holds an integer of the payload, and none that is no number. */
  String number() {
    return "integer";
  }

  /** Ids that the database tells apart. */
  List<String> differing() {
    return List.of("a", "A", "a ", "ä", "Ä", "á");
  }

  @BeforeEach
  void beSomewhere() {
    loader = Thread.currentThread().getContextClassLoader();
    DriverJars.install();
    zone = TimeZone.getDefault();
    // 02:30 UTC is an hour that this zone's clocks leave out on that day, with 19:30 before.
    TimeZone.setDefault(TimeZone.getTimeZone("America/New_York"));
  }

  @AfterEach
  void closeAll() {
    opened.forEach(JdbcHandler::close);
    opened.clear();
    TimeZone.setDefault(zone);
    Thread.currentThread().setContextClassLoader(loader);
  }

  final Map<String, String> settings(String... pairs) throws Exception {
    Map<String, String> settings = new HashMap<>(Map.of("url", url()));
    if (!user().isEmpty()) {
      settings.putAll(Map.of("user", user(), "password", password()));
    }
    for (int i = 0; i < pairs.length; i += 2) {
      settings.put(pairs[i], pairs[i + 1]);
    }
    return settings;
  }

  final JdbcHandler open(String... pairs) throws Exception {
    return open(settings(pairs));
  }

  final JdbcHandler open(Map<String, String> settings) throws Exception {
    JdbcHandler handler = new JdbcHandler();
    opened.add(handler);
    handler.open(new Place(settings, folder));
    return handler;
  }

  final void sql(String... statements) throws Exception {
    for (String sql : statements) {
      DriverJars.rows(url(), user(), password(), sql);
    }
  }

  final List<String> rows(String query) throws Exception {
    return DriverJars.rows(url(), user(), password(), query);
  }

  static Event event(String id) {
    return Event.parse(Json.write(Map.of("id", id, "name", "a.b", "payload", Map.of("n", 1))));
  }

  static List<Event> events(int from, int to) {
    List<Event> events = new ArrayList<>();
    for (int i = from; i < to; i++) {
      events.add(event("id-" + i));
    }
    return events;
  }

  @Test
  void everyMemberOfAnEventHasAColumnInATableThatIsMade() throws Exception {
    JdbcHandler handler = open();
    handler.handle(Event.parse(FULL));
    String query = "select id, name, subject, version, link, connection from loom_events";
    assertEquals(
        List.of(
            "2b271d51-e447-4a16-810f-5abdc596700a|mission_control.job_added|Org/7|1.0"
                + "|https://example.com/1|default"),
        rows(query));
    assertEquals(List.of(FULL), rows("select event from loom_events"));
    assertEquals(
        Event.parse(FULL).payload(), Json.parse(rows("select payload from loom_events").get(0)));
    assertEquals(List.of("1"), rows("select count(*) from loom_events where link like 'https%'"));
  }

  @Test
  void whatAnEventDoesNotHaveIsNull() throws Exception {
    open().handle(Event.parse("{\"id\":\"1\",\"timestamp\":\"yesterday\",\"received_at\":7}"));
    assertEquals(
        List.of("1"),
        rows(
            "select id from loom_events where name is null and subject is null and version is null"
                + " and timestamp is null and received_at is null and link is null"
                + " and payload is null"));
  }

  @Test
  void theSameIdTwiceIsOneRow() throws Exception {
    JdbcHandler handler = open();
    handler.handle(event("1"));
    handler.handle(event("1").at(2, true));
    handler.handle(event("2"));
    open().handle(event("2"));
    assertEquals(List.of("1", "2"), rows("select id from loom_events order by id"));
  }

  @Test
  void idsThatDifferAtAllAreTwoRows() throws Exception {
    JdbcHandler handler = open();
    for (String id : differing()) {
      handler.handle(event(id));
    }
    assertEquals(List.of("" + differing().size()), rows("select count(*) from loom_events"));
  }

  @Test
  void aBatchIsAllOrNothing() throws Exception {
    JdbcHandler handler = open();
    handler.handle(events(0, 100));
    assertEquals(List.of("100"), rows("select count(*) from loom_events"));
    List<Event> wrong = new ArrayList<>(events(100, 150));
    wrong.add(Event.parse("{\"id\":\"bad\",\"name\":\"\\ud800\"}"));
    assertThrows(Undeliverable.class, () -> handler.handle(wrong));
    assertEquals(List.of("100"), rows("select count(*) from loom_events"));
    for (Event event : events(90, 110)) { // as the agent gives them then
      handler.handle(event);
    }
    handler.handle(events(110, 120));
    assertEquals(List.of("120"), rows("select count(*) from loom_events"));
  }

  @Test
  void textOfAllTheWorldAndAMegabyteAreStoredAsTheyAre() throws Exception {
    String text = "ä日本語 😀 ' \" \\ % ? :id \u2028 " + "x".repeat(1_000_000);
    String json =
        Json.write(Map.of("id", "😀", "subject", "日本 '\"\\", "payload", Map.of("t", text)));
    open().handle(Event.parse(json));
    assertEquals(List.of("😀|日本 '\"\\"), rows("select id, subject from loom_events"));
    assertEquals(List.of(json), rows("select event from loom_events"));
    assertEquals(Map.of("t", text), Json.parse(rows("select payload from loom_events").get(0)));
  }

  @Test
  void nulAndHalvesOfSurrogatesInThePayloadAreStoredAsTheyAre() throws Exception {
    String json = "{\"id\":\"1\",\"payload\":{\"t\":\"\\u0000 \\ud800\"}}";
    open().handle(Event.parse(json));
    assertEquals(List.of(json), rows("select event from loom_events"));
    assertEquals(
        Event.parse(json).payload(), Json.parse(rows("select payload from loom_events").get(0)));
  }

  @Test
  void halfOfASurrogatePairInATextIsADeadLetterRatherThanAnotherText() throws Exception {
    JdbcHandler handler = open();
    Event half = Event.parse("{\"id\":\"a\\ud800\"}");
    Undeliverable refused = assertThrows(Undeliverable.class, () -> handler.handle(half));
    assertTrue(refused.getMessage().startsWith("id has half of a surrogate"), refused::getMessage);
    handler.handle(event("a?"));
    assertEquals(List.of("a?"), rows("select id from loom_events"));
  }

  @Test
  void agentsThatMakeTheTableAtTheSameTimeBothGoOn() throws Exception {
    int agents = 4;
    CyclicBarrier start = new CyclicBarrier(agents);
    ExecutorService threads = Executors.newFixedThreadPool(agents);
    try {
      List<Future<Boolean>> all = new ArrayList<>();
      for (int i = 0; i < agents; i++) {
        all.add(threads.submit(agent(start)));
      }
      for (Future<Boolean> one : all) {
        assertTrue(one.get());
      }
    } finally {
      threads.shutdownNow();
    }
    assertEquals(List.of("30"), rows("select count(*) from loom_events"));
  }

  /** Each has the same events, as two agents that are subscribed to the same have. */
  private Callable<Boolean> agent(CyclicBarrier start) throws Exception {
    Map<String, String> settings = settings();
    return () -> {
      DriverJars.install();
      JdbcHandler handler = new JdbcHandler();
      try {
        start.await();
        handler.open(new Place(settings, folder));
        for (Event event : events(0, 30)) {
          handler.handle(event);
        }
        return true;
      } finally {
        handler.close();
      }
    };
  }

  @Test
  void aTableWithFewerColumnsAndOthersGetsWhatItHasRoomFor() throws Exception {
    sql(
        "create table jobs (extra integer default 5, name varchar(100), id varchar(40) not null,"
            + " primary key (id))");
    JdbcHandler handler = open("table", "jobs");
    handler.handle(Event.parse(FULL));
    handler.handle(Event.parse(FULL));
    handler.handle(events(0, 2));
    assertEquals(
        List.of("2b271d51-e447-4a16-810f-5abdc596700a|mission_control.job_added|5"),
        rows("select id, name, extra from jobs where name like 'm%'"));
    assertEquals(List.of("3"), rows("select count(*) from jobs"));
  }

  @Test
  void aTableWithoutAnIdOrWithoutAKeyIsRefusedWithTheNextStep() throws Exception {
    sql("create table a (name varchar(9))", "create table b (id varchar(40), name varchar(9))");
    String noId = assertThrows(SQLException.class, () -> open("table", "a")).getMessage();
    assertTrue(noId.contains("the table a has no column id. Add one, such as: ALTER TABLE"), noId);
    String noKey = assertThrows(SQLException.class, () -> open("table", "b")).getMessage();
    assertTrue(noKey.contains("the table b has no unique key for id."), noKey);
    sql(noKey.replaceAll("(?s).*such as: (CREATE [^(]*\\(id\\)).*", "$1"));
    open("table", "b").handle(event("1"));
    assertEquals(List.of("1|a.b"), rows("select id, name from b"));
  }

  @Test
  void whatTheDatabaseRefusesForItsDataIsADeadLetter() throws Exception {
    sql(
        "create table t (id varchar(40) not null primary key, name varchar(40),"
            + " subject varchar(40), check (subject <> 'bad'))",
        "create unique index names on t (name)");
    JdbcHandler handler = open("table", "t");
    handler.handle(event("1"));
    Undeliverable taken =
        assertThrows(Undeliverable.class, () -> handler.handle(event("2"))); // the same name
    assertTrue(taken.getMessage().startsWith("the database refuses it: "), taken::getMessage);
    assertFalse(taken.getMessage().contains("\n"), taken::getMessage);
    Event bad = Event.parse("{\"id\":\"3\",\"name\":\"c\",\"subject\":\"bad\"}");
    assertThrows(Undeliverable.class, () -> handler.handle(bad));
    handler.handle(Event.parse("{\"id\":\"4\",\"name\":\"d\",\"subject\":\"good\"}"));
    assertEquals(List.of("1", "4"), rows("select id from t order by id"));
  }

  @Test
  void anOwnStatementGetsWhatItNames() throws Exception {
    sql(
        "create table jobs (job varchar(40), amount "
            + number()
            + ", price decimal(9,2),"
            + " event_id varchar(40), deep varchar(40), missing varchar(40), tries "
            + number()
            + ")");
    JdbcHandler handler =
        open(
            "sql",
            "insert into jobs (job, amount, price, event_id, deep, missing, tries) -- :nothing\n"
                + "values (:payload.job_id, :payload.count, :payload.price, :id, :payload.deep,"
                + " :payload.no.such, :attempt);");
    handler.handle(Event.parse(FULL).at(3, false));
    assertEquals(
        List.of("J-7|3|1.25|2b271d51-e447-4a16-810f-5abdc596700a|{\"er\":[\"x\"]}|null|3"),
        rows("select job, amount, price, event_id, deep, missing, tries from jobs"));
    handler.handle(List.of(event("1"), event("2")));
    List<Event> wrong = List.of(event("3"), Event.parse("{\"id\":\"\\udc00\"}"));
    assertThrows(Undeliverable.class, () -> handler.handle(wrong)); // after the first was inserted
    assertEquals(List.of("3"), rows("select count(*) from jobs"));
  }

  @Test
  void anOwnStatementMayUpdate() throws Exception {
    sql("create table jobs (job varchar(40), state varchar(40))");
    sql("insert into jobs values ('J-7', 'new'), ('J-8', 'new')");
    JdbcHandler handler =
        open("sql", "update jobs set state = :name where job = :payload.job_id and state <> 'x'");
    handler.handle(Event.parse(FULL));
    assertEquals(
        List.of("J-7|mission_control.job_added", "J-8|new"),
        rows("select job, state from jobs order by job"));
  }

  @Test
  void aStatementThatIsWrongIsTriedAgainUntilItIsMended() throws Exception {
    String message =
        assertThrows(
                SQLException.class,
                () -> open("sql", "insert into later values (:id)").handle(event("1")))
            .getMessage();
    assertTrue(message.toLowerCase(java.util.Locale.ROOT).contains("later"), message);
    sql("create table later (id varchar(40))");
    open("sql", "insert into later values (:id)").handle(event("1"));
    assertEquals(List.of("1"), rows("select id from later"));
  }

  @Test
  void aTableThatIsDroppedIsMadeAgain() throws Exception {
    JdbcHandler handler = open();
    handler.handle(event("1"));
    sql("drop table loom_events");
    assertThrows(SQLException.class, () -> handler.handle(event("2")));
    handler.handle(event("2"));
    assertEquals(List.of("2"), rows("select id from loom_events"));
  }
}
