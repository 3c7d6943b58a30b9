package loomagent.schedule;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * A thread of which only one runs at a time, when its {@link Schedule} says so. The fields are
 * touched by whoever has the turn.
 */
public class Fiber extends Thread {
  final Schedule schedule;
  final int number;
  int life; // of the process that it belongs to; 0 for the world around
  BooleanSupplier until; // what it waits for; null while it could go on
  long deadline; // nanoseconds of the schedule at which it goes on in any case
  boolean begun;
  boolean done;
  boolean interrupted;
  boolean permit; // LockSupport's
  boolean killed;
  int deaths; // how often it was told
  private volatile boolean turn;

  /** A thread of the life that makes it. */
  public Fiber(Runnable target, String name) {
    super(target, name);
    schedule = Schedule.current();
    number = schedule.count();
    life = schedule.me().map(maker -> maker.life).orElse(0);
    setDaemon(true);
  }

  @Override
  @SuppressWarnings("UnsynchronizedOverridesSynchronized") // one runs at a time
  public void start() {
    schedule.begin(this);
    super.start();
  }

  @Override
  public void run() {
    awaitTurn();
    try {
      if (!killed) {
        super.run();
      }
    } catch (Throwable thrown) {
      schedule.escaped(this, thrown);
    } finally {
      schedule.end(this);
    }
  }

  @Override
  public void interrupt() {
    Instead.step();
    interrupted = true;
  }

  @Override
  public boolean isInterrupted() {
    return interrupted;
  }

  void give() {
    turn = true;
    LockSupport.unpark(this);
  }

  void awaitTurn() {
    while (!turn) {
      LockSupport.park(this);
    }
    turn = false;
  }

  boolean canGoOn(long now) {
    return killed || until == null || deadline <= now || until.getAsBoolean();
  }
}
