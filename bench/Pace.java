package bench;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import loomagent.json.Json;
import loomagent.simulator.Frames;
import loomagent.simulator.Peer;
import loomagent.simulator.Script;

/**
 * Loom for one client that gets an event every millisecond. Each says when it was sent, by the
 * clock that every process on the machine shares.
 */
final class Pace implements Script {
  private static final String EVENT =
      """
      {"id":"bd6b9b7f-5ea2-4015-a07a-%012x","timestamp":"2023-07-23T22:04:46.000Z",\
      "name":"mission_control.job_added","version":"1.0",\
      "payload":{"_meta":{"actor":"Per/9e11ad29-7729-46a4-b8a3-937c64ff9cd5","sent":true},\
      "job_id":"9e11ad29-7729-46a4-b8a3-937c64ff9cd5","sent":%d},\
      "link":"https://mc.sandbox.zaikio.com/api/v1/jobs/9e11ad29-7729-46a4-b8a3-937c64ff9cd5",\
      "received_at":"2023-07-23T22:04:46.474Z","subject":"Org/837ebb91-2d4b-4818-a19b-04fea7be8cde"}\
      """;
  private static final long EVERY = 1_000_000; // nanoseconds

  private final int events;

  Pace(int events) {
    this.events = events;
  }

  @Override
  public void run(Peer peer) throws IOException {
    peer.accept();
    peer.welcome();
    Map<?, ?> command = (Map<?, ?>) Json.parse(peer.readText().orElseThrow());
    String identifier = (String) command.get("identifier");
    peer.confirm(identifier);
    String frame = "{\"identifier\":" + Json.write(identifier) + ",\"message\":%s}";
    long next = System.nanoTime() + 1_000 * EVERY;
    for (int event = 0; event < events; event++) {
      for (long left = next - System.nanoTime(); left > 0; left = next - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      String json = EVENT.formatted(event, System.nanoTime());
      peer.raw(Frames.text(frame.formatted(json)));
      next += EVERY;
    }
    peer.serve();
  }
}
