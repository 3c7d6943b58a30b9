package loomagent.agent;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.random.RandomGenerator;
import loomagent.backfill.Gaps;
import loomagent.base.Disk;
import loomagent.base.Version;
import loomagent.base.Words;
import loomagent.cable.Dialler;
import loomagent.cable.Subscription;
import loomagent.config.Configuration;
import loomagent.delivery.Delivery;
import loomagent.journal.Journal;
import loomagent.net.Network;
import loomagent.ops.Insight;

/** The whole agent: its connections, the journal, the handlers, and the place where they meet. */
public final class Agent implements AutoCloseable {

  /** Asks for a {@link Status}: {@code --json}, or anything else for a person's eyes. */
  public static final String STATUS = "status";

  /** The word for what a program reads. */
  public static final String JSON = "--json";

  private static final long SHORT_OF_MEMORY = 100_000_000; // nanoseconds until another try

  private final Configuration configuration;
  private final System.Logger log;
  private final Journal journal;
  private final Gaps gaps;
  private final List<Link> links = new ArrayList<>();
  private final Deliveries deliveries;
  private final Status status;
  private final Operations operations;
  private final SelfReport report;

  /**
   * An agent that has not begun.
   *
   * @param configuration what it is to do
   * @param plan which handlers run
   * @param network how to reach servers
   * @param folder its folder, held by whoever calls
   * @param loggers makes a logger for each part
   * @param watcher told each new state of a subscription, on the connection's thread
   * @throws IOException in words: the folder cannot be read or written
   */
  public Agent(
      Configuration configuration,
      Plan plan,
      Network network,
      DataFolder folder,
      Function<String, System.Logger> loggers,
      Consumer<Subscription.State> watcher)
      throws IOException {
    Clock clock = Clock.tickMillis(ZoneOffset.UTC); // more would only be noise
    Layout layout = folder.layout();
    this.configuration = configuration;
    this.log = loggers.apply("agent");
    this.journal = journal(configuration, layout, clock, loggers.apply("journal"));
    try {
      this.gaps = Gaps.open(layout.folder(), Disk.REAL, loggers.apply("gaps"));
      this.deliveries = Deliveries.following(journal, plan, layout, loggers);
    } catch (IOException unusable) {
      journal.close();
      throw DataFolder.unusable(layout.folder(), unusable);
    } catch (RuntimeException fault) {
      journal.close();
      throw fault;
    }
    Link.Shared shared =
        new Link.Shared(
            configuration,
            network,
            new Credentials(layout.folder(), network, clock, random(), loggers.apply("tokens")),
            new Dialler(Version.userAgent(), network),
            journal,
            gaps,
            folder,
            clock,
            loggers,
            watcher);
    configuration.connections().forEach(each -> links.add(new Link(each, shared)));
    journal.retain(this::lowest);
    this.status = new Status(links, deliveries, journal, clock);
    this.report = new SelfReport(List.copyOf(links), deliveries, journal, status, layout, clock);
    this.operations = new Operations(layout, deliveries, journal, log);
  }

  private long lowest() {
    long told = links.stream().mapToLong(link -> link.gaps().lowest()).min().orElse(Long.MAX_VALUE);
    return Math.min(told, deliveries.lowest());
  }

  /** Drawn from by any thread. */
  private static RandomGenerator random() {
    return new Random();
  }

  /** The journal of a folder, as configured. */
  static Journal journal(Configuration configuration, Layout layout, Clock clock, System.Logger log)
      throws IOException {
    return Journal.open(
        layout.journal(),
        new Journal.Settings(configuration.journalKeep(), configuration.journalMaxSize()),
        Disk.REAL,
        clock,
        log);
  }

  /**
   * Opens the handlers, then starts to subscribe. A handler that needs longer goes on opening; the
   * events for it wait.
   *
   * @param stopped whether somebody has asked the agent to stop meanwhile
   * @return what is wrong with the settings of built-in handlers; the agent has not started then
   */
  public List<String> start(BooleanSupplier stopped) {
    List<String> wrong = deliveries.start(stopped);
    if (wrong.isEmpty() && !stopped.getAsBoolean()) {
      links.forEach(Link::start);
    }
    return wrong;
  }

  /**
   * Brings the handlers to another plan: those that are new begin, those that are gone end, those
   * that changed end and begin again at the event where they were. The subscription and the other
   * handlers go on meanwhile. If a setting is wrong, nothing changes. By one thread at a time.
   *
   * @param next which handlers are to run
   * @param touched those whose settings have changed
   * @param stopped whether somebody has asked the agent to stop meanwhile
   * @return what came of it
   */
  public Reloaded reload(Plan next, Set<String> touched, BooleanSupplier stopped) {
    Change change = new Change(deliveries, next, touched, log);
    List<String> wrong = new ArrayList<>(next.problems());
    if (change.isNothing() || !wrong.isEmpty()) {
      return new Reloaded(wrong, change.toString(), Outcome.of(wrong));
    }
    wrong.addAll(change.rehearse(stopped));
    Outcome outcome = stopped.getAsBoolean() ? Outcome.STOPPED : Outcome.of(wrong);
    if (outcome == Outcome.DONE) {
      outcome = change.make(configuration.shutdownTimeout(), stopped);
    }
    return new Reloaded(wrong, change.toString(), outcome);
  }

  /** How a change went. */
  public enum Outcome {
    /** The next plan is in force, and what it has ended has let go of its classes. */
    DONE,
    /** The next plan is in force, and something that it has ended still runs. */
    HANGING,
    /** Something is wrong with the next plan: nothing has changed. */
    REFUSED,
    /** The agent is to stop: what runs ends with it, and needs its classes until then. */
    STOPPED;

    private static Outcome of(List<String> wrong) {
      return wrong.isEmpty() ? DONE : REFUSED;
    }
  }

  /**
   * What came of a change.
   *
   * @param wrong why it was refused; else empty
   * @param summary what was changed, in a line
   * @param outcome how it went
   */
  public record Reloaded(List<String> wrong, String summary, Outcome outcome) {}

  /**
   * Carries out what a command asks of the running agent. Any thread.
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
    if (words.isEmpty() || !words.get(0).equals(STATUS)) {
      return operations.serve(words, out, err);
    }
    if (words.contains(JSON) || words.contains("json")) { // the latter of commands before 0.4
      out.accept(status.json());
    } else {
      status.lines().forEach(out);
    }
    return 0;
  }

  /**
   * Ends the subscription, lets the handlers finish what they have in hand, up to {@code
   * shutdown.timeout}, and stores how far they are.
   */
  @Override
  public void close() {
    long end = System.nanoTime() + configuration.shutdownTimeout().toNanos();
    boolean closed = false;
    while (!closed) {
      try {
        closeBy(end);
        closed = true;
      } catch (OutOfMemoryError full) { // a handler's, which may let go; each step can be repeated
        if (System.nanoTime() - end > 0) {
          throw full;
        }
        LockSupport.parkNanos(SHORT_OF_MEMORY);
      }
    }
  }

  private void closeBy(long end) {
    status.stopping();
    links.forEach(Link::stop);
    links.forEach(Link::close);
    deliveries.close(end, configuration.shutdownTimeout());
    journal.close();
    gaps.close();
    if (deliveries.waiting() > 0) {
      log.log(
          Level.INFO,
          "{0} on disk for the next start",
          deliveries.all().stream()
              .map(Route::delivery)
              .filter(delivery -> delivery.waiting() > 0)
              .map(each -> Words.count(each.waiting(), "event") + " for " + each.name())
              .reduce((first, more) -> first + ", " + more)
              .orElse(""));
    }
  }

  /**
   * What it knows of itself.
   *
   * @return good until the end
   */
  public Insight insight() {
    return report;
  }

  /**
   * Has something around the agent be one of its {@link Insight#faults}.
   *
   * @param fault asked often, from any thread: what of it does not work, empty if it does
   */
  public void watch(Supplier<Optional<String>> fault) {
    report.watch(fault);
  }

  /**
   * What speaks once a day.
   *
   * @param clock the one on the wall
   * @return nothing happens unless it is asked to look
   */
  public Daily daily(Clock clock) {
    return new Daily(links, deliveries, journal, report, clock, log);
  }

  /**
   * How many events arrived.
   *
   * @return since the start
   */
  public long received() {
    return sum(link -> link.intake().received());
  }

  /**
   * Whether everything that arrived is delivered or dead, and every gap closed.
   *
   * @return as of now
   */
  public boolean isIdle() {
    return deliveries.waiting() == 0 && links.stream().allMatch(link -> link.gaps().isIdle());
  }

  /**
   * What was done, a line for each part.
   *
   * @return such as {@code Received 12 events.} and {@code log: 12 delivered}
   */
  public List<String> summary() {
    List<String> lines = new ArrayList<>();
    StringBuilder first = new StringBuilder("Received ");
    first.append(Words.count(received(), "event"));
    more(first, sum(link -> link.intake().duplicates()), "known already");
    more(first, sum(link -> link.gaps().recovered()), "more pulled");
    lines.add(first.append('.').toString());
    for (Route route : deliveries.all()) {
      Delivery delivery = route.delivery();
      StringBuilder line = new StringBuilder();
      line.append("  ").append(delivery.name()).append(": ").append(delivery.delivered());
      line.append(" delivered");
      more(line, delivery.dead(), "dead");
      more(line, delivery.waiting(), "waiting");
      lines.add(line.toString());
    }
    return lines;
  }

  private static void more(StringBuilder line, long count, String what) {
    if (count > 0) {
      line.append(", ").append(count).append(' ').append(what);
    }
  }

  private long sum(ToLongFunction<Link> count) {
    return links.stream().mapToLong(count).sum();
  }
}
