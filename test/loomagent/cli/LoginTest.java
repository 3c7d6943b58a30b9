package loomagent.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import loomagent.simulator.Script;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LoginTest {
  @TempDir Path folder;
  private Simulator loom;
  private Shell shell;

  @BeforeEach
  void open() throws IOException {
    loom =
        Simulator.start(
            Settings.defaults()
                .withHub(
                    Settings.Hub.defaults().withConfidential(false).withDevice(0, Duration.ZERO)));
    shell = new Shell(folder);
    shell.write(
        "agent.properties",
        "events = app.added\noauth.client-id = simulated_client\nhub.url = " + loom.hub().url());
  }

  @AfterEach
  void close() {
    loom.close();
  }

  @Test
  void theAddressAndTheCodeAreShownAndTheTokensStored() throws IOException {
    Shell.Done done = shell.run("login");
    assertEquals(Exit.OK, done.exit(), done.err());
    assertTrue(done.line("Open ").endsWith(loom.hub().url() + "/device"));
    assertTrue(done.line("and enter ").matches("and enter  [0-9A-F]{4}-[0-9A-F]{4}"));
    assertEquals("Done. The connection default has its tokens.", done.line("Done"));
    assertEquals("", done.err());
    String stored = Files.readString(folder.resolve("data/tokens/default.json"));
    assertTrue(stored.contains("\"refresh_token\""), stored);
    assertFalse(done.out().contains(stored.replaceAll(".*access_token\":\"([^\"]+).*\n", "$1")));
  }

  @Test
  void eachWayToFailHasItsStatus() throws IOException {
    loom.hub().next(Script.TOKENS, Script.hubError(400, "access_denied", ""));
    assertEquals(Exit.NOT_AUTHORISED, shell.run("login").exit());
    loom.hub().next(Script.hubError(500, "", ""));
    assertEquals(Exit.UNREACHABLE, shell.run("login").exit());
    Files.delete(folder.resolve("data/tokens/default.json"));
    Files.delete(folder.resolve("data/tokens"));
    shell.write("data/tokens", "a file");
    assertEquals(Exit.DISK, shell.run("login").exit());
  }

  @Test
  void anAppWithASecretMayLogInTooAndThenNeedsNeitherOrganizationNorScopes() {
    shell.configured();
    shell.write(
        "agent.properties",
        "events = app.added\noauth.client-id = simulated_client\nhub.url = "
            + loom.hub().url()
            + "\nloom.url = "
            + loom.url()
            + "\noauth.client-secret = "
            + loom.hub().clientSecret());
    Shell.Done before = shell.run("check");
    assertEquals(Exit.CONFIGURATION, before.exit());
    assertTrue(before.out().contains("oauth.scopes"), before.out());
    Shell.Done done = shell.run("login");
    assertEquals(Exit.OK, done.exit(), done.err());
    Shell.Done check = shell.run("check");
    assertEquals(Exit.OK, check.exit(), check.out());
  }

  @Test
  void aConnectionThatWouldNotUseItIsToldSo() {
    Shell.Done done = shell.configured().run("login");
    assertEquals(Exit.CONFIGURATION, done.exit());
    assertTrue(done.err().contains("has a token of its own"), done.err());
  }

  @Test
  void theConnectionHasToBeOneThereIs() {
    Shell.Done done = shell.run("login", "--connection", "berlin");
    assertEquals(Exit.USAGE, done.exit());
    assertTrue(done.err().contains("no connection \"berlin\". There is default"), done.err());
    done = shell.run("login", "--set", "connections=berlin,wien");
    assertEquals(Exit.USAGE, done.exit(), done.err());
    assertTrue(done.err().contains("with one of berlin, wien"), done.err());
  }
}
