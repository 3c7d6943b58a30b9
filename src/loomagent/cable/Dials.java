package loomagent.cable;

import java.net.URI;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import loomagent.base.Token;
import loomagent.base.Words;

/**
 * Asks for a token and dials with it, each time on a thread of its own until the upgrade is under
 * way, because a token source or a name server may hang. The connection's thread asks.
 */
final class Dials {

  /** A token file or a name server that hangs for ever costs a thread each time, up to these. */
  private static final int MOST = 10;

  private final String thread;
  private final URI url;
  private final Connection.Tokens tokens;
  private final Dialler dialler;
  private final AtomicInteger waiting = new AtomicInteger(); // threads
  private volatile String last = ""; // the token of the last dial

  Dials(String thread, URI url, Connection.Tokens tokens, Dialler dialler) {
    this.thread = thread;
    this.url = url;
    this.tokens = tokens;
    this.dialler = dialler;
  }

  /** Opens a socket. What comes of it reaches the socket. */
  void dial(Socket socket, boolean freshToken) {
    Optional<String> stuck = fault();
    if (stuck.isPresent()) {
      socket.failed(Failure.unreachable(stuck.get()));
      return;
    }
    Thread dial = new Thread(() -> open(socket, freshToken), thread + "-" + socket.number());
    dial.setDaemon(true);
    dial.start();
    waiting.incrementAndGet(); // not before: without a thread nobody would count it down
  }

  /** Why no more dials are begun; empty if they are. Any thread. */
  Optional<String> fault() {
    return waiting.get() < MOST
        ? Optional.empty()
        : Optional.of(
            waiting + " earlier dials still wait for a token or a name. Restart the agent");
  }

  /** A dial that outlives all its limits means that the client is dead. */
  void giveUp(Socket socket) {
    if (socket.dialling()) {
      dialler.replaceClient();
    }
    socket.drop();
  }

  // The dial's own thread, from here on.
  private void open(Socket socket, boolean freshToken) {
    try {
      Optional<Token> token = token(socket, freshToken);
      if (token.isPresent()) {
        last = token.get().secret().reveal();
        socket.carries(token.get());
        dialler.dial(url, token.get().secret(), socket);
      }
    } catch (RuntimeException | Error fault) {
      socket.failed(fault);
    } finally {
      waiting.decrementAndGet();
    }
  }

  // Another connection may have brought the source a new token meanwhile; only the one that was
  // refused to us is worth a complaint.
  private Optional<Token> token(Socket socket, boolean fresh) {
    try {
      Token token = tokens.token(false);
      boolean refused = fresh && token.secret().reveal().equals(last);
      return Optional.of(refused ? tokens.token(true) : token);
    } catch (NoToken none) {
      socket.failed(none.failure());
    } catch (Exception none) {
      socket.failed(Failure.unreachable("there is no token: " + Words.line(none.toString(), 300)));
    }
    return Optional.empty();
  }
}
