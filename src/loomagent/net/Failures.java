package loomagent.net;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.CharacterCodingException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import loomagent.base.Words;

/** Finds the words for what HttpClient throws: its own are made for programmers, or are missing. */
public final class Failures {
  private static final int EXCERPT = 200;

  /** Causes are looked at as far down as this: a chain may be a ring. */
  private static final int DEEPEST = 10;

  /** Seconds since 1970 are larger than this, seconds to wait are not. */
  private static final long LARGEST_WAIT_SECONDS = 1_000_000_000;

  private Failures() {}

  /**
   * What a request came to that was never answered.
   *
   * @param thrown by HttpClient, or by its future
   * @param addressKey the key of the server's address in the configuration, such as {@code
   *     loom.url}
   * @return the fact and, where there is one, the next step; no secret, no line break
   */
  public static String words(Throwable thrown, String addressKey) {
    Throwable error = cause(thrown);
    if (error instanceof Route.Failed failed) {
      Route route = failed.route();
      Throwable why = cause(failed.getCause());
      return ProxyFailures.words(why, route, addressKey)
          .or(() -> TlsFailures.words(why, route.certificate(), addressKey))
          .orElseGet(() -> direct(why, addressKey) + untried(why, route));
    }
    return TlsFailures.words(error, false, addressKey).orElseGet(() -> direct(error, addressKey));
  }

  private static String direct(Throwable error, String addressKey) {
    String fact = message(error);
    if (find(error, UnresolvedAddressException.class).isPresent()
        || find(error, UnknownHostException.class).isPresent()) {
      return "the name of the server was not found. Check " + addressKey + " and the machine's DNS";
    }
    if (error instanceof HttpConnectTimeoutException) {
      return "no connection in time. Check "
          + addressKey
          + ", and that a firewall lets the agent out";
    }
    if (error instanceof HttpTimeoutException) {
      return "connected, but the request was not answered in time";
    }
    if (error instanceof ConnectException) {
      return "connection refused, or not possible from here. Check "
          + addressKey
          + ", and that a firewall lets the agent out";
    }
    if (error instanceof OutOfMemoryError) {
      return "the server's answer filled the agent's memory. Check " + addressKey;
    }
    if (deepest(error) instanceof CharacterCodingException) {
      return "the server sent text that is not UTF-8";
    }
    // JDK 17 throws a bare InternalError when a FIN follows closely on a message.
    if (deepest(error) instanceof EOFException
        || error instanceof InternalError
        || fact.contains("EOF")) {
      return "the server closed the connection without a word";
    }
    if (fact.startsWith("Invalid status line")) {
      return "what answers is no HTTP server (" + fact + "). Check " + addressKey;
    }
    return error instanceof IOException
        ? "the connection broke (" + fact + ")"
        : "the connection failed (" + error.getClass().getSimpleName() + ": " + fact + ")";
  }

  private static String untried(Throwable error, Route route) {
    boolean unreached =
        error instanceof ConnectException || error instanceof HttpConnectTimeoutException;
    return unreached && route.untried() > 0
        ? ". Only the first of "
            + (route.untried() + 1)
            + " addresses of "
            + route.dialled()
            + " was tried"
            + (Runtime.version().feature() < 18
                ? ": Java 18 or later tries another at the next dial"
                : "")
        : "";
  }

  /**
   * What a status means that says the same whatever was asked for.
   *
   * @param status of an answer
   * @param headers of it
   * @param addressKey as in {@link #words(Throwable, String)}
   * @return the fact and the next step; none if the status is one for the caller to tell
   */
  public static Optional<String> words(int status, HttpHeaders headers, String addressKey) {
    return switch (status) {
      case 300, 301, 302, 303, 304, 305, 307, 308 ->
          Optional.of(
              "the server redirects ("
                  + status
                  + " to "
                  + header(headers, "Location").orElse("nowhere")
                  + "), which is not followed, so that no credential goes elsewhere. Check "
                  + addressKey);
      case 407 ->
          Optional.of("a proxy wants authentication (407). Set proxy.user and proxy.password");
      case 429 -> Optional.of("too many requests (429)");
      default -> Optional.empty();
    };
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

  /**
   * What a future's exception is about.
   *
   * @param thrown by HttpClient, or by its future
   * @return what HttpClient threw
   */
  public static Throwable cause(Throwable thrown) {
    Throwable error = thrown;
    for (int depth = 0; depth < DEEPEST && error.getCause() != null; depth++) {
      if (!(error instanceof CompletionException || error instanceof ExecutionException)) {
        return error;
      }
      error = error.getCause();
    }
    return error;
  }

  /**
   * What is at the bottom of an exception.
   *
   * @param error any
   * @return its message, or its class if it has none; one line, cut where it is long
   */
  public static String message(Throwable error) {
    Throwable deepest = deepest(error);
    String text = deepest.getMessage();
    return text == null || text.isBlank()
        ? deepest.getClass().getSimpleName()
        : Words.line(text, EXCERPT);
  }

  private static Optional<String> header(HttpHeaders headers, String name) {
    return headers.firstValue(name).map(value -> Words.line(value, EXCERPT));
  }

  static <T extends Throwable> Optional<T> find(Throwable error, Class<T> kind) {
    Throwable cause = error;
    for (int depth = 0; cause != null && depth < DEEPEST; depth++, cause = cause.getCause()) {
      if (kind.isInstance(cause)) {
        return Optional.of(kind.cast(cause));
      }
    }
    return Optional.empty();
  }

  static Throwable deepest(Throwable error) {
    Throwable cause = error;
    for (int depth = 0; cause.getCause() != null && depth < DEEPEST; depth++) {
      cause = cause.getCause();
    }
    return cause;
  }
}
