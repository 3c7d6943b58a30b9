package loomagent.cable;

import java.time.Duration;

/**
 * How long each step of a connection may take. A test shortens them; users have {@code stale-after}
 * alone, since none of these depends on a site.
 *
 * @param upgrade all up to the answer's headers; TCP and TLS have a limit of their own
 * @param dial the token, the name and all of the above: more than their own limits together, so
 *     that when it is this one that ends a dial, something hangs that must be replaced
 * @param welcome from the upgrade on. Rails welcomes within milliseconds, unless its {@code
 *     connect} raised: then never
 * @param confirm from the welcome on. Rails confirms no subscription twice, so one that is not
 *     confirmed by then is worth a new connection
 * @param resend how often to subscribe again while unconfirmed: a subscribe can get lost, and
 *     HttpClient can miss a close that crosses a send, which the next send then finds out
 * @param stable LIVE for so long, the backoff starts over. Sooner, a server that accepts and drops
 *     would be hammered
 */
record Limits(
    Duration upgrade,
    Duration dial,
    Duration welcome,
    Duration confirm,
    Duration resend,
    Duration stable) {

  static final Limits STANDARD =
      new Limits(
          Duration.ofSeconds(20),
          Duration.ofSeconds(30),
          Duration.ofSeconds(10),
          Duration.ofSeconds(12),
          Duration.ofSeconds(3),
          Duration.ofSeconds(30));
}
