package loomagent.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ProtocolException;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import loomagent.base.Secret;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FailuresTest {
  private static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");

  private static Duration pause(String header, String value) {
    return Failures.pause(HttpHeaders.of(Map.of(header, List.of(value)), (a, b) -> true), NOW);
  }

  @Test
  void aPauseIsReadAsSecondsAsADateAndAsUnixTime() {
    assertEquals(Duration.ofSeconds(120), pause("Retry-After", "120"));
    assertEquals(Duration.ofSeconds(0), pause("Retry-After", " 0 "));
    assertEquals(Duration.ofMinutes(5), pause("Retry-After", "Mon, 23 Nov 2026 10:05:00 GMT"));
    String reset = String.valueOf(NOW.getEpochSecond() + 90);
    assertEquals(Duration.ofSeconds(90), pause("RateLimit-Reset", reset));
    assertEquals(Duration.ofSeconds(30), pause("ratelimit-reset", "30"));
  }

  @ParameterizedTest
  @CsvSource({"soon", "-5", "1e9", "99999999999999999999999", "''", "2026-11-23T10:05:00Z"})
  void aPauseThatMakesNoSenseIsNone(String value) {
    assertEquals(Duration.ZERO, pause("Retry-After", value));
  }

  @Test
  void aPauseInThePastIsNone() {
    assertEquals(Duration.ZERO, pause("Retry-After", "Mon, 23 Nov 2026 09:00:00 GMT"));
    assertEquals(Duration.ZERO, pause("RateLimit-Reset", "1700000000"));
  }

  @Test
  void eachExceptionOfTheClientHasWordsOfItsOwn() {
    Map<Throwable, String> words =
        Map.of(
            unresolved(),
            "name of the server was not found",
            new HttpConnectTimeoutException("connect"),
            "no connection in time",
            new HttpTimeoutException("request"),
            "not answered in time",
            new ConnectException("Connection refused"),
            "connection refused",
            new InternalError(),
            "without a word",
            new EOFException("EOF reached while reading"),
            "without a word",
            new IOException("Connection reset"),
            "Connection reset",
            new OutOfMemoryError("Java heap space"),
            "memory",
            new IllegalStateException("odd"),
            "IllegalStateException: odd");
    words.forEach(
        (error, expected) -> {
          String text = Failures.words(new CompletionException(error), "hub.url");
          assertTrue(text.contains(expected), text);
          assertFalse(text.contains("null"), text);
        });
  }

  @Test
  void theNextStepNamesTheKeyOfTheAddress() {
    for (Throwable error : List.of(unresolved(), new ConnectException("Connection refused"))) {
      String text = Failures.words(error, "hub.url");
      assertTrue(text.contains(". Check hub.url"), text);
    }
  }

  @Test
  void aStatusIsToldIfItMeansTheSameWhateverWasAskedFor() {
    HttpHeaders to =
        HttpHeaders.of(Map.of("Location", List.of("https://x.example/\u001b[2J")), (a, b) -> true);
    assertEquals(
        "the server redirects (302 to https://x.example/\\u001b[2J), which is not followed, so that"
            + " no credential goes elsewhere. Check loom.api",
        Failures.words(302, to, "loom.api").orElseThrow());
    assertTrue(Failures.words(407, to, "loom.api").orElseThrow().contains("proxy.user"));
    assertTrue(Failures.words(401, to, "loom.api").isEmpty());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "https://hub.example/x | the proxy at p.example:3128 made no connection to hub.example:443",
        "wss://hub.example/x | the proxy at p.example:3128 made no connection to hub.example:443",
        "ws://[::1]:80/x | the proxy at p.example:3128 made no connection to [::1]:80"
      })
  void aProxyThatDoesNotAnswerIsToldWithTheServerBehindIt(URI target, String words) {
    Route route = proxied(target, Optional.empty());
    String text = Failures.words(route.failed(new HttpConnectTimeoutException("x")), "hub.url");
    assertTrue(text.startsWith(words + " in time. Check proxy.url"), text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "401 | wants authentication (401). Set proxy.user and proxy.password",
        "407 | wants authentication (407). Set proxy.user and proxy.password",
        "403 | does not let the agent connect to hub.example:443 (403)",
        "502 | got no connection to hub.example:443 (502). Check hub.url",
        "503 | got no connection to hub.example:443 (503). Check hub.url",
        "504 | got no connection to hub.example:443 (504). Check hub.url"
      })
  void whatAProxyAnswersIsToldAsTheProxys(int status, String words) {
    IOException refused = new IOException("Tunnel failed, got: " + status); // as HttpClient has it
    Route route = proxied(URI.create("https://hub.example/x"), Optional.empty());
    String text = Failures.words(new ExecutionException(route.failed(refused)), "hub.url");
    assertTrue(text.startsWith("the proxy at p.example:3128 " + words), text);
  }

  @Test
  void whatIsNoProxyIsToldAsSuch() {
    Route route = proxied(URI.create("https://hub.example/x"), Optional.empty());
    String odd =
        Failures.words(
            route.failed(new ProtocolException("Invalid status line: \"SSH-2.0\"")), "hub.url");
    assertEquals(
        "what answers is no HTTP proxy or server (Invalid status line: \"SSH-2.0\"). Check"
            + " proxy.url and hub.url",
        odd);
    String closed = Failures.words(route.failed(new IOException(new EOFException())), "hub.url");
    assertTrue(closed.contains("or the server behind it, closed the connection"), closed);
  }

  @Test
  void aPasswordOfTheProxyThatCannotBeReadIsToldInItsOwnWords() {
    Network.Login unreadable =
        new Network.Login() {
          @Override
          public String user() {
            return "agent";
          }

          @Override
          public Secret password() throws IOException {
            throw new IOException("proxy.password: there is no file \"p\"");
          }
        };
    Route route = proxied(URI.create("https://hub.example/x"), Optional.of(unreadable));
    Route.Failed failed = assertThrows(Route.Failed.class, route::authorization);
    assertEquals("proxy.password: there is no file \"p\"", Failures.words(failed, "hub.url"));
  }

  @Test
  void aFullHeapStaysWhatItIs() {
    Error full = new OutOfMemoryError("Java heap space");
    assertSame(full, proxied(URI.create("https://hub.example/x"), Optional.empty()).failed(full));
  }

  private static Route proxied(URI target, Optional<Network.Login> login) {
    Network.Proxy proxy = new Network.Proxy(URI.create("http://p.example:3128"), login);
    return new Route(target, Optional.of(proxy), false, 0);
  }

  private static ConnectException unresolved() {
    ConnectException error = new ConnectException();
    error.initCause(new UnresolvedAddressException());
    return error;
  }
}
