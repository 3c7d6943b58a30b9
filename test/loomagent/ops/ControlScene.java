package loomagent.ops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import loomagent.base.LogLines;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A control socket in a folder of its own, and who asks it. */
abstract class ControlScene {
  static final Duration SHORT = Duration.ofMillis(100);

  final LogLines log = new LogLines();
  final List<Control> controls = new ArrayList<>();

  @TempDir Path folder;
  Path socket;

  @BeforeEach
  void nameSocket() {
    socket = folder.resolve("agent.sock");
  }

  @AfterEach
  void closeAll() throws IOException {
    for (Control control : controls) {
      control.close();
    }
  }

  static int echo(List<String> words, Consumer<String> out, Consumer<String> err) {
    words.forEach(out);
    return 0;
  }

  Control listen(Control.Service service) throws IOException {
    return listen(service, Duration.ofSeconds(20));
  }

  Control listen(Control.Service service, Duration patience) throws IOException {
    Control control = Control.listen(socket, service, log, patience);
    controls.add(control);
    return control;
  }

  record Answer(List<String> lines, OptionalInt exit) {}

  Answer ask(String... words) throws IOException {
    return ask(List.of(words));
  }

  Answer ask(List<String> words) throws IOException {
    List<String> lines = new ArrayList<>();
    OptionalInt exit =
        Control.ask(
            socket, words, line -> lines.add("out " + line), line -> lines.add("err " + line));
    return new Answer(lines, exit);
  }

  SocketChannel connect() throws IOException {
    return SocketChannel.open(UnixDomainSocketAddress.of(socket));
  }

  String exchange(byte[] request) throws IOException {
    try (SocketChannel client = connect()) {
      write(client, request);
      return all(client);
    }
  }

  static void write(SocketChannel client, byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      client.write(buffer);
    }
  }

  static String all(SocketChannel client) throws IOException {
    return new String(Channels.newInputStream(client).readAllBytes(), UTF_8);
  }

  void leaveBehind() throws IOException {
    try (ServerSocketChannel killed = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      killed.bind(UnixDomainSocketAddress.of(socket));
    }
    assertTrue(Files.exists(socket));
  }

  static long ownThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("control"))
        .count();
  }

  static long count(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.count();
    }
  }

  interface Action<T> {
    T run() throws Exception;
  }

  static <T> CompletableFuture<T> later(Action<T> action) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                result.complete(action.run());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            },
            "asking");
    thread.setDaemon(true);
    thread.start();
    return result;
  }

  static <T> T result(CompletableFuture<T> future) throws Throwable {
    try {
      return future.get(10, SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause();
    }
  }

  static void await(Action<Boolean> condition) throws Exception {
    long end = System.nanoTime() + SECONDS.toNanos(10);
    while (!condition.run()) {
      assertTrue(System.nanoTime() < end, "it never came true");
      Thread.onSpinWait();
    }
  }
}
