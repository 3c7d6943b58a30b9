package loomagent.cable;

import static loomagent.cable.Subscription.State.DIALLING;
import static loomagent.cable.Subscription.State.DOWN;
import static loomagent.cable.Subscription.State.LIVE;
import static loomagent.cable.Subscription.State.OPEN;
import static loomagent.cable.Subscription.State.STOPPED;
import static loomagent.cable.Subscription.State.SUBSCRIBING;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import loomagent.json.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SubscriptionTest {

  private static String event(String id) {
    return "{\"identifier\":\"x\",\"message\":{\"id\":\"" + id + "\",\"name\":\"a.b\"}}";
  }

  // --- handshake ---

  @Test
  void itSubscribesOnceAfterTheWelcomeAndIsLiveOnceConfirmed() {
    Scene scene = new Scene();
    assertEquals(DIALLING, scene.state());
    scene.open();
    assertEquals(OPEN, scene.state());
    assertEquals(List.of(), scene.sent, "nothing is sent before the welcome");
    scene.frame("{\"type\":\"welcome\"}");
    assertEquals(SUBSCRIBING, scene.state());
    assertEquals(1, scene.sent.size());
    scene.confirm();
    assertEquals(LIVE, scene.state());
    assertEquals(List.of(DIALLING, OPEN, SUBSCRIBING, LIVE), scene.states);
  }

  @Test
  void theSubscribeCommandHoldsItsIdentifierAsJsonText() {
    Scene scene = Scene.live();
    Map<?, ?> command = (Map<?, ?>) Json.parse(scene.sent.get(0));
    assertEquals("subscribe", command.get("command"));
    assertEquals(
        Map.of(
            "channel", "EventChannel",
            "events", "mission_control.job_added,mission_control.job_updated"),
        Json.parse((String) command.get("identifier")));
  }

  @Test
  void aServerThatNeverWelcomesIsReplacedAndPingsDoNotExtendThat() {
    Scene scene = new Scene();
    scene.open();
    for (int i = 0; i < 3; i++) {
      scene.pass(Duration.ofSeconds(3));
      scene.ping();
      assertEquals(OPEN, scene.state());
    }
    scene.pass(Duration.ofSeconds(1));
    assertEquals(DOWN, scene.state());
    assertEquals(List.of(1), scene.dropped);
    scene.redial();
    assertEquals(2, scene.dials.size());
  }

  @Test
  void aConfirmationOrPingBeforeTheWelcomeIsIgnored() {
    Scene scene = new Scene();
    scene.open();
    scene.ping();
    scene.confirm();
    assertEquals(OPEN, scene.state());
    scene.frame("{\"type\":\"welcome\"}");
    assertEquals(SUBSCRIBING, scene.state(), "the early confirmation does not count later either");
  }

  @Test
  void aSecondWelcomeSubscribesNoSecondTime() {
    Scene scene = new Scene();
    scene.open();
    scene.frame("{\"type\":\"welcome\"}");
    scene.frame("{\"type\":\"welcome\"}");
    scene.confirm();
    scene.frame("{\"type\":\"welcome\"}");
    assertEquals(1, scene.sent.size());
    assertEquals(LIVE, scene.state());
  }

  @Test
  void aLostConfirmationIsAskedForAgainAndThenTheConnectionIsReplaced() {
    Scene scene = new Scene();
    scene.open();
    scene.frame("{\"type\":\"welcome\"}");
    for (int i = 0; i < 3; i++) {
      scene.pass(Duration.ofMillis(3_900));
      scene.ping();
    }
    assertEquals(4, scene.sent.size(), "once, and again after 3 s, 6 s and 9 s");
    assertEquals(SUBSCRIBING, scene.state());
    scene.pass(Duration.ofMillis(300));
    assertEquals(DOWN, scene.state());
    assertTrue(scene.failures.get(0).text().contains("never confirmed"));
  }

  @Test
  void aConfirmationOfTheSecondSubscribeIsAsGood() {
    Scene scene = new Scene();
    scene.open();
    scene.frame("{\"type\":\"welcome\"}");
    scene.pass(Duration.ofSeconds(5));
    scene.confirm();
    assertEquals(LIVE, scene.state());
  }

  @Test
  void twoConfirmationsAreOneLive() {
    Scene scene = Scene.live();
    scene.confirm();
    assertEquals(1, scene.states.stream().filter(LIVE::equals).count());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\\\"events\\\":\\\"mission_control.job_added\\\",\\\"channel\\\":\\\"EventChannel\\\"}",
        "{ \\\"channel\\\" : \\\"EventChannel\\\" , \\\"events\\\" : \\\"a.b, c.d\\\" }",
        "EventChannel",
        ""
      })
  void aConfirmationInOtherWordsIsAccepted(String identifier) {
    Scene scene = new Scene();
    scene.open();
    scene.frame("{\"type\":\"welcome\"}");
    scene.frame("{\"identifier\":\"" + identifier + "\",\"type\":\"confirm_subscription\"}");
    assertEquals(LIVE, scene.state());
  }

  @Test
  void aRejectionIsSaidWithTheNamesAndTriedAgainSlowly() {
    Scene scene = new Scene();
    scene.open();
    scene.frame("{\"type\":\"welcome\"}");
    scene.frame("{\"identifier\":\"x\",\"type\":\"reject_subscription\"}");
    assertEquals(DOWN, scene.state());
    assertEquals(Failure.Kind.REJECTED, scene.failures.get(0).kind());
    assertTrue(scene.failures.get(0).text().contains("rejected"));
    assertTrue(scene.failures.get(0).text().contains("mission_control.job_updated"));
    assertTrue(scene.lastWait().compareTo(Duration.ofSeconds(30)) >= 0, "half of the longest wait");
    scene.redial();
    assertEquals(DIALLING, scene.state());
  }

  @Test
  void anEventBeforeTheConfirmationIsAnEvent() {
    Scene scene = new Scene();
    scene.open();
    scene.frame("{\"type\":\"welcome\"}");
    scene.frame(event("early"));
    assertEquals(List.of("early"), scene.events);
  }

  @Test
  void anOpenSocketWithoutAnyFrameIsReplaced() {
    Scene scene = new Scene();
    scene.open();
    scene.pass(Duration.ofSeconds(10));
    assertEquals(DOWN, scene.state());
  }

  @Test
  void aDialWithoutAnyAnswerIsGivenUpAndRepeated() {
    Scene scene = new Scene();
    scene.pass(Duration.ofSeconds(30));
    assertEquals(DOWN, scene.state());
    assertEquals(List.of(1), scene.dropped);
    scene.redial();
    assertEquals(2, scene.socket);
  }

  // --- live ---

  @Test
  void silenceWhileLiveIsReplacedAfterStaleAfter() {
    Scene scene = Scene.live();
    scene.pass(Scene.STALE_AFTER.minusMillis(1));
    assertEquals(LIVE, scene.state());
    scene.pass(Duration.ofMillis(1));
    assertEquals(DOWN, scene.state());
    assertTrue(scene.failures.get(0).text().contains("silent"));
  }

  @Test
  void pingsAloneKeepItAliveForEver() {
    Scene scene = Scene.live();
    for (int i = 0; i < 10_000; i++) {
      scene.pass(Duration.ofSeconds(3));
      scene.ping();
    }
    assertEquals(LIVE, scene.state());
    assertEquals(1, scene.dials.size());
  }

  @Test
  void anyFrameAndAnyPartOfOneCountsAsLife() {
    Scene scene = Scene.live();
    List<Runnable> signs =
        List.of(
            () -> scene.frame(event("1")),
            () -> scene.frame("[]"),
            () -> scene.frame("{\"type\":\"news\"}"),
            () -> scene.subscription.garbled(scene.socket, "noise", scene.now),
            () -> scene.subscription.alive(scene.socket, scene.now));
    for (Runnable sign : signs) {
      scene.pass(Duration.ofSeconds(9));
      sign.run();
      assertEquals(LIVE, scene.state());
    }
    assertEquals(1, scene.dials.size());
  }

  @Test
  void lifeInThePastMovesNothing() {
    Scene scene = Scene.live();
    scene.subscription.alive(scene.socket, scene.now - Duration.ofHours(1).toNanos());
    scene.pass(Duration.ofSeconds(9));
    assertEquals(LIVE, scene.state());
  }

  @Test
  void whatMakesNoSenseIsSaidOnceAndTheConnectionKept() {
    Scene scene = Scene.live();
    List<String> strange =
        List.of(
            "[]",
            "7",
            "null",
            "\"text\"",
            "{}",
            "{\"type\":\"news\"}",
            "{\"type\":7}",
            "{\"type\":{\"a\":1}}",
            "{\"identifier\":\"x\"}",
            "{\"identifier\":\"{\\\"channel\\\":\\\"Other\\\"}\",\"message\":{\"id\":\"9\"}}");
    for (int round = 0; round < 50; round++) {
      strange.forEach(scene::frame);
      scene.subscription.garbled(scene.socket, "a frame that is not JSON", scene.now);
    }
    assertEquals(LIVE, scene.state());
    assertEquals(List.of(), scene.events);
    assertEquals(5, scene.said.size(), () -> "one line a kind: " + scene.said);
  }

  @Test
  void unknownMembersAreNoReasonToIgnoreAFrame() {
    Scene scene = new Scene();
    scene.open();
    scene.frame("{\"type\":\"welcome\",\"sid\":\"abc\",\"sids\":[1,{}]}");
    scene.frame("{\"type\":\"confirm_subscription\",\"identifier\":\"x\",\"since\":1}");
    scene.frame("{\"offset\":7,\"identifier\":\"x\",\"message\":{\"id\":\"1\"},\"epoch\":\"e\"}");
    assertEquals(List.of("1"), scene.events);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"id\":\"1\",\"type\":\"ping\"}",
        "{\"id\":\"1\",\"type\":\"disconnect\",\"reason\":\"unauthorized\",\"reconnect\":false}",
        "{\"id\":\"1\",\"payload\":{\"type\":\"disconnect\",\"reconnect\":false}}",
        "{\"id\":\"1\",\"payload\":\"{\\\"type\\\":\\\"reject_subscription\\\"}\"}"
      })
  void anEventThatLooksLikeACommandIsAnEvent(String message) {
    Scene scene = Scene.live();
    scene.frame("{\"identifier\":\"x\",\"message\":" + message + "}");
    assertEquals(List.of("1"), scene.events);
    assertEquals(LIVE, scene.state());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"name\":\"a.b\"}",
        "[1]",
        "\"text\"",
        "7",
        "true",
        "{\"id\":7}",
        "{\"id\":\"\"}"
      })
  void aMessageThatIsNoEventIsKeptAside(String message) {
    Scene scene = Scene.live();
    scene.frame("{\"identifier\":\"x\",\"message\":" + message + "}");
    assertEquals(List.of(message), scene.aside);
    assertEquals(List.of(), scene.events);
    assertEquals(LIVE, scene.state());
  }

  @Test
  void ofAnEarlierSocketOnlyEventsCount() {
    Scene scene = Scene.live();
    scene.fail("broken");
    scene.redial();
    scene.open();
    scene.frameFrom(1, "{\"type\":\"welcome\"}");
    scene.frameFrom(1, event("old"));
    scene.subscription.failed(1, Failure.unreachable("late"), scene.now);
    assertEquals(OPEN, scene.state());
    assertEquals(List.of("old"), scene.events, "it was received, and will not be sent again");
  }

  @Test
  void everySocketIsDroppedBeforeTheNextIsDialled() {
    Scene scene = new Scene();
    for (int i = 1; i <= 20; i++) {
      scene.goLive();
      scene.fail("broken");
      assertEquals(i, scene.dropped.size());
      scene.redial();
    }
    assertEquals(21, scene.dials.size());
  }

  // --- disconnect ---

  @ParameterizedTest
  @ValueSource(strings = {"unauthorized", "token_expired"})
  void aRefusedTokenIsReplacedOnceAtOnceAndThenSlowly(String reason) {
    Scene scene = new Scene();
    for (int i = 0; i < 4; i++) {
      scene.open();
      String frame = "{\"type\":\"disconnect\",\"reason\":\"%s\",\"reconnect\":false}";
      scene.frame(String.format(frame, reason));
      assertEquals(DOWN, scene.state());
      scene.redial();
    }
    assertEquals(Duration.ZERO, scene.waits.get(0));
    for (Duration wait : scene.waits.subList(1, 4)) {
      assertTrue(wait.compareTo(Duration.ofSeconds(30)) >= 0, wait::toString);
    }
    assertEquals(List.of(false, true, true, true, true), scene.dials);
    assertTrue(scene.failures.get(0).text().contains(reason));
  }

  @Test
  void aTokenThatIsRefusedAtTheUpgradeIsTreatedTheSame() {
    Scene scene = new Scene();
    scene.unauthorised();
    assertEquals(Duration.ZERO, scene.lastWait());
    scene.redial();
    scene.unauthorised();
    assertTrue(scene.lastWait().compareTo(Duration.ofSeconds(30)) >= 0);
    assertEquals(List.of(false, true), scene.dials);
  }

  @Test
  void afterAGoodWhileARefusedTokenIsAgainReplacedAtOnce() {
    Scene scene = new Scene();
    scene.unauthorised();
    scene.redial();
    scene.goLive();
    for (int i = 0; i < 12; i++) {
      scene.pass(Duration.ofSeconds(3));
      scene.ping();
    }
    scene.frame("{\"type\":\"disconnect\",\"reason\":\"token_expired\",\"reconnect\":false}");
    assertEquals(Duration.ZERO, scene.lastWait());
  }

  @ParameterizedTest
  @CsvSource({
    "server_restart, server_restart",
    "idle_timeout, idle_timeout",
    "something of the day, disconnected",
    "token_expired, unauthorised"
  })
  void figuresKnowAFewReasonsWhateverAServerWrites(String reason, String counted) {
    Scene scene = Scene.live();
    scene.frame("{\"type\":\"disconnect\",\"reason\":\"" + reason + "\",\"reconnect\":true}");
    assertEquals(counted, scene.failures.get(0).reason());
  }

  @Test
  void silenceIsCountedAsSuch() {
    Scene scene = Scene.live();
    scene.pass(Duration.ofSeconds(11));
    assertEquals("silent", scene.failures.get(0).reason());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"disconnect\",\"reason\":\"server_restart\",\"reconnect\":true}",
        "{\"type\":\"disconnect\",\"reason\":\"remote\",\"reconnect\":true}",
        "{\"type\":\"disconnect\",\"reason\":\"idle_timeout\",\"reconnect\":true}",
        "{\"type\":\"disconnect\",\"reason\":\"too_slow\",\"reconnect\":true}",
        "{\"type\":\"disconnect\",\"reason\":null,\"reconnect\":true}",
        "{\"type\":\"disconnect\"}"
      })
  void aDisconnectIsFollowedByAnotherDialWithBackoff(String frame) {
    Scene scene = Scene.live();
    scene.frame(frame);
    assertEquals(DOWN, scene.state());
    assertTrue(scene.lastWait().compareTo(Duration.ofSeconds(1)) <= 0);
    scene.redial();
    scene.goLive();
    assertEquals(LIVE, scene.state());
    assertFalse(scene.dials.get(1), "the token was not refused");
  }

  @Test
  void aServerThatAsksNotToComeBackIsAskedAgainSlowlyForEver() {
    Scene scene = new Scene();
    for (int i = 0; i < 100; i++) {
      scene.open();
      scene.frame("{\"type\":\"disconnect\",\"reason\":\"banned\",\"reconnect\":false}");
      assertTrue(scene.lastWait().compareTo(Duration.ofSeconds(30)) >= 0);
      scene.redial();
    }
    assertEquals(101, scene.dials.size());
    assertTrue(scene.failures.get(0).text().contains("banned"));
  }

  // --- backoff ---

  @Test
  void aServerThatWelcomesAndDropsOverAndOverIsAskedLessAndLess() {
    Scene scene = new Scene();
    for (int i = 0; i < 40; i++) {
      scene.goLive();
      scene.pass(Duration.ofSeconds(2));
      scene.fail("dropped");
      scene.redial();
    }
    Duration early = sum(scene.waits.subList(0, 5));
    Duration late = sum(scene.waits.subList(35, 40));
    assertTrue(late.compareTo(early.multipliedBy(3)) > 0, early + " grew to " + late);
  }

  @Test
  void aGoodWhileStartsTheBackoffOver() {
    Scene scene = new Scene();
    for (int i = 0; i < 10; i++) {
      scene.fail("refused");
      scene.redial();
    }
    scene.goLive();
    for (int i = 0; i < 10; i++) {
      scene.pass(Duration.ofSeconds(3));
      scene.ping();
    }
    scene.fail("dropped");
    assertTrue(scene.lastWait().compareTo(Duration.ofSeconds(1)) <= 0, scene.waits::toString);
  }

  @Test
  void noWaitIsLongerThanTheLongestAndNoServerIsGivenUp() {
    Scene scene = new Scene();
    for (int i = 0; i < 1_000; i++) {
      scene.fail("refused");
      assertTrue(scene.lastWait().compareTo(Duration.ofSeconds(60)) <= 0);
      scene.redial();
      assertEquals(DIALLING, scene.state());
    }
  }

  @Test
  void aServerThatAsksToWaitIsLeftAloneForThatLongButNotForDays() {
    Scene scene = new Scene();
    scene.fail(Failure.Kind.UNREACHABLE, Duration.ofSeconds(120));
    assertEquals(Duration.ofSeconds(120), scene.lastWait());
    scene.redial();
    scene.fail(Failure.Kind.UNREACHABLE, Duration.ofDays(30));
    assertEquals(Duration.ofHours(1), scene.lastWait());
  }

  @Test
  void aHundredAgentsComeBackSpreadOut() {
    int[] perSecond = new int[120];
    for (int agent = 0; agent < 100; agent++) {
      Scene scene = new Scene(Duration.ofSeconds(1), Duration.ofSeconds(60), agent);
      long start = scene.now;
      for (int i = 0; i < 6; i++) { // the outage: each has failed some times
        scene.fail("refused");
        scene.redial();
      }
      scene.fail("refused");
      scene.redial();
      long last = scene.dialTimes.get(7) - scene.dialTimes.get(6);
      perSecond[(int) (last / 1_000_000_000L)]++;
      assertTrue(scene.now > start);
    }
    for (int count : perSecond) {
      assertTrue(count <= 10, "at most a tenth of them in any second");
    }
  }

  // --- stop ---

  @Test
  void toStopIsFinalInEveryState() {
    Scene dialling = new Scene();
    Scene open = new Scene();
    open.open();
    Scene live = Scene.live();
    Scene down = Scene.live();
    down.fail("broken");
    for (Scene scene : List.of(dialling, open, live, down)) {
      scene.subscription.stop(scene.now);
      int dials = scene.dials.size();
      scene.subscription.stop(scene.now);
      scene.open();
      scene.frame(event("late"));
      scene.fail("late");
      scene.pass(Duration.ofDays(1));
      assertEquals(STOPPED, scene.state());
      assertEquals(dials, scene.dials.size());
      assertEquals(List.of("late"), scene.events, "what was received is handed over");
    }
    assertEquals(List.of(1), live.closed, "an open socket is closed in good manners");
    assertEquals(List.of(1), dialling.dropped, "one that is being dialled is dropped");
  }

  private static Duration sum(List<Duration> waits) {
    return waits.stream().reduce(Duration.ZERO, Duration::plus);
  }
}
