package loomagent.ops;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import loomagent.base.Secret;

/** One client of the control socket, served on a thread of its own. */
final class Caller {
  // As sysexits.h counts them.
  private static final int USAGE = 64;
  private static final int UNAVAILABLE = 69;
  private static final int INTERNAL = 70;

  private final SocketChannel channel;
  private final Control.Service service;
  private final System.Logger log;
  private final Consumer<Caller> ended;
  private final Thread thread = new Thread(this::run);
  private final long start = System.nanoTime();
  private volatile boolean asked;
  private volatile boolean late;
  private volatile boolean gone;

  Caller(
      SocketChannel channel, Control.Service service, System.Logger log, Consumer<Caller> ended) {
    this.channel = channel;
    this.service = service;
    this.log = log;
    this.ended = ended;
  }

  Thread thread() {
    return thread;
  }

  void start(String name) {
    thread.setName(name);
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Instead of {@link #start}. Never waits: a line fits the socket of one that was told nothing.
   */
  void turnAway(String reason) throws IOException {
    try (channel) {
      refuse(UNAVAILABLE, reason);
    } catch (Control.Gone e) {
      // Nobody to turn away any more.
    }
  }

  /** Waits no longer for a client that has not asked in time. Called now and then, by another. */
  void hurry(Duration patience) {
    if (!asked && System.nanoTime() - start > patience.toNanos()) {
      late = true;
      try {
        channel.shutdownInput();
      } catch (IOException e) {
        // It went away by itself.
      }
    }
  }

  /** Cuts the client off, also in the middle of a read or write. */
  void close() throws IOException {
    channel.close();
  }

  private void run() {
    try (channel) {
      answer();
    } catch (IOException | Control.Gone e) {
      // The client went away, as by Ctrl-C: there is nobody to tell.
    } finally {
      ended.accept(this);
    }
  }

  private void answer() throws IOException {
    Optional<byte[]> request;
    try {
      request = new Lines(channel, Control.MAX_REQUEST).next();
      asked = true;
    } catch (Lines.TooLong e) {
      refuse(USAGE, e.getMessage());
      return;
    }
    Object words = request.map(Control::object).orElse(Map.of()).get("words");
    if (words instanceof List<?> list
        && !list.isEmpty()
        && list.stream().allMatch(String.class::isInstance)) {
      serve(list.stream().map(String.class::cast).toList());
    } else if (request.isPresent()) {
      refuse(USAGE, "the agent was asked with what is no command: {\"words\":[\"…\"]} is one");
    } else if (late) {
      refuse(USAGE, "the agent was asked nothing in time");
    }
  }

  private void serve(List<String> words) {
    try {
      int status = service.serve(words, text -> tell("out", text), text -> tell("err", text));
      say("exit", status);
    } catch (Throwable e) { // also an Error: whoever waits for the answer is told of it
      if (!gone) {
        log.log(Level.ERROR, "the command \"" + words.get(0) + "\" failed", e);
        refuse(INTERNAL, words.get(0) + " failed in the agent, whose log says where: " + e);
      }
    }
  }

  private void refuse(int status, String reason) {
    tell("err", reason);
    say("exit", status);
  }

  private void tell(String where, String text) {
    // Masked before it is quoted: in JSON a secret with a quote in it is another text.
    say(where, Secret.mask(text));
  }

  // One line at a time: a command may speak from several threads.
  private synchronized void say(String what, Object value) {
    try {
      Lines.send(channel, Map.of(what, value));
    } catch (IOException e) {
      gone = true;
      throw new Control.Gone(e);
    }
  }
}
