package loomagent.ops;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import loomagent.base.Words;
import loomagent.json.Json;
import loomagent.json.JsonException;

/**
 * How a command line talks to the agent that runs: a Unix domain socket in the data folder, so that
 * no port is open, and whoever may read the folder may ask.
 *
 * <pre>
 * client   {"words":["dead","retry","--all"]}     one line of at most 64 KB, within 5 seconds
 * agent    {"out":"a line for standard output"}   any number of these two, as they come up
 * agent    {"err":"a line for standard error"}
 * agent    {"exit":0}                             last: the exit status
 * </pre>
 *
 * Secrets are masked in every answer. Threads: {@code control} takes clients, {@code control-N}
 * serves one; all are daemons.
 */
public final class Control implements AutoCloseable {
  /** People and scripts ask one thing at a time; each costs a thread. */
  static final int MAX_CLIENTS = 8;

  /** In bytes. As long as an ordinary command line gets. */
  static final int MAX_REQUEST = 64 << 10;

  /** In bytes. A socket's address holds 104 on macOS and 108 on Linux; Java takes two less. */
  static final int MAX_PATH = 102;

  /** How long a client may take to ask: programs on this machine need milliseconds. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** How long {@link #close} waits for commands to notice that their client is cut off. */
  private static final Duration FAREWELL = Duration.ofSeconds(1);

  private final Path socket;
  private final ServerSocketChannel server;
  private final Service service;
  private final System.Logger log;
  private final Duration patience;
  private final Selector selector = Selector.open();
  private final Set<Caller> callers = ConcurrentHashMap.newKeySet();
  private final Thread thread = new Thread(this::run, "control");
  private long served; // control thread only
  private long failures; // control thread only

  private Control(
      Path socket,
      ServerSocketChannel server,
      Service service,
      System.Logger log,
      Duration patience)
      throws IOException {
    this.socket = socket;
    this.server = server;
    this.service = service;
    this.log = log;
    this.patience = patience;
  }

  /** Carries out what a command line asks of the running agent. */
  @FunctionalInterface
  public interface Service {
    /**
     * Called on the client's own thread; several clients may ask at once. The two consumers take
     * text of one line or several, from any thread; they wait while the client reads nothing, so no
     * lock may be held across them, and throw {@link Gone} once it went away. The thread is never
     * interrupted: a command that waits long for something else has to end it when the agent stops.
     *
     * @param words the command and its arguments
     * @param out what belongs on the client's standard output
     * @param err what belongs on its standard error
     * @return the exit status
     * @throws Exception anything: the client is told, and its exit status is 70
     */
    int serve(List<String> words, Consumer<String> out, Consumer<String> err) throws Exception;
  }

  /** Thrown by a {@link Service}'s consumers: nobody reads the answer, so the command may end. */
  public static final class Gone extends RuntimeException {
    private static final long serialVersionUID = 1;

    Gone(IOException cause) {
      super("the client that asked is gone", cause);
    }
  }

  /**
   * Starts to listen. The caller holds the folder's lock: a socket that is there was left behind by
   * an agent that was killed, and is replaced.
   *
   * @param socket {@code agent.sock} in the data folder, which must be there
   * @param service what carries out commands, from now on
   * @param log told what an operator should know
   * @return what has to be closed before the folder's lock is given back
   * @throws IOException in words; the agent can do without
   */
  public static Control listen(Path socket, Service service, System.Logger log) throws IOException {
    return listen(socket, service, log, PATIENCE);
  }

  static Control listen(Path socket, Service service, System.Logger log, Duration patience)
      throws IOException {
    UnixDomainSocketAddress address = address(socket);
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      Files.deleteIfExists(socket);
      server.bind(address);
      if (socket.getFileSystem().supportedFileAttributeViews().contains("posix")) {
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
      }
      server.configureBlocking(false);
      Control control = new Control(socket, server, service, log, patience);
      server.register(control.selector, SelectionKey.OP_ACCEPT);
      control.thread.setDaemon(true);
      control.thread.start();
      return control;
    } catch (IOException e) {
      server.close();
      throw new IOException(
          "commands cannot be taken at " + socket + " (" + e + "). Check its folder's rights", e);
    }
  }

  /**
   * Has the running agent carry out a command, and passes its answer on line by line.
   *
   * @param socket {@code agent.sock} in the data folder
   * @param words the command and its arguments
   * @param out takes the lines for standard output
   * @param err takes the lines for standard error
   * @return the exit status; nothing when nobody listens there (no such file, or a stale one)
   * @throws IOException in words: the agent ended before it answered, or may not be asked
   */
  public static OptionalInt ask(
      Path socket, List<String> words, Consumer<String> out, Consumer<String> err)
      throws IOException {
    if (!Files.exists(socket)) {
      return OptionalInt.empty();
    }
    UnixDomainSocketAddress address = address(socket);
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      try {
        channel.connect(address);
      } catch (ConnectException nobody) {
        return OptionalInt.empty();
      } catch (IOException e) {
        throw new IOException("the agent cannot be asked at " + socket + ": " + e.getMessage(), e);
      }
      try {
        Lines.send(channel, Map.of("words", words));
      } catch (IOException refused) {
        // It took no more of this because it has answered already: that is read next.
      }
      return OptionalInt.of(answer(new Lines(channel, Json.MAX_BYTES), out, err));
    }
  }

  /**
   * Stops listening, removes the socket and cuts every client off. A command that is at work fails
   * at its next line; one that says nothing is left behind after a second, on its daemon thread.
   */
  @Override
  public void close() throws IOException {
    if (!server.isOpen()) {
      return; // The socket that is there by now is another agent's.
    }
    server.close();
    selector.close();
    Files.deleteIfExists(socket);
    long end = System.nanoTime() + FAREWELL.toNanos();
    join(thread, end);
    for (Caller caller : callers) {
      caller.close();
    }
    for (Caller caller : callers) {
      join(caller.thread(), end);
    }
  }

  /**
   * Whether nobody takes commands any more.
   *
   * @return words; empty if all is well
   */
  public Optional<String> fault() {
    return thread.getState() == Thread.State.TERMINATED && server.isOpen()
        ? Optional.of("the thread that takes commands has ended")
        : Optional.empty();
  }

  /** The path, or the one relative to the working directory, if that is what fits. */
  private static UnixDomainSocketAddress address(Path socket) throws IOException {
    Path here = Path.of("").toAbsolutePath();
    Path whole = socket.toAbsolutePath();
    Path path = !fits(socket) && whole.startsWith(here) ? here.relativize(whole) : socket;
    if (!fits(path)) {
      throw new IOException(
          "the path of the control socket, %s, has more than the %d bytes that such a path can have. Set a shorter data.dir"
              .formatted(socket, MAX_PATH));
    }
    return UnixDomainSocketAddress.of(path);
  }

  private static boolean fits(Path path) {
    return path.toString().getBytes(UTF_8).length <= MAX_PATH;
  }

  private static int answer(Lines lines, Consumer<String> out, Consumer<String> err)
      throws IOException {
    while (true) {
      byte[] line;
      try {
        line = lines.next().orElseThrow(() -> new IOException("it hung up"));
      } catch (Lines.TooLong e) {
        throw new IOException("the agent's answer cannot be read: " + e.getMessage(), e);
      } catch (IOException e) {
        throw new IOException("the agent ended before it answered", e);
      }
      Map<?, ?> said = object(line);
      if (said.get("exit") instanceof Long status) {
        return status.intValue();
      } else if (said.get("out") instanceof String text) {
        out.accept(text);
      } else if (said.get("err") instanceof String text) {
        err.accept(text);
      } else {
        throw new IOException(
            "the agent's answer cannot be read: " + Words.line(new String(line, UTF_8), 100));
      }
    }
  }

  /** A line's JSON object; an empty one when it is none. */
  static Map<?, ?> object(byte[] line) {
    try {
      return Json.parse(line, 0, line.length) instanceof Map<?, ?> object ? object : Map.of();
    } catch (JsonException e) {
      return Map.of();
    }
  }

  private void run() {
    while (server.isOpen() && selector.isOpen()) {
      try {
        // Looks at the clock only while somebody may be late.
        selector.select(callers.isEmpty() ? 0 : Math.max(1, patience.toMillis() / 5));
        Thread.interrupted(); // a handler's, or select would never wait again
        selector.selectedKeys().clear();
        callers.forEach(caller -> caller.hurry(patience));
        for (SocketChannel c = server.accept(); c != null; c = server.accept()) {
          admit(c);
        }
      } catch (ClosedSelectorException closing) {
        return;
      } catch (IOException | RuntimeException | Error e) { // short of memory or threads, too
        survive(e);
      }
    }
  }

  private void admit(SocketChannel channel) throws IOException {
    Caller caller = new Caller(channel, service, log, callers::remove);
    if (callers.size() < MAX_CLIENTS) {
      try {
        callers.add(caller);
        caller.start("control-" + ++served);
      } catch (Throwable noThread) { // nobody would answer it, or count it out
        callers.remove(caller);
        channel.close();
        throw noThread;
      }
    } else {
      caller.turnAway(callers.size() + " commands are at work already. Try again when one ends");
    }
  }

  private void survive(Throwable e) {
    try {
      if (server.isOpen() && Long.bitCount(++failures) == 1) {
        log.log(Level.WARNING, "a command could not be taken ({0} so far): {1}", failures, e);
      }
    } catch (Throwable again) {
      // Short of memory, even to say so may fail: without this thread nobody could ask any more.
    }
    // Out of descriptors, most likely: no reason to spin until some are free again.
    LockSupport.parkNanos(50_000_000);
  }

  private static void join(Thread thread, long end) {
    try {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (thread != Thread.currentThread() && left > 0) {
        thread.join(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
