package loomagent.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HandlersTest {
  @TempDir Path folder;
  private Shell shell;

  @BeforeEach
  void shell() {
    shell = new Shell(folder);
  }

  @Test
  void theBuiltInTypeIsListedWithWhoUsesIt() {
    shell.configured(
        "handler.one.type = log", "handler.two.type = log", "handler.two.enabled = false");
    Shell.Done handlers = shell.run("handlers");
    assertEquals(Exit.OK, handlers.exit(), handlers.err());
    String line = handlers.line("log  ");
    assertTrue(line.matches("log +- +built in +one, two \\(switched off\\)"), line);
    assertEquals("No handler jar in handlers", handlers.line("No handler jar"));
    assertEquals("", handlers.err());
  }

  @Test
  void aTypeThatNobodyUsesIsListedToo() {
    shell.configured("handler.mis.type = frobnicate");
    Shell.Done handlers = shell.run("handlers");
    assertEquals(Exit.OK, handlers.exit());
    assertTrue(handlers.line("log  ").matches("log +- +built in +-"), handlers.out());
    assertTrue(handlers.line("wrong: ").contains("type frobnicate"), handlers.out());
  }

  @Test
  void aBrokenJarIsListedWithWhatToDo() {
    shell.configured();
    shell.write("handlers/broken.jar", "this is no jar");
    Shell.Done handlers = shell.run("handlers");
    assertEquals(Exit.OK, handlers.exit());
    String line = handlers.line("wrong: broken.jar: ");
    assertTrue(line.contains("Copy or build it again"), line);
  }

  @Test
  void aHandlerAuthorNeedsNeitherEventsNorToken() {
    Shell.Done handlers = shell.run("handlers");
    assertEquals(Exit.OK, handlers.exit(), handlers.err());
    assertTrue(handlers.out().contains("built in"), handlers.out());
  }

  @Test
  void aWrongConfigurationIsTold() {
    Shell.Done handlers = shell.run("handlers", "--set", "evnts=app.added");
    assertEquals(Exit.CONFIGURATION, handlers.exit());
    assertTrue(handlers.err().contains("Did you mean \"events\"?"), handlers.err());
    assertTrue(handlers.err().contains("Nothing was started."), handlers.err());
    assertEquals("", handlers.out());
  }

  @Test
  void noSecretIsNeeded() {
    shell.write(
        "agent.properties",
        "events = app.added\ntoken = ${file:for-root-alone}\nhandler.log.format = ${env:UNSET}\n");
    Shell.Done handlers = shell.run("handlers");
    assertEquals(Exit.OK, handlers.exit(), handlers.err());
  }
}
