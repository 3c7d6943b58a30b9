package loomagent.handlers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real database server of Debian's packages, in a folder of its own, on a port of its own. */
final class DatabaseServer implements AutoCloseable {
  static final String USER = "agent";
  static final String PASSWORD = "pass-of-the-agent";

  private static final boolean ROOT = System.getProperty("user.name").equals("root");

  private final Path folder;
  private final List<String> command;
  private final String ready;
  final int port;
  private Process process;

  private DatabaseServer(Path folder, int port, List<String> command, String ready)
      throws IOException {
    this.folder = folder;
    this.port = port;
    this.command = command;
    this.ready = ready;
    // Whoever interrupts the tests is not left with a server that runs on.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> process.destroyForcibly()));
    start();
  }

  /** PostgreSQL, with a password for its only user. Skips the test where it is not installed. */
  static DatabaseServer postgresql() throws IOException {
    Optional<Path> bin = newest(Path.of("/usr/lib/postgresql"));
    assumeTrue(bin.isPresent(), "PostgreSQL is not installed (Debian's package postgresql)");
    Path folder = Files.createTempDirectory("loom-postgresql");
    Path password = Files.writeString(folder.resolve("password"), PASSWORD);
    Path data = folder.resolve("data");
    List<String> user = List.of();
    if (ROOT) { // PostgreSQL refuses to run as root
      user = List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups");
      run(List.of("chown", "-R", "postgres:postgres", folder.toString()));
    }
    String initdb = bin.get().resolve("initdb").toString();
    String settings =
        "--no-sync --auth=scram-sha-256 --encoding=UTF8 --no-locale --username=" + USER;
    run(joined(user, initdb, settings.split(" "), "--pwfile=" + password, "-D", data));
    int port = freePort();
    String postgres = bin.get().resolve("postgres").toString();
    String[] how = "-c fsync=off -c listen_addresses=127.0.0.1 -c max_connections=30".split(" ");
    List<String> command = joined(user, postgres, how, "-D", data, "-k", folder, "-p", port);
    return new DatabaseServer(folder, port, command, "ready to accept connections");
  }

  /** MariaDB, without accounts. Skips the test where it is not installed. */
  static DatabaseServer mariadb() throws IOException {
    Path mariadbd = Path.of("/usr/sbin/mariadbd");
    assumeTrue(
        Files.isExecutable(mariadbd),
        "MariaDB is not installed (Debian's package mariadb-server-core)");
    Path folder = Files.createTempDirectory("loom-mariadb");
    int port = freePort();
    String[] how =
        ("--no-defaults --skip-grant-tables --bind-address=127.0.0.1 --innodb-buffer-pool-size=16M"
                + " --innodb-log-file-size=8M --innodb-flush-log-at-trx-commit=0 --user="
                + System.getProperty("user.name"))
            .split(" ");
    Path data = Files.createDirectory(folder.resolve("data"));
    Path socket = folder.resolve("socket");
    List<String> command =
        joined(
            List.of(), mariadbd, how, "--datadir=" + data, "--socket=" + socket, "--port=" + port);
    return new DatabaseServer(folder, port, command, "ready for connections");
  }

  private static Optional<Path> newest(Path versions) throws IOException {
    if (!Files.isDirectory(versions)) {
      return Optional.empty();
    }
    try (Stream<Path> found = Files.list(versions)) {
      return found
          .map(version -> version.resolve("bin"))
          .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
          .max(Comparator.comparing(Path::toString));
    }
  }

  private static List<String> joined(List<String> first, Object... others) {
    List<String> words = new ArrayList<>(first);
    for (Object other : others) {
      words.addAll(
          other instanceof String[] several ? List.of(several) : List.of(other.toString()));
    }
    return words;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void run(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
    try {
      if (process.waitFor() != 0) {
        fail(command + "\n" + printed);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Starts it, again after a {@link #kill}. */
  void start() throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    process = builder.redirectErrorStream(true).start();
    BufferedReader printed = process.inputReader();
    StringBuilder lines = new StringBuilder();
    for (String line = ""; !line.contains(ready); line = printed.readLine()) {
      if (line == null) {
        fail(command + " ended\n" + lines);
      }
      lines.append(line).append('\n');
    }
    Thread drain = new Thread(() -> drain(process.getInputStream()), "server-output");
    drain.setDaemon(true);
    drain.start();
  }

  private static void drain(InputStream stream) {
    try {
      stream.transferTo(java.io.OutputStream.nullOutputStream());
    } catch (IOException ended) {
      // that is what it is for
    }
  }

  /** Ends it at once, with all of its connections, as an operator in a hurry does. */
  void kill() throws IOException {
    end("QUIT"); // PostgreSQL's immediate shutdown
  }

  private void end(String signal) throws IOException {
    run(List.of("kill", "-" + signal, Long.toString(process.pid())));
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        fail("the server does not end at SIG" + signal);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() throws IOException {
    if (process.isAlive()) {
      end("TERM");
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
