package loomagent.cli;

import java.io.FileInputStream;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Waits to be told to stop. The first SIGTERM or SIGINT asks for an orderly end, the second ends
 * the process at once. A SIGHUP is either: of a terminal that was closed, or of somebody who wants
 * the configuration read again.
 */
final class Stop {
  /** As shells count a process ended by a signal. */
  private static final int SIGNALLED = 128;

  private static final int HANG_UP = 1;

  /** In minutes: no {@code shutdown.timeout} may be longer. */
  private static final int LONGEST_SHUTDOWN = 10;

  private final boolean reloads;
  private final boolean terminal = hasTerminal();
  private final CountDownLatch asked = new CountDownLatch(1);
  private final Semaphore news = new Semaphore(0);
  private final AtomicBoolean hungUp = new AtomicBoolean();

  private Stop(boolean reloads) {
    this.reloads = reloads;
  }

  /** Listens to the signals from now on. */
  static Stop onSignals() {
    return listening(false);
  }

  /** Likewise; a SIGHUP is no reason to stop as long as the terminal is there. */
  static Stop orReloadOnSignals() {
    return listening(true);
  }

  private static Stop listening(boolean reloads) {
    Stop stop = new Stop(reloads);
    try {
      stop.listen("TERM", 15);
      stop.listen("INT", 2);
      stop.listen("HUP", HANG_UP); // nohup still holds against it
    } catch (ReflectiveOperationException | RuntimeException noSignals) {
      // A Java without sun.misc.Signal, or with -Xrs: a hook still ends the agent in order.
      Runtime.getRuntime().addShutdownHook(new Thread(stop::hold, "shutdown"));
    }
    return stop;
  }

  /** Whether a SIGHUP is a reason to read the configuration again. */
  boolean reloads() {
    return reloads;
  }

  /** As a signal does. */
  void now() {
    asked.countDown();
    news.release();
  }

  /** Lets who waits look around, for a reason of its own. */
  void look() {
    news.release();
  }

  /**
   * Waits to be told to read the configuration again, or to stop.
   *
   * @return whether the former; false also after the time
   */
  boolean hungUp(long millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    boolean waited = false;
    while (!waited) {
      try {
        if (news.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
          news.drainPermits();
        }
        waited = true;
      } catch (InterruptedException handlers) {
        // one that interrupts every thread that it finds, and makes no time pass
      }
    }
    return !asked() && hungUp.getAndSet(false);
  }

  /** Whether this process belongs to a terminal: one that was closed cannot be opened. */
  private static boolean hasTerminal() {
    try {
      new FileInputStream("/dev/tty").close();
      return true;
    } catch (IOException none) {
      return false;
    }
  }

  /** Waits for that, and for nothing else: a handler may interrupt every thread that it finds. */
  void await() {
    while (!asked()) {
      try {
        asked.await();
      } catch (InterruptedException handlers) {
        // not meant to end the agent
      }
    }
  }

  boolean asked() {
    return asked.getCount() == 0;
  }

  boolean await(long millis) throws InterruptedException {
    return asked.await(millis, TimeUnit.MILLISECONDS);
  }

  /** Keeps a shutdown waiting while the main thread ends the agent, and then the process. */
  private void hold() {
    now();
    try {
      TimeUnit.MINUTES.sleep(LONGEST_SHUTDOWN);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void signalled(int number) {
    if (number == HANG_UP && reloads && terminal == hasTerminal()) {
      hungUp.set(true);
      news.release();
      return;
    }
    if (asked.getCount() == 0) {
      Runtime.getRuntime().halt(SIGNALLED + number);
    }
    now();
  }

  // By reflection: sun.misc.Signal is in every JDK, but no compiler lets a program name it without
  // a warning, and a shutdown hook can neither give exit status 0 nor see a second signal.
  private void listen(String name, int number) throws ReflectiveOperationException {
    Class<?> signal = Class.forName("sun.misc.Signal");
    Class<?> handler = Class.forName("sun.misc.SignalHandler");
    Object ours =
        Proxy.newProxyInstance(
            Stop.class.getClassLoader(),
            new Class<?>[] {handler},
            (proxy, method, arguments) -> {
              if (method.getName().equals("handle")) {
                signalled(number);
              }
              return null;
            });
    Method handle = signal.getMethod("handle", signal, handler);
    handle.invoke(null, signal.getConstructor(String.class).newInstance(name), ours);
  }
}
