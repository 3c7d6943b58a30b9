package loomagent.cli;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import loomagent.agent.Agent;
import loomagent.agent.Daily;
import loomagent.agent.Plan;
import loomagent.base.Words;
import loomagent.config.Configuration;
import loomagent.config.ConfigurationException;
import loomagent.config.Source;
import loomagent.ops.IdleHeap;
import loomagent.ops.Logging;
import loomagent.ops.Systemd;
import loomagent.plugin.Copies;
import loomagent.plugin.Fault;
import loomagent.plugin.Handlers;
import loomagent.plugin.JarFolder;

/**
 * Keeps a running agent's handlers up to date: on SIGHUP the configuration and the jars are read
 * again, and when a jar in {@code handlers.dir} has changed, the jars. What is wrong leaves all as
 * it is. One thread.
 */
final class Reloading {

  /** A jar counts once it has looked the same twice: while one is being copied, it grows. */
  private static final long LOOK_EVERY_MILLIS = 2_000;

  private static final long SHORT_OF_MEMORY = 100_000_000; // nanoseconds until another try

  /** A reload may wait for a handler as long as an end of the agent may. */
  private static final Duration ASK_LIMIT = Duration.ofMinutes(11);

  private static final Set<String> AT_ONCE = Set.of("log.level", "log.format", "handlers.dir");

  private final System.Logger log = Logging.logger("agent");
  private final News faults = new News(log, Level.ERROR, List.of());
  private final News oddities = new News(log, Level.WARNING, List.of());
  private final News notes = new News(log, Level.INFO, List.of());
  private final News warnings;
  private final Terminal terminal;
  private final Systemd systemd;
  private Configuration configuration;
  private Handlers handlers;
  private Map<String, String> seen;
  private final Queue<CompletableFuture<Result>> asked = new ConcurrentLinkedQueue<>();
  private final List<CompletableFuture<Result>> served = new ArrayList<>(); // by what is under way
  private volatile long lookedAt; // nanoTime
  private volatile Optional<Stop> listening = Optional.empty(); // while it can be asked
  private volatile List<String> current = List.of(); // the notes of the plan in force

  private Reloading(
      Configuration configuration,
      Terminal terminal,
      Handlers handlers,
      Map<String, String> seen,
      Systemd systemd) {
    this.systemd = systemd;
    this.configuration = configuration;
    this.terminal = terminal;
    this.handlers = handlers;
    this.seen = seen;
    this.warnings = new News(log, Level.WARNING, configuration.warnings());
  }

  /**
   * What came of a reload.
   *
   * @param done whether the configuration is in force
   * @param lines what changed, or what is wrong
   */
  record Result(boolean done, List<String> lines) {}

  /** What an agent starts with; what is wrong or odd about the jars is said. */
  static Reloading first(
      Configuration configuration, Terminal terminal, Copies copies, Systemd systemd) {
    Map<String, String> seen = JarFolder.look(configuration.handlersDir());
    Handlers found = Handlers.find(configuration.handlersDir(), copies);
    Reloading first = new Reloading(configuration, terminal, found, seen, systemd);
    first.say(found);
    return first;
  }

  /** Which handlers an agent starts with. */
  Plan plan() {
    Plan plan = Plan.of(configuration, handlers);
    current = plan.notes();
    return plan;
  }

  /** Says what an operator may wonder about. Any thread. */
  void note() {
    notes.say(current);
  }

  private void say(Handlers found) {
    faults.say(ofJars(found.faults()));
    oddities.say(ofJars(found.notes()));
  }

  private static List<String> ofJars(List<Fault> faults) {
    return faults.stream().map(fault -> "handler jar " + fault).toList();
  }

  /** It can be asked from now on, and looks once it is told {@link #until} when. */
  void listen(Stop stop) {
    lookedAt = System.nanoTime();
    listening = Optional.of(stop);
  }

  /**
   * Until it is time to stop. Whatever goes wrong in between, a full heap of a handler's making
   * most of all, is no reason to end the agent.
   */
  void until(Stop stop, Agent agent, Source source) {
    Map<String, String> last = seen;
    IdleHeap heap = new IdleHeap();
    Daily daily = agent.daily(Clock.system(ZoneId.systemDefault()));
    agent.watch(this::fault);
    while (!stop.asked()) {
      lookedAt = System.nanoTime();
      try {
        last = look(stop, agent, source, last);
        daily.look(); // behind what waits: whatever goes wrong with it comes once in a while
        heap.look(); // here, since this thread wakes anyway
      } catch (Throwable fault) {
        tell(fault);
      }
    }
    listening = Optional.empty();
    refuse();
  }

  /** Whether nobody looks any more; any thread. */
  private Optional<String> fault() {
    Duration ago = Duration.ofNanos(System.nanoTime() - lookedAt);
    return listening.isPresent() && ago.compareTo(ASK_LIMIT) > 0
        ? Optional.of("a reload has not ended for " + Words.of(ago))
        : Optional.empty();
  }

  /** Has it read again as a SIGHUP does, and waits for what comes of it. Any thread. */
  Result ask() throws InterruptedException {
    Optional<Stop> loop = listening;
    if (loop.isEmpty()) {
      return new Result(false, List.of("this agent does not reload: it stops, or is a demo"));
    }
    CompletableFuture<Result> answer = new CompletableFuture<>();
    asked.add(answer);
    loop.get().look();
    if (listening.isEmpty()) { // it has ended in between, and may not have seen this
      refuse();
    }
    try {
      return answer.get(ASK_LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException late) {
      return new Result(false, List.of("the reload did not end in time; the log says more"));
    }
  }

  private void refuse() {
    for (CompletableFuture<Result> one = asked.poll(); one != null; one = asked.poll()) {
      one.complete(new Result(false, List.of("the agent stops")));
    }
  }

  /** Whether anybody has asked. Who does so from now on may have changed the file once more. */
  private boolean isAsked() {
    for (CompletableFuture<Result> one = asked.poll(); one != null; one = asked.poll()) {
      served.add(one);
    }
    return !served.isEmpty();
  }

  private void answer(Result result) {
    served.forEach(one -> one.complete(result));
    served.clear();
  }

  private void tell(Throwable fault) {
    try {
      answer(new Result(false, List.of("not reloaded: " + fault)));
      log.log(Level.ERROR, "not reloaded, what runs stays in force", fault);
    } catch (Throwable full) {
      LockSupport.parkNanos(SHORT_OF_MEMORY);
    }
  }

  private Map<String, String> look(
      Stop stop, Agent agent, Source source, Map<String, String> last) {
    boolean hungUp = stop.hungUp(LOOK_EVERY_MILLIS);
    boolean told = isAsked() || hungUp; // asked in any case: those who ask are taken then
    Map<String, String> now = JarFolder.look(configuration.handlersDir());
    if (told) {
      systemd.reloading();
      try {
        answer(all(agent, stop, source));
      } finally {
        systemd.reloaded();
      }
    } else if (!now.equals(seen) && now.equals(last)) {
      seen = now;
      log.log(Level.INFO, "handlers.dir has changed");
      var unused = change(agent, stop, configuration);
    }
    return now;
  }

  private Result all(Agent agent, Stop stop, Source source) {
    Configuration next;
    try {
      next = Configuration.load(source);
    } catch (ConfigurationException wrong) {
      return refused(wrong.problems());
    }
    warnings.say(next.warnings());
    Map<String, String> now = JarFolder.look(next.handlersDir());
    Result result = change(agent, stop, next);
    if (configuration.handlersDir().equals(next.handlersDir())) { // else that was refused
      seen = now;
    }
    return result;
  }

  private Result change(Agent agent, Stop stop, Configuration next) {
    Set<String> touched = new HashSet<>();
    for (String key : configuration.differences(next)) {
      Configuration.handlerOf(key).ifPresent(touched::add);
    }
    Handlers found = handlers.again(next.handlersDir());
    say(found);
    Plan plan = Plan.of(next, found);
    Agent.Reloaded reloaded = agent.reload(plan, touched, stop::asked);
    return switch (reloaded.outcome()) {
      case STOPPED -> new Result(false, List.of("the agent stops"));
      case REFUSED -> {
        release(handlers, found);
        yield refused(reloaded.wrong());
      }
      case DONE, HANGING -> {
        Handlers before = handlers;
        List<String> lines = takeOver(next, found, plan, reloaded);
        if (reloaded.outcome() == Agent.Outcome.DONE) {
          release(found, before);
        }
        yield new Result(true, lines);
      }
    };
  }

  private List<String> takeOver(
      Configuration next, Handlers found, Plan plan, Agent.Reloaded reloaded) {
    SortedSet<String> differences = configuration.differences(next);
    if (differences.contains("log.level") || differences.contains("log.format")) {
      Logging.install(terminal.err(), next.logLevel(), next.logFormat());
    }
    current = plan.notes();
    note();
    List<String> lines = new ArrayList<>(List.of("Reloaded: " + reloaded.summary()));
    differences.removeIf(key -> AT_ONCE.contains(key) || Configuration.handlerOf(key).isPresent());
    log.log(Level.INFO, lines.get(0));
    if (!differences.isEmpty()) {
      lines.add(
          String.join(", ", differences) + " changed as well, and will count after a restart");
      log.log(Level.WARNING, lines.get(1));
    }
    handlers = found;
    configuration = next;
    return lines;
  }

  private Result refused(List<String> problems) {
    List<String> lines = new ArrayList<>(problems);
    lines.add("Not reloaded, what runs stays in force. Mend this, then try: check --offline");
    lines.forEach(line -> log.log(Level.ERROR, line));
    return new Result(false, lines);
  }

  private void release(Handlers kept, Handlers other) {
    try {
      kept.release(other);
    } catch (IOException unclean) {
      log.log(Level.WARNING, "an old copy of a jar stays: {0}", unclean.getMessage());
    }
  }
}
