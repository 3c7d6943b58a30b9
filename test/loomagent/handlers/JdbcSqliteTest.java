package loomagent.handlers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import loomagent.Event;
import org.junit.jupiter.api.Test;

class JdbcSqliteTest extends JdbcContract {
  @Override
  String url() {
    return "jdbc:sqlite:" + folder.resolve("events");
  }

  @Test
  void timesAreTextThatSorts() throws Exception {
    open().handle(Event.parse(FULL));
    open("sql", "update loom_events set name = :timestamp").handle(Event.parse(FULL));
    assertEquals(
        List.of("2026-03-29T02:30:00.123456Z|2026-03-29T02:30:01.000000Z|2026-03-29 02:30:00|J-7"),
        rows(
            "select name, received_at, datetime(timestamp), payload->>'$.job_id' from"
                + " loom_events"));
  }

  @Test
  void aDatabaseThatAnotherWritesToIsTriedAgain() throws Exception {
    String url = url() + "?busy_timeout=50";
    JdbcHandler handler = open(settings("url", url));
    try (Connection other = DriverJars.connect(url, "", "");
        Statement statement = other.createStatement()) {
      statement.execute("begin immediate");
      String busy = assertThrows(SQLException.class, () -> handler.handle(event("1"))).getMessage();
      assertTrue(busy.contains("locked"), busy);
      assertThrows(SQLException.class, () -> handler.handle(events(2, 4)));
      statement.execute("rollback");
    }
    handler.handle(event("1"));
    handler.handle(events(2, 4));
    assertEquals(List.of("3"), rows("select count(*) from loom_events"));
  }

  @Test
  void aRelativeFileLiesInTheConfigurationsFolder() throws Exception {
    open("url", "jdbc:sqlite:events?busy_timeout=50").handle(event("1"));
    assertEquals(List.of("1"), rows("select id from loom_events"));
  }

  @Test
  void aFolderThatIsNotThereIsToldAndTriedAgain() throws Exception {
    String message =
        assertThrows(
                SQLException.class,
                () -> open("url", "jdbc:sqlite:" + folder.resolve("none/a.db?password=geheim")))
            .getMessage();
    assertTrue(message.contains("none/a.db: ") && !message.contains("geheim"), message);
  }
}
