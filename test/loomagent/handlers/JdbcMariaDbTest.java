package loomagent.handlers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import loomagent.Event;
import loomagent.Undeliverable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JdbcMariaDbTest extends JdbcContract {
  private DatabaseServer server;
  private String database = "";

  @BeforeAll
  void start() throws IOException {
    server = DatabaseServer.mariadb();
  }

  @AfterAll
  void stop() throws IOException {
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void beEmpty() throws Exception {
    database = "";
    sql("create or replace database print character set latin1");
    database = "print";
  }

  @Override
  String url() {
    return "jdbc:mariadb://127.0.0.1:" + server.port + "/" + database;
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
  void timesAreUtcWhateverTheServersZoneAndTheColumnsType() throws Exception {
    open().handle(Event.parse(FULL));
    sql(
        "create table t (id varchar(40) primary key, timestamp timestamp(3) null, received_at"
            + " text)");
    open("table", "t").handle(Event.parse(FULL));
    String time = "2026-03-29 02:30:00.123";
    assertEquals(
        List.of(time + "456|2026-03-29 02:30:01"),
        rows(
            "select cast(timestamp as char), date_format(received_at, '%Y-%m-%d %H:%i:%s') from"
                + " loom_events"));
    assertEquals(
        List.of("1774751400.123|2026-03-29T02:30:01.000000Z"),
        rows("select unix_timestamp(timestamp), received_at from t"));
  }

  @Test
  void nothingIsCutOnAServerThatWouldCut() throws Exception {
    sql("set global sql_mode = ''");
    try {
      JdbcHandler handler = open();
      Event longer = event("x".repeat(300));
      assertThrows(Undeliverable.class, () -> handler.handle(longer));
      handler.handle(event("x".repeat(255)));
      assertEquals(List.of("255"), rows("select length(id) from loom_events"));
    } finally {
      sql("set global sql_mode = default");
    }
  }

  @Test
  void theNameOfATableMayHaveItsDatabaseBeforeIt() throws Exception {
    sql("create or replace database other");
    open("table", "other.jobs").handle(event("1"));
    open("table", "other.jobs").handle(event("2"));
    assertEquals(List.of("1", "2"), rows("select id from other.jobs order by id"));
  }

  @Test
  void aServerThatIsKilledAndStartedAgainLosesNothing() throws Exception {
    JdbcHandler handler = open();
    handler.handle(event("1"));
    server.kill();
    assertThrows(SQLException.class, () -> handler.handle(event("2")));
    server.start();
    handler.handle(event("2"));
    handler.handle(event("1"));
    assertEquals(List.of("1", "2"), rows("select id from loom_events order by id"));
  }

  @Test
  void anOwnStatementMayHaveWhatOnlyMariaDbHas() throws Exception {
    sql("create table t (`:id` varchar(40), n integer)");
    open("sql", "insert into t (`:id`, n) values (concat('\\':id', :id), @n := 2) # :nobody")
        .handle(event("1"));
    assertEquals(List.of("':id1|2"), rows("select * from t"));
  }
}
