package loomagent.handlers;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import loomagent.RetryLater;
import loomagent.Undeliverable;

/**
 * What a receiver answered.
 *
 * @param url who
 * @param proxied whether a proxy stands between
 * @param body its beginning
 */
record Answer(URI url, boolean proxied, int status, HttpHeaders headers, String body) {
  private static final int EXCERPT = 120;

  // A receiver that asks for more has made a mistake, or is not expected back by itself.
  private static final Duration LONGEST_LATER = Duration.ofHours(1);

  /**
   * Returns if the event was taken.
   *
   * @param now what a date in {@code Retry-After} is measured by
   * @throws Undeliverable if this receiver never takes it
   * @throws RetryLater if it says when it may
   * @throws IOException if it may take it another time
   */
  void judge(Instant now) throws IOException {
    if (status >= 200 && status <= 299) {
      return;
    }
    if (status >= 300 && status <= 399) {
      throw new IOException(
          words() + " to " + whereTo() + ". Redirects are not followed: set url to where it leads");
    }
    if (status == 407 && proxied) {
      throw new IOException(
          "the proxy on the way to " + words() + ". Check proxy.user and proxy.password");
    }
    if (status >= 400 && status <= 499 && status != 408 && status != 425 && status != 429) {
      throw new Undeliverable(words() + hint() + said());
    }
    Optional<Duration> later = later(now);
    if (later.isPresent()) {
      throw new RetryLater(later.get(), words() + said());
    }
    throw new IOException(words() + said());
  }

  private String words() {
    return Unanswered.address(url) + " answered " + status;
  }

  /** The host alone: in the rest of an address there may be a secret. */
  private String whereTo() {
    try {
      URI location = url.resolve(headers.firstValue("Location").orElse("").strip());
      String host = Optional.ofNullable(location.getHost()).orElse("");
      return host.equalsIgnoreCase(url.getHost()) && location.getScheme().equals(url.getScheme())
          ? "another address of its own"
          : Text.line(location.getScheme() + "://" + host, EXCERPT);
    } catch (IllegalArgumentException unreadable) {
      return "somewhere unreadable";
    }
  }

  private String hint() {
    return switch (status) {
      case 401, 403 -> " (check secret and header.<Name>)";
      case 404, 405, 410 -> " (check url)";
      default -> "";
    };
  }

  private String said() {
    String line = Text.line(body, EXCERPT);
    return line.isEmpty() ? "" : ": " + line;
  }

  /** None if it does not say, or only "at once": growing delays are kinder to both sides. */
  private Optional<Duration> later(Instant now) {
    return headers
        .firstValue("Retry-After")
        .map(String::strip)
        .flatMap(text -> later(text, now))
        .filter(wait -> wait.toMillis() > 0)
        .map(wait -> wait.compareTo(LONGEST_LATER) > 0 ? LONGEST_LATER : wait);
  }

  private static Optional<Duration> later(String text, Instant now) {
    try {
      if (text.matches("[0-9]{1,12}")) {
        return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
      }
      ZonedDateTime date = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
      return Optional.of(Duration.between(now, date.toInstant()));
    } catch (DateTimeException | ArithmeticException unreadable) {
      return Optional.empty();
    }
  }
}
