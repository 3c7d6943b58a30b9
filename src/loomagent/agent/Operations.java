package loomagent.agent;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import loomagent.base.Disk;
import loomagent.base.Words;
import loomagent.journal.Entry;
import loomagent.journal.Journal;
import loomagent.journal.JournalFiles;

/**
 * What a command line may change: done by the running agent, or in the folder of a stopped one. Any
 * thread.
 */
public final class Operations {

  /** Then a handler, then {@link Selection#words}. */
  public static final String REPLAY = "replay";

  /** Then a handler or "" for all, then an event's id or "" for all. */
  public static final String DEAD_RETRY = "dead-retry";

  /** Then a handler or "" for all, then an event's id or "" for all. */
  public static final String DEAD_DISCARD = "dead-discard";

  /** Then a handler. It gets nothing until it is resumed. */
  public static final String PAUSE = "pause";

  /** Then a handler. */
  public static final String RESUME = "resume";

  /** Sets damaged records of the journal aside. */
  public static final String REPAIR = "repair";

  /** Exit statuses, as {@code sysexits.h} counts them. */
  private static final int OK = 0;

  private static final int USAGE = 64;
  private static final int UNREACHABLE = 69;

  private final Layout layout;
  private final Deliveries deliveries;
  private final Journal journal;
  private final System.Logger log;
  private final Handing handing;
  private final LetterOperations letters;
  private final Object files = new Object(); // who changes the journal's files, one at a time

  Operations(Layout layout, Deliveries deliveries, Journal journal, System.Logger log) {
    this.layout = layout;
    this.deliveries = deliveries;
    this.journal = journal;
    this.log = log;
    this.handing = new Handing(deliveries);
    this.letters = new LetterOperations(layout, deliveries, handing, log);
  }

  /**
   * Does one thing.
   *
   * @param words which, and with what
   * @param out told what was done
   * @param err told what is wrong
   * @return an exit status
   */
  int serve(List<String> words, Consumer<String> out, Consumer<String> err)
      throws IOException, InterruptedException {
    String operation = words.isEmpty() ? "" : words.get(0);
    int given = words.size() - 1;
    if (operation.equals(REPLAY) && given == 1 + Selection.WORDS) {
      return replay(words.get(1), Selection.of(words.subList(2, words.size())), out, err);
    } else if (operation.equals(DEAD_RETRY) && given == 2) {
      return letters.retry(words.get(1), words.get(2), out, err);
    } else if (operation.equals(DEAD_DISCARD) && given == 2) {
      return letters.discard(words.get(1), words.get(2), out, err);
    } else if ((operation.equals(PAUSE) || operation.equals(RESUME)) && given == 1) {
      return pause(words.get(1), operation.equals(PAUSE), out, err);
    } else if (operation.equals(REPAIR) && given == 0) {
      synchronized (files) {
        return repair(out);
      }
    }
    err.accept("this agent cannot do that; it may be of another version than the command");
    return USAGE;
  }

  /** The handlers that an operation delivers to. */
  List<Route> needed(List<String> words) throws IOException {
    String operation = words.isEmpty() ? "" : words.get(0);
    if (operation.equals(REPLAY) && words.size() > 1) {
      return deliveries.find(words.get(1)).stream().toList();
    }
    List<Route> needed = new ArrayList<>();
    if (operation.equals(DEAD_RETRY) && words.size() > 2) {
      for (String name : letters.handlers(words.get(1))) {
        if (letters.count(name, words.get(2)) > 0) {
          deliveries.find(name).ifPresent(needed::add);
        }
      }
    }
    return needed;
  }

  private int replay(
      String handler, Selection selection, Consumer<String> out, Consumer<String> err)
      throws IOException, InterruptedException {
    Optional<Route> found = deliveries.find(handler);
    if (found.isEmpty()) {
      err.accept(unknown(handler));
      return USAGE;
    }
    if (isPaused(found.get(), err)) {
      return UNREACHABLE;
    }
    Replay replay = new Replay(found.get(), selection, err);
    JournalFiles.read(layout.journal(), 0, replay);
    replay.finish();
    out.accept(replay.summary());
    return replay.failed == 0 && replay.delivered > 0 ? OK : UNREACHABLE;
  }

  /** Gives a handler what is asked for, one event after the other. */
  private final class Replay implements JournalFiles.Visitor {
    private final Route route;
    private final Selection selection;
    private final Consumer<String> err;
    private InterruptedException interrupted;
    private long delivered;
    private long failed;
    private long unwanted;

    Replay(Route route, Selection selection, Consumer<String> err) {
      this.route = route;
      this.selection = selection;
      this.err = err;
    }

    @Override
    public boolean entry(Entry entry) {
      if (!selection.takes(entry)) {
        return true;
      }
      if (!route.wants(entry.event())) {
        unwanted++;
        return selection.id().isEmpty();
      }
      try {
        Optional<String> failure = handing.give(route.name(), to -> to.replay(entry.event()), err);
        delivered += failure.isEmpty() ? 1 : 0;
        failed += failure.isEmpty() ? 0 : 1;
        failure.ifPresent(why -> err.accept(Words.line(entry.event() + ": " + why, 500)));
      } catch (ExecutionException fault) {
        throw new IllegalStateException(fault.getCause());
      } catch (InterruptedException stop) {
        interrupted = stop;
        return false;
      }
      return selection.id().isEmpty();
    }

    @Override
    public void damaged(JournalFiles.Damage damage) {
      err.accept(damage + ", which is stepped over. See: journal verify");
    }

    void finish() throws InterruptedException {
      if (interrupted != null) {
        throw interrupted;
      }
    }

    String summary() {
      String name = route.name();
      if (delivered + failed + unwanted == 0) {
        return "no such event in the journal";
      }
      return Words.count(delivered, "event")
          + " delivered to "
          + name
          + (failed == 0 ? "" : ", " + failed + " could not be delivered: see dead list")
          + (unwanted == 0 ? "" : ", " + unwanted + " not taken by handler." + name + ".events");
    }
  }

  static boolean isPaused(Route route, Consumer<String> err) {
    if (route.delivery().isPaused()) {
      err.accept("handler %s is paused: resume %s first".formatted(route.name(), route.name()));
    }
    return route.delivery().isPaused();
  }

  private int pause(String handler, boolean pause, Consumer<String> out, Consumer<String> err)
      throws IOException {
    if (!deliveries.pause(handler, pause)) {
      err.accept(unknown(handler));
      return USAGE;
    }
    out.accept(
        pause
            ? "handler "
                + handler
                + " is paused, also over a restart: its events wait on disk. Go on with: resume "
                + handler
            : "handler " + handler + " goes on");
    log.log(Level.INFO, "handler {0} is {1}", handler, pause ? "paused" : "resumed");
    return OK;
  }

  private int repair(Consumer<String> out) throws IOException {
    JournalFiles.Report report = JournalFiles.repair(layout.journal(), Disk.REAL, journal.roll());
    report.damages().forEach(damage -> out.accept(damage.toString()));
    out.accept(
        report.damages().isEmpty()
            ? "all " + Words.count(report.records(), "record") + " are whole"
            : Words.count(report.damages().size(), "damaged place")
                + " set aside in "
                + layout.journal().resolve("damaged")
                + ", "
                + Words.count(report.records(), "record")
                + " kept");
    return OK;
  }

  static String unknown(String handler) {
    return "no handler "
        + Words.line(handler, 80)
        + " is configured and switched on. The command \"handlers\" lists those that are";
  }
}
