package loomagent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A real proxy, Debian's tinyproxy, on a loopback port. */
final class TinyProxy implements AutoCloseable {
  private static final Duration SOON = Duration.ofSeconds(20);

  private final ChildProcess process;
  private final int port;

  private TinyProxy(ChildProcess process, int port) {
    this.process = process;
    this.port = port;
  }

  static boolean isInstalled() {
    try {
      return new ProcessBuilder("tinyproxy", "-v")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false; // no tinyproxy
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Starts on a port that is free, and returns when it listens.
   *
   * @param more lines of its configuration, such as {@code BasicAuth user password}
   */
  static TinyProxy start(Path folder, String... more) {
    try {
      int port;
      try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = free.getLocalPort();
      }
      Path file = Files.createTempFile(folder, "tinyproxy", ".conf");
      Files.writeString(
          file,
          "Port "
              + port
              + "\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\nLogLevel Info\n"
              + String.join("\n", more)
              + "\n");
      ChildProcess process =
          new ChildProcess(
              "tinyproxy", new ProcessBuilder("tinyproxy", "-d", "-c", file.toString()));
      process.awaitOut("Accepting connections", SOON);
      return new TinyProxy(process, port);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** The next tunnel that was asked for, to there. */
  void awaitTunnel(String host, int target) {
    process.awaitOut("CONNECT " + host + ":" + target + " HTTP/1.1", SOON);
  }

  /** All that it has logged. */
  String log() {
    return process.out();
  }

  @Override
  public void close() {
    process.close();
  }
}
