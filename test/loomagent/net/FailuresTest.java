package loomagent.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
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
        "the server redirects (302 to https://x.example/\\u001b[2J), which is not followed, so that no"
            + " credential goes elsewhere. Check loom.api",
        Failures.words(302, to, "loom.api").orElseThrow());
    assertTrue(Failures.words(407, to, "loom.api").orElseThrow().contains("proxy.user"));
    assertTrue(Failures.words(401, to, "loom.api").isEmpty());
  }

  private static ConnectException unresolved() {
    ConnectException error = new ConnectException();
    error.initCause(new UnresolvedAddressException());
    return error;
  }
}
