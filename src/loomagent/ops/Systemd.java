package loomagent.ops;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import loomagent.base.Secret;
import loomagent.base.Words;

/**
 * Keeps systemd in the picture: that the agent is ready, where it stands, and that it is alive,
 * which it is as long as {@link Insight#faults()} is empty.
 *
 * <pre>
 * STARTING ──settled──▶ READY ◀──▶ RELOADING
 *     └───────────────────┴────────────┴──────▶ STOPPING
 * </pre>
 *
 * What is said follows from where the agent is by then: what could not be said is said later, and
 * what is over is not said at all. One daemon thread says it; without a systemd there is none, and
 * nothing happens. All methods may be called by any thread, and wait for nothing.
 */
public final class Systemd implements AutoCloseable {

  private enum Phase {
    STARTING,
    READY,
    RELOADING,
    STOPPING
  }

  /** How often it is looked whether the start is over, which may also be told. */
  private static final long START_LOOK = TimeUnit.MILLISECONDS.toNanos(500);

  /** How often a start that takes long asks for more time; an ordinary one never does. */
  private static final long EXTEND_EVERY = TimeUnit.SECONDS.toNanos(10);

  /** How much longer systemd is to wait then. */
  private static final Duration EXTENSION = Duration.ofSeconds(30);

  /** The largest journal, 1 TB, is read in less; a start that hangs has to end some day. */
  private static final long LONGEST_START = TimeUnit.HOURS.toNanos(2);

  /** What closing takes beside the time that handlers have. */
  private static final Duration CLOSING = Duration.ofSeconds(10);

  /** Nobody is told more often of figures that have changed. */
  private static final long LOOK_EVERY = TimeUnit.SECONDS.toNanos(30);

  /** Of one state after the other, as when a server accepts and drops. */
  private static final long PAUSE = TimeUnit.SECONDS.toNanos(1);

  /** After a failure, and whether a fault is over: one that was short must not cost a restart. */
  private static final long AGAIN = TimeUnit.SECONDS.toNanos(5);

  private static final long SHORT_OF_MEMORY = TimeUnit.MILLISECONDS.toNanos(100);

  /** In characters: what systemctl status shows in a few lines. */
  private static final int MAX_STATUS = 500;

  private final Notifications notifications;
  private final long watchdog;
  private final LongSupplier nanos;
  private final System.Logger log;
  private final long start;
  private final Optional<Thread> thread;

  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.STARTING);
  private volatile Optional<Insight> insight = Optional.empty();
  private volatile Duration farewell = Duration.ZERO;
  private volatile long failures; // written by this thread only
  private volatile boolean closed;

  // This thread only, from here on.
  private Phase told = Phase.STARTING;
  private String status = "";
  private Map<String, String> faults = Map.of(); // in words, by what they are about
  private long statusAt;
  private long feedAt;
  private long extendAt;

  /**
   * Without a thread.
   *
   * @param watchdog nanoseconds within which it has to be fed; 0 if there is none
   */
  Systemd(Notifications notifications, long watchdog, LongSupplier nanos, System.Logger log) {
    this(notifications, watchdog, nanos, log, false);
  }

  private Systemd(
      Notifications notifications,
      long watchdog,
      LongSupplier nanos,
      System.Logger log,
      boolean runs) {
    this.notifications = notifications;
    this.watchdog = watchdog;
    this.nanos = nanos;
    this.log = log;
    this.start = nanos.getAsLong();
    this.statusAt = start - PAUSE;
    this.feedAt = start;
    this.extendAt = start + EXTEND_EVERY;
    this.thread = runs ? Optional.of(new Thread(this::run, "systemd")) : Optional.empty();
  }

  /**
   * What a service of type {@code notify} has to do, from now on. To be called before anything that
   * takes long; {@link #watch} says when the agent is there.
   *
   * @param environment the process's; without NOTIFY_SOCKET in it, nothing is ever said
   * @param log told what an operator should know
   * @return to be closed when all is done
   */
  public static Systemd in(Map<String, String> environment, System.Logger log) {
    String address = environment.getOrDefault("NOTIFY_SOCKET", "");
    if (!address.isEmpty() && !address.startsWith("/") && !address.startsWith("@")) {
      log.log(
          Level.WARNING,
          "systemd is told nothing: NOTIFY_SOCKET is {0}, and has to be a path, or a name behind @."
              + " Without it, the unit needs Type=exec",
          Words.line(address, 100));
      address = "";
    }
    boolean runs = !address.isEmpty();
    Notifications way = runs ? NotifySocket.at(address) : nothing -> {};
    Systemd systemd = new Systemd(way, watchdog(environment), System::nanoTime, log, runs);
    systemd.thread.ifPresent(
        thread -> {
          thread.setDaemon(true);
          thread.start();
        });
    return systemd;
  }

  /** In nanoseconds. */
  private static long watchdog(Map<String, String> environment) {
    String whose = environment.getOrDefault("WATCHDOG_PID", "");
    if (!whose.isEmpty() && !whose.equals(String.valueOf(ProcessHandle.current().pid()))) {
      return 0; // another process of the service's feeds it
    }
    try {
      return TimeUnit.MICROSECONDS.toNanos(
          Long.parseLong(environment.getOrDefault("WATCHDOG_USEC", "0")));
    } catch (NumberFormatException noWatchdog) {
      return 0;
    }
  }

  /**
   * The agent is there. Once it has settled, systemd is told that it is ready.
   *
   * @param agent what it knows of itself
   */
  public void watch(Insight agent) {
    insight = Optional.of(agent);
    nudge();
  }

  /** Something may have changed: it is looked at soon. Costs next to nothing. */
  public void nudge() {
    thread.ifPresent(LockSupport::unpark);
  }

  /** The configuration is being read again. */
  public void reloading() {
    become(Phase.READY, Phase.RELOADING);
  }

  /** That is over, whatever came of it. */
  public void reloaded() {
    become(Phase.RELOADING, Phase.READY);
  }

  /**
   * The agent is about to end.
   *
   * @param atMost how long its handlers may take
   */
  public void stopping(Duration atMost) {
    farewell = atMost;
    phase.set(Phase.STOPPING);
    nudge();
  }

  /**
   * How often systemd could not be told.
   *
   * @return since the start
   */
  public long failures() {
    return failures;
  }

  /** Says nothing more. */
  @Override
  public void close() {
    closed = true;
    nudge();
  }

  private void become(Phase from, Phase to) {
    if (phase.compareAndSet(from, to)) {
      nudge();
    }
  }

  private void run() {
    while (!closed) {
      long wait = lookAround();
      Thread.interrupted(); // a handler's, or this would never wait again
      LockSupport.parkNanos(this, Math.max(1, wait));
    }
  }

  /**
   * Says what there is to say.
   *
   * @return nanoseconds until it has to be called again
   */
  long lookAround() {
    try {
      return tell();
    } catch (IOException | RuntimeException e) {
      return failed(e);
    } catch (Error shortOfMemory) {
      return SHORT_OF_MEMORY;
    }
  }

  private long failed(Exception e) {
    long count = failures + 1;
    failures = count;
    if (Long.bitCount(count) == 1) {
      String words = e instanceof IOException ? e.getMessage() : e.toString();
      String often = count == 1 ? "" : " (" + count + " times so far)";
      log.log(Level.WARNING, "systemd could not be told how the agent is: {0}{1}", words, often);
    }
    return AGAIN;
  }

  private long tell() throws IOException {
    long now = nanos.getAsLong();
    if (insight.filter(Insight::settled).isPresent()) {
      become(Phase.STARTING, Phase.READY);
    }
    Phase current = phase.get();
    look(current);
    String words = words(current);
    boolean feed = feeds(current) && feedAt - now <= 0;
    boolean extend =
        current == Phase.STARTING && extendAt - now <= 0 && now - start < LONGEST_START;
    boolean moved = current != told;
    boolean news = !words.equals(status);
    if (feed || extend || moved || (news && now - statusAt >= PAUSE)) {
      send(now, current, news ? words : "", feed, extend);
      news = false;
    }
    return news ? PAUSE - (now - statusAt) : current == Phase.STARTING ? START_LOOK : nextLook();
  }

  private long nextLook() {
    return faults.isEmpty() ? tick() : Math.min(AGAIN, tick());
  }

  private void send(long now, Phase current, String words, boolean feed, boolean extend)
      throws IOException {
    List<String> lines = new ArrayList<>();
    if (current != told) {
      lines.add(word(current));
    }
    if (!words.isEmpty()) {
      lines.add("STATUS=" + words);
    }
    if (feed) {
      lines.add("WATCHDOG=1");
    }
    if (extend) {
      lines.add(extension(EXTENSION));
    }
    notifications.send(String.join("\n", lines));
    told = current;
    status = words.isEmpty() ? status : words;
    statusAt = words.isEmpty() ? statusAt : now;
    feedAt = feed ? now + tick() : feedAt;
    extendAt = extend ? now + EXTEND_EVERY : extendAt;
  }

  private String word(Phase current) {
    return switch (current) {
      case STARTING -> throw new AssertionError("nothing comes before it");
      case READY -> "READY=1";
      // Of CLOCK_MONOTONIC, which is what nanoTime reads on Linux.
      case RELOADING -> "RELOADING=1\nMONOTONIC_USEC=" + nanos.getAsLong() / 1000;
      case STOPPING -> "STOPPING=1\n" + extension(farewell.plus(CLOSING));
    };
  }

  private static String extension(Duration time) {
    return "EXTEND_TIMEOUT_USEC=" + TimeUnit.MILLISECONDS.toMicros(time.toMillis());
  }

  /** Nothing is a fault while all parts come up, or go down. */
  private void look(Phase current) {
    boolean works = current == Phase.READY || current == Phase.RELOADING;
    Map<String, String> found = new LinkedHashMap<>();
    if (works) {
      insight.map(Insight::faults).orElse(List.of()).forEach(one -> found.put(subject(one), one));
    }
    found.forEach(
        (subject, fault) -> {
          if (!faults.containsKey(subject)) {
            log.log(Level.ERROR, fault);
          }
        });
    if (!found.isEmpty() && faults.isEmpty() && watchdog > 0) {
      log.log(Level.ERROR, "systemd restarts the agent if that stays so");
    }
    if (found.isEmpty() && !faults.isEmpty() && works) {
      log.log(Level.INFO, "the agent works again");
    }
    faults = found;
  }

  /** A fault's words go on changing, as with how long it has lasted; what it is about does not. */
  private static String subject(String fault) {
    return fault.replaceFirst("(?s): .*", "");
  }

  private boolean feeds(Phase current) {
    return watchdog > 0 && current != Phase.STARTING && faults.isEmpty();
  }

  private String words(Phase current) {
    String words =
        switch (current) {
          case STARTING -> insight.map(Insight::words).orElse("starting");
          case READY, RELOADING -> insight.map(Insight::words).orElse("");
          case STOPPING -> "stopping: handlers have " + Words.of(farewell) + " to finish";
        };
    for (String fault : faults.values()) {
      words = fault.lines().findFirst().orElse("") + "; " + words;
    }
    return Words.line(Secret.mask(words), MAX_STATUS);
  }

  /** Three to one against a watchdog that bites by mistake. */
  private long tick() {
    return watchdog > 0 ? Math.min(watchdog / 3, LOOK_EVERY) : LOOK_EVERY;
  }
}
