package loomagent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built jar with the {@code exec} handler, as the README shows it. */
class ExecTest {
  private static final String TICKET =
      """
      #!/bin/sh
      env > env-$LOOM_EVENT_ATTEMPT
      echo "$1 for $KEY"
      case $LOOM_EVENT_ID-$LOOM_EVENT_ATTEMPT in
        *1-1) echo 'no such job' >&2; exit 65;;
        *2-1) (setsid sleep 1000 &); exec sleep 1000;;
      esac
      exec cat >> tickets
      """;

  @TempDir Path folder;

  @Test
  void aProgramTakesTheEventsAndNothingOfItOutlivesItsTimeout() throws Exception {
    Path program = Files.createDirectories(folder.resolve("bin")).resolve("print-ticket");
    Files.writeString(program, TICKET);
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (Pasture pasture = new Pasture(folder)) {
      pasture.configure(
          "handler.tickets.type = exec",
          "handler.tickets.command = bin/print-ticket 'large format'",
          "handler.tickets.directory = .",
          "handler.tickets.environment.KEY = key-of-the-program",
          "handler.tickets.timeout = 1s",
          "handler.tickets.retry.first = 10ms");
      AgentProcess agent = pasture.ready();
      pasture.publish(3, 70_000);
      Pasture.await(
          () -> Long.valueOf(2).equals(pasture.handler("tickets").get("delivered")), agent);
      assertEquals(1L, pasture.handler("tickets").get("dead"), agent::err);
      List<String> tickets = Files.readAllLines(folder.resolve("tickets"));
      assertEquals(
          List.of(Pasture.id(0), Pasture.id(2)), tickets.stream().map(ExecTest::id).toList());
      assertTrue(
          agent.err().contains("tickets: " + Pasture.id(0) + ": large format for ***"), agent::err);
      assertTrue(agent.err().contains("exit status 65: no such job"), agent::err);
      assertTrue(agent.err().contains("did not finish within 1s"), agent::err);
      assertFalse(Files.readString(folder.resolve("env-1")).contains("JDK_JAVA_OPTIONS"));
      assertEquals(List.of(), sleeping());
      Pasture.stop(agent);
    }
  }

  @Test
  void aProgramThatOutlastsTheStopIsEndedAndItsEventKept() throws IOException {
    try (Pasture pasture = new Pasture(folder)) {
      pasture.configure(
          "handler.tickets.type = exec",
          "handler.tickets.command = sleep 600",
          "shutdown.timeout = 200ms");
      AgentProcess agent = pasture.ready();
      pasture.publish(1, 100);
      Pasture.await(() -> !sleeping().isEmpty(), agent);
      Pasture.stop(agent);
      agent.awaitErr("1 event for tickets on disk for the next start", Duration.ofSeconds(30));
      assertEquals(List.of(), sleeping());
    }
  }

  private static String id(String json) {
    return Event.parse(json).id();
  }

  /** What runs in the folder of the test, less the agent. */
  private List<String> sleeping() {
    return ProcessHandle.allProcesses()
        .filter(process -> process.info().command().filter(c -> c.endsWith("/sleep")).isPresent())
        .map(process -> Path.of("/proc", Long.toString(process.pid()), "cwd"))
        .filter(this::ours)
        .map(Path::toString)
        .toList();
  }

  private boolean ours(Path working) {
    try {
      return working.toRealPath().startsWith(folder.toRealPath());
    } catch (IOException ended) {
      return false;
    }
  }
}
