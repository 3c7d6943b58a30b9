package loomagent.cable;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import loomagent.base.Backoff;
import loomagent.base.Words;
import loomagent.json.Envelope;

/**
 * One subscription to Loom, held for ever: Action Cable as a state machine that takes frames, time
 * and failures and says what to do. It owns no socket, no thread and no clock, so that a test can
 * run a year of bad network in a second.
 *
 * <pre>
 * DOWN ──dial──▶ DIALLING ──opened──▶ OPEN ──welcome──▶ SUBSCRIBING ──confirm──▶ LIVE
 *   ▲               │                   │                    │                     │
 *   └────backoff────┴─── refused, silent, closed, disconnect, rejected ────────────┘   STOPPED: told to
 * </pre>
 *
 * <p>Each dial has a number, and nothing but events is taken from another socket than the current
 * one: a socket that was given up may still speak. Time is {@link System#nanoTime} or anything that
 * behaves like it. One thread calls all methods.
 *
 * <p>Source: {@code actioncable/lib/action_cable/connection} and {@code
 * actioncable/app/javascript/action_cable} in Rails, 6.1 to 8.
 */
public final class Subscription {

  /** Where the subscription stands. */
  public enum State {
    /** No socket; waiting for the next dial. */
    DOWN,
    /** Waiting for a token, a connection and the answer to the upgrade. */
    DIALLING,
    /** The socket is open; waiting for the server's welcome. */
    OPEN,
    /** Waiting for the server to confirm. Unconfirmed means unheard: events may be missed. */
    SUBSCRIBING,
    /** Confirmed: events arrive. */
    LIVE,
    /** Told to stop. Final. */
    STOPPED
  }

  /** What Rails says when it disconnects for its own reasons. */
  private static final Set<String> REASONS = Set.of("server_restart", "idle_timeout", "remote");

  /** How much of a frame that makes no sense is shown in the log. */
  private static final int EXCERPT = 120;

  private final Channel channel;
  private final String command;
  private final Duration staleAfter;
  private final Limits limits;
  private final Backoff backoff;
  private final Port port;
  private final Once once = new Once();

  private State state = State.DOWN;
  private int socket;
  private long since; // when this state began
  private long nextDial;
  private long nextSend;
  private long lastFrame;
  private boolean freshToken; // ask for another token at the next dial
  private boolean triedFresh; // a fresh token was refused as well, or is being tried

  /**
   * A subscription that has not begun.
   *
   * @param events the names to subscribe to
   * @param staleAfter silence that counts as a dead connection
   * @param limits how long each step may take
   * @param backoff the waits between dials
   * @param port what does the work
   */
  Subscription(
      List<String> events, Duration staleAfter, Limits limits, Backoff backoff, Port port) {
    this.channel = new Channel(events, what -> odd("identifier", what));
    this.command = channel.subscribe();
    this.staleAfter = staleAfter;
    this.limits = limits;
    this.backoff = backoff;
    this.port = port;
  }

  /**
   * Where the subscription stands.
   *
   * @return the state
   */
  public State state() {
    return state;
  }

  /**
   * When {@link #tick} is next needed, if nothing else happens before.
   *
   * @return a time, or {@link Long#MAX_VALUE} for never
   */
  public long deadline() {
    return switch (state) {
      case DOWN -> nextDial;
      case DIALLING -> since + limits.dial().toNanos();
      case OPEN -> since + limits.welcome().toNanos();
      case SUBSCRIBING -> Math.min(nextSend, since + limits.confirm().toNanos());
      case LIVE -> lastFrame + staleAfter.toNanos();
      case STOPPED -> Long.MAX_VALUE;
    };
  }

  /**
   * Dials for the first time.
   *
   * @param now the time
   */
  public void start(long now) {
    dial(now);
  }

  /**
   * The upgrade was answered well.
   *
   * @param from the socket
   * @param now the time
   */
  public void opened(int from, long now) {
    if (from == socket && state == State.DIALLING) {
      lastFrame = now;
      become(State.OPEN, "upgraded", now);
    }
  }

  /**
   * A dial failed, or an open socket ended.
   *
   * @param from the socket
   * @param failure why
   * @param now the time
   */
  public void failed(int from, Failure failure, long now) {
    if (from == socket && hasSocket()) {
      lose(failure, now);
    }
  }

  /**
   * Something arrived that is not a whole frame yet. On a slow line a large message is a sign of
   * life long before it is complete.
   *
   * @param from the socket
   * @param when it arrived
   */
  public void alive(int from, long when) {
    if (from == socket && when - lastFrame > 0) {
      lastFrame = when;
    }
  }

  /**
   * A text frame arrived that is not JSON, or a binary one.
   *
   * @param from the socket
   * @param what what is wrong with it, in words
   * @param now the time
   */
  public void garbled(int from, String what, long now) {
    alive(from, now);
    if (from == socket && hasSocket()) {
      odd("garbled", what);
    }
  }

  /**
   * A frame arrived.
   *
   * @param from the socket
   * @param frame the frame as read
   * @param now the time
   */
  public void frame(int from, Envelope frame, long now) {
    if (frame.isObject() && !frame.hasType()) {
      // An event is an event, also on a socket that was given up, or after the stop: it was
      // received, and will not be sent again.
      alive(from, now);
      message(frame);
    } else if (from != socket || !hasSocket()) {
      return;
    } else if (!frame.isObject()) {
      alive(from, now);
      odd("no object", "a frame that is no JSON object");
    } else {
      alive(from, now);
      switch (frame.type()) {
        case "ping" -> {} // it has counted as life already
        case "welcome" -> welcomed(now);
        case "confirm_subscription" -> confirmed(now);
        case "reject_subscription" -> rejected(now);
        case "disconnect" -> disconnected(frame.reason(), frame.reconnect(), now);
        default -> odd("type", "a frame of the unknown type " + frame.type());
      }
    }
  }

  /**
   * Time has passed.
   *
   * @param now the time
   */
  public void tick(long now) {
    if (state == State.STOPPED || now - deadline() < 0) {
      return;
    }
    long waited = now - since;
    switch (state) {
      case DOWN -> dial(now);
      case DIALLING -> lose(silent("no answer to the dial", waited), now);
      case OPEN -> lose(silent("connected, but the server never welcomed the agent", waited), now);
      case SUBSCRIBING -> {
        if (waited >= limits.confirm().toNanos()) {
          lose(silent("the server never confirmed the subscription", waited), now);
        } else {
          subscribe(now);
        }
      }
      case LIVE -> lose(silent("the connection went silent", now - lastFrame), now);
      case STOPPED -> {}
    }
  }

  /**
   * The next dial need not wait any more: another connection, which this one was to relieve, is
   * gone.
   *
   * @param now the time
   */
  public void hurry(long now) {
    if (state == State.DOWN) {
      nextDial = now;
    }
  }

  /**
   * Ends the subscription for good.
   *
   * @param now the time
   */
  public void stop(long now) {
    if (state == State.STOPPED) {
      return;
    }
    boolean open = hasSocket() && state != State.DIALLING;
    if (open) {
      port.close(socket);
    } else if (hasSocket()) {
      port.drop(socket);
    }
    become(State.STOPPED, "told to stop", now);
  }

  private void dial(long now) {
    socket++;
    lastFrame = now;
    become(State.DIALLING, "dialling", now);
    boolean fresh = freshToken;
    freshToken = false;
    port.dial(socket, fresh);
  }

  private void welcomed(long now) {
    if (state == State.OPEN) {
      become(State.SUBSCRIBING, "welcomed", now);
      subscribe(now);
    }
  }

  private void subscribe(long now) {
    nextSend = now + limits.resend().toNanos();
    port.send(socket, command);
  }

  // The server may write the identifier in another order, and even with other event names. There is
  // one subscription on this socket: whatever is confirmed, or rejected, is this one.
  private void confirmed(long now) {
    if (state == State.SUBSCRIBING) {
      become(State.LIVE, "confirmed", now);
    }
  }

  private void rejected(long now) {
    if (state == State.SUBSCRIBING || state == State.LIVE) {
      String text =
          "the server rejected the subscription to "
              + channel.names()
              + ". Check the names, and that the app may subscribe to them";
      lose(new Failure(Failure.Kind.REJECTED, text, Duration.ZERO), now);
    }
  }

  private void disconnected(String reason, boolean reconnect, long now) {
    String why = reason.isEmpty() ? " without a reason" : ": " + Words.line(reason, EXCERPT);
    if (Set.of("unauthorized", "token_expired").contains(reason)) {
      String text = "the server refused the token" + why + ". Check token and its Organization";
      lose(new Failure(Failure.Kind.UNAUTHORISED, text, Duration.ZERO), now);
    } else if (reconnect) {
      String known = REASONS.contains(reason) ? reason : "disconnected";
      lose(Failure.unreachable("the server disconnected the agent" + why).because(known), now);
    } else {
      String text = "the server disconnected the agent" + why + ", and asked it not to come back";
      lose(new Failure(Failure.Kind.UNWELCOME, text, Duration.ZERO), now);
    }
  }

  private void message(Envelope frame) {
    if (!frame.hasMessage()) {
      odd("no message", "a frame with neither a type nor a message");
    } else if (!channel.means(frame.identifier())) {
      odd("identifier", "a message of another subscription: " + frame.identifier());
    } else if (!frame.messageIsObject()) {
      port.aside(frame, "it is no JSON object");
    } else if (frame.id().isEmpty()) {
      port.aside(frame, "it has no id");
    } else {
      port.event(frame);
    }
  }

  private void odd(String kind, String what) {
    if (once.first(kind)) {
      port.say(
          Level.WARNING,
          "ignored " + Words.line(what, EXCERPT) + ". More of the kind are ignored without a word");
    }
  }

  private Failure silent(String what, long nanos) {
    return Failure.unreachable(what + " (" + Words.of(Duration.ofNanos(nanos)) + ")")
        .because(Failure.SILENT);
  }

  private void lose(Failure failure, long now) {
    port.drop(socket);
    if (state == State.LIVE && now - since >= limits.stable().toNanos()) {
      backoff.reset();
      triedFresh = false;
    }
    Duration wait = waitAfter(failure);
    nextDial = now + wait.toNanos();
    port.failed(failure, wait, Duration.ofNanos(now - lastFrame));
    become(State.DOWN, failure.text(), now);
  }

  private Duration waitAfter(Failure failure) {
    Duration wait =
        switch (failure.kind()) {
          case UNREACHABLE -> backoff.next();
          case REJECTED, UNWELCOME -> backoff.slow();
          case UNAUTHORISED -> {
            freshToken = true;
            boolean again = triedFresh;
            triedFresh = true;
            yield again ? backoff.slow() : Duration.ZERO;
          }
        };
    return wait.compareTo(failure.pause()) < 0 ? failure.pause() : wait;
  }

  private boolean hasSocket() {
    return state != State.DOWN && state != State.STOPPED;
  }

  private void become(State next, String reason, long now) {
    state = next;
    since = now;
    port.became(next, reason);
  }
}
