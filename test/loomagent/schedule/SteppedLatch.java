package loomagent.schedule;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A latch for {@link Fiber}s. */
public final class SteppedLatch extends CountDownLatch {
  private long left;

  public SteppedLatch(int count) {
    super(count);
    left = count;
  }

  @Override
  public void countDown() {
    Instead.step();
    left = Math.max(0, left - 1);
  }

  @Override
  public long getCount() {
    return left;
  }

  @Override
  public void await() throws InterruptedException {
    boolean unused = Instead.wait(() -> left == 0, Schedule.NEVER);
  }

  @Override
  public boolean await(long time, TimeUnit unit) throws InterruptedException {
    return Instead.wait(() -> left == 0, unit.toNanos(time));
  }
}
