package loomagent.handlers;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Calendar;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TimeZone;

/**
 * A statement, and what stands for each of its question marks.
 *
 * @param sql as a driver takes it
 * @param slots one for each question mark, in their order
 */
record BoundSql(String sql, List<Slot> slots) {

  /** Nothing is known of the type that the database wants. */
  static final int ANY = Types.JAVA_OBJECT;

  // Of one width, so that the order of the texts is that of the times.
  private static final DateTimeFormatter ISO =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSX", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  /**
   * One question mark.
   *
   * @param name what of the event it is, as {@link EventValues} calls it
   * @param type what the database has there, of {@link Types}, or {@link #ANY}
   */
  record Slot(String name, int type) {}

  void bind(PreparedStatement statement, EventValues values, Dialect dialect) throws SQLException {
    for (int i = 0; i < slots.size(); i++) {
      Slot slot = slots.get(i);
      Optional<Object> value = values.value(slot.name());
      if (value.isPresent()) {
        bind(statement, i + 1, value.get(), slot.type(), dialect);
      } else {
        statement.setNull(i + 1, dialect.untyped() ? Types.OTHER : nothing(slot.type()));
      }
    }
  }

  private static int nothing(int type) {
    return type == Types.TIMESTAMP || type == Types.TIMESTAMP_WITH_TIMEZONE ? type : Types.VARCHAR;
  }

  private static void bind(
      PreparedStatement statement, int place, Object value, int type, Dialect dialect)
      throws SQLException {
    if (value instanceof Instant instant) {
      bind(statement, place, instant, type, dialect);
    } else if (value instanceof Long number) {
      statement.setLong(place, number);
    } else if (value instanceof BigInteger number) {
      statement.setBigDecimal(place, new BigDecimal(number));
    } else if (value instanceof BigDecimal number) {
      statement.setBigDecimal(place, number);
    } else if (value instanceof Boolean truth) {
      statement.setBoolean(place, truth);
    } else {
      text(statement, place, value.toString(), dialect);
    }
  }

  private static void bind(
      PreparedStatement statement, int place, Instant time, int type, Dialect dialect)
      throws SQLException {
    boolean text = dialect.untyped() || dialect == Dialect.SQLITE;
    if (!text && type == Types.TIMESTAMP_WITH_TIMEZONE) {
      statement.setObject(place, OffsetDateTime.ofInstant(time, ZoneOffset.UTC));
    } else if (!text && (type == Types.TIMESTAMP || type == ANY)) {
      // With the calendar, or the time zone of this machine would count, and its summer time.
      Calendar utc = Calendar.getInstance(TimeZone.getTimeZone("UTC"), Locale.ROOT);
      statement.setTimestamp(place, Timestamp.from(time), utc);
    } else {
      text(statement, place, ISO.format(time), dialect);
    }
  }

  // Sent without a type, a text is taken by columns of uuid, json, timestamptz or an enum too.
  private static void text(PreparedStatement statement, int place, String text, Dialect dialect)
      throws SQLException {
    if (dialect.untyped()) {
      statement.setObject(place, text, Types.OTHER);
    } else {
      statement.setString(place, text);
    }
  }
}
