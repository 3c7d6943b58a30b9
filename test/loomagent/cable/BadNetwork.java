package loomagent.cable;

import static java.nio.charset.StandardCharsets.UTF_8;
import static loomagent.cable.Subscription.State.DIALLING;
import static loomagent.cable.Subscription.State.DOWN;
import static loomagent.cable.Subscription.State.LIVE;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import loomagent.base.Backoff;
import loomagent.json.Envelope;

/**
 * A network and a server in simulated time, all of it drawn from one seed: dials that fail or hang,
 * servers that never welcome or confirm, frames that are late, sockets that end or go silent at any
 * moment. After each step it checks what must always hold.
 */
final class BadNetwork implements Port {
  private static final long SECOND = 1_000_000_000L;

  /** Something that happens at a time; equal times in the order of their making. */
  private record Due(long at, long order, Runnable what) implements Comparable<Due> {
    @Override
    public int compareTo(Due other) {
      return at != other.at ? Long.compare(at, other.at) : Long.compare(order, other.order);
    }
  }

  private enum Socket {
    DIALLED,
    OPEN,
    GONE
  }

  private final Random random;
  private final PriorityQueue<Due> future = new PriorityQueue<>();
  private final Map<Integer, Socket> sockets = new HashMap<>();
  private final Subscription subscription;
  private final List<Long> dials = new ArrayList<>();

  private long now;
  private long order;
  private boolean faults = true;
  private int published;
  private int expected; // published on a socket that was LIVE, and arrived before it ended
  private int lives;
  private int delivered;

  BadNetwork(long seed) {
    random = new Random(seed);
    Backoff backoff =
        new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(60), new Random(seed + 1));
    subscription =
        new Subscription(Scene.EVENTS, Duration.ofSeconds(10), Limits.STANDARD, backoff, this);
    subscription.start(now);
  }

  /** Lets time pass. */
  void run(Duration duration) {
    long end = now + duration.toNanos();
    while (true) {
      long next = Math.min(end, subscription.deadline());
      if (!future.isEmpty() && future.peek().at() <= next) {
        Due due = future.remove();
        now = Math.max(now, due.at());
        due.what().run();
      } else if (next < end) {
        now = Math.max(now, next);
        subscription.tick(now);
      } else {
        now = end;
        return;
      }
      check();
    }
  }

  /** From now on the network is as good as it should be. */
  void heal() {
    faults = false;
  }

  void publishOnEveryLiveSocket() {
    sockets.forEach(
        (number, state) -> {
          if (state == Socket.OPEN) {
            event(number);
          }
        });
  }

  boolean live() {
    return subscription.state() == LIVE;
  }

  int lives() {
    return lives;
  }

  int delivered() {
    return delivered;
  }

  int dialled() {
    return dials.size();
  }

  private void check() {
    long open = sockets.values().stream().filter(state -> state != Socket.GONE).count();
    boolean none = subscription.state() == DOWN;
    require(none ? open == 0 : open <= 1, "sockets: " + sockets);
    require(delivered == expected, delivered + " of " + expected + " events delivered");
    require(subscription.deadline() - now <= 3_601 * SECOND, "it would sleep for hours");
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }

  private void in(double seconds, Runnable what) {
    future.add(new Due(now + (long) (seconds * SECOND), order++, what));
  }

  private boolean fault(double probability) {
    return faults && random.nextDouble() < probability;
  }

  private double delay() {
    return faults && random.nextInt(20) == 0 ? random.nextDouble() * 15 : random.nextDouble() * 0.2;
  }

  // The server's side of one socket.

  private void answer(int number) {
    if (sockets.get(number) != Socket.DIALLED) {
      return;
    }
    sockets.put(number, Socket.OPEN);
    subscription.opened(number, now);
    if (faults) {
      in(random.nextDouble() * 600, () -> end(number)); // it will end some time
    }
    if (fault(0.1)) {
      in(random.nextDouble() * 3, () -> frame(number, "{\"type\":\"confirm_subscription\"}"));
    }
    ping(number, fault(0.1) ? random.nextInt(40) : Integer.MAX_VALUE);
    if (!fault(0.1)) {
      in(delay(), () -> frame(number, "{\"type\":\"welcome\"}"));
    }
  }

  private void ping(int number, int left) {
    if (left > 0 && sockets.get(number) == Socket.OPEN) {
      frame(number, "{\"type\":\"ping\",\"message\":1}");
      if (fault(0.2)) {
        event(number);
      }
      in(faults ? 2.9 + random.nextDouble() * 0.3 : 3, () -> ping(number, left - 1));
    }
  }

  private void event(int number) {
    String id = "e" + published++;
    in(
        delay() / 10,
        () -> {
          // Whatever arrives on an open socket counts, LIVE or not: a server sends at will.
          if (sockets.get(number) == Socket.OPEN) {
            expected++;
            frame(number, "{\"identifier\":\"x\",\"message\":{\"id\":\"" + id + "\"}}");
          }
        });
  }

  private void end(int number) {
    if (sockets.get(number) != Socket.OPEN || !faults) {
      return;
    }
    in(60, () -> end(number)); // a rejection before the subscribe, say, ends nothing
    switch (random.nextInt(5)) {
      case 0 -> frame(number, "{\"type\":\"disconnect\",\"reason\":\"remote\",\"reconnect\":true}");
      case 1 ->
          frame(
              number, "{\"type\":\"disconnect\",\"reason\":\"unauthorized\",\"reconnect\":false}");
      case 2 -> frame(number, "{\"type\":\"reject_subscription\"}");
      default -> {
        sockets.put(number, Socket.GONE);
        subscription.failed(number, Failure.unreachable("cut"), now);
      }
    }
  }

  private void frame(int number, String text) {
    if (sockets.get(number) == Socket.OPEN) {
      byte[] utf8 = text.getBytes(UTF_8);
      Envelope envelope = new Envelope();
      envelope.read(utf8, 0, utf8.length);
      subscription.frame(number, envelope, now);
    }
  }

  // What the subscription asks for.

  @Override
  public void dial(int number, boolean freshToken) {
    dials.add(now);
    sockets.put(number, Socket.DIALLED);
    if (fault(0.1)) {
      return; // never answered
    }
    if (fault(0.3)) {
      in(
          delay(),
          () -> {
            if (sockets.get(number) == Socket.DIALLED) {
              sockets.put(number, Socket.GONE);
              subscription.failed(number, Failure.unreachable("refused"), now);
            }
          });
    } else {
      in(delay(), () -> answer(number));
    }
  }

  @Override
  public void send(int number, String text) {
    require(sockets.get(number) != Socket.DIALLED, "sent before the socket was open");
    if (!fault(0.15)) {
      in(delay(), () -> frame(number, "{\"type\":\"confirm_subscription\"}"));
    }
  }

  @Override
  public void drop(int number) {
    sockets.put(number, Socket.GONE);
  }

  @Override
  public void close(int number) {
    sockets.put(number, Socket.GONE);
  }

  @Override
  public void event(Envelope frame) {
    delivered++;
  }

  @Override
  public void aside(Envelope frame, String reason) {
    throw new AssertionError("every event here is one");
  }

  @Override
  public void became(Subscription.State state, String reason) {
    if (state == LIVE) {
      lives++;
    } else if (state == DIALLING) {
      sockets.values().removeIf(Socket.GONE::equals);
    }
  }

  @Override
  public void failed(Failure failure, Duration next, Duration silence) {}

  @Override
  public void say(Level level, String text) {}
}
