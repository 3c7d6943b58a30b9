package loomagent.cli;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import loomagent.agent.Agent;
import loomagent.agent.Plan;
import loomagent.config.Configuration;
import loomagent.config.ConfigurationException;
import loomagent.config.Source;
import loomagent.ops.Logging;
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

  private static final Set<String> AT_ONCE = Set.of("log.level", "log.format", "handlers.dir");

  private final System.Logger log = Logging.logger("agent");
  private final Terminal terminal;
  private final Set<String> said = new HashSet<>();
  private Configuration configuration;
  private Handlers handlers;
  private Map<String, String> seen;

  private Reloading(
      Configuration configuration, Terminal terminal, Handlers handlers, Map<String, String> seen) {
    this.configuration = configuration;
    this.terminal = terminal;
    this.handlers = handlers;
    this.seen = seen;
  }

  /** What an agent starts with; what is wrong or odd about the jars is said. */
  static Reloading first(Configuration configuration, Terminal terminal, Copies copies) {
    Map<String, String> seen = JarFolder.look(configuration.handlersDir());
    Handlers found = Handlers.find(configuration.handlersDir(), copies);
    Reloading first = new Reloading(configuration, terminal, found, seen);
    first.said.addAll(configuration.warnings());
    first.say(found);
    return first;
  }

  Handlers handlers() {
    return handlers;
  }

  /** What is worth a line once. */
  void note(List<String> notes) {
    notes.stream().filter(said::add).forEach(note -> log.log(Level.INFO, note));
  }

  private void say(Handlers found) {
    for (Fault fault : found.faults()) {
      if (said.add(fault.toString())) {
        log.log(Level.ERROR, "handler jar {0}", fault);
      }
    }
    for (Fault note : found.notes()) {
      if (said.add(note.toString())) {
        log.log(Level.WARNING, "handler jar {0}", note);
      }
    }
  }

  /**
   * Until it is time to stop. Whatever goes wrong in between, a full heap of a handler's making
   * most of all, is no reason to end the agent.
   */
  void until(Stop stop, Agent agent, Source source) {
    Map<String, String> last = seen;
    while (!stop.asked()) {
      try {
        last = look(stop, agent, source, last);
      } catch (Throwable fault) {
        tell(fault);
      }
    }
  }

  private void tell(Throwable fault) {
    try {
      log.log(Level.ERROR, "not reloaded, what runs stays in force", fault);
    } catch (Throwable full) {
      LockSupport.parkNanos(SHORT_OF_MEMORY);
    }
  }

  private Map<String, String> look(
      Stop stop, Agent agent, Source source, Map<String, String> last) {
    boolean told = stop.hungUp(LOOK_EVERY_MILLIS);
    Map<String, String> now = JarFolder.look(configuration.handlersDir());
    if (told) {
      all(agent, stop, source);
    } else if (!now.equals(seen) && now.equals(last)) {
      seen = now;
      log.log(Level.INFO, "handlers.dir has changed");
      change(agent, stop, configuration);
    }
    return now;
  }

  private void all(Agent agent, Stop stop, Source source) {
    Configuration next;
    try {
      next = Configuration.load(source);
    } catch (ConfigurationException wrong) {
      refused(wrong.problems());
      return;
    }
    next.warnings().stream().filter(said::add).forEach(each -> log.log(Level.WARNING, each));
    seen = JarFolder.look(next.handlersDir());
    change(agent, stop, next);
  }

  private void change(Agent agent, Stop stop, Configuration next) {
    SortedSet<String> differences = configuration.differences(next);
    Set<String> touched = new HashSet<>();
    SortedSet<String> later = new TreeSet<>();
    for (String key : differences) {
      Configuration.handlerOf(key).ifPresentOrElse(touched::add, () -> later.add(key));
    }
    later.removeAll(AT_ONCE);
    Handlers found = handlers.again(next.handlersDir());
    say(found);
    Plan plan = Plan.of(next, found);
    Agent.Reloaded reloaded = agent.reload(plan, touched, stop::asked);
    if (!reloaded.wrong().isEmpty()) {
      refused(reloaded.wrong());
      release(handlers, found);
      return;
    }
    if (differences.contains("log.level") || differences.contains("log.format")) {
      Logging.install(terminal.err(), next.logLevel(), next.logFormat());
    }
    note(plan.notes());
    log.log(Level.INFO, "Reloaded: {0}", reloaded.summary());
    if (!later.isEmpty()) {
      log.log(
          Level.WARNING,
          "{0} changed as well, and will count after a restart",
          String.join(", ", later));
    }
    Handlers before = handlers;
    handlers = found;
    configuration = next;
    if (reloaded.ended()) {
      release(found, before);
    }
  }

  private void refused(List<String> problems) {
    problems.forEach(problem -> log.log(Level.ERROR, problem));
    log.log(
        Level.ERROR,
        "Not reloaded, what runs stays in force. Mend this, then try: check --offline");
  }

  private void release(Handlers kept, Handlers other) {
    try {
      kept.release(other);
    } catch (IOException unclean) {
      log.log(Level.WARNING, "an old copy of a jar stays: {0}", unclean.getMessage());
    }
  }
}
