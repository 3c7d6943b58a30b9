package loomagent;

import java.io.BufferedWriter;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import loomagent.simulator.Events;
import loomagent.simulator.Settings;
import loomagent.simulator.Simulator;

/**
 * A simulated Loom for {@code test/chaos}, that others reach by TLS. It publishes until a line
 * comes on standard input, and ends with that.
 */
final class ChaosLoom {
  private static final int EVENTS_A_SECOND = 100;
  private static final int BURST = 400;

  private ChaosLoom() {}

  /**
   * Writes {@code agent.properties} and, for each event, a line of {@code sent}.
   *
   * @param arguments the address to listen on, a folder, a seed
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    InetAddress address = InetAddress.getByName(arguments[0]);
    Path folder = Path.of(arguments[1]).toAbsolutePath();
    Random random = new Random(Long.parseLong(arguments[2]));
    Certificates certificates = new Certificates(folder);
    certificates.authority("ca");
    certificates.signed("ca", "server", "ec", "IP:" + arguments[0], Certificates.VALID);
    Path store = certificates.store("server");
    Settings settings = Settings.defaults();
    settings =
        settings
            .withPingEvery(Duration.ofSeconds(1))
            .withHub(settings.hub().withLife(Duration.ofSeconds(20), false, true));
    try (Simulator loom = Simulator.start(settings);
        TlsRelay relay =
            TlsRelay.start(address, store, Optional.empty(), "TLSv1.3", loom.api().getPort());
        BufferedWriter sent = Files.newBufferedWriter(folder.resolve("sent"))) {
      Files.writeString(
          folder.resolve("agent.properties"), configuration(loom, arguments[0], relay.port()));
      System.out.println("ready");
      // What comes before the first subscription of all is nobody's to miss.
      boolean unused = loom.await(l -> !l.subscriptions().isEmpty(), Duration.ofMinutes(1));
      int number = 0;
      while (System.in.available() == 0) {
        int count = random.nextInt(500) == 0 ? BURST : 1;
        for (int i = 0; i < count; i++) {
          publish(loom, sent, event(number++, random));
        }
        LockSupport.parkNanos(1_000_000_000 / EVENTS_A_SECOND);
      }
      publish(loom, sent, event(number++, random));
      sent.flush();
      System.out.println("sent " + number);
      while (System.in.read() >= 0) {
        // goes on to answer until the end of it
      }
    }
  }

  private static void publish(Simulator loom, BufferedWriter sent, String event)
      throws IOException {
    sent.write(event + "\n");
    loom.publish(event);
  }

  /** One that says its number, of any size, in any alphabet. */
  static String event(int number, Random random) {
    return """
    {"id":"%s","name":"app.a","subject":"Org/%s","received_at":"%s","payload":{"text":"%s","n":%d}}\
    """
        .formatted(
            Pasture.id(number),
            Events.ORGANIZATION,
            Instant.now(),
            "ü\\u0000x".repeat(random.nextInt(random.nextInt(100) == 0 ? 3_000 : 30)),
            number);
  }

  private static String configuration(Simulator loom, String host, int port) {
    String server = host + ":" + port;
    return """
    loom.url = wss://%s/websocket
    loom.api = https://%s
    hub.url = https://%s
    """
            .formatted(server, server, server)
        + credentials(loom)
        + """
        tls.ca = ca.pem
        reconnect.first = 100ms
        reconnect.longest = 2s
        stale-after = 3s
        backfill.margin = 10s
        handler.file.path = delivered
        handler.file.fsync = false
        """;
  }

  /** The part of a configuration that a simulator has made up, and a name to subscribe to. */
  static String credentials(Simulator loom) {
    return """
    oauth.client-id = %s
    oauth.client-secret = %s
    oauth.scopes = loom.event.r
    organization = %s
    events = app.a
    backfill.app = %s
    backfill.password = %s
    """
        .formatted(
            loom.hub().clientId(),
            loom.hub().clientSecret(),
            Events.ORGANIZATION,
            loom.app(),
            loom.eventPassword());
  }
}
