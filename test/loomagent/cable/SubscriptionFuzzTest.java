package loomagent.cable;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loomagent.base.Fuzz;
import loomagent.json.Envelope;
import loomagent.json.Json;
import loomagent.json.JsonException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whatever a server says, in whatever order: an event is one, and the way back to LIVE is open. */
@Tag("fuzz")
final class SubscriptionFuzzTest {
  private static final String[] FRAMES = {
    "{\"type\":\"welcome\"}",
    "{\"type\":\"ping\",\"message\":1700000000}",
    "{\"identifier\":\"{\\\"channel\\\":\\\"EventChannel\\\"}\",\"type\":\"confirm_subscription\"}",
    "{\"identifier\":\"{}\",\"type\":\"reject_subscription\"}",
    "{\"type\":\"disconnect\",\"reason\":\"server_restart\",\"reconnect\":true}",
    "{\"type\":\"disconnect\",\"reason\":\"unauthorized\",\"reconnect\":false}",
    "{\"type\":\"disconnect\",\"reconnect\":false}",
    "{\"identifier\":\"{\\\"channel\\\":\\\"EventChannel\\\",\\\"events\\\":\\\"a.b\\\"}\","
        + "\"message\":{\"id\":\"e-1\",\"name\":\"a.b\",\"payload\":{\"type\":\"ping\"}}}",
    "{\"identifier\":\"{\\\"channel\\\":\\\"OtherChannel\\\"}\",\"message\":{\"id\":\"e-2\"}}",
    "{\"message\":{\"id\":7}}",
    "{\"message\":[1]}"
  };

  /** What a state may be followed by, besides STOPPED. */
  private static final Map<Subscription.State, Set<Subscription.State>> AFTER =
      Map.of(
          Subscription.State.DOWN, Set.of(Subscription.State.DIALLING),
          Subscription.State.DIALLING, Set.of(Subscription.State.OPEN, Subscription.State.DOWN),
          Subscription.State.OPEN, Set.of(Subscription.State.SUBSCRIBING, Subscription.State.DOWN),
          Subscription.State.SUBSCRIBING, Set.of(Subscription.State.LIVE, Subscription.State.DOWN),
          Subscription.State.LIVE, Set.of(Subscription.State.DOWN));

  @Test
  void anEventIsOneAndTheWayBackToLiveIsOpen() {
    Envelope envelope = new Envelope();
    int[] seen = new int[3];
    boolean all =
        Fuzz.run(
            3_000,
            fuzz -> {
              Scene scene = new Scene();
              for (int i = fuzz.random.nextInt(25); i > 0; i--) {
                step(fuzz, scene, envelope);
              }
              for (int i = 1; i < scene.states.size(); i++) {
                Set<Subscription.State> next = AFTER.get(scene.states.get(i - 1));
                assertTrue(next.contains(scene.states.get(i)), scene.states::toString);
              }
              assertTrue(scene.dials.size() - 1 <= scene.failures.size());
              seen[0] += scene.events.size();
              seen[1] += scene.aside.size();
              seen[2] +=
                  (int) scene.states.stream().filter(s -> s == Subscription.State.LIVE).count();
              recovers(scene);
            });
    assertTrue(!all || seen[0] > 500 && seen[1] > 500 && seen[2] > 500, Arrays.toString(seen));
  }

  private static void step(Fuzz fuzz, Scene scene, Envelope envelope) {
    switch (fuzz.random.nextInt(12)) {
      case 0 -> scene.pass(Duration.ofMillis(fuzz.random.nextInt(20_000)));
      case 1 -> scene.redial();
      case 2 ->
          scene.fail(fuzz.one(Failure.Kind.values()), Duration.ofSeconds(fuzz.random.nextLong()));
      case 3 -> scene.subscription.alive(scene.socket, scene.now + fuzz.random.nextInt(9) - 4);
      case 4 -> scene.subscription.hurry(scene.now);
      case 5 -> scene.open();
      case 6 -> scene.goLive();
      case 7, 8 -> frame(fuzz, scene, envelope, fuzz.input(fuzz.one(FRAMES)).getBytes(UTF_8));
      default ->
          frame(
              fuzz,
              scene,
              envelope,
              fuzz.damaged(bytes(fuzz.one(FRAMES)), bytes(fuzz.one(FRAMES))));
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static void frame(Fuzz fuzz, Scene scene, Envelope envelope, byte[] utf8) {
    int from = scene.socket - (fuzz.once(8) ? 1 : 0);
    int events = scene.events.size();
    int aside = scene.aside.size();
    String found = "";
    try {
      envelope.read(utf8, 0, utf8.length);
      found = what(Json.parse(utf8, 0, utf8.length));
      scene.subscription.frame(from, envelope, scene.now);
    } catch (JsonException noJson) {
      scene.subscription.garbled(from, noJson.getMessage(), scene.now);
    }
    assertEquals(found.startsWith("event ") ? 1 : 0, scene.events.size() - events, found);
    assertEquals(found.equals("aside") ? 1 : 0, scene.aside.size() - aside, found);
    assertTrue(scene.events.size() == events || found.equals("event " + scene.events.get(events)));
  }

  /** The rule, said in another way: by the tree. */
  private static String what(Object frame) {
    if (!(frame instanceof Map<?, ?> members)
        || members.get("type") != null
        || members.get("message") == null
        || isForAnother(members.get("identifier"))) {
      return "";
    }
    return members.get("message") instanceof Map<?, ?> message
            && message.get("id") instanceof String id
            && !id.isEmpty()
        ? "event " + id
        : "aside";
  }

  private static boolean isForAnother(Object identifier) {
    try {
      return identifier instanceof String text
          && Json.parse(text) instanceof Map<?, ?> members
          && members.get("channel") instanceof String channel
          && !channel.equals("EventChannel");
    } catch (JsonException strange) {
      return false;
    }
  }

  private static void recovers(Scene scene) {
    while (scene.state() != Subscription.State.DIALLING) {
      long before = scene.now;
      scene.redial();
      assertTrue(scene.now - before <= Duration.ofDays(1).toNanos(), "it waits for ever");
    }
    scene.goLive();
    assertEquals(Subscription.State.LIVE, scene.state());
    scene.frame("{\"message\":{\"id\":\"fresh\"}}");
    assertEquals("fresh", scene.events.get(scene.events.size() - 1));
    assertTrue(
        scene.said.size()
            <= List.of("garbled", "no object", "type", "no message", "identifier").size());
  }
}
