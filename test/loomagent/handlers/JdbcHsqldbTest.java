package loomagent.handlers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import loomagent.Event;
import org.junit.jupiter.api.Test;

class JdbcHsqldbTest extends JdbcContract {
  @Override
  String url() {
    return "jdbc:hsqldb:mem:" + folder.getFileName();
  }

  /** It pads: a blank at the end does not count, and no id of Loom's has one. */
  @Override
  List<String> differing() {
    return List.of("a", "A", "ä", "Ä", "á");
  }

  @Test
  void anOwnStatementMayCallAProcedure() throws Exception {
    sql(
        "create table taken (id varchar(40))",
        "create procedure put(in i varchar(40)) modifies sql data insert into taken values (i)");
    JdbcHandler handler = open("sql", "{call put(:id)}");
    handler.handle(event("1"));
    handler.handle(events(2, 4));
    assertEquals(List.of("3"), rows("select count(*) from taken"));
  }

  @Test
  void timesAreUtc() throws Exception {
    open().handle(Event.parse(FULL));
    sql("create table t (id varchar(40) primary key, timestamp timestamp(6) with time zone)");
    open("table", "t").handle(Event.parse(FULL));
    assertEquals(
        List.of("2026-03-29 02:30:00.123456|2026-03-29 02:30:00.123456+0:00"),
        rows(
            "select e.timestamp, cast(t.timestamp as varchar(40)) from loom_events e, t"
                + " where e.id = t.id"));
  }
}
