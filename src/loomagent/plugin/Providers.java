package loomagent.plugin;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import loomagent.EventHandler;
import loomagent.base.Words;

/**
 * The handlers that one class loader finds. Their constructors are foreign code: what they throw is
 * told, and one that does not return is left to itself.
 *
 * @param types those of this loader
 * @param faults what is wrong with others
 */
record Providers(List<HandlerType> types, List<Fault> faults) {

  /** One bundle's: who has read these knows what is wrong, and a log is not filled by one file. */
  static final int MOST_FAULTS = 10;

  /** A constructor does nothing, and so needs no time; what may take long belongs in open(). */
  static final Duration LIMIT = Duration.ofSeconds(10);

  /**
   * Looks for them.
   *
   * @param source of which jar or folder they are
   * @param agents whether the agent's own handlers are meant as well
   * @param limit for all of it
   */
  static Providers of(
      ClassLoader loader, String source, String version, boolean agents, Duration limit) {
    CompletableFuture<Providers> answer = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              Providers found = new Providers(new ArrayList<>(), new ArrayList<>());
              found.collect(loader, source, version, agents);
              answer.complete(found);
            },
            "handlers-of-" + source);
    thread.setContextClassLoader(loader);
    thread.setDaemon(true);
    thread.start();
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      try {
        return answer.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException hanging) {
        return fault(
            source,
            "has a constructor or a type() that takes longer than "
                + Words.of(limit)
                + ". Move what takes long to open()");
      } catch (InterruptedException handlers) {
        // One that interrupts every thread there is says nothing of this jar.
      } catch (ExecutionException never) {
        throw new IllegalStateException(never);
      }
    }
  }

  private static Providers fault(String source, String text) {
    return new Providers(List.of(), List.of(new Fault(source, text)));
  }

  /** The iterator goes on after a fault where {@code stream()} would stop. */
  private void collect(ClassLoader loader, String source, String version, boolean agents) {
    Iterator<EventHandler> providers = ServiceLoader.load(EventHandler.class, loader).iterator();
    while (faults.size() < MOST_FAULTS) {
      try {
        if (!providers.hasNext()) {
          return;
        }
        add(providers.next(), source, version, agents);
      } catch (Throwable broken) {
        faults.add(new Fault(source, Advice.on(broken)));
      }
    }
    faults.add(
        new Fault(
            source, "has more wrong than that; the rest was not looked at. Correct these first"));
  }

  private void add(EventHandler handler, String source, String version, boolean agents) {
    Class<? extends EventHandler> implementation = handler.getClass();
    boolean agentsOwn = implementation.getPackageName().startsWith("loomagent.");
    if (agentsOwn && !agents) {
      return; // of a copy of the agent that was packed into the jar
    }
    String name = implementation.getName();
    String type;
    try {
      type = handler.type();
    } catch (Throwable broken) {
      faults.add(
          new Fault(
              source,
              name + " throws in type(): " + Advice.kind(broken) + ". Return a constant there"));
      return;
    }
    if (type == null || !type.matches("[a-z0-9][a-z0-9_-]{0,63}")) {
      String shown = type == null ? "null" : "\"" + Words.line(type, 80) + "\"";
      String advice = ". Return lower-case letters, digits, - and _, at most 64, from type()";
      faults.add(new Fault(source, name + " calls its type " + shown + advice));
      return;
    }
    String from = agentsOwn ? HandlerType.BUILT_IN : source;
    types.add(
        new HandlerType(type, implementation, from, version, implementation.getClassLoader()));
  }
}
