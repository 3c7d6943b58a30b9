package loomagent.whole;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpTimeoutException;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/** Loom, with its websocket, its pull API and the Hub, at the other end of a bad network. */
final class Loom {
  static final String ORGANIZATION = "837ebb91-2d4b-4818-a19b-04fea7be8cde";
  static final List<String> NAMES = List.of("app.added", "app.changed");
  private static final int PAGE = 4;

  /** Who waits for an answer to a request. */
  interface Asker {
    void answer(Reply<?> reply, byte[] body);

    void fail(IOException failure);
  }

  private final World world;
  private final Hub hub;
  private final List<Peer> peers = new ArrayList<>();
  private final List<Published> published = new ArrayList<>();
  private final long skew;
  private final boolean answersPings;

  Loom(World world) {
    this.world = world;
    this.hub = new Hub(world);
    this.answersPings = world.random.nextInt(4) > 0;
    this.skew = world.upTo(4 * World.SECOND) - 2 * World.SECOND;
  }

  boolean answersPings() {
    return answersPings;
  }

  Hub hub() {
    return hub;
  }

  List<Published> published() {
    return published;
  }

  /** Of a server that answers no ping nobody could tell how long its words were on their way. */
  long latency() {
    return !answersPings
        ? World.MILLI
        : 100_000 + world.upTo(world.weather.network(50) ? 2 * World.SECOND : 5 * World.MILLI);
  }

  /** By its own clock, which nobody moves. */
  Instant now() {
    long nanos = Hub.EPOCH + world.schedule.nanos() + skew;
    return Instant.ofEpochSecond(nanos / World.SECOND, nanos % World.SECOND / 1000 * 1000);
  }

  void publish() {
    int number = published.size() + 1;
    String id = "%08x-0000-4000-8000-%012x".formatted(world.random.nextInt(), number);
    String name = NAMES.get(world.random.nextInt(NAMES.size()));
    boolean own = world.random.nextInt(8) > 0;
    String subject = own ? "Org/" + ORGANIZATION : "Org/00000000-2d4b-4818-a19b-04fea7be8cde";
    Instant at = now().minusNanos(world.upTo(2 * World.SECOND));
    String json =
        ("{\"id\":\"%s\",\"name\":\"%s\",\"subject\":\"%s\",\"timestamp\":\"%s\",\"received_at\":\"%s\","
             + "\"version\":\"1.0\",\"payload\":{\"order\":\"%d\",\"text\":\"%s\"}}")
            .formatted(
                id, name, subject, at, now(), world.random.nextInt(3), "\u00fc\\n\\u0000 \u2028");
    Published event = new Published(id, name, own, at, json);
    published.add(event);
    world.log.detail(() -> "published: " + json);
    if (own) {
      broadcast(event);
    }
  }

  /** At least once, in no particular order, to whoever has subscribed by then. */
  private void broadcast(Published event) {
    Runnable all = () -> List.copyOf(peers).forEach(peer -> peer.event(event));
    if (world.weather.network(60)) {
      world.after(world.upTo(4 * World.SECOND), all);
    } else {
      all.run();
    }
    if (world.weather.network(40)) {
      world.after(world.upTo(4 * World.SECOND), all);
    }
  }

  void left(Peer peer) {
    peers.remove(peer);
  }

  /** The process of the agent is no more, and its sockets with it. */
  void hangUp() {
    List.copyOf(peers).forEach(Peer::gone);
  }

  void dial(
      WorldClient client,
      String authorization,
      long limit,
      WebSocket.Listener listener,
      CompletableFuture<WebSocket> opened) {
    String token = authorization.replaceFirst("^Bearer ", "");
    hub.used(token);
    world.after(latency(), () -> dialled(client, token, limit, listener, opened));
  }

  private void dialled(
      WorldClient client,
      String token,
      long limit,
      WebSocket.Listener listener,
      CompletableFuture<WebSocket> opened) {
    if (world.weather.network(50)) {
      client.tell(() -> opened.completeExceptionally(new ConnectException("Connection refused")));
    } else if (world.weather.network(15)) {
      world.after(
          limit,
          () ->
              client.tell(
                  () -> opened.completeExceptionally(new HttpTimeoutException("timed out"))));
    } else if (world.weather.network(30)) {
      int status = List.of(401, 429, 503, 404).get(world.random.nextInt(4));
      HttpRequest request = HttpRequest.newBuilder(URI.create("http://loom/websocket")).build();
      Reply<String> reply = Reply.of(request, status, Map.of("Retry-After", "2"));
      client.tell(() -> opened.completeExceptionally(new WebSocketHandshakeException(reply)));
    } else {
      Wire wire = new Wire(world, client, listener);
      Peer peer = new Peer(world, this, wire, hub.ends(token));
      peers.add(peer);
      wire.connect(peer);
      client.tell(() -> opened.complete(wire));
      if (hub.accepts(token)) {
        world.after(latency(), peer::welcome);
      } else {
        world.after(latency(), () -> peer.disconnect("\"unauthorized\"", false));
      }
    }
  }

  void ask(HttpRequest request, String body, Asker asker) {
    world.after(
        latency(),
        () -> {
          if (world.weather.network(40)) {
            asker.fail(new ConnectException("Connection refused"));
          } else if (world.weather.network(15)) {
            long limit = request.timeout().map(Duration::toNanos).orElse(World.SECOND);
            world.after(limit, () -> asker.fail(new HttpTimeoutException("timed out")));
          } else if (world.weather.network(30)) {
            int status = List.of(429, 500, 503).get(world.random.nextInt(3));
            asker.answer(Reply.of(request, status, Map.of("Retry-After", "1")), new byte[0]);
          } else if (request.uri().getPath().equals("/oauth/access_token")) {
            answer(asker, hub.exchange(request, body), hub.text());
          } else {
            pull(request, asker);
          }
        });
  }

  private void answer(Asker asker, Reply<?> reply, String text) {
    if (world.weather.network(20)) { // done, and nobody is told
      world.after(latency(), () -> asker.fail(new IOException("Connection reset")));
    } else {
      world.after(latency(), () -> asker.answer(reply, text.getBytes(UTF_8)));
    }
  }

  private void pull(HttpRequest request, Asker asker) {
    Map<String, String> query = new HashMap<>();
    for (String pair : request.uri().getRawQuery().split("&")) {
      String[] sides = pair.split("=", 2);
      query.put(URLDecoder.decode(sides[0], UTF_8), URLDecoder.decode(sides[1], UTF_8));
    }
    Instant from = Instant.parse(query.get("filter[from]"));
    List<Published> found =
        published.stream()
            .filter(event -> event.name().equals(query.get("filter[name]")))
            .filter(event -> !event.timestamp().isBefore(from))
            .sorted(Comparator.comparing(Published::timestamp))
            .toList();
    int page = Integer.parseInt(query.getOrDefault("page", "1"));
    int start = Math.min(found.size(), (page - 1) * PAGE);
    int end = Math.min(found.size(), start + PAGE);
    world.log.detail(() -> "pulled: " + query + ", " + (end - start) + " of " + found.size());
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Total-Count", String.valueOf(found.size()));
    if (end < found.size()) {
      headers.put("Link", "<" + next(request, query, page + 1) + ">; rel=\"next\"");
    }
    String body =
        found.subList(start, end).stream()
            .map(Published::json)
            .collect(Collectors.joining(",", "[", "]"));
    answer(asker, Reply.of(request, 200, headers), body);
  }

  private static String next(HttpRequest request, Map<String, String> query, int page) {
    return request.uri().toString().replaceFirst("\\?.*", "")
        + "?filter%5Bname%5D="
        + URLEncoder.encode(query.get("filter[name]"), UTF_8)
        + "&filter%5Bfrom%5D="
        + URLEncoder.encode(query.get("filter[from]"), UTF_8)
        + "&page="
        + page;
  }
}
