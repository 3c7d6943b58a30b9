package loomagent.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import loomagent.simulator.Faults;
import loomagent.simulator.Script;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The part of {@code check} that asks the network. */
class NetworkTest {
  @TempDir Path folder;
  private Simulator simulator;
  private Shell shell;

  @BeforeEach
  void start() throws IOException {
    simulator = Simulator.start(Settings.defaults().withTokens(Set.of(Shell.TOKEN)));
    shell = new Shell(folder).configured("loom.url = " + simulator.url());
  }

  @AfterEach
  void stop() {
    simulator.close();
  }

  @Test
  void everyStepOnTheWayToAnEventHasALine() {
    Shell.Done check = shell.run("check");
    assertEquals(Exit.OK, check.exit(), check.out());
    List<String> network = check.out().lines().skip(4).toList();
    List<String> expected =
        List.of(
            "ok     name           127\\.0\\.0\\.1 is 127\\.0\\.0\\.1",
            "ok     connection     127\\.0\\.0\\.1 port \\d+ in .*",
            "ok     token          read in .*",
            "ok     upgrade        accepted in .*",
            "ok     welcome        in .*",
            "ok     subscription   confirmed in .*: app\\.added, app\\.changed",
            "look   pull           backfill\\.app is not set: .*");
    assertEquals(expected.size(), network.size(), check.out());
    for (int i = 0; i < expected.size(); i++) {
      assertTrue(network.get(i).matches(expected.get(i)), network.get(i));
    }
    assertEquals("", check.err());
    assertFalse(check.out().contains(Shell.TOKEN));
  }

  @Test
  void nothingIsMadeOnDisk() {
    shell.run("check");
    assertTrue(Files.notExists(folder.resolve("data")));
  }

  @Test
  void aTokenRefusedTheRailsWayIsNotAuthorised() {
    Shell.Done check = shell.variable("LOOM_TOKEN", "another-token-0cc175b9").run("check");
    assertWrong(Exit.NOT_AUTHORISED, "welcome", "Check token", check);
    assertFalse(check.out().contains("another-token"));
  }

  @Test
  void aTokenRefusedByTheUpgradeIsNotAuthorised() {
    assertWrong(Exit.NOT_AUTHORISED, "upgrade", "Check token", checkAgainst(Faults.refuse(401)));
  }

  @Test
  void aRejectedSubscriptionIsNotAuthorised() {
    Shell.Done check = checkAgainst(Faults.reject());
    assertWrong(Exit.NOT_AUTHORISED, "subscription", "app.added, app.changed", check);
    check.line("ok     welcome ");
  }

  @Test
  void aServerThatIsDownIsUnreachable() throws IOException {
    try (Socket held = new Socket()) {
      // Bound, but nobody listens: a port that surely refuses.
      held.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      String url = "loom.url=ws://127.0.0.1:" + held.getLocalPort() + "/websocket";
      Shell.Done check = shell.run("check", "--set", url);
      assertWrong(Exit.UNREACHABLE, "connection", "Check loom.url", check);
      assertFalse(check.out().contains("  token "), check.out());
    }
  }

  @Test
  void aNameThatIsUnknownIsUnreachable() {
    Shell.Done check = shell.run("check", "--set", "loom.url=wss://loom.invalid/websocket");
    assertWrong(Exit.UNREACHABLE, "name", "loom.invalid was not found", check);
  }

  @Test
  void aServerThatSpeaksNoTlsIsUnreachable() throws IOException {
    Settings impatient = Settings.defaults().withPatience(Duration.ofMillis(200));
    try (Simulator plain = Simulator.start(impatient)) {
      String url = "loom.url=" + plain.url().toString().replace("ws:", "wss:");
      assertWrong(Exit.UNREACHABLE, "TLS", "", shell.run("check", "--set", url));
    }
  }

  @Test
  void aWrongPathIsSaidAsSuch() {
    Shell.Done check = checkAgainst(Faults.refuse(404));
    assertWrong(Exit.UNREACHABLE, "upgrade", "the path of loom.url may be wrong", check);
  }

  @Test
  void aRedirectIsNotFollowed() {
    Shell.Done check = checkAgainst(Faults.redirect(302, "ws://127.0.0.1:1/elsewhere"));
    assertWrong(Exit.UNREACHABLE, "upgrade", "redirects", check);
  }

  @Test
  void aServerThatBreaksOffAfterTheWelcomeIsUnreachable() {
    // What HttpClient makes of a close that crosses the subscribe differs from run to run.
    Shell.Done check = checkAgainst(Faults.finAfterWelcome());
    assertEquals(Exit.UNREACHABLE, check.exit(), check.out());
    assertTrue(check.line("WRONG ").contains(" the "), check.out());
  }

  @Test
  void aSubscriptionThatIsNeverConfirmedIsUnreachable() {
    Shell.Done check = checkAgainst(Faults.neverConfirm());
    assertWrong(Exit.UNREACHABLE, "subscription", "confirm", check);
  }

  @Test
  void theTokenIsReadWhenItsTurnComes() {
    Shell.Done check = shell.configured().run("check", "--set", "token=${file:gone}");
    assertEquals(Exit.CONFIGURATION, check.exit());
    assertTrue(check.out().contains("gone"), check.out());
  }

  private Shell.Done checkAgainst(Script script) {
    simulator.always(script);
    return shell.run("check");
  }

  private static void assertWrong(Exit exit, String step, String words, Shell.Done check) {
    assertEquals(exit, check.exit(), check.out() + check.err());
    String line = check.line("WRONG ");
    assertTrue(line.startsWith(String.format("WRONG  %-13s  ", step)), line);
    assertTrue(line.contains(words), line);
    assertEquals("", check.err());
  }
}
