package loomagent.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loomagent.base.Disk;
import loomagent.base.Fuzz;
import loomagent.base.LogLines;
import loomagent.config.Configuration;
import loomagent.config.Source;
import loomagent.journal.Journal;
import loomagent.plugin.Handlers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That a handler is paused, whoever begins or takes its place. */
class PausesTest {
  @TempDir Path temp;
  private final LogLines log = new LogLines();
  private final List<String> said = new ArrayList<>();
  private Configuration configuration;
  private Plan plan;
  private Layout layout;
  private Journal journal;

  @BeforeEach
  void open() throws Exception {
    List<String> sets =
        List.of(
            "token=t",
            "events=app.a",
            "data.dir=" + temp.resolve("data"),
            "handlers.dir=" + Files.createDirectory(temp.resolve("handlers")),
            "handler.mis.type=log");
    configuration =
        Configuration.load(new Source(Optional.empty(), temp.resolve("none"), sets, Map.of()));
    plan = Plan.of(configuration, Handlers.find(configuration.handlersDir()));
    layout = new Layout(configuration.dataDir());
    try (DataFolder made = DataFolder.hold(layout.folder())) {
      assertEquals(layout, made.layout());
    }
    journal = Agent.journal(configuration, layout, Clock.systemUTC(), log);
  }

  @AfterEach
  void close() {
    journal.close();
  }

  private int serve(Deliveries deliveries, String... words) throws Exception {
    return new Operations(layout, deliveries, journal, log)
        .serve(List.of(words), said::add, said::add);
  }

  @Test
  void aHandlerThatWasMadeBeforeThePauseAndTakesItsPlaceAfterwardsIsPaused() throws Exception {
    Deliveries deliveries = Deliveries.following(journal, plan, layout, part -> log);
    Optional<Route> before = deliveries.find("mis");
    Route next = deliveries.route(plan.enabled().get(0), before);
    assertEquals(0, serve(deliveries, Operations.PAUSE, "mis"));
    deliveries.replace(List.of(next));
    assertTrue(next.delivery().isPaused());

    Route later = deliveries.route(plan.enabled().get(0), Optional.of(next));
    assertEquals(0, serve(deliveries, Operations.RESUME, "mis"));
    deliveries.replace(List.of(later));
    assertFalse(later.delivery().isPaused());
  }

  @Test
  void itIsPausedForACommandInTheFolderOfAStoppedAgentAsWell() throws Exception {
    Deliveries running = Deliveries.following(journal, plan, layout, part -> log);
    assertEquals(0, serve(running, Operations.PAUSE, "mis"));
    said.clear();
    Deliveries alone = Deliveries.onRequest(plan, layout, part -> log);
    String any = "2026-03-04T05:06:07Z";
    assertEquals(69, serve(alone, Operations.REPLAY, "mis", "1", any, any, "*"));
    assertEquals(List.of("handler mis is paused: resume mis first"), said);
    assertEquals(0, serve(alone, Operations.RESUME, "mis"));
    assertFalse(alone.find("mis").orElseThrow().delivery().isPaused());
  }

  @Test
  @Tag("fuzz")
  void whateverIsInTheFileTheHandlerIsPausedUntilItIsResumed() throws Exception {
    Pauses pauses = new Pauses(layout, Disk.REAL);
    assertEquals(Optional.empty(), pauses.since("mis"));
    pauses.pause("mis", Instant.parse("2026-03-04T05:06:07Z"));
    byte[] good = Files.readAllBytes(layout.paused("mis"));
    Fuzz.run(
        1_000,
        fuzz -> {
          Files.write(layout.paused("mis"), fuzz.damaged(good));
          assertTrue(pauses.since("mis").isPresent());
        });
    pauses.resume("mis");
    assertEquals(Optional.empty(), pauses.since("mis"));
  }
}
