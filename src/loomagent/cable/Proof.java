package loomagent.cable;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.LongConsumer;

/**
 * That a connection was alive at a time, and not half-open: the server is pinged, and whatever it
 * had sent by then comes before its answer, as TCP keeps the order. The connection's thread only.
 */
final class Proof {

  /** What a server sends is here before that, or the connection counts as silent; nanoseconds. */
  private static final long LONGEST_WAY = Duration.ofSeconds(10).toNanos();

  private final LongConsumer given;
  private OptionalLong sought = OptionalLong.empty(); // the time that the server is asked about

  /**
   * Nothing to prove yet.
   *
   * @param given told of the time, once it is proven
   */
  Proof(LongConsumer given) {
    this.given = given;
  }

  /** Asks the server about a time. */
  void seek(Socket socket, long then) {
    sought = OptionalLong.of(then);
    socket.ping(then);
  }

  /** Another socket says nothing about this one. */
  void forget() {
    sought = OptionalLong.empty();
  }

  /** The server has answered the ping of that time. */
  void answered(long then) {
    if (sought.equals(OptionalLong.of(then))) {
      sought = OptionalLong.empty();
      given.accept(then);
    }
  }

  /** Of a server that answers no ping, what comes so much later was sent later. */
  void look(Socket socket) {
    if (sought.isPresent() && socket.lastLife() - sought.getAsLong() > LONGEST_WAY) {
      if (socket.answers()) {
        socket.ping(sought.getAsLong()); // it may not have been sent, beside another
      } else {
        answered(sought.getAsLong());
      }
    }
  }

  /** And its end shows that it was there until then, unless that is silence. */
  void ended(Socket socket, Failure failure) {
    if (sought.isPresent() && !socket.answers() && !failure.reason().equals(Failure.SILENT)) {
      answered(sought.getAsLong());
    }
  }
}
