package loomagent.auth;

import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.Optional;
import loomagent.base.Secret;
import loomagent.json.Json;

/**
 * What the Hub answered, and the times in it by this machine's clock, which may be wrong by minutes
 * or more: a figure is taken as the distance from the Hub's own time wherever that is known.
 *
 * @param members of the JSON object; none if the body is no such thing
 * @param sent when the request was, by this machine's clock
 */
record Answer(int status, HttpHeaders headers, Map<?, ?> members, Instant sent) {
  /** Larger figures are no life of a token but a time: seconds since 1970. */
  private static final double LARGEST_LIFE = 1e9;

  private static final Duration MOST = Duration.ofDays(3_660);

  static Answer of(HttpResponse<byte[]> response, Instant sent) {
    byte[] body = response.body();
    Map<?, ?> members = Map.of();
    try {
      if (Json.parse(body, 0, body.length) instanceof Map<?, ?> object) {
        members = object;
      }
    } catch (IllegalArgumentException noJson) {
      // A proxy's page, or one of a server that is no Hub: the status says enough.
    }
    return new Answer(response.statusCode(), response.headers(), members, sent);
  }

  /** A member that is a text and not empty. */
  Optional<String> text(String name) {
    return Optional.ofNullable(members.get(name))
        .filter(value -> value instanceof String text && !text.isEmpty())
        .map(Object::toString);
  }

  /** A member that is a secret which a header or a form can carry. */
  Optional<Secret> secret(String name) {
    return text(name).filter(text -> text.matches("[!-~]+")).map(Secret::new);
  }

  /**
   * When what was given ends: by {@code expires_in}, which the Hub gives as seconds or as a time,
   * else by what the token says of itself.
   */
  Optional<Instant> end(Claims claims) {
    Optional<Instant> hubTime = date().or(claims::issuedAt);
    return life(hubTime)
        .or(
            () ->
                claims
                    .expiresAt()
                    .map(
                        end ->
                            Duration.between(claims.issuedAt().or(this::date).orElse(sent), end)))
        .filter(life -> !life.isNegative() && life.compareTo(MOST) < 0)
        .map(sent::plus);
  }

  private Optional<Duration> life(Optional<Instant> hubTime) {
    String text = String.valueOf(members.get("expires_in")).strip();
    try {
      if (text.matches("[0-9]{1,15}([.][0-9]{1,9})?")) {
        double figure = Double.parseDouble(text);
        return Optional.of(
            figure < LARGEST_LIFE
                ? Duration.ofMillis((long) (figure * 1_000))
                : Duration.between(hubTime.orElse(sent), Instant.ofEpochSecond((long) figure)));
      }
      return Optional.of(Duration.between(hubTime.orElse(sent), Instant.parse(text)));
    } catch (DateTimeException | ArithmeticException noTime) {
      return Optional.empty();
    }
  }

  /** The Hub's time when it answered. */
  Optional<Instant> date() {
    try {
      return headers
          .firstValue("Date")
          .map(text -> ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME))
          .map(ZonedDateTime::toInstant);
    } catch (DateTimeException unreadable) {
      return Optional.empty();
    }
  }
}
