package loomagent.schedule;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/** What rewritten code calls instead of the JDK's own: {@link Rewriter} says which for which. */
public final class Instead {
  private Instead() {}

  private static Schedule schedule() {
    return Schedule.current();
  }

  private static Fiber me() {
    Schedule schedule = schedule();
    return schedule == null ? null : schedule.me().orElse(null);
  }

  /** Another thread may go on here. */
  public static void step() {
    Fiber me = me();
    if (me != null) {
      me.schedule.step(me);
    }
  }

  private static boolean block(BooleanSupplier until, long nanos) {
    Schedule schedule = schedule();
    long wait = Math.max(0, Math.min(nanos, Schedule.NEVER));
    return schedule.block(until, wait == Schedule.NEVER ? wait : schedule.nanos() + wait);
  }

  /** Waits as what can be interrupted does. */
  static boolean wait(BooleanSupplier until, long nanos) throws InterruptedException {
    Fiber me = me();
    step();
    if (!me.interrupted) {
      block(() -> me.interrupted || until.getAsBoolean(), nanos);
    }
    if (me.interrupted) {
      me.interrupted = false;
      throw new InterruptedException();
    }
    return until.getAsBoolean();
  }

  /** Waits whatever comes. */
  static void await(BooleanSupplier until) {
    if (!until.getAsBoolean()) {
      block(until, Schedule.NEVER);
    }
  }

  /** A killed thread runs no more code: neither what catches nor what is to be done finally. */
  public static void passOn(Throwable thrown) {
    if (thrown instanceof Death) {
      throw Death.now();
    }
  }

  // --- time and chance --------------------------------------------------------------------------

  public static long nanoTime() {
    return schedule() == null ? System.nanoTime() : schedule().nanos();
  }

  public static Instant instant() {
    long wall = schedule() == null ? System.currentTimeMillis() * 1_000_000 : schedule().wall();
    return Instant.ofEpochSecond(wall / 1_000_000_000, wall % 1_000_000_000);
  }

  public static long currentTimeMillis() {
    return instant().toEpochMilli();
  }

  public static Clock clock() {
    return new Wall();
  }

  public static Clock tickMillis(ZoneId unused) {
    return Clock.tick(new Wall(), Duration.ofMillis(1));
  }

  private static final class Wall extends Clock {
    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return Instead.instant();
    }
  }

  public static long seed() {
    return schedule() == null ? 1 : schedule().random().nextLong();
  }

  public static RandomGenerator random() {
    return new SplittableRandom(seed());
  }

  // --- threads ----------------------------------------------------------------------------------

  public static void sleep(long millis) throws InterruptedException {
    boolean unused = wait(() -> false, TimeUnit.MILLISECONDS.toNanos(millis));
  }

  public static boolean interrupted() {
    Fiber me = me();
    boolean was = me != null && me.interrupted;
    if (was) {
      me.interrupted = false;
    }
    return was;
  }

  public static boolean isAlive(Thread thread) {
    step();
    return thread instanceof Fiber fiber ? fiber.begun && !fiber.done : thread.isAlive();
  }

  public static Thread.State getState(Thread thread) {
    step();
    if (!(thread instanceof Fiber fiber)) {
      return thread.getState();
    }
    return fiber.done
        ? Thread.State.TERMINATED
        : fiber.begun ? Thread.State.RUNNABLE : Thread.State.NEW;
  }

  public static void join(Thread thread) throws InterruptedException {
    join(thread, 0);
  }

  public static void join(Thread thread, long millis) throws InterruptedException {
    Fiber fiber = (Fiber) thread;
    long nanos = millis == 0 ? Schedule.NEVER : TimeUnit.MILLISECONDS.toNanos(millis);
    boolean unused = wait(() -> fiber.done || !fiber.begun, nanos);
  }

  public static void park() {
    parkNanos(null, Schedule.NEVER);
  }

  public static void parkNanos(long nanos) {
    parkNanos(null, nanos);
  }

  public static void parkNanos(Object unused, long nanos) {
    Fiber me = me();
    step();
    if (!me.permit && !me.interrupted && nanos > 0) {
      block(() -> me.permit || me.interrupted, nanos);
    }
    me.permit = false;
  }

  public static void unpark(Thread thread) {
    step();
    if (thread instanceof Fiber fiber) {
      fiber.permit = true;
    }
  }

  // --- monitors ---------------------------------------------------------------------------------

  public static void enter(Object of) {
    Fiber me = me();
    if (me == null) {
      return;
    }
    step();
    Schedule.Monitor monitor = me.schedule.monitor(of);
    if (monitor.owner != me) {
      await(() -> monitor.owner == null || monitor.owner.done);
      monitor.owner = me;
      monitor.holds = 0;
    }
    monitor.holds++;
  }

  public static void exit(Object of) {
    Fiber me = me();
    if (me == null || me.killed) {
      return;
    }
    Schedule.Monitor monitor = me.schedule.monitor(of);
    if (--monitor.holds == 0) {
      monitor.owner = null;
      step();
    }
  }

  public static void wait(Object on) throws InterruptedException {
    wait(on, 0);
  }

  public static void wait(Object on, long millis) throws InterruptedException {
    Fiber me = me();
    Schedule.Monitor monitor = me.schedule.monitor(on);
    int holds = monitor.holds;
    boolean[] notified = {false};
    monitor.waiting.add(notified);
    monitor.owner = null;
    monitor.holds = 0;
    try {
      long nanos = millis == 0 ? Schedule.NEVER : TimeUnit.MILLISECONDS.toNanos(millis);
      boolean unused = wait(() -> notified[0], nanos);
    } finally {
      if (!me.killed) {
        await(() -> monitor.owner == null || monitor.owner.done);
        monitor.waiting.remove(notified);
        monitor.owner = me;
        monitor.holds = holds;
      }
    }
  }

  public static void notifyOne(Object on) {
    step();
    schedule().monitor(on).waiting.stream()
        .filter(waiting -> !waiting[0])
        .findFirst()
        .ifPresent(waiting -> waiting[0] = true);
  }

  public static void notifyAll(Object on) {
    step();
    schedule().monitor(on).waiting.forEach(waiting -> waiting[0] = true);
  }

  // --- futures ----------------------------------------------------------------------------------

  public static Object get(CompletableFuture<?> future)
      throws InterruptedException, ExecutionException {
    boolean unused = wait(future::isDone, Schedule.NEVER);
    return future.get();
  }

  public static Object get(CompletableFuture<?> future, long time, TimeUnit unit)
      throws InterruptedException, ExecutionException, TimeoutException {
    if (!wait(future::isDone, unit.toNanos(time))) {
      throw new TimeoutException();
    }
    return future.get();
  }

  public static Executor delayedExecutor(long time, TimeUnit unit) {
    return task -> {
      Fiber later =
          new Fiber(
              () -> {
                block(() -> false, unit.toNanos(time));
                task.run();
              },
              "later");
      later.start();
    };
  }
}
