package loomagent.cable;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.net.http.WebSocketHandshakeException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.CharacterCodingException;
import java.security.cert.CertificateException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import javax.net.ssl.SSLException;
import loomagent.base.Words;

/** Finds the words for what HttpClient throws: its own are made for programmers, or are missing. */
public final class Failures {
  private static final int EXCERPT = 200;

  /** Seconds since 1970 are larger than this, seconds to wait are not. */
  private static final long LARGEST_WAIT_SECONDS = 1_000_000_000;

  private Failures() {}

  static Failure of(Throwable thrown) {
    Throwable error = thrown;
    while ((error instanceof CompletionException || error instanceof ExecutionException)
        && error.getCause() != null) {
      error = error.getCause();
    }
    if (error instanceof WebSocketHandshakeException refused) {
      return refused(refused.getResponse(), deepest(refused), Instant.now());
    }
    return Failure.unreachable(words(error));
  }

  static Failure closed(int status, String reason) {
    String why = reason.isBlank() ? "" : ": " + Words.line(reason, EXCERPT);
    return Failure.unreachable(
        status == 1006
            ? "the server closed the connection without a word"
            : "the server closed the connection (" + status + why + ")");
  }

  private static String words(Throwable error) {
    if (find(error, UnresolvedAddressException.class) || find(error, UnknownHostException.class)) {
      return "the name of the server was not found. Check loom.url and the machine's DNS";
    }
    if (error instanceof HttpConnectTimeoutException) {
      return "no connection in time. Check loom.url, and that a firewall lets the agent out";
    }
    if (error instanceof HttpTimeoutException) {
      return "connected, but the upgrade was not answered in time";
    }
    if (error instanceof ConnectException) {
      return "connection refused, or not possible from here. Check loom.url, and that a firewall"
          + " lets the agent out";
    }
    if (error instanceof OutOfMemoryError) {
      return "the server's answer filled the agent's memory. Check loom.url";
    }
    Throwable cause = deepest(error);
    if (error instanceof SSLException || cause instanceof CertificateException) {
      return tls(cause);
    }
    if (cause instanceof CharacterCodingException) {
      return "the server sent text that is not UTF-8";
    }
    // JDK 17 throws a bare InternalError when a FIN follows closely on a message.
    if (cause instanceof EOFException
        || error instanceof InternalError
        || message(cause).contains("EOF")) {
      return "the server closed the connection without a word";
    }
    if (message(cause).startsWith("Invalid status line")) {
      return "what answers is no HTTP server (" + message(cause) + "). Check loom.url";
    }
    return error instanceof IOException
        ? "the connection broke (" + message(cause) + ")"
        : "the connection failed ("
            + error.getClass().getSimpleName()
            + ": "
            + message(error)
            + ")";
  }

  /**
   * The words for a TLS handshake that failed, here or in {@code check}.
   *
   * @param thrown what was thrown
   * @return the fact and the next step
   */
  public static String tls(Throwable thrown) {
    String fact = message(deepest(thrown));
    if (fact.contains("plaintext connection") || fact.contains("Unsupported or unrecognized SSL")) {
      return "the server does not speak TLS there. Check the port of loom.url";
    }
    if (fact.contains("certification path") || fact.contains("trust anchor")) {
      return "the server's certificate is from no authority that this Java trusts ("
          + fact
          + "). A proxy that signs with its own looks like this too";
    }
    if (fact.startsWith("No subject alternative") || fact.startsWith("No name matching")) {
      return "the server's certificate is for another name (" + fact + "). Check loom.url";
    }
    return "TLS failed (" + fact + ")";
  }

  private static Failure refused(HttpResponse<?> response, Throwable cause, Instant now) {
    int status = response.statusCode();
    String text =
        switch (status) {
          case 101 ->
              "the answer to the upgrade breaks the protocol ("
                  + message(cause)
                  + "). A proxy between here and Loom may have changed it";
          case 301, 302, 303, 307, 308 ->
              "the server redirects ("
                  + status
                  + " to "
                  + header(response.headers(), "Location").orElse("nowhere")
                  + "), which is not followed, so that the token goes nowhere else. Check loom.url";
          case 401, 403 ->
              "the server refused the token (" + status + "): unauthorized. Check token";
          case 404 ->
              "the server answered 404: the path of loom.url may be wrong, or the server does not"
                  + " accept the Origin that goes with it";
          case 407 -> "a proxy wants authentication (407)";
          case 429 -> "too many requests (429)";
          case 200, 400, 405, 426 ->
              "the server answered "
                  + status
                  + " and opened no websocket. Check the path of loom.url";
          default -> "the server refused the upgrade (" + status + ")";
        };
    Duration pause = pause(response.headers(), now);
    if (!pause.isZero()) {
      text += "; it asks to wait " + Words.of(pause);
    }
    Failure.Kind kind =
        status == 401 || status == 403 ? Failure.Kind.UNAUTHORISED : Failure.Kind.UNREACHABLE;
    return new Failure(kind, text, pause);
  }

  /**
   * How long a server asks to wait: {@code Retry-After} as seconds or a date, else {@code
   * RateLimit-Reset} as a time or seconds.
   *
   * @param headers of its answer
   * @param now the time here
   * @return nothing if it does not ask, or not readably; unbounded
   */
  public static Duration pause(HttpHeaders headers, Instant now) {
    return header(headers, "Retry-After")
        .or(() -> header(headers, "RateLimit-Reset"))
        .map(text -> pause(text.strip(), now))
        .filter(pause -> !pause.isNegative())
        .orElse(Duration.ZERO);
  }

  private static Duration pause(String text, Instant now) {
    try {
      if (text.matches("[0-9]{1,12}")) {
        long number = Long.parseLong(text);
        return number < LARGEST_WAIT_SECONDS
            ? Duration.ofSeconds(number)
            : Duration.between(now, Instant.ofEpochSecond(number));
      }
      return Duration.between(
          now, ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeException | ArithmeticException unreadable) {
      return Duration.ZERO;
    }
  }

  private static Optional<String> header(HttpHeaders headers, String name) {
    return headers.firstValue(name).map(value -> Words.line(value, EXCERPT));
  }

  private static boolean find(Throwable error, Class<? extends Throwable> kind) {
    Throwable cause = error;
    for (int depth = 0; cause != null && depth < 10; depth++, cause = cause.getCause()) {
      if (kind.isInstance(cause)) {
        return true;
      }
    }
    return false;
  }

  private static Throwable deepest(Throwable error) {
    Throwable cause = error;
    for (int depth = 0; cause.getCause() != null && depth < 10; depth++) {
      cause = cause.getCause();
    }
    return cause;
  }

  private static String message(Throwable error) {
    String text = error.getMessage();
    return text == null || text.isBlank()
        ? error.getClass().getSimpleName()
        : Words.line(text, EXCERPT);
  }
}
