package loomagent.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loomagent.json.Json;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Asks the pull API on the JDK's client. */
abstract class Puller {
  static final String NOON = "2026-03-01T12:00:00Z";
  static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Pattern LINK = Pattern.compile("<([^>]+)>; rel=\"(\\w+)\"");

  Simulator simulator;

  @BeforeEach
  void start() throws IOException {
    simulator = Simulator.start(with(pull().withForeign(0)));
  }

  @AfterEach
  void stop() {
    simulator.close();
  }

  HttpResponse<String> get(String query) throws Exception {
    return ask(simulator, simulator.api() + "/api/v1/events" + query);
  }

  static Settings.Pull pull() {
    return Settings.defaults().pull();
  }

  static Settings with(Settings.Pull pull) {
    return Settings.defaults().withPull(pull);
  }

  static String event(String name, int id, String receivedAt) {
    return "{\"id\":\"%d\", \"name\":\"%s\",\"received_at\":\"%s\",\"n\":1.50,\"€\":\"\\u20ac\"}"
        .formatted(id, name, receivedAt);
  }

  static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  static HttpResponse<String> send(String url, String login) throws Exception {
    String basic = base64(login);
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url));
    return HTTP.send(
        (login.isEmpty() ? request : request.header("Authorization", "Basic " + basic)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  static HttpResponse<String> ask(Simulator loom, String url) throws Exception {
    return send(url, loom.app() + ":" + loom.eventPassword());
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  static String filter(String name, String value) {
    return encoded("filter[" + name + "]") + "=" + encoded(value);
  }

  static Map<String, String> links(HttpResponse<?> answer) {
    Map<String, String> links = new LinkedHashMap<>();
    Matcher link = LINK.matcher(answer.headers().firstValue("Link").orElse(""));
    while (link.find()) {
      links.put(link.group(2), link.group(1));
    }
    return links;
  }

  static List<?> events(HttpResponse<String> answer) {
    assertEquals(200, answer.statusCode(), answer.body());
    return (List<?>) Json.parse(answer.body());
  }

  static List<Object> ids(HttpResponse<String> answer) {
    List<Object> ids = new ArrayList<>();
    events(answer).forEach(event -> ids.add(((Map<?, ?>) event).get("id")));
    return ids;
  }

  /** All pages, each linked to by the one before. */
  static List<Object> allIds(Simulator loom, String query) throws Exception {
    List<Object> ids = new ArrayList<>();
    Optional<String> next = Optional.of(loom.api() + "/api/v1/events" + query);
    while (next.isPresent()) {
      HttpResponse<String> answer = ask(loom, next.get());
      ids.addAll(ids(answer));
      next = Optional.ofNullable(links(answer).get("next"));
    }
    return ids;
  }
}
