package loomagent.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import loomagent.config.Configuration;
import loomagent.delivery.Delivery;
import loomagent.journal.Journal;

/**
 * The folder of an agent that does not run, in which a command does what the agent would have done:
 * it opens the handlers that it needs, and subscribes to nothing. One thread.
 */
public final class StoppedAgent implements AutoCloseable {

  private static final Duration OPENING_LIMIT = Duration.ofSeconds(30);

  private static final int UNREACHABLE = 69;

  private final Configuration configuration;
  private final Deliveries deliveries;
  private final Journal journal;
  private final Operations operations;

  /**
   * Opens the folder's journal and no handler yet.
   *
   * @param configuration the agent's
   * @param plan which handlers it has
   * @param folder its folder, held by whoever calls
   * @param loggers makes a logger for each part
   * @throws IOException in words: the folder cannot be read or written
   */
  public StoppedAgent(
      Configuration configuration,
      Plan plan,
      DataFolder folder,
      Function<String, System.Logger> loggers)
      throws IOException {
    Layout layout = folder.layout();
    this.configuration = configuration;
    this.deliveries = Deliveries.onRequest(plan, layout, loggers);
    this.journal =
        Agent.journal(configuration, layout, Clock.systemUTC(), loggers.apply("journal"));
    this.operations = new Operations(layout, deliveries, journal, loggers.apply("agent"));
  }

  /**
   * One handler by itself, to see whether it can be opened.
   *
   * @param planned which
   * @param scratch a folder that it may leave things in
   * @param log where it says what it has to say
   * @return a delivery that has not begun, and gets no events
   * @throws IOException if the folder cannot be read
   */
  public static Delivery trial(Plan.Planned planned, Path scratch, System.Logger log)
      throws IOException {
    Plan alone = new Plan(List.of(planned), List.of(), List.of());
    return Deliveries.onRequest(alone, new Layout(scratch), part -> log).all().get(0).delivery();
  }

  /**
   * Carries out what a command asks.
   *
   * @param words which operation, and with what
   * @param out told what was asked for
   * @param err told what is wrong
   * @return an exit status
   * @throws IOException if the disk fails
   * @throws InterruptedException if the thread is interrupted
   */
  public int serve(List<String> words, Consumer<String> out, Consumer<String> err)
      throws IOException, InterruptedException {
    for (Route route : operations.needed(words)) {
      Delivery delivery = route.delivery();
      delivery.start();
      if (delivery.awaitOpening(OPENING_LIMIT) != Delivery.Opening.OPEN) {
        err.accept("handler " + route.name() + " could not be opened: " + delivery.lastError());
        return UNREACHABLE;
      }
    }
    return operations.serve(words, out, err);
  }

  @Override
  public void close() {
    long end = System.nanoTime() + configuration.shutdownTimeout().toNanos();
    deliveries.close(end, configuration.shutdownTimeout());
    journal.close();
  }
}
