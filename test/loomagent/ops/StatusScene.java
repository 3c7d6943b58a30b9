package loomagent.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import loomagent.base.HandClock;
import loomagent.base.LogLines;
import loomagent.base.Secret;
import loomagent.json.Json;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A status server, and who asks it. */
abstract class StatusScene {
  static final Duration LIMIT = Duration.ofSeconds(20);

  final Shop shop = Shop.quiet();
  final Queue<List<String>> commands = new ConcurrentLinkedQueue<>();
  final LogLines log = new LogLines();
  final AtomicLong nanos = new AtomicLong();
  final HandClock clock = new HandClock(Shop.NOW);
  final HttpClient http = HttpClient.newHttpClient();
  private final List<StatusServer> servers = new ArrayList<>();

  Control.Service service =
      (words, out, err) -> {
        commands.add(words);
        out.accept(words.get(0) + " done");
        return 0;
      };

  /** What other tests in this process have made secrets, common words among them, is none here. */
  @BeforeEach
  void forgetSecrets() {
    for (int i = 0; i < 1_024; i++) {
      Secret.register("a secret of nobody's, number " + i);
    }
  }

  @AfterEach
  void closeAll() {
    servers.forEach(StatusServer::close);
  }

  StatusServer listen() throws IOException {
    return listen("127.0.0.1", Optional.empty(), Duration.ofSeconds(8));
  }

  StatusServer listen(String host, Optional<StatusServer.Password> password, Duration patience)
      throws IOException {
    StatusServer server =
        StatusServer.listen(
            InetSocketAddress.createUnresolved(host, 0),
            shop,
            (words, out, err) -> service.serve(words, out, err),
            password,
            log,
            clock,
            nanos::get,
            patience);
    servers.add(server);
    return server;
  }

  HttpResponse<String> get(StatusServer server, String path, String... headers) throws Exception {
    return send(server, "GET", path, "", headers);
  }

  HttpResponse<String> send(
      StatusServer server, String method, String path, String body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
            .timeout(LIMIT)
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  HttpResponse<String> command(StatusServer server, String token, String... words)
      throws Exception {
    String body = "{\"words\":" + Json.write(List.of(words)) + "}";
    return send(server, "POST", "/command", body, "X-Loom-Token", token);
  }

  static String token(StatusServer server) {
    String address = server.unlock();
    return address.substring(address.indexOf('#') + 1);
  }

  static String basic(String user, String password) {
    String pair = user + ":" + password;
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
  }

  /** Sends bytes as they are; the socket stays open. */
  static Socket raw(StatusServer server, String bytes) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout((int) LIMIT.toMillis());
    socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
    return socket;
  }

  /** All that comes back until the other side ends. */
  static String exchange(StatusServer server, String bytes) throws IOException {
    try (Socket socket = raw(server, bytes)) {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  static void assertStatus(int expected, HttpResponse<String> response) {
    assertEquals(expected, response.statusCode(), response.body());
  }
}
