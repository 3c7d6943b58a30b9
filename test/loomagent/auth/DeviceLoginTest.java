package loomagent.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import loomagent.auth.TokenException.Kind;
import loomagent.base.Disk;
import loomagent.base.Secret;
import loomagent.base.Token;
import loomagent.simulator.Script;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class DeviceLoginTest {
  @TempDir Path folder;
  private Scene scene;
  private final List<DeviceLogin.Prompt> shown = new ArrayList<>();
  private final List<Duration> slept = new ArrayList<>();
  private int hurry = 1;
  private Runnable whileAsleep = () -> {};

  @BeforeEach
  void open() throws IOException {
    scene = new Scene(Scene.standard().withConfidential(false));
  }

  @AfterEach
  void close() {
    scene.close();
  }

  @Test
  void onceItIsApprovedTheTokensAreStoredAndCountAtOnce() throws Exception {
    whileAsleep =
        () -> {
          if (slept.size() == 3) {
            assertTrue(scene.loom.hub().approve(shown.get(0).code(), true));
          }
        };
    Token token = login();
    assertEquals(List.of(1, 1, 1), seconds());
    assertEquals(scene.loom.hub().url() + "/device", shown.get(0).address());
    assertEquals(
        scene.loom.hub().url() + "/device?user_code=" + shown.get(0).code(),
        shown.get(0).complete());
    Optional<Setting<Secret>> used = Optional.of(() -> new Secret("used-long-ago"));
    FetchedTokens tokens =
        FetchedTokens.refreshing(scene.hub, scene.client, used, store(), scene.log, new Random(1));
    assertEquals(token.secret().reveal(), tokens.token(false).secret().reveal());
    assertEquals(
        Optional.of("Organization/" + Scene.ORGANIZATION), Claims.of(token.secret()).subject());
    assertTrue(tokens.token(true).renewAt().isPresent()); // with the refresh token of the login
  }

  @Test
  void itAsksLessOftenWhenToldAndWaitsOutABadNetwork() throws Exception {
    scene
        .loom
        .hub()
        .next(
            Scene.answer(
                200,
                Map.of(),
                "{\"device_code\":\"d\",\"user_code\":\"U\",\"verification_uri\":\"https://h/\"}"),
            Script.hubError(400, "authorization_pending", ""),
            Script.hubError(400, "slow_down", ""),
            Script.hubError(400, "authorization_pending", ""),
            peer -> peer.reset(),
            Script.hubError(500, "", ""),
            Scene.answer(429, Map.of("Retry-After", "55"), ""),
            Script.hubError(400, "slow_down", ""),
            Script.hubError(400, "access_denied", ""));
    HubTest.assertFailure(Kind.REFUSED, "Somebody declined it", this::login);
    assertEquals(List.of(5, 5, 10, 10, 20, 40, 60, 15), seconds());
    assertEquals("https://h/", shown.get(0).address());
    assertEquals("", shown.get(0).complete());
  }

  @Test
  void itEndsWhenTheCodeDoesAndWhenItIsDeclined() {
    hurry = 60;
    HubTest.assertFailure(Kind.REFUSED, "not approved in time", this::login);
    assertEquals(15, slept.size());
    hurry = 1;
    whileAsleep = () -> scene.loom.hub().approve(shown.get(1).code(), false);
    HubTest.assertFailure(Kind.REFUSED, "Run login again and approve it", this::login);
  }

  @Test
  void nobodyIsAskedToApproveWhatCannotBeStored() throws IOException {
    Files.writeString(folder.resolve("tokens"), "a file");
    HubTest.assertFailure(Kind.DISK, "cannot be", this::login);
    assertEquals(List.of(), shown);
    assertEquals(0, scene.loom.hub().asks());
  }

  @Test
  void anAnswerThatIsNoneIsSaid() {
    scene.loom.hub().next(Scene.answer(200, Map.of(), "{\"user_code\":\"U\"}"));
    HubTest.assertFailure(Kind.REFUSED, "Check hub.url", this::login);
    scene
        .loom
        .hub()
        .next(Script.TOKENS, Scene.answer(200, Map.of(), "{\"access_token\":\"alone\"}"));
    HubTest.assertFailure(Kind.REFUSED, "gave no refresh token", this::login);
  }

  private Token login() throws TokenException, InterruptedException {
    DeviceLogin login =
        new DeviceLogin(
            scene.hub,
            scene.client,
            Optional.of(Scene.ORGANIZATION),
            List.of("loom.event.r"),
            duration -> {
              slept.add(duration);
              scene.clock.forward(duration.multipliedBy(hurry));
              whileAsleep.run();
            },
            new Random(1));
    return login.run(store(), Optional.of(() -> new Secret("used-long-ago")), shown::add);
  }

  private List<Integer> seconds() {
    return slept.stream().map(duration -> (int) duration.toSeconds()).toList();
  }

  private TokenStore store() {
    return new TokenStore(folder, "main", Disk.REAL, scene.log);
  }
}
