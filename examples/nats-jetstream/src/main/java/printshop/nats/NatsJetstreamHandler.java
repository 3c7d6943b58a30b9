package printshop.nats;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.nats.client.Connection;
import io.nats.client.ConnectionListener;
import io.nats.client.ErrorListener;
import io.nats.client.JetStream;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamOptions;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.PublishOptions;
import io.nats.client.api.PublishAck;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import loomagent.BatchHandler;
import loomagent.Event;
import loomagent.HandlerContext;
import loomagent.Undeliverable;

/**
 * Hands events on to a JetStream stream, with the event's id as {@code Nats-Msg-Id}: the stream
 * drops what it has already, so that several agents may feed it. Its type is {@code
 * nats-jetstream}.
 */
public final class NatsJetstreamHandler implements BatchHandler {
  private static final Set<String> KNOWN =
      Set.of("servers", "stream", "subject", "duplicates", "keep", "credentials", "token");
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);
  // Shorter than the agent's 30 s for a delivery, so that the reason is told and no thread lost.
  private static final Duration ACK_LIMIT = Duration.ofSeconds(5);
  private static final int NO_SUCH_STREAM = 404;
  private static final int HEADERS = 512; // bytes, at the most: the server counts them, too
  private static final Pattern HEADER_VALUE = Pattern.compile("[!-~]{1,256}");

  private HandlerContext context;
  private Subject subject;
  private String stream;
  private Connection connection;
  private JetStream jetStream;
  private volatile boolean away;

  @Override
  public void open(HandlerContext given)
      throws IOException, InterruptedException, JetStreamApiException {
    context = given;
    Set<String> unknown = new TreeSet<>(given.settings().keySet());
    unknown.removeAll(KNOWN);
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "unknown setting " + unknown + "; it knows " + new TreeSet<>(KNOWN));
    }
    subject = new Subject(setting("subject", "loom.{name}"));
    stream = setting("stream", "LOOM");
    Duration duplicates = Durations.parse("duplicates", setting("duplicates", "2h"));
    Duration keep = Durations.parse("keep", setting("keep", "7d"));
    if (duplicates.compareTo(keep) > 0) {
      throw new IllegalArgumentException("duplicates is longer than keep. Raise keep");
    }
    connection = Nats.connect(options());
    JetStreamOptions limits = JetStreamOptions.builder().requestTimeout(ACK_LIMIT).build();
    jetStream = connection.jetStream(limits);
    prepare(connection.jetStreamManagement(limits), duplicates, keep);
  }

  private String setting(String name, String standard) {
    return context.settings().getOrDefault(name, standard).strip();
  }

  private Options options() {
    Map<String, String> settings = context.settings();
    Options.Builder options =
        new Options.Builder()
            .servers(setting("servers", Options.DEFAULT_URL).split("\\s*,\\s*"))
            .connectionName("loom-agent " + context.name())
            .connectionTimeout(CONNECT_LIMIT)
            .maxReconnects(-1) // for ever: the agent keeps the events meanwhile
            .reconnectWait(Duration.ofSeconds(1))
            .connectionListener(this::changed)
            .errorListener(new ErrorListener() {}); // what fails is told where it is waited for
    if (settings.containsKey("token")) { // asked for at each connect: it may change
      options.tokenSupplier(() -> settings.get("token").toCharArray());
    }
    if (settings.containsKey("credentials")) { // read at each connect, too
      Path file = context.resolve(setting("credentials", ""));
      options.authHandler(Nats.credentials(file.toString()));
    }
    return options.build();
  }

  /** Called on a thread of the client, every second while the server is away: that is said once. */
  private void changed(Connection changed, ConnectionListener.Events what) {
    boolean again = what == ConnectionListener.Events.DISCONNECTED && away;
    away = what == ConnectionListener.Events.DISCONNECTED;
    context.logger().log(again ? Level.DEBUG : Level.INFO, "NATS: {0}", what.getEvent());
  }

  /** Makes the stream, or sees whether the one that is there does. */
  private void prepare(JetStreamManagement streams, Duration duplicates, Duration keep)
      throws IOException, JetStreamApiException {
    StreamConfiguration there;
    try {
      there = streams.getStreamInfo(stream).getConfiguration();
    } catch (JetStreamApiException failure) {
      if (failure.getErrorCode() != NO_SUCH_STREAM) {
        throw failure;
      }
      // Another agent may do so at the same time: to add what is there already changes nothing.
      StreamConfiguration wanted =
          StreamConfiguration.builder()
              .name(stream)
              .subjects(subject.all())
              .storageType(StorageType.File)
              .duplicateWindow(duplicates)
              .maxAge(keep)
              .build();
      there = streams.addStream(wanted).getConfiguration();
      context.logger().log(Level.INFO, "made the stream {0} for {1}", stream, subject.all());
    }
    if (there.getSubjects().stream().noneMatch(subject::isWithin)) {
      throw new IllegalArgumentException(
          "the stream %s takes %s, not %s. Set subject or stream, or change it there"
              .formatted(stream, there.getSubjects(), subject.all()));
    }
    if (there.getDuplicateWindow().compareTo(duplicates) < 0) {
      throw new IllegalArgumentException(
          "the stream %s knows duplicates for %ds only. Set duplicates, or change it there"
              .formatted(stream, there.getDuplicateWindow().toSeconds()));
    }
  }

  @Override
  public void handle(Event event) throws Exception {
    await(publish(event), System.nanoTime() + ACK_LIMIT.toNanos());
  }

  /** All are on their way before the first answer is waited for. */
  @Override
  public void handle(List<Event> events) throws Exception {
    List<CompletableFuture<PublishAck>> acks = new ArrayList<>(events.size());
    for (Event event : events) {
      acks.add(publish(event));
    }
    long end = System.nanoTime() + ACK_LIMIT.toNanos();
    for (CompletableFuture<PublishAck> ack : acks) {
      await(ack, end);
    }
  }

  private CompletableFuture<PublishAck> publish(Event event) throws IOException {
    // Else it would be kept in the client's memory, and be sent by whoever comes after.
    if (connection.getStatus() != Connection.Status.CONNECTED) {
      throw new IOException("not connected to NATS: " + connection.getStatus());
    }
    byte[] body = event.json().getBytes(UTF_8);
    if (body.length > connection.getMaxPayload() - HEADERS) {
      throw new Undeliverable("it is larger than the server's max_payload");
    }
    if (!HEADER_VALUE.matcher(event.id()).matches()) {
      throw new Undeliverable("its id is none that a header may carry");
    }
    PublishOptions once =
        PublishOptions.builder().expectedStream(stream).messageId(event.id()).build();
    return jetStream.publishAsync(subject.of(event), body, once);
  }

  private void await(CompletableFuture<PublishAck> ack, long end)
      throws IOException, InterruptedException {
    try {
      ack.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS); // on the stream's disk
    } catch (ExecutionException failure) {
      throw new IOException("the stream did not take it: " + failure.getCause().getMessage());
    } catch (TimeoutException silence) {
      throw new IOException("the stream said nothing for " + ACK_LIMIT.toSeconds() + "s");
    }
  }

  @Override
  public void close() throws InterruptedException {
    if (connection != null) {
      connection.close();
    }
  }
}
