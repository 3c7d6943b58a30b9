package loomagent.handlers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import loomagent.Event;
import loomagent.Undeliverable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JdbcPostgresqlTest extends JdbcContract {
  private DatabaseServer server;

  @BeforeAll
  void start() throws IOException {
    server = DatabaseServer.postgresql();
  }

  @AfterAll
  void stop() throws IOException {
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void beEmpty() throws Exception {
    sql(
        "drop schema if exists public, print cascade",
        "create schema public",
        "create schema print");
  }

  @Override
  String url() {
    return "jdbc:postgresql://127.0.0.1:" + server.port + "/postgres";
  }

  @Override
  String user() {
    return DatabaseServer.USER;
  }

  @Override
  String password() {
    return DatabaseServer.PASSWORD;
  }

  @Test
  void aTableThatIsMadeHasTheDatabasesOwnTypes() throws Exception {
    open().handle(Event.parse(FULL));
    assertEquals(
        List.of("2026-03-29 02:30:00.123456|2026-03-29 02:30:01|J-7|1.25|[1.50]"),
        rows(
            "select timestamp at time zone 'UTC', received_at at time zone 'UTC',"
                + " payload->>'job_id', payload->>'price', event->>'unknown' from loom_events"));
    assertEquals(
        List.of("timestamptz|json"),
        rows(
            "select (select udt_name from information_schema.columns where column_name ="
                + " 'timestamp' and table_name = 'loom_events'), pg_typeof(payload) from"
                + " loom_events"));
  }

  @Test
  void aTableOfOnesOwnMayHaveTypesOfItsOwn() throws Exception {
    sql(
        "create type stage as enum ('1.0', '2.0')",
        "create table print.jobs (id uuid primary key, payload jsonb, version stage, timestamp"
            + " timestamp, name varchar(40), received_at text)");
    open("table", "print.jobs").handle(Event.parse(FULL));
    assertEquals(
        List.of("2b271d51-e447-4a16-810f-5abdc596700a|J-7|1.0|2026-03-29 02:30:00.123456"),
        rows("select id, payload->>'job_id', version, timestamp from print.jobs"));
    assertEquals(
        List.of("2026-03-29T02:30:01.000000Z"), rows("select received_at from print.jobs"));
    JdbcHandler handler = open("table", "print.jobs");
    Event nul =
        Event.parse("{\"id\":\"" + FULL.substring(7, 43) + "\",\"payload\":{\"a\":\"\\u0000\"}}");
    Event noUuid = event("no-uuid");
    for (Event refused : List.of(nul, noUuid)) { // jsonb has no NUL, and this id is no UUID
      assertThrows(Undeliverable.class, () -> handler.handle(refused));
    }
  }

  @Test
  void aMemberOfAnotherKindThanTheColumnHoldsUpNoOther() throws Exception {
    sql("create table odd (id text, j jsonb)");
    JdbcHandler handler = open("sql", "insert into odd values (:id, :payload.j)");
    handler.handle(Event.parse("{\"id\":\"1\",\"payload\":{\"j\":{\"a\":1}}}"));
    Event number = Event.parse("{\"id\":\"2\",\"payload\":{\"j\":1}}");
    assertThrows(Undeliverable.class, () -> handler.handle(number));
    handler.handle(Event.parse("{\"id\":\"3\",\"payload\":{\"j\":[]}}"));
    assertEquals(List.of("1", "3"), rows("select id from odd order by id"));
    sql("drop table odd");
  }

  @Test
  void aTableOfTheSameNameElsewhereIsNotMistakenForOurs() throws Exception {
    sql("create table print.loom_events (nothing integer)", "create table loomXevents (x integer)");
    open().handle(event("1"));
    assertEquals(List.of("1"), rows("select id from public.loom_events"));
    sql("drop table print.loom_events");
    open("table", "Print.Loom_Events").handle(event("2"));
    assertEquals(List.of("2"), rows("select id from print.loom_events"));
  }

  @Test
  void whatNoColumnHoldsIsADeadLetter() throws Exception {
    JdbcHandler handler = open();
    Event nul = Event.parse("{\"id\":\"1\",\"subject\":\"a\\u0000b\"}");
    assertThrows(Undeliverable.class, () -> handler.handle(nul));
    StringBuilder noise = new StringBuilder(); // which does not compress into an index's page
    new java.util.Random(1).ints(9_000, 'a', 'z').forEach(noise::appendCodePoint);
    assertThrows(Undeliverable.class, () -> handler.handle(event(noise.toString())));
    handler.handle(event("2"));
    assertEquals(List.of("2"), rows("select id from loom_events"));
  }

  @Test
  void anOwnStatementMayCallAndCast() throws Exception {
    sql(
        "create table taken (id text, n integer, rush boolean, day timestamptz, j jsonb)",
        "create function take(i text) returns setof integer language sql as"
            + " $$ insert into taken (id) values (i); select generate_series(1, 3) $$",
        "create procedure put(i text, n integer) language sql as"
            + " $$ insert into taken (id, n) values (i, n) $$");
    Event event = Event.parse(FULL);
    open("sql", "select take(:id)").handle(event);
    open("sql", "call put(:name, :payload.count::int)").handle(event);
    open(
            "sql",
            "insert into taken select :id, :payload.count, :payload.rush, :timestamp, :event"
                + " where :payload::jsonb ? 'job_id' and $$:id$$ = ':' || 'id'")
        .handle(List.of(event, event));
    assertEquals(List.of("4|8"), rows("select count(*), sum(coalesce(n, 2)) - 3 from taken"));
    assertEquals(
        List.of("t|02:30|[1.50]", "t|02:30|[1.50]"),
        rows(
            "select rush, to_char(day at time zone 'UTC', 'HH24:MI'), j->>'unknown' from taken"
                + " where rush"));
  }

  @Test
  void whatOthersAtTheSameRowsPreventedIsDoneOnceMoreAtOnce() throws Exception {
    sql(
        "create sequence tries",
        "create table taken (id text)",
        "create function take(i text) returns void language plpgsql as $$ begin insert into taken"
            + " values (i); if nextval('tries') % 2 = 1 then raise 'clash' using errcode = '40001';"
            + " end if; end $$");
    JdbcHandler handler = open("sql", "select take(:id)");
    handler.handle(event("1"));
    handler.handle(List.of(event("2")));
    assertEquals(List.of("1", "2"), rows("select id from taken"));
    assertEquals(List.of("4"), rows("select last_value from tries"));
  }

  @Test
  void aBatchOfAnOwnStatementIsAllOrNothing() throws Exception {
    sql("create table taken (id integer)");
    JdbcHandler handler = open("sql", "insert into taken values (:id)");
    assertThrows(SQLException.class, () -> handler.handle(List.of(event("1"), event("x"))));
    handler.handle(event("1"));
    assertThrows(Undeliverable.class, () -> handler.handle(event("x")));
    assertEquals(List.of("1"), rows("select id from taken"));
  }

  @Test
  void aServerThatIsKilledAndStartedAgainInTheMiddleLosesAndDoublesNothing() throws Exception {
    JdbcHandler handler = open();
    for (int i = 0; i < 60; i++) {
      if (i % 20 == 10) {
        server.kill();
        int downAt = i;
        assertThrows(SQLException.class, () -> handler.handle(event("id-" + downAt)));
        server.start();
      }
      if (i % 3 == 0) {
        handler.handle(List.of(event("id-" + i), event("batch-" + i)));
      } else {
        handler.handle(event("id-" + i));
      }
    }
    assertEquals(List.of("80|80"), rows("select count(*), count(distinct id) from loom_events"));
  }

  @Test
  void aConnectionThatTheServerDroppedIsReplacedWithinTheDelivery() throws Exception {
    JdbcHandler handler = open();
    handler.handle(event("1"));
    dropConnections();
    handler.handle(event("2"));
    dropConnections();
    handler.handle(events(3, 9));
    assertEquals(List.of("8"), rows("select count(*) from loom_events"));
  }

  private void dropConnections() throws Exception {
    rows(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name ="
            + " 'loom-agent'");
  }

  @Test
  void aPasswordThatChangesCountsAtTheNextConnection() throws Exception {
    sql("drop role if exists mis", "create role mis login superuser password 'first-password'");
    Map<String, String> settings = settings("user", "mis", "password", "first-password");
    JdbcHandler handler = open(settings);
    handler.handle(event("1"));
    sql("alter role mis password 'second-password'");
    dropConnections();
    String refused =
        assertThrows(SQLException.class, () -> handler.handle(event("2"))).getMessage();
    assertTrue(refused.contains("password authentication failed"), refused);
    assertTrue(
        refused.contains("127.0.0.1:" + server.port) && !refused.contains("first-"), refused);
    settings.put("password", "second-password");
    handler.handle(event("2"));
    assertEquals(List.of("1", "2"), rows("select id from loom_events order by id"));
  }

  @Test
  void aTableThatMayNotBeMadeIsShownToWhoeverMay() throws Exception {
    sql("drop role if exists mis", "create role mis login password 'mis-password'");
    sql("revoke create on schema public from public", "grant usage on schema public to mis");
    Map<String, String> settings = settings("user", "mis", "password", "mis-password");
    String words = assertThrows(SQLException.class, () -> open(settings)).getMessage();
    assertTrue(words.contains("permission denied for schema public"), words);
    sql(words.replaceAll("(?s).*make it: (CREATE TABLE .*) \\(SQLState.*", "$1"));
    words = assertThrows(SQLException.class, () -> open(settings)).getMessage();
    assertTrue(words.contains("permission denied for table loom_events"), words);
    sql("grant select, insert on loom_events to mis");
    open(settings).handle(event("1"));
    assertEquals(List.of("1"), rows("select id from loom_events"));
  }

  @Test
  void aTableThatIsLockedIsWaitedForUntilTheDeliveryIsInterrupted() throws Exception {
    JdbcHandler handler = open();
    Thread lane = Thread.currentThread();
    try (Connection other = DriverJars.connect(url(), user(), password());
        Statement lock = other.createStatement()) {
      other.setAutoCommit(false);
      lock.execute("lock table loom_events in exclusive mode");
      Thread agent = new Thread(() -> interruptOnceWaiting(lane));
      agent.start();
      long start = System.nanoTime();
      assertThrows(InterruptedException.class, () -> handler.handle(event("1")));
      assertTrue(System.nanoTime() - start < 5_000_000_000L, "within the agent's patience");
      agent.join();
      assertEquals(List.of("0"), rows(WAITING), "and the server does not wait on");
      other.rollback();
    }
    handler.handle(event("1"));
    assertEquals(List.of("1"), rows("select id from loom_events"));
  }

  private static final String WAITING =
      "select count(*) from pg_stat_activity where application_name = 'loom-agent' and"
          + " wait_event_type = 'Lock'";

  private void interruptOnceWaiting(Thread lane) {
    try {
      DriverJars.install();
      while (!rows(WAITING).equals(List.of("1"))) {
        Thread.onSpinWait();
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    } finally {
      lane.interrupt();
    }
  }
}
