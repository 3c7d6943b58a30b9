package loomagent.ops;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import loomagent.base.Secret;
import loomagent.base.Words;

/** Has the few commands carried out that the status page may give. Any thread. */
final class Desk {
  // As sysexits.h counts them.
  static final int USAGE = 64;
  private static final int UNAVAILABLE = 69;
  private static final int INTERNAL = 70;
  static final int NO_PERMISSION = 77;

  /** How many words follow each of them. What deletes or discards is none of them. */
  private static final Map<String, Integer> COMMANDS =
      Map.of("pause", 1, "resume", 1, "reload", 0, "dead-retry", 2);

  /** Longer than any handler's name or event's id. */
  private static final int MAX_WORD = 200;

  /** At once: a person does one thing at a time. */
  private static final int MOST = 2;

  /** Lines of an answer; what was said first is what counts. */
  private static final int MAX_LINES = 50;

  private static final int MAX_LINE = 500;

  /** Dead letters may take a handler minutes; no browser should wait for that. */
  static final Duration PATIENCE = Duration.ofSeconds(8);

  private final Control.Service service;
  private final Duration patience;
  private final System.Logger log;
  private final Semaphore free = new Semaphore(MOST);
  private final AtomicLong served = new AtomicLong();
  private volatile boolean closed;

  Desk(Control.Service service, Duration patience, System.Logger log) {
    this.service = service;
    this.patience = patience;
    this.log = log;
  }

  /** Waits until it is done, for a while. */
  Answer serve(Object asked) {
    if (!(asked instanceof Map<?, ?> members)
        || !(members.get("words") instanceof List<?> words)
        || !words.stream().allMatch(w -> w instanceof String word && word.length() <= MAX_WORD)) {
      return refusal(400, USAGE, "that is no command: {\"words\":[\"…\"]} is one");
    }
    List<String> command = words.stream().map(String.class::cast).toList();
    String name = command.isEmpty() ? "" : command.get(0);
    if (!Integer.valueOf(command.size() - 1).equals(COMMANDS.get(name))) {
      return refusal(400, USAGE, "the status page cannot do that; use the command line");
    }
    if (!free.tryAcquire()) {
      return refusal(503, UNAVAILABLE, "commands are at work already. Try again when one ends");
    }
    log.log(Level.INFO, "from the status page: {0}", Words.line(String.join(" ", command), 100));
    Work work = new Work(command);
    work.start();
    return work.answer();
  }

  /** Those at work end at the next line they say. */
  void close() {
    closed = true;
  }

  static Answer refusal(int status, int exit, String reason) {
    return Answer.json(status, members(exit, List.of(), List.of(reason)));
  }

  private static Map<String, Object> members(int exit, List<String> out, List<String> err) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("exit", exit);
    members.put("out", out);
    members.put("err", err);
    return members;
  }

  /** One command, on a thread of its own: nobody may interrupt it. */
  private final class Work implements Runnable {
    private final List<String> words;
    private final List<String> out = new ArrayList<>(); // guarded by this
    private final List<String> err = new ArrayList<>(); // guarded by this
    private OptionalInt exit = OptionalInt.empty(); // guarded by this
    private final CountDownLatch done = new CountDownLatch(1);

    Work(List<String> words) {
      this.words = words;
    }

    void start() {
      Thread thread = new Thread(this, "http-command-" + served.incrementAndGet());
      thread.setDaemon(true);
      try {
        thread.start();
      } catch (OutOfMemoryError noThread) {
        free.release();
        throw noThread;
      }
    }

    @Override
    public void run() {
      try {
        ended(service.serve(words, text -> say(out, text), text -> say(err, text)));
      } catch (Throwable e) { // also an Error: whoever waits for the answer is told of it
        if (!closed) {
          log.log(Level.ERROR, "the command \"" + words.get(0) + "\" failed", e);
          failed();
        }
      } finally {
        free.release();
        done.countDown();
      }
    }

    private synchronized void ended(int status) {
      exit = OptionalInt.of(status);
    }

    private synchronized void failed() {
      err.add(words.get(0) + " failed in the agent, whose log says where");
      exit = OptionalInt.of(INTERNAL);
    }

    // From any thread of the command's.
    private synchronized void say(List<String> where, String text) {
      if (closed) {
        throw new Control.Gone(new IOException("the status page is closed"));
      }
      Secret.mask(text)
          .lines()
          .limit(MAX_LINES - where.size())
          .forEach(line -> where.add(Words.line(line, MAX_LINE)));
    }

    Answer answer() {
      try {
        boolean ended = done.await(patience.toMillis(), TimeUnit.MILLISECONDS);
        return ended ? said() : refusal(202, 0, "still at work; this page shows how it goes on");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return refusal(503, UNAVAILABLE, "the agent is stopping");
      }
    }

    private synchronized Answer said() {
      return Answer.json(200, members(exit.orElse(INTERNAL), List.copyOf(out), List.copyOf(err)));
    }
  }
}
