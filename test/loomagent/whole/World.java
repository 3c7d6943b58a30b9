package loomagent.whole;

import java.net.http.HttpClient;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import loomagent.base.Disk;
import loomagent.schedule.Fiber;
import loomagent.schedule.Schedule;

/**
 * What is around an agent: a network with Loom behind it, a disk, a clock, and handlers, each as
 * bad as the weather. All of it lives by one {@link Schedule}.
 */
public final class World {
  static final long SECOND = 1_000_000_000L;
  static final long MILLI = 1_000_000L;

  /** The one that the rewritten agent finds. */
  private static World current;

  private record Timer(long at, long number, Runnable what) {}

  final Schedule schedule;
  final SplittableRandom random;
  final Weather weather;
  final Log log;
  final Ledger ledger;
  final Loom loom;
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(
          Comparator.comparingLong((Timer timer) -> timer.at).thenComparingLong(Timer::number));
  private long made;
  private Fiber clockwork;
  private PlainDisk disk;

  World(Schedule schedule) {
    this.schedule = schedule;
    this.random = schedule.random();
    this.log = new Log(schedule);
    this.weather = new Weather(random);
    this.ledger = new Ledger(this);
    this.loom = new Loom(this);
    current = this;
  }

  static World current() {
    return current;
  }

  /** Called in place of {@link Disk#REAL}. */
  public static Disk disk() {
    return current == null ? null : current.disk;
  }

  /** Called in place of {@link HttpClient#newBuilder}. */
  public static HttpClient.Builder newBuilder() {
    return new WorldClient.Making(current);
  }

  void mount(PlainDisk disk) {
    this.disk = disk;
  }

  PlainDisk mounted() {
    return disk;
  }

  /** Starts what makes things happen that nobody does. */
  void begin() {
    clockwork = new Fiber(this::tick, "clockwork");
    clockwork.start();
  }

  private void tick() {
    while (true) {
      Timer next = timers.peek();
      if (next == null || next.at > schedule.nanos()) {
        schedule.await(this::isDue, next == null ? Schedule.NEVER : next.at);
      } else {
        timers.remove().what.run();
      }
    }
  }

  private boolean isDue() {
    return !timers.isEmpty() && timers.peek().at <= schedule.nanos();
  }

  /** Has something happen after a while, on a thread that never waits. */
  void after(long nanos, Runnable what) {
    Timer timer = new Timer(schedule.nanos() + nanos, made++, what);
    timers.add(timer);
    schedule.hurry(clockwork, timer.at);
  }

  /** A time between none and this. */
  long upTo(long nanos) {
    return random.nextLong(nanos + 1);
  }

  /** Waits, whatever comes. */
  void pause(long nanos) {
    schedule.await(() -> false, schedule.nanos() + nanos);
  }

  void check(boolean good, String otherwise) {
    if (!good) {
      schedule.fail(otherwise);
    }
  }
}
