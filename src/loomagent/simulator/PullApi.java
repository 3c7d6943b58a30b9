package loomagent.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import loomagent.json.Json;

/** Loom's pull API as it should be: what was published lately, page by page. */
final class PullApi implements Script {
  static final String PREFIX = "/api/";
  static final int PAGE = 100;

  private static final String PATH = PREFIX + "v1/events";

  @Override
  public void run(Peer peer) throws IOException {
    Request request = peer.request();
    Settings.Pull settings = peer.settings().pull();
    String login = settings.app() + ":" + settings.password();
    String basic = Base64.getEncoder().encodeToString(login.getBytes(UTF_8));
    String given = request.header("Authorization").orElse("");
    if (!request.path().equals(PATH)) {
      throw new Refused(404, "There is " + PATH);
    } else if (!request.method().equals("GET")) {
      peer.respond(405, Map.of("Allow", "GET"), "Use GET\n");
    } else if (!given.replaceFirst("(?i)^basic +", "").equals(basic)) {
      Map<String, String> challenge = Map.of("WWW-Authenticate", "Basic realm=\"Loom\"");
      fail(peer, 401, challenge, "The app's name or its event password is wrong");
    } else {
      try {
        answer(peer, parameters(request));
      } catch (IllegalArgumentException e) {
        fail(peer, 422, Map.of(), e.getMessage());
      }
    }
  }

  private static void answer(Peer peer, Map<String, String> parameters) throws IOException {
    Optional<String> name = Optional.ofNullable(parameters.get("filter[name]"));
    Instant from = time(parameters, "filter[from]", Instant.MIN);
    Instant to = time(parameters, "filter[to]", Instant.MAX);
    String number = parameters.getOrDefault("page", "1");
    if (!number.matches("0*[1-9]\\d{0,8}")) {
      throw new IllegalArgumentException("page is \"" + number + "\"; it has to be 1 or more");
    }
    long page = Long.parseLong(number);
    Published.Page found = peer.published().page(name, from, to, page, PAGE);
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/json; charset=utf-8");
    headers.put("Total-Count", Long.toString(found.total()));
    String links = links(peer, parameters, page, (found.total() + PAGE - 1) / PAGE);
    if (!links.isEmpty()) {
      headers.put("Link", links);
    }
    peer.respond(200, headers, "[" + String.join(",", found.events()) + "]");
  }

  /** As Rails' gems have it: nothing about a page that does not exist, or is the one at hand. */
  private static String links(Peer peer, Map<String, String> parameters, long page, long last) {
    String host = peer.request().header("Host").orElse("").replaceAll("[^\\w.:\\[\\]-]", "");
    StringBuilder query = new StringBuilder("<http://" + host + PATH + "?");
    parameters.forEach(
        (name, value) -> {
          if (!name.equals("page")) {
            query.append(URLEncoder.encode(name, UTF_8) + "=" + URLEncoder.encode(value, UTF_8));
            query.append('&');
          }
        });
    List<String> links = new ArrayList<>();
    if (page > 1 && last > 0) {
      links.add(query + "page=1>; rel=\"first\"");
      links.add(query + "page=" + Math.min(page - 1, last) + ">; rel=\"prev\"");
    }
    if (page < last) {
      links.add(query + "page=" + (page + 1) + ">; rel=\"next\"");
      links.add(query + "page=" + last + ">; rel=\"last\"");
    }
    return String.join(", ", links);
  }

  private static Instant time(Map<String, String> parameters, String name, Instant otherwise) {
    String text = parameters.getOrDefault(name, "");
    try {
      return parameters.containsKey(name) ? Instant.parse(text) : otherwise;
    } catch (DateTimeException e) {
      String message = "%s is \"%s\"; it has to be a time such as 2026-01-31T09:30:00Z";
      throw new IllegalArgumentException(message.formatted(name, text), e);
    }
  }

  /** By name; of a repeated one the last counts, as for Rack. */
  private static Map<String, String> parameters(Request request) {
    Map<String, String> parameters = new TreeMap<>();
    String[] parts = request.target().split("\\?", 2);
    for (String pair : (parts.length == 2 ? parts[1] : "").split("&")) {
      if (!pair.isEmpty()) {
        String[] sides = pair.split("=", 2);
        String value = sides.length == 2 ? sides[1] : "";
        parameters.put(URLDecoder.decode(sides[0], UTF_8), URLDecoder.decode(value, UTF_8));
      }
    }
    return parameters;
  }

  private static void fail(Peer peer, int status, Map<String, String> more, String message)
      throws IOException {
    Map<String, String> headers = new LinkedHashMap<>(more);
    headers.put("Content-Type", "application/json; charset=utf-8");
    peer.respond(status, headers, Json.write(Map.of("error", message)));
  }
}
