package loomagent.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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
import loomagent.base.LossyDisk;
import loomagent.base.Secret;
import loomagent.base.Token;
import loomagent.simulator.Script;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Single-use refresh tokens, by a disk that fails and a process that is killed. */
@Timeout(30)
class RefreshChainTest {
  @TempDir Path folder;
  private Scene scene;
  private LossyDisk disk;
  private final List<Runnable> later = new ArrayList<>();
  private Optional<String> configured = Optional.empty();

  @BeforeEach
  void open() throws IOException {
    scene = new Scene(Scene.standard());
    disk = new LossyDisk(folder);
    configured = Optional.of(scene.loom.hub().refreshToken(Scene.ORGANIZATION));
  }

  @AfterEach
  void close() {
    scene.close();
  }

  @Test
  void theSuccessorIsOnDiskBeforeTheAccessTokenIsGiven() throws Exception {
    FetchedTokens tokens = started();
    Token first = tokens.token(false);
    Stored stored = store().read().orElseThrow();
    assertEquals(text(first), text(stored.access().orElseThrow()));
    assertEquals(Optional.empty(), stored.begun());
    Token second = tokens.token(true);
    assertNotEquals(text(first), text(second));
    List<String> spent = scene.loom.hub().requests().stream().map(r -> r.body()).toList();
    assertTrue(spent.get(0).contains(configured.orElseThrow()));
    assertTrue(spent.get(1).contains(stored.refresh().orElseThrow().reveal()));
    assertFalse(Files.readString(file()).contains(configured.orElseThrow()));
  }

  @Test
  void aRestartUsesTheTokenAtHandAndSpendsNone() throws Exception {
    Token first = started().token(false);
    FetchedTokens again = started();
    assertEquals(Optional.of(text(first)), again.atHand().map(RefreshChainTest::text));
    assertEquals(text(first), text(again.token(false)));
    assertEquals(1, scene.loom.hub().asks());
    scene.clock.forward(Duration.ofHours(1));
    assertEquals(Optional.empty(), started().atHand());
    assertNotEquals(text(first), text(again.token(false)));
  }

  @Test
  void withNoAnswerTheSameTokenIsTriedAgain() throws Exception {
    scene.loom.hub().next(peer -> peer.reset());
    HubTest.assertFailure(Kind.UNREACHABLE, "the Hub", () -> started().token(false));
    started().token(false);
    assertEquals(Optional.empty(), store().read().orElseThrow().begun());
  }

  /** The Hub took the token and the answer never came, or the process was killed by then. */
  @Test
  void aLostAnswerIsToldAsSuchAndOnlyALoginHelps() throws Exception {
    started().token(false);
    Secret lost = store().read().flatMap(Stored::refresh).orElseThrow();
    scene.clock.forward(Duration.ofHours(1));
    scene.loom.hub().next(peer -> peer.reset());
    HubTest.assertFailure(Kind.UNREACHABLE, "the Hub", () -> started().token(false));
    var unused = scene.hub.refresh(scene.client, lost);
    FetchedTokens tokens = started();
    String when = "was sent at " + scene.clock.instant();
    for (int i = 0; i < 3; i++) { // again and again the same words
      scene.clock.forward(Duration.ofHours(1));
      HubTest.assertFailure(Kind.REFUSED, when, () -> tokens.token(false));
    }
  }

  @Test
  void aTokenUsedElsewhereIsNotTakenForALostAnswer() throws Exception {
    var unused = scene.hub.refresh(scene.client, new Secret(configured.orElseThrow()));
    for (int i = 0; i < 3; i++) {
      HubTest.assertFailure(
          Kind.REFUSED,
          "used already, was revoked, or is older than 7 days. Run: login",
          () -> started().token(false));
    }
  }

  @Test
  void anotherConfiguredTokenCountsAndTheSameOneDoesNotAgain() throws Exception {
    Token first = started().token(false);
    configured = Optional.of(scene.loom.hub().refreshToken(Scene.ORGANIZATION));
    Token second = started().token(false);
    assertNotEquals(text(first), text(second));
    assertTrue(scene.loom.hub().requests().get(1).body().contains(configured.get()));
    assertEquals(text(second), text(started().token(false)));
    configured = Optional.empty();
    assertEquals(text(second), text(started().token(false)));
    assertEquals(2, scene.loom.hub().asks());
  }

  @Test
  void aMistypedTokenLeavesTheChainAtHandAsItIs() throws Exception {
    String right = configured.orElseThrow();
    Token first = started().token(false);
    configured = Optional.of("mistyped-token");
    HubTest.assertFailure(Kind.REFUSED, "invalid_grant", () -> started().token(false));
    configured = Optional.of(right);
    assertEquals(text(first), text(started().token(false)));
  }

  @Test
  void tokensGoOnlyToTheHubTheyAreFrom() throws Exception {
    started().token(false);
    configured = Optional.empty();
    try (Scene production = new Scene(Scene.standard())) {
      FetchedTokens other =
          FetchedTokens.refreshing(
              production.hub,
              production.client,
              Optional.empty(),
              store(),
              scene.log,
              new Random(1));
      assertEquals(Optional.empty(), other.atHand());
      HubTest.assertFailure(
          Kind.REFUSED,
          "the one at hand is from "
              + scene.loom.hub().url()
              + " alone. Run: login --connection main",
          () -> other.token(false));
      assertEquals(0, production.loom.hub().asks());
    }
  }

  @Test
  void nothingIsExchangedWhileTheFileCannotBeWritten() throws Exception {
    FetchedTokens tokens = started();
    Token first = tokens.token(false);
    disk.fail(RefreshChainTest::full);
    scene.clock.forward(Duration.ofMinutes(55));
    assertEquals(text(first), text(tokens.token(false)));
    assertSaid("No space left on device");
    scene.clock.forward(Duration.ofMinutes(5));
    HubTest.assertFailure(Kind.DISK, "main.json cannot be written", () -> tokens.token(false));
    HubTest.assertFailure(Kind.DISK, "main.json cannot be written", () -> tokens.token(true));
    assertEquals(1, scene.loom.hub().asks());
    disk.fail((kind, file) -> {});
    assertNotEquals(text(first), text(tokens.token(false)));
  }

  @Test
  void anAnswerThatTheDiskDoesNotTakeIsKeptAndWrittenAgain() throws Exception {
    scene
        .loom
        .hub()
        .next(
            peer -> {
              disk.fail(RefreshChainTest::full);
              Script.TOKENS.run(peer);
            });
    FetchedTokens tokens = started();
    Token first = tokens.token(false);
    assertSaid("in the memory of this process");
    assertEquals(Optional.empty(), store().read().orElseThrow().refresh());
    later.remove(0).run();
    assertEquals(Optional.of(text(first)), tokens.atHand().map(RefreshChainTest::text));
    HubTest.assertFailure(Kind.DISK, "cannot be written", () -> tokens.token(true));
    disk.fail((kind, file) -> {});
    later.remove(0).run();
    assertTrue(scene.log.says("the refresh token is on disk now"));
    assertEquals(List.of(), later);
    assertEquals(text(first), text(store().read().flatMap(Stored::access).orElseThrow()));
    assertNotEquals(text(first), text(tokens.token(false)));
    assertEquals(2, scene.loom.hub().asks());
  }

  @Test
  void aFileThatGoesAwayIsMadeAgainFromMemory() throws Exception {
    FetchedTokens tokens = started();
    tokens.token(false);
    Files.delete(file());
    tokens.token(true);
    assertTrue(store().read().flatMap(Stored::refresh).isPresent());
  }

  @Test
  void aLoginDoneBesideARunningAgentCountsAtOnce() throws Exception {
    FetchedTokens tokens = started();
    tokens.token(false);
    Stored login = login("login-access");
    store().write(login);
    assertEquals("login-access", text(tokens.token(true)));
    assertEquals(1, scene.loom.hub().asks());
    assertEquals("login-access", text(started().token(false)));
    configured = Optional.of(scene.loom.hub().refreshToken(Scene.ORGANIZATION));
    assertNotEquals("login-access", text(started().token(false)));
  }

  @Test
  void aLoginDoneDuringAnExchangeIsNotWrittenOver() throws Exception {
    scene
        .loom
        .hub()
        .next(
            peer -> {
              store().write(login("login-access"));
              Script.TOKENS.run(peer);
            });
    FetchedTokens tokens = started();
    assertNotEquals("login-access", text(tokens.token(false)));
    assertEquals("login-access", text(store().access().orElseThrow()));
    assertEquals("login-access", text(tokens.token(true)));
  }

  /** Whenever the power goes, no token that was given had a successor that is not on disk. */
  @Test
  void aPowerCutAtAnyStepLosesNoSuccessorOfATokenThatWasGiven() throws Exception {
    FetchedTokens tokens = started();
    List<Integer> steps = new ArrayList<>();
    List<String> refresh = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      tokens.token(i > 0);
      steps.add(disk.steps());
      refresh.add(store().read().flatMap(Stored::refresh).orElseThrow().reveal());
    }
    Random random = new Random(7);
    for (int given = 0; given < 6; given++) {
      int until = given == 5 ? steps.get(given) : steps.get(given + 1) - 1;
      for (int cut = steps.get(given); cut <= until; cut++) {
        for (LossyDisk.Cut kind : LossyDisk.Cut.values()) {
          Path after = Files.createTempDirectory(folder, "cut");
          disk.cutPower(cut, kind, random, after);
          Stored found = new TokenStore(after, "main", disk, scene.log).read().orElseThrow();
          assertEquals(
              refresh.get(given), found.refresh().orElseThrow().reveal(), kind + "@" + cut);
        }
      }
    }
  }

  @Test
  void aHubThatRefusesForAnotherReasonDidNotTakeTheToken() throws Exception {
    scene.loom.hub().next(Scene.answer(429, Map.of("Retry-After", "5"), ""));
    HubTest.assertFailure(Kind.UNREACHABLE, "429", () -> started().token(false));
    assertEquals(Optional.empty(), store().read().orElseThrow().begun());
  }

  private void assertSaid(String words) {
    assertTrue(scene.log.says(words), scene.log.toString());
  }

  private Stored login(String access) {
    Token token =
        new Token(
            new Secret(access),
            Optional.of(scene.clock.instant().plusSeconds(900)),
            Optional.of(scene.clock.instant().plusSeconds(600)));
    return new Stored(
        scene.hub.url(),
        configured.map(Secret::new).map(Stored::hash),
        Optional.of(new Secret(scene.loom.hub().refreshToken(Scene.ORGANIZATION))),
        Optional.of(token),
        Optional.empty());
  }

  /** As a process that was just started. */
  private FetchedTokens started() {
    Optional<Setting<Secret>> first =
        configured.isPresent()
            ? Optional.of(() -> new Secret(configured.orElseThrow()))
            : Optional.empty();
    return new FetchedTokens(
        new RefreshChain(
            scene.hub,
            scene.client,
            first,
            store(),
            new Random(1),
            scene.log,
            (delay, task) -> later.add(task)),
        scene.clock,
        scene.log,
        new Random(1));
  }

  private TokenStore store() {
    return new TokenStore(folder, "main", disk, scene.log);
  }

  private Path file() {
    return folder.resolve("tokens/main.json");
  }

  private static void full(LossyDisk.Kind kind, Path file) throws IOException {
    throw new IOException("No space left on device");
  }

  private static String text(Token token) {
    return token.secret().reveal();
  }
}
