package loomagent.schedule;

import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/** A lock for {@link Fiber}s. */
public final class SteppedLock extends ReentrantLock {
  private static final long serialVersionUID = 1;

  private transient Fiber owner;
  private int holds;

  public SteppedLock() {}

  /** Fair or not, the schedule decides. */
  public SteppedLock(boolean fair) {
    super(fair);
  }

  private Fiber me() {
    return (Fiber) Thread.currentThread();
  }

  private void take(int times) {
    owner = me();
    holds += times;
  }

  private boolean isFree() {
    return owner == null || owner == me();
  }

  private BooleanSupplier freeFor(Fiber who) {
    return () -> owner == null || owner == who;
  }

  @Override
  public void lock() {
    Instead.step();
    Instead.await(freeFor(me()));
    take(1);
  }

  @Override
  public void lockInterruptibly() throws InterruptedException {
    if (!Instead.wait(freeFor(me()), Schedule.NEVER)) {
      throw new IllegalStateException("never came");
    }
    take(1);
  }

  @Override
  public boolean tryLock() {
    Instead.step();
    boolean free = isFree();
    if (free) {
      take(1);
    }
    return free;
  }

  @Override
  public boolean tryLock(long time, TimeUnit unit) throws InterruptedException {
    boolean free = Instead.wait(freeFor(me()), unit.toNanos(time));
    if (free) {
      take(1);
    }
    return free;
  }

  @Override
  public void unlock() {
    if (me().killed) {
      return;
    }
    if (owner != me()) {
      throw new IllegalMonitorStateException();
    }
    if (--holds == 0) {
      owner = null;
      Instead.step();
    }
  }

  @Override
  public boolean isHeldByCurrentThread() {
    return owner == me();
  }

  @Override
  public int getHoldCount() {
    return owner == me() ? holds : 0;
  }

  @Override
  public boolean isLocked() {
    return owner != null;
  }

  @Override
  public Condition newCondition() {
    return new Signals();
  }

  private final class Signals implements Condition {
    private final List<boolean[]> waiting = new ArrayList<>();

    private interface Wait {
      boolean until(BooleanSupplier signalled) throws InterruptedException;
    }

    private boolean release(Wait wait) throws InterruptedException {
      Fiber me = me();
      if (owner != me) {
        throw new IllegalMonitorStateException();
      }
      int before = holds;
      boolean[] signalled = {false};
      waiting.add(signalled);
      owner = null;
      holds = 0;
      try {
        return wait.until(() -> signalled[0]);
      } finally {
        if (!me.killed) {
          waiting.remove(signalled);
          Instead.await(freeFor(me));
          take(before);
        }
      }
    }

    @Override
    public void await() throws InterruptedException {
      boolean unused = release(signalled -> Instead.wait(signalled, Schedule.NEVER));
    }

    @Override
    public void awaitUninterruptibly() {
      try {
        boolean unused =
            release(
                signalled -> {
                  Instead.await(signalled);
                  return true;
                });
      } catch (InterruptedException never) {
        throw new IllegalStateException(never);
      }
    }

    @Override
    public long awaitNanos(long nanos) throws InterruptedException {
      long end = Instead.nanoTime() + nanos;
      boolean unused = release(signalled -> Instead.wait(signalled, nanos));
      return end - Instead.nanoTime();
    }

    @Override
    public boolean await(long time, TimeUnit unit) throws InterruptedException {
      return release(signalled -> Instead.wait(signalled, unit.toNanos(time)));
    }

    @Override
    public boolean awaitUntil(Date end) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void signal() {
      Instead.step();
      waiting.stream().filter(one -> !one[0]).findFirst().ifPresent(one -> one[0] = true);
    }

    @Override
    public void signalAll() {
      Instead.step();
      waiting.forEach(one -> one[0] = true);
    }
  }
}
