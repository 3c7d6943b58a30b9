package loomagent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Loom played by a real Rails Action Cable server, {@code test/rails/config.ru} under puma, on a
 * loopback port.
 */
final class RailsServer implements AutoCloseable {
  private static final Path RACKUP = Path.of("test", "rails", "config.ru").toAbsolutePath();
  private static final Duration BOOT = Duration.ofSeconds(60);
  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final Pattern LISTENING =
      Pattern.compile("Listening on http://127\\.0\\.0\\.1:(\\d+)");

  private static final Pattern ACCEPTED = Pattern.compile("\"accepted\":(\\d+)");

  private final HttpClient http = HttpClient.newHttpClient();
  private final Path folder;
  private final String token;
  private ChildProcess puma;
  private int port;

  private RailsServer(Path folder, String token) {
    this.folder = folder;
    this.token = token;
  }

  static boolean isInstalled() {
    try {
      Process ruby =
          new ProcessBuilder(
                  "ruby", "-e", "require 'action_cable'; require 'rails'; require 'puma'")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return ruby.waitFor(BOOT.toSeconds(), TimeUnit.SECONDS) && ruby.exitValue() == 0;
    } catch (IOException e) {
      return false; // no ruby
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Starts on a port that is free, and returns when it answers. It accepts {@code token} and runs
   * in {@code folder}.
   */
  static RailsServer start(Path folder, String token) {
    RailsServer server = new RailsServer(folder, token);
    server.boot();
    return server;
  }

  /** Kills the server as {@code kill -9} does; its port stays its own for {@link #boot}. */
  void kill() {
    puma.signal("KILL");
    puma.close();
  }

  /** The command for a server of a rack file; on any free port if that is 0. */
  static List<String> puma(int port, Path rackup) {
    String at = "tcp://127.0.0.1:" + port;
    return List.of(
        "ruby", "-S", "puma", "-C", "-", "-e", "production", "-b", at, rackup.toString());
  }

  /** Starts puma: at first on any free port, later on the same one again. */
  void boot() {
    ProcessBuilder builder = new ProcessBuilder(puma(port, RACKUP)).directory(folder.toFile());
    builder.environment().put("LOOM_TOKEN", token);
    puma = new ChildProcess("puma", builder);
    try {
      Matcher listening = LISTENING.matcher(puma.awaitOut("Listening on", BOOT));
      if (!listening.find()) {
        throw new IllegalStateException("puma does not listen on 127.0.0.1:\n" + puma.out());
      }
      port = Integer.parseInt(listening.group(1));
      accepted();
    } catch (RuntimeException | Error e) {
      puma.close();
      throw e;
    }
  }

  int port() {
    return port;
  }

  /**
   * The next line of the server's log that holds {@code text}: it names refused tokens and origins.
   */
  void awaitLog(String text, Duration limit) {
    puma.awaitErr(text, limit);
  }

  /** How many connections with a right token there have been since the server started. */
  int accepted() {
    String connections = send(request("connections").GET().build(), 200);
    Matcher accepted = ACCEPTED.matcher(connections);
    if (!accepted.find()) {
      throw new IllegalStateException("no count of accepted connections: " + connections);
    }
    return Integer.parseInt(accepted.group(1));
  }

  /** Sends the event to those who subscribed to its name. */
  void publish(String event) {
    post("publish", event);
  }

  /** Closes every connection as {@code remote_connections.where(…).disconnect} does. */
  void disconnectAll() {
    post("disconnect", "");
  }

  /**
   * What Rails does when its code is reloaded: {@code disconnect}/{@code server_restart} to every
   * connection.
   */
  void restartActionCable() {
    post("restart", "");
  }

  @Override
  public void close() {
    puma.close();
  }

  private void post(String action, String body) {
    send(request(action).POST(HttpRequest.BodyPublishers.ofString(body)).build(), 204);
  }

  private HttpRequest.Builder request(String action) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/admin/" + action))
        .timeout(ANSWER);
  }

  private String send(HttpRequest request, int expected) {
    try {
      HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != expected) {
        throw new IllegalStateException(
            request.uri() + " answered " + response.statusCode() + "\n" + puma.err());
      }
      return response.body();
    } catch (IOException e) {
      throw new UncheckedIOException(request.uri() + " did not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
