package loomagent.cli;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Waits to be told to stop. The first SIGTERM or SIGINT asks for an orderly end, the second ends
 * the process at once.
 */
final class Stop {
  /** As shells count a process ended by a signal. */
  private static final int SIGNALLED = 128;

  /** In minutes: no {@code shutdown.timeout} may be longer. */
  private static final int LONGEST_SHUTDOWN = 10;

  private final CountDownLatch asked = new CountDownLatch(1);

  private Stop() {}

  /** Listens to the signals from now on. */
  static Stop onSignals() {
    Stop stop = new Stop();
    try {
      stop.listen("TERM", 15);
      stop.listen("INT", 2);
      stop.listen("HUP", 1); // a terminal that is closed; nohup still holds against it
    } catch (ReflectiveOperationException | RuntimeException noSignals) {
      // A Java without sun.misc.Signal, or with -Xrs: a hook still ends the agent in order.
      Runtime.getRuntime().addShutdownHook(new Thread(stop::hold, "shutdown"));
    }
    return stop;
  }

  /** As a signal does. */
  void now() {
    asked.countDown();
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
