package loomagent.schedule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Time, chance and the order of threads, from one seed: of all {@link Fiber}s one runs at a time,
 * and whenever it comes to something that another could notice, a lock, a wait, an atomic, the seed
 * says who goes on. Time passes when nobody can.
 *
 * <p>One at a time in a process. Its methods are called by whoever has the turn.
 */
public final class Schedule {
  /** What no wait is longer than. */
  public static final long NEVER = Long.MAX_VALUE / 4;

  private static final long STEP = 200; // nanoseconds
  private static final int MOST_DEATHS = 100;
  private static final int MOST_FIBERS = 200;

  private static volatile Schedule current;

  private final SplittableRandom random;
  private final int switches; // of ten thousand steps
  private final long mostSteps;
  private final List<Fiber> fibers = new ArrayList<>(); // begun, and not done
  private final IdentityHashMap<Object, Monitor> monitors = new IdentityHashMap<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private Fiber running;
  private Fiber world;
  private int made;
  private long nanos = 1_000_000_000L;
  private long wall = 1_780_000_000_000_000_000L; // nanoseconds since 1970, less nanos
  private long steps;
  private long alarm = Long.MAX_VALUE;
  private long trace = 1;
  private boolean killing;
  private Optional<String> failure = Optional.empty();

  /** Who holds a monitor, how often. */
  static final class Monitor {
    Fiber owner;
    int holds;
    final List<boolean[]> waiting = new ArrayList<>(); // true once notified
  }

  /**
   * A schedule that has not begun.
   *
   * @param switches how often of ten thousand steps another goes on
   * @param mostSteps that it takes; more are a failure
   */
  public Schedule(long seed, int switches, long mostSteps) {
    this.random = new SplittableRandom(seed);
    this.switches = switches;
    this.mostSteps = mostSteps;
  }

  static Schedule current() {
    return current;
  }

  /** Runs something as the first thread, to its end. */
  public void run(Runnable what) throws InterruptedException {
    current = this;
    try {
      world = new Fiber(what, "world");
      world.start();
      running = world;
      world.give();
      if (!over.await(10, TimeUnit.MINUTES)) {
        throw new IllegalStateException("it hangs outside of the schedule: " + describe());
      }
    } finally {
      current = null;
    }
  }

  // --- what the world may ask -------------------------------------------------------------------

  public long nanos() {
    return nanos;
  }

  /** Nanoseconds since 1970, as the clock on the wall has it. */
  public long wall() {
    return wall + nanos;
  }

  /** Sets the clock on the wall forward, or back. */
  public void jump(long by) {
    wall += by;
  }

  public long steps() {
    return steps;
  }

  /** What happened, as a number: the same for the same seed. */
  public long trace() {
    return trace;
  }

  /** Lets what happened count for the trace. */
  public void note(long what) {
    trace = trace * 0x9E3779B97F4A7C15L + what;
  }

  public SplittableRandom random() {
    return random;
  }

  public Optional<String> failure() {
    return failure;
  }

  /** Something is wrong; the first of it counts. */
  public void fail(String what) {
    if (failure.isEmpty()) {
      failure = Optional.of(what);
    }
  }

  /** Wakes the world in the middle of whatever happens after so many steps. */
  public void alarmAfter(long more) {
    alarm = steps + more;
  }

  public boolean alarmed() {
    return steps >= alarm;
  }

  public void forgetAlarm() {
    alarm = Long.MAX_VALUE;
  }

  /** Waits, at most until a time. */
  public void await(BooleanSupplier until, long deadline) {
    block(until, deadline);
  }

  /** Has one that waits look up by then. */
  public void hurry(Fiber waiting, long deadline) {
    waiting.deadline = Math.min(waiting.deadline, deadline);
  }

  /** Makes a thread part of a process, and starts it. */
  public void start(Fiber fiber, int life) {
    fiber.life = life;
    fiber.start();
  }

  /** How many threads a process has. */
  public long count(int life) {
    return fibers.stream().filter(fiber -> fiber.life == life).count();
  }

  /** Ends the threads of a process at once: none of its code runs any more. */
  public void kill(int life) {
    Predicate<Fiber> its = fiber -> fiber.life == life;
    fibers.stream().filter(its).forEach(fiber -> fiber.killed = true);
    killing = true;
    block(() -> fibers.stream().noneMatch(its), NEVER);
    killing = false;
  }

  /** Interrupts every other thread of the process that asks for it. */
  public void interruptAll() {
    Fiber me = me().orElseThrow();
    fibers.stream()
        .filter(fiber -> fiber.life == me.life && fiber != me)
        .forEach(fiber -> fiber.interrupted = true);
  }

  /** Who waits where, for a message. */
  public String describe() {
    return fibers.stream()
        .map(
            fiber ->
                fiber.getName()
                    + (fiber.until == null ? " runs" : " waits")
                    + Arrays.stream(fiber.getStackTrace())
                        .map(StackTraceElement::toString)
                        .filter(line -> !line.startsWith("java") && !line.contains(".schedule."))
                        .limit(6)
                        .collect(Collectors.joining("\n    ", "\n    ", "")))
        .collect(Collectors.joining("\n  ", "\n  ", ""));
  }

  // --- the threads ------------------------------------------------------------------------------

  int count() {
    return made++;
  }

  Optional<Fiber> me() {
    return Thread.currentThread() instanceof Fiber fiber && fiber == running
        ? Optional.of(fiber)
        : Optional.empty();
  }

  void begin(Fiber fiber) {
    me().ifPresent(maker -> checkAlive(maker));
    if (fibers.size() >= MOST_FIBERS) {
      fail("more than " + MOST_FIBERS + " threads" + describe());
    }
    fiber.begun = true;
    fibers.add(fiber);
  }

  void end(Fiber fiber) {
    fiber.done = true;
    fibers.remove(fiber);
    if (fiber == world) { // and so do all others, or each would hold the whole world for ever
      fibers.forEach(each -> each.killed = true);
      killing = true;
    }
    if (fibers.isEmpty()) {
      over.countDown();
    } else {
      running = next();
      running.give();
    }
  }

  void escaped(Fiber fiber, Throwable thrown) {
    if (!(thrown instanceof Death)) {
      fail(fiber.getName() + " ended with " + thrown + stack(thrown));
    }
  }

  private static String stack(Throwable thrown) {
    return Arrays.stream(thrown.getStackTrace())
        .limit(12)
        .map(StackTraceElement::toString)
        .collect(Collectors.joining("\n    ", "\n    ", ""));
  }

  private void checkAlive(Fiber me) {
    if (me.killed) {
      if (++me.deaths > MOST_DEATHS) {
        fail(me.getName() + " cannot be killed" + stack(new Throwable()));
        end(me);
        while (true) { // it is lost
          LockSupport.park();
        }
      }
      throw Death.now();
    }
  }

  /** The running thread has come to where another may go on. */
  void step(Fiber me) {
    checkAlive(me);
    steps++;
    nanos += STEP;
    if (steps > mostSteps && failure.isEmpty()) {
      fail("no end after " + steps + " steps" + describe());
    }
    if ((steps >= alarm || failure.isPresent()) && me != world && !killing) {
      hand(me, world);
      checkAlive(me);
    } else if (random.nextInt(10_000) < switches) {
      hand(me, next());
      checkAlive(me);
    }
  }

  /** Waits; false if the deadline came first. */
  boolean block(BooleanSupplier until, long deadline) {
    Fiber me = me().orElseThrow(() -> new IllegalStateException("no thread of the schedule"));
    checkAlive(me);
    steps++;
    me.deadline = deadline;
    me.until = until;
    hand(me, next());
    me.until = null;
    checkAlive(me);
    return until.getAsBoolean();
  }

  private void hand(Fiber from, Fiber to) {
    if (to != from) {
      note(to.number + (nanos << 8));
      running = to;
      to.give();
      from.awaitTurn();
    }
  }

  private Fiber next() {
    while (true) {
      List<Fiber> able = new ArrayList<>(fibers.size());
      long earliest = NEVER;
      for (Fiber fiber : fibers) {
        if (fiber.canGoOn(nanos)) {
          able.add(fiber);
        } else {
          earliest = Math.min(earliest, fiber.deadline);
        }
      }
      if (!able.isEmpty()) {
        return able.get(able.size() == 1 ? 0 : random.nextInt(able.size()));
      }
      if (earliest == NEVER) {
        throw new IllegalStateException("nobody can go on" + describe());
      }
      nanos = earliest;
    }
  }

  Monitor monitor(Object of) {
    return monitors.computeIfAbsent(of, unused -> new Monitor());
  }
}
