package loomagent.ops;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import loomagent.json.Json;

/**
 * A Chromium without a window, driven by its DevTools protocol. One thread drives it.
 *
 * <p>Everything a page complains of (its console, uncaught exceptions, what its policy forbade,
 * what could not be loaded) is kept in {@code complaints}.
 */
final class Browser implements AutoCloseable {
  /** A page's waits are so many times as short. */
  static final int HURRY = 20;

  private static final Duration LIMIT = Duration.ofSeconds(20);

  final List<String> complaints = new CopyOnWriteArrayList<>();
  final List<String> requests = new CopyOnWriteArrayList<>();

  private final Process process;
  private final HttpClient http = HttpClient.newHttpClient();
  private final WebSocket socket;
  private final Map<Long, CompletableFuture<Map<?, ?>>> asked = new ConcurrentHashMap<>();
  private long number;

  private Browser(Process process, Path profile) throws Exception {
    this.process = process;
    Path port = profile.resolve("DevToolsActivePort");
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!Files.exists(port) || Files.readAllLines(port).size() < 2) {
      if (System.nanoTime() > end || !process.isAlive()) {
        fail("no browser came up:\n" + Files.readString(profile.resolve("log")));
      }
      LockSupport.parkNanos(20_000_000);
    }
    URI made =
        URI.create("http://127.0.0.1:" + Files.readAllLines(port).get(0) + "/json/new?about:blank");
    HttpRequest put = HttpRequest.newBuilder(made).PUT(HttpRequest.BodyPublishers.noBody()).build();
    Map<?, ?> tab = (Map<?, ?>) Json.parse(http.send(put, BodyHandlers.ofString()).body());
    socket =
        http.newWebSocketBuilder()
            .buildAsync(URI.create((String) tab.get("webSocketDebuggerUrl")), new Listener())
            .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
      call(domain + ".enable", Map.of());
    }
    String hurry = "const real = setTimeout; window.setTimeout = (f, ms) => real(f, ms / %d)";
    call(
        "Page.addScriptToEvaluateOnNewDocument",
        Map.of("source", "{" + hurry.formatted(HURRY) + "}"));
  }

  /** Where it is installed, if it is. */
  static Optional<Path> program() {
    return Stream.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
        .map(Path::of)
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Starts one, with all that it keeps in a folder. */
  static Browser start(Path program, Path profile) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            program.toString(),
            "--headless=new",
            "--remote-debugging-port=0",
            "--user-data-dir=" + profile,
            "--no-sandbox", // as root, in a container, there is none
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-extensions",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            "--no-proxy-server",
            "--lang=en-GB",
            "about:blank");
    builder.environment().put("TZ", "Europe/Berlin");
    builder.environment().put("TMPDIR", profile.toString());
    Process process =
        builder.redirectErrorStream(true).redirectOutput(profile.resolve("log").toFile()).start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> kill(process)));
    try {
      return new Browser(process, profile);
    } catch (Exception | Error e) {
      kill(process);
      throw e;
    }
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        Map<?, ?> said = (Map<?, ?>) Json.parse(text.toString());
        text.setLength(0);
        if (said.get("id") instanceof Long id) {
          asked.remove(id).complete(said);
        } else {
          noted((String) said.get("method"), said.get("params").toString(), said);
        }
      }
      from.request(1);
      return null;
    }
  }

  private void noted(String event, String text, Map<?, ?> said) {
    switch (event) {
      case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded" ->
          complaints.add(text);
      case "Network.requestWillBeSent" ->
          requests.add(String.valueOf(at(said, "params", "request", "url")));
      default -> {}
    }
  }

  /** Asks for one thing, and waits for the answer. */
  Map<?, ?> call(String method, Map<String, ?> parameters) throws Exception {
    CompletableFuture<Map<?, ?>> answer = new CompletableFuture<>();
    asked.put(++number, answer);
    socket
        .sendText(Json.write(Map.of("id", number, "method", method, "params", parameters)), true)
        .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    Map<?, ?> said = answer.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    if (said.get("error") != null) {
      fail(method + ": " + said.get("error"));
    }
    return (Map<?, ?>) said.get("result");
  }

  /** Opens an address anew; what came before is forgotten. */
  void open(String address) throws Exception {
    call("Page.navigate", Map.of("url", "about:blank"));
    complaints.clear();
    requests.clear();
    call("Page.navigate", Map.of("url", address));
  }

  /** The value of an expression in the page. */
  Object eval(String expression) throws Exception {
    Map<?, ?> result =
        call(
            "Runtime.evaluate",
            Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
    if (result.get("exceptionDetails") != null) {
      fail(expression + ": " + result.get("exceptionDetails"));
    }
    return at(result, "result", "value");
  }

  /** Waits until an expression is true in the page. */
  void await(String condition) throws Exception {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!Boolean.TRUE.equals(
        eval("(() => { try { return !!(" + condition + "); } catch { return false; } })()"))) {
      if (System.nanoTime() > end) {
        fail("never came true: " + condition + "\n" + eval("document.body.innerText") + complaints);
      }
      LockSupport.parkNanos(20_000_000);
    }
  }

  /** All that can be read there. */
  String text() throws Exception {
    return (String) eval("document.body.innerText");
  }

  /** A window of this size, in the dark or not. */
  void look(int width, int height, boolean dark) throws Exception {
    call(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
    call(
        "Emulation.setEmulatedMedia",
        Map.of(
            "features",
            List.of(
                Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"),
                Map.of("name", "prefers-reduced-motion", "value", "reduce"))));
  }

  private static Object at(Object value, String... names) {
    for (String name : names) {
      value = value instanceof Map<?, ?> members ? members.get(name) : null;
    }
    return value;
  }

  @Override
  public void close() throws IOException {
    socket.abort();
    kill(process);
  }

  /** With the processes that it made of itself. */
  private static void kill(Process process) {
    List<ProcessHandle> all = process.descendants().toList();
    process.destroyForcibly();
    all.forEach(ProcessHandle::destroyForcibly);
    try {
      process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    long end = System.nanoTime() + LIMIT.toNanos();
    while (all.stream().anyMatch(ProcessHandle::isAlive) && System.nanoTime() < end) {
      LockSupport.parkNanos(10_000_000);
    }
  }
}
