package loomagent.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import loomagent.Event;
import loomagent.agent.DataFolder;
import loomagent.agent.Layout;
import loomagent.base.Disk;
import loomagent.delivery.DeadLetters;
import loomagent.journal.Journal;
import loomagent.ops.Quiet;
import loomagent.plugin.JarMaker;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands that look into the folder of a stopped agent, and work in it. */
@Timeout(120)
class FolderTest {
  /** Writes down what it gets; refuses an event while a file of its id lies in its folder. */
  private static final String KEEP =
      """
      private java.nio.file.Path folder;
      public void open(HandlerContext context) throws Exception { folder = context.directory(); }
      public void handle(Event event) throws Exception {
        if (java.nio.file.Files.exists(folder.resolve(event.id()))) {
          throw new java.io.IOException("no paper");
        }
        java.nio.file.Files.writeString(
            folder.resolve("got"),
            event.id() + " " + event.attempt() + " " + event.replayed() + " " + event.json() + "\\n",
            java.nio.file.StandardOpenOption.CREATE, java.nio.file.StandardOpenOption.APPEND);
      }
      """;

  @TempDir Path folder;
  private Shell shell;
  private Layout layout;

  @BeforeEach
  void shell() throws IOException {
    shell = new Shell(folder);
    layout = new Layout(folder.resolve("data"));
    new JarMaker(folder.resolve("made"))
        .handler("acme.KeepHandler", KEEP)
        .write(folder.resolve("handlers/keep.jar"));
    shell.configured("handler.keep.retry.attempts = 1", "handler.keep.events = app.*,!app.not");
    try (DataFolder held = DataFolder.hold(layout.folder());
        Journal journal = journal(held)) {
      append(journal, "1", "app.added");
      append(journal, "2", "app.changed");
      append(journal, "3", "app.not");
      append(journal, "4", "app.added");
    }
  }

  private static Journal journal(DataFolder held) throws IOException {
    return Journal.open(
        held.layout().journal(),
        new Journal.Settings(Duration.ofDays(7), 1 << 30),
        Disk.REAL,
        Clock.systemUTC(),
        Quiet.LOGGER);
  }

  private static void append(Journal journal, String id, String name) {
    byte[] utf8 = json(id, name).getBytes(UTF_8);
    assertEquals(Journal.Taken.NEW, journal.append("default", id, name, utf8, 0, utf8.length));
  }

  private static String json(String id, String name) {
    return "{ \"id\":\"" + id + "\",\"name\":\"" + name + "\",\"subject\":\"Org/1\",\"x\":1.0 }";
  }

  private void letter(String handler, String id) throws IOException {
    DeadLetters.open(layout.dead(handler), Disk.REAL, Quiet.LOGGER)
        .add(
            new DeadLetters.Letter(
                Instant.parse("2026-03-01T10:00:00Z"),
                1,
                10,
                "no ink",
                Event.parse(json(id, "app.added"))));
  }

  private Path own() throws IOException {
    return Files.createDirectories(layout.folder().resolve("handlers/keep"));
  }

  private String got() throws IOException {
    Path got = own().resolve("got");
    return Files.exists(got) ? Files.readString(got) : "";
  }

  @Test
  void aHandlerOfAStoppedAgentIsPausedAndGetsNothingUntilItIsResumed() throws IOException {
    Shell.Done done = shell.run("pause", "keep");
    assertEquals(Exit.OK, done.exit(), done.err());
    assertTrue(done.out().startsWith("handler keep is paused, also over a restart"), done.out());
    assertTrue(Files.exists(layout.folder().resolve("paused/keep")));
    assertEquals(Exit.OK, shell.run("resume", "keep").exit());
    assertFalse(Files.exists(layout.folder().resolve("paused/keep")));
    assertEquals(Exit.USAGE, shell.run("pause", "absent").exit());
    assertEquals(Exit.USAGE, shell.run("pause").exit());
    assertEquals(Exit.UNREACHABLE, shell.run("reload").exit());
  }

  @Test
  void eventsAreListedOldestFirst() {
    Shell.Done done = shell.run("events");
    assertEquals(Exit.OK, done.exit(), done.err());
    List<String> ends = done.out().lines().map(line -> line.substring(25)).toList();
    assertEquals(
        List.of("app.added 1 Org/1", "app.changed 2 Org/1", "app.not 3 Org/1", "app.added 4 Org/1"),
        ends);
  }

  @Test
  void asJsonTheyAreTheExactTextLineByLine() {
    assertEquals(
        json("3", "app.not") + "\n" + json("4", "app.added") + "\n",
        shell.run("events", "--json", "--last", "2").out());
  }

  @Test
  void nameTimeAndIdChooseAmongThem() {
    assertEquals(2, shell.run("events", "--name", "app.added").out().lines().count());
    assertEquals(4, shell.run("events", "--since", "1h").out().lines().count());
    assertEquals("", shell.run("events", "--until", "1h").out());
    assertTrue(shell.run("events", "--id", "2").out().endsWith("app.changed 2 Org/1\n"));
    assertTrue(shell.run("events", "--id", "5").err().startsWith("No such event in the journal"));
  }

  @Test
  void whatIsNoTimeIsSaid() {
    Shell.Done done = shell.run("events", "--since", "yesterday");
    assertEquals(Exit.USAGE, done.exit());
    assertTrue(done.err().contains("an age such as 2h or 7d"), done.err());
  }

  @Test
  void aReplayGivesAHandlerTheEventAgainWithTheSameIdAndText() throws IOException {
    Shell.Done done = shell.run("replay", "--handler", "keep", "--id", "2");
    assertEquals(Exit.OK, done.exit(), done.err());
    assertEquals("1 event delivered to keep", done.line("delivered"));
    assertEquals("2 1 true " + json("2", "app.changed") + "\n", got());
  }

  @Test
  void aReplayKeepsToWhatTheHandlerTakes() throws IOException {
    Shell.Done done = shell.run("replay", "--handler", "keep", "--since", "1h");
    assertEquals(Exit.OK, done.exit(), done.err());
    assertEquals(
        "3 events delivered to keep, 1 not taken by handler.keep.events", done.line("delivered"));
    assertEquals(3, got().lines().count());
  }

  @Test
  void aReplayThatFailsBecomesADeadLetter() throws IOException {
    Files.createFile(own().resolve("2"));
    Shell.Done done = shell.run("replay", "--handler", "keep", "--since", "1h");
    assertEquals(Exit.UNREACHABLE, done.exit(), done.err());
    assertTrue(done.line("1 could not be delivered").contains("see dead list"), done.out());
    assertTrue(shell.run("dead").line("no paper").contains(" keep app.changed 2 1 attempt: "));
  }

  @Test
  void aReplayNeedsAHandlerThatIsThereAndAChoice() {
    assertEquals(Exit.USAGE, shell.run("replay", "--id", "1").exit());
    assertEquals(Exit.USAGE, shell.run("replay", "--handler", "keep").exit());
    Shell.Done done = shell.run("replay", "--handler", "mis", "--id", "1");
    assertEquals(Exit.USAGE, done.exit());
    assertTrue(done.err().startsWith("no handler mis is configured"), done.err());
  }

  @Test
  void deadLettersAreListedAndShownAlsoThoseOfAHandlerThatIsGone() throws IOException {
    letter("keep", "1");
    letter("gone", "4");
    Shell.Done done = shell.run("dead");
    assertEquals("2026-03-01T10:00:00Z keep app.added 1 10 attempts: no ink", done.line(" keep "));
    assertEquals("2026-03-01T10:00:00Z gone app.added 4 10 attempts: no ink", done.line(" gone "));
    assertEquals(1, shell.run("dead", "list", "--handler", "gone").out().lines().count());
    Shell.Done shown = shell.run("dead", "show", "4");
    assertEquals(Exit.OK, shown.exit(), shown.err());
    assertTrue(shown.out().contains("error     no ink\n"), shown.out());
    assertTrue(shown.out().endsWith(json("4", "app.added") + "\n"), shown.out());
    assertTrue(shell.run("dead", "--json").line("\"keep\"").contains("\"attempts\":10"));
    assertEquals(Exit.USAGE, shell.run("dead", "show", "9").exit());
  }

  @Test
  void aDeadLetterThatIsDeliveredIsNoneAnyMore() throws IOException {
    letter("keep", "1");
    letter("keep", "4");
    Files.createFile(own().resolve("4"));
    Shell.Done done = shell.run("dead", "retry", "--all");
    assertEquals(Exit.UNREACHABLE, done.exit(), done.err());
    assertEquals("1 dead letter delivered, 1 still dead", done.line("still dead"));
    assertEquals("1 11 true " + json("1", "app.added") + "\n", got());
    String left = shell.run("dead").out();
    assertTrue(left.contains(" keep app.added 4 11 attempts: "), left);
    assertTrue(left.contains("no paper"), left);
    Files.delete(own().resolve("4"));
    assertEquals(Exit.OK, shell.run("dead", "retry", "--id", "4", "--handler", "keep").exit());
    assertEquals("", shell.run("dead").out());
  }

  @Test
  void aDeadLetterIsDiscardedOnlyByItsIdOrAllOfThem() throws IOException {
    letter("keep", "1");
    letter("gone", "4");
    assertEquals(Exit.USAGE, shell.run("dead", "discard").exit());
    assertEquals(Exit.USAGE, shell.run("dead", "discard", "--all", "--id", "1").exit());
    assertEquals(Exit.USAGE, shell.run("dead", "discard", "--id", "7").exit());
    assertEquals("1 dead letter discarded", shell.run("dead", "discard", "--id", "4").line("dis"));
    assertEquals(1, shell.run("dead").out().lines().count());
    assertEquals("1 dead letter discarded", shell.run("dead", "discard", "--all").line("dis"));
    assertEquals("", shell.run("dead").out());
  }

  @Test
  void noNameOfAHandlerLeadsOutOfTheFolder() {
    Shell.Done done = shell.run("dead", "list", "--handler", "../../secret");
    assertEquals(Exit.USAGE, done.exit());
    assertTrue(done.err().contains("is no name of a handler"), done.err());
  }

  @Test
  void explainSaysOfAnEventOfTheJournalWhetherAHandlerIsDoneWithIt() throws IOException {
    letter("keep", "1");
    Shell.Done done = shell.run("explain", "--id", "1");
    assertEquals(Exit.OK, done.exit(), done.err());
    assertTrue(done.line("keep (keep)").endsWith("; a dead letter since 2026-03-01T10:00:00Z"));
    assertTrue(shell.run("explain", "--id", "3").line("keep (keep)").startsWith("  no "));
    assertEquals(Exit.USAGE, shell.run("explain", "--id", "9").exit());
    assertEquals(Exit.USAGE, shell.run("explain").exit());
  }

  @Test
  void aDamagedRecordIsFoundAndSetAsideAndTheOthersStay() throws IOException {
    assertEquals(Exit.OK, shell.run("journal", "verify").exit());
    Path segment = layout.journal().resolve("%020d.log".formatted(1));
    byte[] bytes = Files.readAllBytes(segment);
    bytes[bytes.length / 2] ^= 1;
    Files.write(segment, bytes);
    Shell.Done verified = shell.run("journal", "verify");
    assertEquals(Exit.DISK, verified.exit(), verified.out());
    assertTrue(verified.out().contains("3 records whole, 1 damaged place"), verified.out());
    Shell.Done repaired = shell.run("journal", "repair");
    assertEquals(Exit.OK, repaired.exit(), repaired.err());
    assertTrue(repaired.out().contains("3 records kept"), repaired.out());
    assertTrue(Files.isDirectory(layout.journal().resolve("damaged")), repaired.out());
    assertEquals(Exit.OK, shell.run("journal", "verify").exit());
    assertEquals(Exit.USAGE, shell.run("journal", "mend").exit());
  }

  @Test
  void statusSaysThatNoAgentRuns() {
    Shell.Done done = shell.run("status");
    assertEquals(Exit.UNREACHABLE, done.exit());
    assertTrue(done.err().contains("no agent runs on data.dir"), done.err());
  }

  @Test
  void whatAnotherProcessHoldsIsNotTouched() throws IOException {
    try (DataFolder held = DataFolder.hold(layout.folder())) {
      Shell.Done done = shell.run("replay", "--handler", "keep", "--id", "1");
      assertEquals(Exit.DISK, done.exit(), held.layout().toString());
      assertTrue(done.err().contains("is held by another agent"), done.err());
    }
  }
}
