package loomagent.whole;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import loomagent.json.Json;

/** One connection as Loom has it: welcome, pings, a subscription, and all that can go wrong. */
final class Peer {
  private static final long PING = 3 * World.SECOND;

  private final World world;
  private final Loom loom;
  private final Wire wire;
  private final long ends; // when its token does, by the schedule
  private String identifier = "";
  private List<String> names = List.of();
  private boolean over;
  private boolean stalled; // half-open: what either side sends goes nowhere

  Peer(World world, Loom loom, Wire wire, long ends) {
    this.world = world;
    this.loom = loom;
    this.wire = wire;
    this.ends = ends;
  }

  void welcome() {
    if (!over && !world.weather.network(15)) { // else it never comes, and nothing else does
      say("{\"type\":\"welcome\"}");
      world.after(PING, this::ping);
    }
  }

  private void ping() {
    if (over) {
      return;
    }
    if (world.schedule.nanos() > ends) {
      disconnect("\"token_expired\"", false);
    } else if (world.weather.network(12)) {
      mishap();
    } else {
      say("{\"type\":\"ping\",\"message\":" + loom.now().getEpochSecond() + "}");
    }
    world.after(PING, this::ping);
  }

  private void mishap() {
    switch (world.random.nextInt(8)) {
      case 0 -> disconnect("\"server_restart\"", true);
      case 1 -> disconnect("\"remote\"", true);
      case 2 -> disconnect("null", world.random.nextBoolean());
      case 3 -> stalled = true;
      case 4 -> end(() -> wire.closed(loom.latency(), 1006));
      case 5 -> end(() -> wire.closed(loom.latency(), 1000));
      case 6 -> disconnect("\"unauthorized\"", false);
      default -> end(() -> wire.failed(loom.latency(), "Connection reset"));
    }
  }

  void disconnect(String reason, boolean reconnect) {
    say("{\"type\":\"disconnect\",\"reason\":" + reason + ",\"reconnect\":" + reconnect + "}");
    end(() -> wire.closed(loom.latency(), 1000));
  }

  private void end(Runnable last) {
    if (!over) {
      last.run();
      gone();
    }
  }

  private void say(String text) {
    if (over || stalled) {
      return;
    }
    if (world.weather.network(2)) { // lost at some byte
      world.log.detail(() -> "cut: " + text);
      wire.begun(loom.latency(), text);
      end(() -> wire.failed(loom.latency(), "Connection reset"));
    } else {
      wire.text(loom.latency(), text);
    }
  }

  /** The agent sent something. */
  void heard(String text) {
    if (over || stalled || world.weather.network(20)) { // as before Rails is ready
      return;
    }
    Map<?, ?> command = (Map<?, ?>) Json.parse(text);
    if (!command.get("command").equals("subscribe") || !names.isEmpty()) {
      return; // Rails never confirms twice
    }
    String wanted = (String) command.get("identifier");
    if (world.weather.network(10)) {
      answer(wanted, "reject_subscription");
      return;
    }
    identifier = wanted;
    Map<?, ?> channel = (Map<?, ?>) Json.parse(identifier);
    names = List.of(((String) channel.get("events")).split(","));
    if (!world.weather.network(20)) {
      world.after(loom.latency(), () -> answer(identifier, "confirm_subscription"));
      if (world.weather.network(20)) {
        world.after(loom.latency(), () -> answer(identifier, "confirm_subscription"));
      }
    }
  }

  private void answer(String to, String type) {
    say("{\"identifier\":" + Json.write(to) + ",\"type\":\"" + type + "\"}");
  }

  void event(Published event) {
    world.log.detail(() -> (over || stalled ? "lost: " : "sent: ") + event.id());
    if (names.contains(event.name())) {
      say("{\"identifier\":" + Json.write(identifier) + ",\"message\":" + event.json() + "}");
    }
  }

  /** RFC 6455 has every server answer, and some do not. */
  void pinged(ByteBuffer payload) {
    if (!over && !stalled && loom.answersPings()) {
      wire.pong(loom.latency(), payload);
    }
  }

  /** The agent closes. */
  void left(int status) {
    if (!over && !stalled) {
      wire.closed(loom.latency(), status);
    }
    gone();
  }

  /** The connection is no more. */
  void gone() {
    over = true;
    loom.left(this);
  }
}
