package loomagent.cable;

import static loomagent.cable.Subscription.State.DIALLING;
import static loomagent.cable.Subscription.State.DOWN;
import static loomagent.cable.Subscription.State.LIVE;
import static loomagent.cable.Subscription.State.OPEN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What counts as life, and how long each silence is said to have been. */
final class SubscriptionLifeTest {

  @Test
  void aSignOfLifeFromThePastTakesNothingBack() {
    Scene scene = Scene.live();
    long deadline = scene.subscription.deadline();
    scene.subscription.alive(scene.socket, scene.now - 1);
    assertEquals(deadline, scene.subscription.deadline());
    scene.subscription.alive(scene.socket, scene.now + 1);
    assertEquals(deadline + 1, scene.subscription.deadline());
    scene.subscription.alive(scene.socket - 1, scene.now + 2);
    assertEquals(deadline + 1, scene.subscription.deadline(), "nor does another socket add to it");
  }

  @Test
  void eachSilenceIsSaidAsLongAsItWas() {
    Scene scene = new Scene();
    scene.redial();
    assertTrue(scene.failures.get(0).text().endsWith("no answer to the dial (30s)"));
    scene.redial();
    scene.open();
    scene.pass(Duration.ofSeconds(10));
    assertTrue(scene.failures.get(1).text().endsWith("never welcomed the agent (10s)"));
    scene.redial();
    scene.goLive();
    scene.pass(Duration.ofSeconds(3));
    scene.ping();
    scene.pass(Duration.ofSeconds(10));
    assertTrue(scene.failures.get(2).text().endsWith("the connection went silent (10s)"));
    assertEquals(Duration.ofSeconds(10), scene.silences.get(2));
  }

  @Test
  void onlyOneThatWaitsToDialCanBeHurried() {
    Scene scene = Scene.live();
    scene.subscription.hurry(scene.now);
    scene.subscription.tick(scene.now);
    assertEquals(LIVE, scene.state());
    scene.fail(Failure.Kind.UNREACHABLE, Duration.ofMinutes(10));
    scene.subscription.tick(scene.now);
    assertEquals(DOWN, scene.state());
    scene.subscription.hurry(scene.now);
    scene.subscription.tick(scene.now);
    assertEquals(DIALLING, scene.state());
  }

  @Test
  void aRejectionCountsOnceThereIsSomethingToReject() {
    Scene scene = new Scene();
    scene.open();
    scene.frame("{\"type\":\"reject_subscription\"}");
    assertEquals(OPEN, scene.state());
    scene.goLive();
    scene.frame("{\"type\":\"reject_subscription\"}");
    assertEquals(DOWN, scene.state());
  }

  @Test
  void whoeverIsLiveForAMomentOnlyIsNotDialledFasterAgain() {
    Scene scene = new Scene();
    for (int i = 0; i < 8; i++) {
      scene.goLive();
      scene.fail("dropped");
      scene.redial();
    }
    Duration longest = scene.waits.stream().max(Duration::compareTo).orElseThrow();
    assertTrue(longest.compareTo(Duration.ofSeconds(5)) > 0, () -> scene.waits.toString());
  }

  @Test
  void aStrangeIdentifierIsSaidAndItsMessageTaken() {
    Scene scene = Scene.live();
    scene.frame("{\"identifier\":\"no json\",\"message\":{\"id\":\"1\"}}");
    assertEquals(List.of("1"), scene.events);
    assertTrue(scene.said.get(0).contains("and took the message: no json"), scene.said::toString);
  }

  @Test
  void aFewKindsAreSaidOnceAndNoMore() {
    Once once = new Once();
    long said = IntStream.range(0, 1_000).filter(i -> once.first("kind " + i % 500)).count();
    assertTrue(said > 5 && said < 100, () -> said + " kinds");
    assertFalse(once.first("kind 0"));
  }
}
