package loomagent.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExplainTest {
  private static final String ADDED = "{\"id\":\"id-1\",\"name\":\"app.added\"}\n";

  @TempDir Path folder;
  private Shell shell;

  @BeforeEach
  void shell() {
    shell = new Shell(folder);
  }

  @Test
  void eachHandlerIsNamedWithThePatternThatDecides() {
    shell.configured(
        "handler.all.type = log",
        "handler.some.type = log",
        "handler.some.events = app.*,!*.added",
        "handler.other.type = log",
        "handler.other.events = shop.*",
        "handler.off.type = log",
        "handler.off.enabled = false");
    Shell.Done explained = explain(ADDED);
    assertEquals(Exit.OK, explained.exit(), explained.err());
    assertTrue(explained.line("id-1").contains("app.added"));
    assertEquals("  subscribed: the events setting names it", explained.line("subscribed"));
    assertTrue(explained.line("all (log)").startsWith("  yes  all (log): "), explained.out());
    assertTrue(explained.line("all (log)").contains("*"), explained.out());
    assertTrue(explained.line("some (log)").startsWith("  no   some (log): "), explained.out());
    assertTrue(explained.line("some (log)").contains("!*.added"), explained.out());
    assertTrue(explained.line("other (log)").startsWith("  no   other (log): "), explained.out());
    assertEquals("  no   off (log): switched off", explained.line("off (log)"));
    assertEquals("", explained.err());
  }

  @Test
  void anEventThatIsNotSubscribedToIsSaidToStayAway() {
    Shell.Done explained = shell.configured().run("explain", "--file", event("app.gone"));
    assertEquals(Exit.OK, explained.exit());
    assertEquals(
        "  NOT subscribed: Loom will not send it. Add it to the events setting",
        explained.line("subscribed"));
    assertTrue(explained.line("log (log)").startsWith("  yes"), explained.out());
  }

  @Test
  void aHandlerThatNothingProvidesIsNamed() {
    shell.configured("handler.mis.type = frobnicate");
    Shell.Done explained = explain(ADDED);
    assertEquals(Exit.OK, explained.exit());
    String line = explained.line("frobnicate");
    assertTrue(line.startsWith("  wrong: agent.properties:3: handler mis is of the type"), line);
  }

  @Test
  void whatIsNoEventIsSaidToBeNone() {
    shell.configured();
    for (String text : new String[] {"", "no JSON", "[]", "{\"name\":\"app.added\"}", "{} {}"}) {
      Shell.Done explained = explain(text);
      assertEquals(Exit.USAGE, explained.exit(), text);
      assertTrue(explained.err().contains("event.json is no event: "), explained.err());
      assertEquals("", explained.out());
    }
  }

  @Test
  void aFileThatCannotBeReadIsNamed() {
    Shell.Done explained = shell.configured().run("explain", "--file", "nowhere.json");
    assertEquals(Exit.USAGE, explained.exit());
    assertTrue(explained.err().contains("nowhere.json: there is no such file"), explained.err());
    Shell.Done folderGiven = shell.run("explain", "--file", ".");
    assertEquals(Exit.USAGE, folderGiven.exit(), folderGiven.err());
    Shell.Done large = explain("x".repeat((1 << 20) + 1));
    assertTrue(large.err().contains("is larger than any event"), large.err());
  }

  @Test
  void withoutAFileItSaysWhatItNeeds() {
    Shell.Done explained = shell.configured().run("explain");
    assertEquals(Exit.USAGE, explained.exit());
    assertTrue(
        explained.err().contains("explain needs --id with an event's id, or --file"),
        explained.err());
  }

  @Test
  void aWrongConfigurationIsTold() {
    shell.configured("nonsense = 1");
    Shell.Done explained = explain(ADDED);
    assertEquals(Exit.CONFIGURATION, explained.exit());
    assertTrue(explained.err().contains("unknown key \"nonsense\""), explained.err());
  }

  @Test
  void noSecretIsNeeded() {
    shell.write(
        "agent.properties",
        "events = app.added\ntoken = ${file:for-root-alone}\nhandler.log.format = ${env:UNSET}\n");
    Shell.Done explained = explain(ADDED);
    assertEquals(Exit.OK, explained.exit(), explained.err());
  }

  @Test
  void nothingIsMadeOnDisk() {
    shell.configured();
    explain(ADDED);
    assertTrue(Files.notExists(folder.resolve("data")));
    assertTrue(Files.notExists(folder.resolve("handlers")));
  }

  private Shell.Done explain(String event) {
    shell.write("event.json", event);
    return shell.run("explain", "--file", "event.json");
  }

  private String event(String name) {
    shell.write("event.json", "{\"id\":\"id-1\",\"name\":\"" + name + "\"}");
    return "event.json";
  }
}
