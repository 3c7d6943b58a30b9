package loomagent.backfill;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Loom's pull API on loopback: strict Basic authentication, pages of two events with a Link header,
 * and before that whatever the script says.
 */
final class PullServer implements AutoCloseable {
  /** Answers a request in another way than usual. */
  interface Answer {
    void to(HttpExchange exchange) throws IOException;
  }

  static final int PAGE = 2;

  final Map<String, List<String>> events = new ConcurrentHashMap<>(); // by name
  final Queue<Answer> script = new ConcurrentLinkedQueue<>();
  final List<Map<String, String>> asked = new ArrayList<>(); // guarded by itself
  final List<String> odd = new ArrayList<>(); // guarded by itself
  final CountDownLatch ended = new CountDownLatch(1);
  volatile String login = "my_app:pass:wörd";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  PullServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** What was asked for, in the order it was. */
  List<String> asked(String parameter) {
    synchronized (asked) {
      return asked.stream().map(query -> query.getOrDefault(parameter, "-")).toList();
    }
  }

  static Answer status(int status, String... headers) {
    return exchange -> {
      for (int i = 0; i < headers.length; i += 2) {
        exchange.getResponseHeaders().add(headers[i], headers[i + 1]);
      }
      send(exchange, status, "{\"error\":\"" + status + "\"}");
    };
  }

  static Answer page(String body, String... links) {
    return exchange -> {
      for (String link : links) {
        exchange.getResponseHeaders().add("Link", link);
      }
      send(exchange, 200, body);
    };
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      synchronized (asked) {
        asked.add(query(exchange.getRequestURI()));
      }
      Answer scripted = script.poll();
      if (scripted != null) {
        scripted.to(exchange);
      } else {
        usual(exchange);
      }
    }
  }

  private void usual(HttpExchange exchange) throws IOException {
    String expected = "Basic " + Base64.getEncoder().encodeToString(login.getBytes(UTF_8));
    if (!List.of(expected).equals(exchange.getRequestHeaders().get("Authorization"))) {
      send(exchange, 401, "");
      return;
    }
    if (!exchange.getRequestMethod().equals("GET")
        || !exchange.getRequestURI().getPath().equals("/api/v1/events")
        || !List.of("application/json").equals(exchange.getRequestHeaders().get("Accept"))
        || !List.of("loom-agent/test").equals(exchange.getRequestHeaders().get("User-Agent"))) {
      synchronized (odd) {
        odd.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
      }
      send(exchange, 400, "");
      return;
    }
    Map<String, String> query = query(exchange.getRequestURI());
    List<String> all = events.getOrDefault(query.get("filter[name]"), List.of());
    int page = Integer.parseInt(query.getOrDefault("page", "1"));
    int from = Math.min(all.size(), (page - 1) * PAGE);
    int to = Math.min(all.size(), from + PAGE);
    exchange.getResponseHeaders().add("Total-Count", Integer.toString(all.size()));
    if (to < all.size()) {
      String raw = exchange.getRequestURI().getRawQuery().replaceFirst("&page=.*", "");
      String next = "<" + url() + "/api/v1/events?" + raw + "&page=" + (page + 1) + ">";
      exchange.getResponseHeaders().add("Link", "<" + url() + "/x>; rel=\"last\"");
      exchange.getResponseHeaders().add("Link", next + "; rel=\"next\"");
    }
    send(exchange, 200, "[" + String.join(",\n ", all.subList(from, to)) + "]");
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  private static Map<String, String> query(URI uri) {
    Map<String, String> query = new TreeMap<>();
    query.put("path", uri.getPath());
    for (String pair : uri.getRawQuery() == null ? new String[0] : uri.getRawQuery().split("&")) {
      String[] parts = pair.split("=", 2);
      query.put(URLDecoder.decode(parts[0], UTF_8), URLDecoder.decode(parts[1], UTF_8));
    }
    return query;
  }

  @Override
  public void close() {
    ended.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
