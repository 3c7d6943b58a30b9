package loomagent.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong before anything is started; {@code RunTest} starts the process. */
class SimulateTest {
  @TempDir Path folder;

  @Test
  void aWrongOptionIsSaidWithWhatWouldBeRight() {
    assertUsage("write a whole number from 0 to 65535", "--port", "65536");
    assertUsage("--rate is \"fast\"; write a number", "--rate", "fast");
    assertUsage("rate is -1.0; it has to be 0 to 1000000", "--rate=-1");
    assertUsage("rate is NaN", "--rate=NaN");
    assertUsage("token", "--token", "two words");
    assertUsage("the app is empty or holds a space or a colon", "--app", "my:app");
    assertUsage("the event password holds more than", "--password", "two words");
    assertUsage("nowhere.ndjson: there is no such file", "--file", "nowhere.ndjson");
  }

  @Test
  void aFileWithALineThatIsNoEventIsRefusedWithTheLine() {
    new Shell(folder).write("events.ndjson", "{\"name\":\"app.added\"}\nno JSON\n");
    assertUsage("events.ndjson:2: ", "--file", "events.ndjson");
  }

  @Test
  void aPortThatIsTakenIsNamedWithAWayOut() throws IOException {
    try (Simulator other = Simulator.start(Settings.defaults())) {
      String port = Integer.toString(other.url().getPort());
      Shell.Done done = new Shell(folder).run("simulate", "--port", port);
      assertEquals(Exit.UNREACHABLE, done.exit());
      assertTrue(done.err().contains(port), done.err());
      assertTrue(done.err().contains("Choose another"), done.err());
      assertEquals(1, done.err().lines().count(), done.err());
      assertEquals("", done.out());
    }
  }

  @Test
  void theDemoHasAConfigurationOfItsOwn() {
    Shell.Done done = new Shell(folder).run("demo", "--config", "agent.properties");
    assertEquals(Exit.USAGE, done.exit());
    assertTrue(done.err().contains("Use --set"), done.err());
    assertEquals(Exit.USAGE, new Shell(folder).run("demo", "--events", "0").exit());
  }

  private void assertUsage(String words, String... options) {
    String[] typed = new String[options.length + 1];
    typed[0] = "simulate";
    System.arraycopy(options, 0, typed, 1, options.length);
    Shell.Done done = new Shell(folder).run(typed);
    assertEquals(Exit.USAGE, done.exit(), done.err());
    assertTrue(done.err().contains(words), done.err());
    assertEquals("", done.out());
  }
}
