package loomagent.delivery;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import loomagent.BatchHandler;
import loomagent.EventHandler;
import loomagent.base.Backoff;

/**
 * A lane's thread and the handler instance that is its own: opened, given events and closed by no
 * other thread, so that a handler needs no lock. A handler is foreign code and may throw anything.
 */
final class Worker {

  /** Characters of what is wrong with its settings: any of them may be, and all are told. */
  private static final int ALL_SETTINGS = 2_000;

  /** As many as are read at once. */
  private static final int MOST_AT_ONCE = Feed.SLICE;

  private static final long SHORT_OF_MEMORY = 100_000_000; // nanoseconds until another try

  private final Delivery.Target target;
  private final Dispatch dispatch;
  private final Backoff reopen;
  private final Consumer<Delivery.Opening> opened;
  private final Consumer<Worker> left;
  final int lane; // from 1
  final Thread thread;
  int batch = 1; // its thread only: how many events one call may bring

  // Its thread only, of opening:
  private long failures;
  private String lastFailure = "";
  private long same; // failures in a row with these words

  // Under the dispatch's lock:
  List<Outstanding.Item> hand = List.of(); // what the handler is at
  long began; // to handle that
  long deadline;
  boolean overdue; // the deadline has passed, and the thread was interrupted
  boolean hung; // overdue, and no more threads may be abandoned
  boolean abandoned; // overdue, and it did not heed that: its lane has another thread now

  /**
   * A worker that has not begun.
   *
   * @param opened told each time the handler was asked to open
   * @param left told when the thread ends
   */
  Worker(
      int lane,
      Delivery.Target target,
      Backoff reopen,
      Dispatch dispatch,
      Consumer<Delivery.Opening> opened,
      Consumer<Worker> left) {
    this.lane = lane;
    this.target = target;
    this.reopen = reopen;
    this.dispatch = dispatch;
    this.opened = opened;
    this.left = left;
    String name = "handler-" + target.context().name();
    this.thread = new Thread(this::run, lane == 1 ? name : name + "-" + lane);
    thread.setContextClassLoader(target.loader());
    thread.setDaemon(true); // a handler that hangs must not keep the process alive
  }

  /** Starts its thread, unless it runs; false if the machine has none now. Any thread. */
  synchronized boolean start() {
    try {
      if (thread.getState() == Thread.State.NEW) {
        thread.start();
      }
      return true;
    } catch (OutOfMemoryError noThread) {
      return false;
    }
  }

  private void run() {
    try {
      Optional<EventHandler> handler = open();
      handler.ifPresent(this::deliver);
      handler.ifPresent(this::close);
    } finally {
      left.accept(this);
    }
  }

  /** Opens the handler, again and again if need be; empty if it never can be, or no longer. */
  private Optional<EventHandler> open() {
    EventHandler[] made = new EventHandler[1];
    while (!dispatch.draining()) {
      try {
        Delivery.Opening opening = tryToOpen(made);
        Thread.interrupted(); // a handler that interrupts its thread means what it was at
        opened.accept(opening);
        switch (opening) {
          case OPEN -> {
            if (failures > 0) {
              dispatch.opened(failures);
            }
            return Optional.of(made[0]);
          }
          case MISCONFIGURED -> {
            return Optional.empty();
          }
          case FAILED, PENDING -> dispatch.pause(reopen.next());
        }
      } catch (Throwable shortOfMemory) { // not the handler's: even to say so may fail
        LockSupport.parkNanos(SHORT_OF_MEMORY);
      }
    }
    return Optional.empty();
  }

  private Delivery.Opening tryToOpen(EventHandler[] made) {
    try {
      made[0] = target.maker().make();
    } catch (Throwable failure) {
      note("could not be made, and is tried again", failure, Streak.words(failure));
      return Delivery.Opening.FAILED;
    }
    try {
      made[0].open(target.context());
      batch =
          made[0] instanceof BatchHandler several
              ? Math.max(1, Math.min(several.batch(), MOST_AT_ONCE))
              : 1;
      return Delivery.Opening.OPEN;
    } catch (IllegalArgumentException wrong) {
      note("is not configured right", wrong, Streak.words(wrong, ALL_SETTINGS));
      close(made[0]);
      return Delivery.Opening.MISCONFIGURED;
    } catch (Throwable failure) {
      note("could not be opened, and is tried again", failure, Streak.words(failure));
      close(made[0]);
      return Delivery.Opening.FAILED;
    }
  }

  private void note(String what, Throwable failure, String words) {
    failures++;
    same = words.equals(lastFailure) ? same + 1 : 1;
    lastFailure = words;
    dispatch.note(what, failure, words, same);
  }

  private void deliver(EventHandler handler) {
    while (true) {
      try {
        List<Outstanding.Item> items = dispatch.next(this);
        if (items.isEmpty()) {
          return;
        }
        give(handler, items);
      } catch (Throwable shortOfMemory) {
        // Another handler may have filled the heap: even to say so may fail. The lane goes on.
        recover();
      }
    }
  }

  private void recover() {
    boolean recovered = false;
    while (!recovered) {
      try {
        dispatch.recover(this);
        recovered = true;
      } catch (Throwable stillShort) {
        LockSupport.parkNanos(SHORT_OF_MEMORY);
      }
    }
  }

  private void give(EventHandler handler, List<Outstanding.Item> items) {
    if (items.get(0).owed.isPresent()) {
      dispatch.outcomes().bury(this, items.get(0));
      return;
    }
    Optional<Throwable> failure = Optional.empty();
    try {
      if (items.size() == 1) {
        handler.handle(items.get(0).now());
      } else {
        ((BatchHandler) handler).handle(items.stream().map(Outstanding.Item::now).toList());
      }
    } catch (Throwable thrown) { // a missing class or a full stack is no reason to end the lane
      failure = Optional.of(thrown);
    }
    while (!ended(items, failure)) {
      LockSupport.parkNanos(SHORT_OF_MEMORY);
    }
  }

  /** False if there was no memory to say so: an event that was taken does not come again for it. */
  private boolean ended(List<Outstanding.Item> items, Optional<Throwable> failure) {
    try {
      dispatch.outcomes().ended(this, items, failure);
      return true;
    } catch (OutOfMemoryError full) {
      return false;
    }
  }

  private void close(EventHandler handler) {
    try {
      handler.close();
    } catch (Throwable failure) {
      dispatch.note("did not close well", failure, Streak.words(failure), 1);
    }
  }
}
