package printshop.nats;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real nats-server with JetStream on a loopback port, for a test. */
final class NatsServer implements AutoCloseable {
  private final Path program;
  private final Path folder;
  private final int port;
  private Process process;

  private NatsServer(Path program, Path folder, int port) {
    this.program = program;
    this.folder = folder;
    this.port = port;
  }

  /** Where it is installed, if it is; Debian puts it where only root looks for programs. */
  static Optional<Path> installed() {
    return Stream.concat(Stream.of(System.getenv("PATH").split(":")), Stream.of("/usr/sbin"))
        .map(path -> Path.of(path, "nats-server"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  static NatsServer start(Path folder) throws Exception {
    int free;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }
    NatsServer server = new NatsServer(installed().orElseThrow(), folder, free);
    server.start();
    return server;
  }

  void start() throws Exception {
    List<String> command =
        List.of(
            program.toString(),
            "-a",
            "127.0.0.1",
            "-p",
            Integer.toString(port),
            "-js",
            "-sd",
            folder.resolve("store").toString());
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("nats-server.log").toFile())
            .start();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!answers()) {
      if (process.waitFor(20, TimeUnit.MILLISECONDS) || System.nanoTime() > end) {
        throw new IOException(Files.readString(folder.resolve("nats-server.log")));
      }
    }
  }

  private boolean answers() throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", port), 1_000);
      return true;
    } catch (IOException notYet) {
      return false;
    }
  }

  /** As {@code kill -9} does; its port and its folder stay its own for {@link #start}. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  String url() {
    return "nats://127.0.0.1:" + port;
  }

  @Override
  public void close() throws InterruptedException {
    kill();
  }
}
