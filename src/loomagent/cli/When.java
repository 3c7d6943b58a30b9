package loomagent.cli;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A time as it is typed: ISO 8601, or an age such as {@code 2h}. */
final class When {
  private static final Pattern AGE = Pattern.compile("([0-9]{1,9})([smhd])");
  private static final Map<String, Duration> UNITS =
      Map.of(
          "s", Duration.ofSeconds(1),
          "m", Duration.ofMinutes(1),
          "h", Duration.ofHours(1),
          "d", Duration.ofDays(1));

  private When() {}

  /** The time that an option names, or the default. */
  static Instant of(Arguments arguments, String option, Instant standard) throws UsageException {
    String text = arguments.value(option).orElse("");
    if (text.isEmpty() && !arguments.has(option)) {
      return standard;
    }
    Matcher age = AGE.matcher(text);
    if (age.matches()) {
      Duration ago = UNITS.get(age.group(2)).multipliedBy(Long.parseLong(age.group(1)));
      return Clock.systemUTC().instant().minus(ago);
    }
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException noTime) {
      throw new UsageException(
          option
              + " is \""
              + text
              + "\"; write a time such as 2026-03-01T08:00:00Z, or an age such as 2h or 7d");
    }
  }
}
