package loomagent.handlers;

import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientConnectionException;
import java.util.Set;

/** What a database's error means for an event. */
final class SqlFailure {

  /** What there is to be done. */
  enum Kind {
    /** The id is there already, or another key that must be unique. */
    TAKEN,
    /** The event can never be stored there. */
    DATA,
    /** Somebody else was at the same rows: once more. */
    CLASH,
    /** The connection is lost: a new one, once more. */
    GONE,
    /** Anything else, which an operator or time mends. */
    OTHER
  }

  private static final int LONGEST = 600; // characters: there may be a table to be made in it

  /** PostgreSQL: too large for an index; a value whose kind the column does not take. */
  private static final Set<String> DATA = Set.of("54000", "42804");

  // SQLite has its own codes instead of SQLStates.
  private static final int SQLITE_TOO_BIG = 18;
  private static final int SQLITE_CONSTRAINT = 19;
  private static final int SQLITE_MISMATCH = 20;
  private static final Set<Integer> SQLITE_BUSY = Set.of(5, 6);

  private SqlFailure() {}

  static Kind kind(SQLException failure, Dialect dialect) {
    SQLException telling = telling(failure);
    String state = telling.getSQLState() == null ? "" : telling.getSQLState();
    if (dialect == Dialect.SQLITE) {
      return ofSqlite(telling.getErrorCode());
    }
    if (telling instanceof SQLNonTransientConnectionException
        || telling instanceof SQLTransientConnectionException
        || telling instanceof SQLRecoverableException
        || state.startsWith("08")
        || state.startsWith("57P0")) { // PostgreSQL stops, or was told to drop this connection
      return Kind.GONE;
    }
    if (DATA.contains(state)) {
      return Kind.DATA;
    }
    return switch (state.length() < 2 ? "" : state.substring(0, 2)) {
      case "22" -> Kind.DATA;
      case "23" -> Kind.TAKEN;
      case "40" -> Kind.CLASH;
      default -> Kind.OTHER;
    };
  }

  private static Kind ofSqlite(int code) {
    if (SQLITE_BUSY.contains(code)) {
      return Kind.CLASH;
    }
    return switch (code) {
      case SQLITE_CONSTRAINT -> Kind.TAKEN;
      case SQLITE_TOO_BIG, SQLITE_MISMATCH -> Kind.DATA;
      default -> Kind.OTHER;
    };
  }

  /** The error of a batch says only that the batch failed; the one behind it says why. */
  private static SQLException telling(SQLException failure) {
    boolean veiled = failure instanceof BatchUpdateException || failure.getSQLState() == null;
    if (veiled && failure.getNextException() != null) {
      return failure.getNextException();
    }
    return veiled && failure.getCause() instanceof SQLException cause ? cause : failure;
  }

  /** What the database says, in one line. */
  static String line(SQLException failure) {
    SQLException telling = telling(failure);
    String state = telling.getSQLState() == null ? "" : " (SQLState " + telling.getSQLState() + ")";
    String message = telling.getMessage() == null ? "" : telling.getMessage();
    return Text.line(message.replaceAll("\\s+", " ") + state, LONGEST);
  }
}
