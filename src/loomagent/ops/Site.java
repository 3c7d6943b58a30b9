package loomagent.ops;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import loomagent.base.Secret;
import loomagent.base.Words;
import loomagent.json.Json;
import loomagent.json.JsonException;
import loomagent.net.Loopback;

/** Answers one request after the other. Any thread of the crew's. */
final class Site implements HttpHandler {
  /** In bytes: a command of a few words. */
  static final int MAX_REQUEST = 4 << 10;

  /** In bytes: what is read of a request that is refused, so that its answer can arrive. */
  private static final int MAX_SKIPPED = 256 << 10;

  private static final int MAX_FAULT = 500;
  private static final Set<String> READING = Set.of("GET", "HEAD");

  /** What every answer carries; the page's own policy goes before the one here. */
  private static final Map<String, String> HEADERS =
      Map.of(
          "Cache-Control", "no-store",
          "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'",
          "X-Content-Type-Options", "nosniff",
          "X-Frame-Options", "DENY",
          "Referrer-Policy", "no-referrer",
          "Cross-Origin-Resource-Policy", "same-origin",
          "Cross-Origin-Opener-Policy", "same-origin");

  private final String host;
  private final Insight insight;
  private final Page page;
  private final Unlocks unlocks;
  private final Desk desk;
  private final Optional<Doorman> doorman;
  private final Crew crew;
  private final System.Logger log;
  private final AtomicLong failures = new AtomicLong();

  Site(
      String host,
      Insight insight,
      Page page,
      Unlocks unlocks,
      Desk desk,
      Optional<Doorman> doorman,
      Crew crew,
      System.Logger log) {
    this.host = host;
    this.insight = insight;
    this.page = page;
    this.unlocks = unlocks;
    this.desk = desk;
    this.doorman = doorman;
    this.crew = crew;
    this.log = log;
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      send(exchange, answer(exchange));
    } catch (Crew.CutOff nobody) {
      // The connection is closed already.
    }
  }

  private Answer answer(HttpExchange exchange) throws IOException {
    try {
      Optional<Answer> refusal = refusal(exchange);
      if (refusal.isPresent()) {
        return refusal.get();
      }
      String path = String.valueOf(exchange.getRequestURI().getRawPath());
      boolean command = path.equals("/command");
      boolean reading = READING.contains(exchange.getRequestMethod());
      if (!Set.of("/", "/healthz", "/readyz", "/metrics", "/status.json", "/command")
          .contains(path)) {
        return Answer.text(404, "there is no such page; / is one");
      } else if (command ? !exchange.getRequestMethod().equals("POST") : !reading) {
        return Answer.text(405, "this page takes no " + (command ? "such request" : "command"))
            .with("Allow", command ? "POST" : "GET, HEAD");
      }
      return command ? command(exchange) : crew.undisturbed(() -> read(path));
    } catch (RuntimeException | Error e) { // short of memory, too
      if (!(e instanceof Crew.CutOff)) {
        failed(e);
        return Answer.text(500, "this cannot be said; the log says why");
      }
      throw e;
    }
  }

  /** What keeps others out: programs elsewhere, and pages of other sites in this machine's own. */
  private Optional<Answer> refusal(HttpExchange exchange) {
    Headers headers = exchange.getRequestHeaders();
    List<String> hosts = headers.getOrDefault("Host", List.of());
    if (exchange.getRequestURI().isAbsolute() || hosts.size() > 1) {
      return Optional.of(Answer.text(400, "this is no proxy"));
    } else if (doorman.isPresent()) {
      Optional<String> authorization = Optional.ofNullable(headers.getFirst("Authorization"));
      return crew.undisturbed(
          () -> doorman.get().refusal(exchange.getRemoteAddress().getAddress(), authorization));
    } else if (!hosts.isEmpty() && !own(hosts.get(0))) {
      // A name that anyone's DNS may point here, so that a page of theirs could read this one.
      return Optional.of(
          Answer.text(
              421, "this page is at " + host + " alone; under another name set http.password"));
    }
    return Optional.empty();
  }

  private boolean own(String asked) {
    String name = asked.replaceFirst(":[0-9]*$", "");
    return Loopback.is(name) || name.equalsIgnoreCase(host);
  }

  private Answer read(String path) {
    return switch (path) {
      case "/" -> page.answer();
      case "/healthz" -> health();
      case "/readyz" -> readiness();
      case "/metrics" -> new Answer(200, Exposition.TYPE, Exposition.of(insight.metrics()));
      default -> Answer.json(200, insight.overview());
    };
  }

  private Answer health() {
    List<String> faults = insight.faults();
    return faults.isEmpty()
        ? Answer.text(200, "ok")
        : Answer.text(
            503,
            faults.stream()
                .map(fault -> Words.line(Secret.mask(fault), MAX_FAULT))
                .collect(Collectors.joining("\n")));
  }

  private Answer readiness() {
    List<Insight.Problem> problems = insight.problems();
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("ready", problems.isEmpty());
    if (!problems.isEmpty()) {
      members.put("reasons", problems.stream().map(Site::members).toList());
    }
    return Answer.json(problems.isEmpty() ? 200 : 503, members);
  }

  private static Map<String, Object> members(Insight.Problem problem) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("subject", problem.subject());
    members.put("reason", problem.reason());
    return members;
  }

  private Answer command(HttpExchange exchange) throws IOException {
    Headers headers = exchange.getRequestHeaders();
    List<String> origins = headers.getOrDefault("Origin", List.of());
    if (!origins.stream().allMatch(origin -> same(origin, headers.getFirst("Host")))) {
      return Desk.refusal(403, Desk.NO_PERMISSION, "another site may not give commands here");
    }
    String token = Optional.ofNullable(headers.getFirst("X-Loom-Token")).orElse("");
    if (!unlocks.opens(token)) {
      return Desk.refusal(
          403,
          Desk.NO_PERMISSION,
          "this is locked. The command \"page\" prints an address that opens it");
    }
    byte[] body = exchange.getRequestBody().readNBytes(MAX_REQUEST + 1);
    if (body.length > MAX_REQUEST) {
      return Desk.refusal(413, Desk.USAGE, "no command has more than " + MAX_REQUEST + " bytes");
    }
    return crew.undisturbed(() -> desk.serve(parsed(body)));
  }

  /** Whether a page lies where it sends something to. */
  private static boolean same(String origin, String asked) {
    try {
      String authority = URI.create(origin).getRawAuthority();
      return authority != null && authority.equalsIgnoreCase(asked);
    } catch (IllegalArgumentException noAddress) {
      return false;
    }
  }

  private static Object parsed(byte[] body) {
    try {
      return Json.parse(body, 0, body.length);
    } catch (JsonException e) {
      return "";
    }
  }

  private void send(HttpExchange exchange, Answer answer) throws IOException {
    byte[] body = answer.body().getBytes(UTF_8);
    boolean head = exchange.getRequestMethod().equals("HEAD");
    Headers headers = exchange.getResponseHeaders();
    HEADERS.forEach(headers::set);
    answer.headers().forEach(headers::set);
    headers.set("Content-Type", answer.type());
    if (head) {
      headers.set("Content-Length", Integer.toString(body.length));
    } else if (!exchange.getRequestMethod().equals("GET")) {
      // What was read goes with the answer; for what else it may send, the connection is reset.
      exchange.getRequestBody().readNBytes(MAX_SKIPPED);
      headers.set("Connection", "close");
    }
    exchange.sendResponseHeaders(answer.status(), head ? -1 : body.length);
    if (!head) {
      exchange.getResponseBody().write(body);
    }
  }

  private void failed(Throwable e) {
    long number = failures.incrementAndGet();
    if (Long.bitCount(number) == 1) {
      log.log(Level.ERROR, "the status page could not answer (" + number + " so far)", e);
    }
  }
}
