package loomagent.simulator;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;

/**
 * What the server does with one connection once its request is read. Runs on the connection's own
 * thread; when it returns, the connection is ended with a FIN.
 */
@FunctionalInterface
public interface Script {
  /** The well-behaved server: answers as Rails would, from the upgrade to the close. */
  Script RAILS = new Rails();

  /** The well-behaved pull API: 100 events a page, of all Organizations, for who has a password. */
  Script PULL = new PullApi();

  /** The well-behaved Hub: gives tokens to the one client there is, for who granted it scopes. */
  Script TOKENS = new TokenEndpoint();

  /** A Hub that has had enough until a time to come. */
  static Script tooMany(Duration wait) {
    return peer -> TokenEndpoint.tooMany(peer, Instant.now().plus(wait));
  }

  /** A Hub that says no. */
  static Script hubError(int status, String error, String description) {
    return peer -> TokenEndpoint.fail(peer, status, error, description);
  }

  /**
   * Plays the server's part.
   *
   * @throws IOException when the client is gone, which ends the connection and is no fault
   */
  void run(Peer peer) throws IOException;
}
