package bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import loomagent.json.Json;
import loomagent.simulator.Frames;
import loomagent.simulator.Peer;
import loomagent.simulator.Script;

/**
 * Loom for some clients: once it is subscribed, each gets events as fast as its socket takes them.
 * It costs little, since it shares the machine with what is measured: the frame of an event is made
 * once, and of each event only the two ids are written anew.
 */
final class Flood implements Script {
  /**
   * Who asks for this path gets the events without a subscription, and need do nothing but read.
   */
  static final String ALONE = "/alone";

  private static final String UUID = "bd6b9b7f-5ea2-4015-a07a-";
  private static final String EVENT =
      """
      {"id":"%1$s000000000000","timestamp":"2023-07-23T22:04:46.000Z",\
      "name":"mission_control.job_added","version":"1.0",\
      "payload":{"_meta":{"actor":"Per/9e11ad29-7729-46a4-b8a3-937c64ff9cd5","sent":true},\
      "job_id":"%1$s000000000000"},\
      "link":"https://mc.sandbox.zaikio.com/api/v1/jobs/9e11ad29-7729-46a4-b8a3-937c64ff9cd5",\
      "received_at":"2023-07-23T22:04:46.474Z","subject":"Org/837ebb91-2d4b-4818-a19b-04fea7be8cde"}\
      """
          .formatted(UUID);

  /** Of all floods: none has the ids of one before, which an agent with a journal would know. */
  private static final AtomicLong CLIENTS = new AtomicLong();

  private final int events;
  private final CountDownLatch absent;
  private final CompletableFuture<Void> told;
  private final CompletableFuture<Long> started = new CompletableFuture<>();
  private volatile int size;

  /** To one client, at once. */
  Flood(int events) {
    this(events, 1, CompletableFuture.completedFuture(null));
  }

  /** So many events to each of so many clients, when it is told to. */
  Flood(int events, int clients, CompletableFuture<Void> told) {
    this.events = events;
    this.absent = new CountDownLatch(clients);
    this.told = told;
  }

  /** Waits until all clients are subscribed. */
  void awaitClients() throws Exception {
    if (!absent.await(2, TimeUnit.MINUTES)) {
      throw new IOException(absent.getCount() + " clients did not come");
    }
  }

  /** When the first event was sent, as {@link System#nanoTime} counts; waits for that. */
  long started() throws Exception {
    return started.get(1, TimeUnit.MINUTES);
  }

  /** The bytes of one event's frame, known once it started. */
  int size() {
    return size;
  }

  @Override
  public void run(Peer peer) throws IOException {
    peer.accept();
    String identifier = "{\"events\":\"a,b\",\"channel\":\"EventChannel\"}";
    if (!peer.request().path().equals(ALONE)) {
      peer.welcome();
      Map<?, ?> command = (Map<?, ?>) Json.parse(peer.readText().orElseThrow());
      identifier = (String) command.get("identifier");
      peer.confirm(identifier);
    }
    byte[] frame =
        Frames.text("{\"identifier\":%s,\"message\":%s}".formatted(Json.write(identifier), EVENT));
    size = frame.length;
    long client = CLIENTS.getAndIncrement();
    absent.countDown();
    told.join();
    started.complete(System.nanoTime());
    flood(peer, frame, client << 32);
    peer.serve();
  }

  private void flood(Peer peer, byte[] frame, long first) throws IOException {
    String text = new String(frame, UTF_8);
    int id = text.indexOf(UUID) + UUID.length();
    int job = text.indexOf(UUID, id) + UUID.length();
    ByteArrayOutputStream chunk = new ByteArrayOutputStream();
    for (int event = 1; event <= events; event++) {
      long left = first + event;
      for (int digit = 11; digit >= 0; digit--, left >>>= 4) {
        frame[id + digit] = frame[job + digit] = (byte) Character.forDigit((int) left & 0xF, 16);
      }
      chunk.writeBytes(frame);
      if (event % 128 == 0 || event == events) {
        peer.raw(chunk.toByteArray());
        chunk.reset();
      }
    }
  }
}
