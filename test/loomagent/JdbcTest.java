package loomagent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loomagent.handlers.DriverJars;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built jar puts Loom's events into a database, by a driver that lies in its handlers.dir. */
class JdbcTest {
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir Path folder;

  @Test
  void theStatementInTheReadmeIsCarriedOutByADriverInTheFolder() throws Exception {
    String url = "jdbc:sqlite:" + folder.resolve("jobs.db");
    query(url, "create table jobs (event varchar(40) primary key, job varchar(40))");
    try (Simulator simulator = Simulator.start(Settings.defaults())) {
      Path config = configuration(simulator, url);
      try (AgentProcess check = AgentProcess.start(config, "check", "--offline")) {
        assertEquals(78, check.exitWithin(SOON), check::out);
        assertTrue(check.out().contains("(sqlite-jdbc-….jar) into handlers.dir"), check.out());
      }
      Path handlers = Files.createDirectories(folder.resolve("handlers"));
      Path driver = DriverJars.of("sqlite").get(0);
      Files.copy(driver, handlers.resolve(driver.getFileName()));
      try (AgentProcess agent = AgentProcess.start(config)) {
        agent.awaitErr("Ready", SOON);
        for (String id : List.of("1", "2", "1")) {
          simulator.publish(
              "{\"id\":\""
                  + id
                  + "\",\"name\":\"app.a\",\"payload\":{\"job_id\":\"Ä-"
                  + id
                  + "\"}}");
        }
        agent.awaitOut(" app.a 2 ", SOON);
        Pasture.await(() -> rows(url) == 4, agent);
        agent.signal("TERM");
        assertEquals(0, agent.exitWithin(SOON), agent::err);
        assertTrue(agent.err().contains("jobs: 2 delivered"), agent.err());
        assertTrue(agent.err().contains("table: 2 delivered"), agent.err());
      }
    }
    assertEquals(List.of("1|Ä-1", "2|Ä-2"), query(url, "select * from jobs order by event"));
    assertEquals(
        List.of("Ä-1", "Ä-2"),
        query(url, "select payload->>'$.job_id' from loom_events order by id"));
  }

  private Path configuration(Simulator simulator, String url) throws IOException {
    Matcher shown =
        Pattern.compile("(?m)^handler\\.jobs\\.sql = .*$")
            .matcher(Files.readString(Path.of("README.md")));
    assertTrue(shown.find());
    return Files.writeString(
        folder.resolve("agent.properties"),
        """
        loom.url = %s
        token = %s
        events = app.a
        handler.log.format = line
        handler.table.type = jdbc
        handler.table.url = %s
        handler.jobs.type = jdbc
        handler.jobs.url = %s
        %s
        """
            .formatted(simulator.url(), simulator.token(), url, url, shown.group()));
  }

  /** Of both tables; fewer while somebody writes to them. */
  private static int rows(String url) {
    try {
      return query(url, "select id from loom_events").size()
          + query(url, "select event from jobs").size();
    } catch (Exception busy) {
      return 0;
    }
  }

  private static List<String> query(String url, String sql) throws Exception {
    return DriverJars.rows(url, "", "", sql);
  }
}
