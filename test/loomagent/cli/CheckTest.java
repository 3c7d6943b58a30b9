package loomagent.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckTest {
  @TempDir Path folder;
  private Shell shell;

  @BeforeEach
  void shell() {
    shell = new Shell(folder);
  }

  @Test
  void whatIsRightHasALineEach() {
    Shell.Done check = shell.configured().run("check", "--offline");
    assertEquals(Exit.OK, check.exit(), check.out());
    assertEquals(
        List.of(
            "ok     configuration  agent.properties",
            "ok     data folder    data, to be made",
            "look   handler        no handler is configured and no jar brings one: events are"
                + " logged to standard output",
            "ok     handler        log: log from built in, takes *"),
        check.out().lines().toList());
    assertEquals("", check.err());
  }

  @Test
  void inTheJournalWhatIsWrongHasThePriorityOfAnError() {
    shell.variable("JOURNAL_STREAM", "8:1").configured("http.listen = nonsense");
    assertEquals("<3>WRONG", shell.run("check", "--offline").out().substring(0, 8));
    assertEquals("<3>agent.properties:", shell.run("run").err().substring(0, 20));
    shell.configured();
    assertEquals("<6>ok", shell.run("check", "--offline").out().substring(0, 5));
  }

  @Test
  void nothingIsMadeOnDisk() throws IOException {
    shell.configured().run("check", "--offline");
    assertEquals(List.of("agent.properties"), names());
  }

  @Test
  void everyMistakeInTheConfigurationIsALine() {
    shell.write("agent.properties", "events = a.*\nstale-after = 5\nevnts = 1\n");
    Shell.Done check = shell.run("check", "--offline");
    assertEquals(Exit.CONFIGURATION, check.exit());
    assertEquals(4, check.out().lines().count(), check.out());
    for (String start :
        List.of(
            "agent.properties:1: ",
            "agent.properties:2: stale-after",
            "agent.properties:3: unknown key \"evnts\"",
            "agent.properties: token is missing")) {
      check.line("WRONG  configuration  " + start);
    }
    assertEquals("", check.err());
  }

  @Test
  void aWarningIsWorthALookAndNoMore() {
    shell.variable("LOOM_AGENT_HTTP_LISTN", "127.0.0.1:9464");
    Shell.Done check = shell.configured().run("check", "--offline");
    assertEquals(Exit.OK, check.exit(), check.out());
    assertTrue(check.line("HTTP_LISTN").startsWith("look   configuration  "), check.out());
  }

  @Test
  void aFileInPlaceOfTheDataFolderIsADiskFault() {
    shell.write("data", "");
    Shell.Done check = shell.configured().run("check", "--offline");
    assertEquals(Exit.DISK, check.exit());
    String line = check.line("data folder");
    assertTrue(line.startsWith("WRONG"), line);
    assertTrue(line.contains("is a file, not a folder"), line);
    check.line("ok     handler ");
  }

  @Test
  void aBrokenJarIsWrongAndTheRestIsStillChecked() {
    shell.write("handlers/broken.jar", "this is no jar");
    Shell.Done check = shell.configured("handler.log.format = json").run("check", "--offline");
    assertEquals(Exit.CONFIGURATION, check.exit());
    assertTrue(check.line("broken.jar").startsWith("WRONG  handler jar    broken.jar: "));
    check.line("ok     handler        log: log");
  }

  @Test
  void aWrongSettingOfAHandlerIsSaidInItsWords() {
    Shell.Done check = shell.configured("handler.log.format = xml").run("check", "--offline");
    assertEquals(Exit.CONFIGURATION, check.exit());
    assertEquals(
        "WRONG  handler        log: log from built in: format is \"xml\"; write line or json",
        check.line("xml"));
  }

  @Test
  void aTypeThatNothingProvidesIsWrong() {
    Shell.Done check = shell.configured("handler.mis.type = logg").run("check", "--offline");
    assertEquals(Exit.CONFIGURATION, check.exit());
    assertTrue(check.line("logg").contains("Did you mean \"log\"?"), check.out());
  }

  @Test
  void aHandlerThatIsSwitchedOffIsNotOpened() {
    shell.configured("handler.log.enabled = false", "handler.log.format = xml");
    Shell.Done check = shell.run("check", "--offline");
    assertEquals(Exit.OK, check.exit(), check.out());
    assertEquals(
        "look   handler        log: log from built in, switched off", check.line("handler "));
  }

  @Test
  void theFirstThingThatIsWrongDecidesTheStatus() {
    shell.write("data", "");
    Shell.Done check = shell.configured("handler.log.format = xml").run("check", "--offline");
    assertEquals(Exit.DISK, check.exit());
    check.line("format is \"xml\"");
  }

  @Test
  void aNamedFileThatIsNotThereIsSaid() {
    Shell.Done check = shell.run("check", "--offline", "--config", "nowhere.properties");
    assertEquals(Exit.CONFIGURATION, check.exit());
    assertTrue(check.out().contains("nowhere.properties"), check.out());
  }

  private List<String> names() throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
