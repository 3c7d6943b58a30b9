package loomagent.cable;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import loomagent.json.Envelope;

/**
 * What the state machine asks for, done with one socket after the other. The connection's thread
 * only, but where it says any thread.
 */
final class Hands implements Port {
  private final Dials dials;
  private final Inbox inbox;
  private final Proof proof;
  private final Renewal renewal;
  private final Connection.Listener listener;
  private final BooleanSupplier stopping;
  private final System.Logger log;

  private volatile Socket socket;
  private volatile OptionalLong heardBefore = OptionalLong.empty(); // by an earlier socket

  /**
   * Hands that hold a socket that is never dialled.
   *
   * @param dials opens sockets
   * @param inbox where goes what arrives
   * @param proof that a socket was alive
   * @param renewal when its token is to be replaced
   * @param listener who is told
   * @param stopping whether an event need not wait for memory any more
   * @param log where it says what an operator wants to know
   */
  Hands(
      Dials dials,
      Inbox inbox,
      Proof proof,
      Renewal renewal,
      Connection.Listener listener,
      BooleanSupplier stopping,
      System.Logger log) {
    this.dials = dials;
    this.inbox = inbox;
    this.proof = proof;
    this.renewal = renewal;
    this.listener = listener;
    this.stopping = stopping;
    this.log = log;
    this.socket = new Socket(0, inbox);
  }

  /** The current one. Any thread. */
  Socket socket() {
    return socket;
  }

  /** When anything last arrived, by {@link System#nanoTime}. Any thread. */
  OptionalLong lastHeard() {
    Socket now = socket;
    return now.opened() ? OptionalLong.of(now.lastLife()) : heardBefore;
  }

  @Override
  public void dial(int number, boolean freshToken) {
    heardBefore = lastHeard();
    Socket dialled = new Socket(number, inbox);
    socket = dialled;
    proof.forget();
    dials.dial(dialled, freshToken);
  }

  @Override
  public void send(int number, String text) {
    socket.send(text);
  }

  @Override
  public void drop(int number) {
    dials.giveUp(socket);
  }

  @Override
  public void close(int number) {
    socket.close();
  }

  @Override
  public void event(Envelope frame) {
    while (!handed(frame)) {
      LockSupport.parkNanos(Connection.SHORT_OF_MEMORY);
    }
  }

  // A handler may have filled the heap. Until it lets go, the event waits, and so does the server.
  private boolean handed(Envelope frame) {
    try {
      listener.event(frame);
      return true;
    } catch (OutOfMemoryError full) {
      return stopping.getAsBoolean();
    } catch (RuntimeException | Error fault) {
      // One event that the agent cannot handle must not cost the others.
      log.log(Level.ERROR, "a fault in the agent at the event " + frame.id(), fault);
      listener.aside(frame.messageText(), "a fault in the agent: " + fault);
      return true;
    }
  }

  @Override
  public void aside(Envelope frame, String reason) {
    listener.aside(frame.messageText(), reason);
  }

  @Override
  public void became(Subscription.State state, String reason) {
    boolean live = state == Subscription.State.LIVE;
    renewal.of(live ? socket.token() : Optional.empty());
    if (live) {
      socket.ping(System.nanoTime() | 1); // to know whether it answers, before that matters
    }
    listener.became(state, reason);
  }

  @Override
  public void failed(Failure failure, Duration next, Duration silence) {
    proof.ended(socket, failure);
    listener.failed(failure, next, socket.opened() ? sinceLastLife() : silence);
  }

  // The state machine does not count the time that the listener took, as the server is not to blame
  // for it; whoever looks for what is missing must.
  private Duration sinceLastLife() {
    return Duration.ofNanos(Math.max(0, System.nanoTime() - socket.lastLife()));
  }

  @Override
  public void say(Level level, String text) {
    log.log(level, text);
  }
}
