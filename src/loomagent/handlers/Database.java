package loomagent.handlers;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import loomagent.Event;
import loomagent.Undeliverable;

/**
 * A connection, and the statement that takes events on it. For one thread at a time; only {@link
 * #cancel} and {@link #abort} are for others.
 */
final class Database {
  private static final int VALID = 5; // seconds for an answer that says that it is

  private final Connection connection;
  private final Dialect dialect;
  private final BoundSql sql;
  private final Optional<BoundSql> lookup; // of a table, where an error says that an id is there
  private final boolean own; // somebody's own statement, which may answer anything
  private final PreparedStatement statement;
  private volatile Statement running;

  private Database(
      Connection connection, Dialect dialect, BoundSql sql, Optional<BoundSql> lookup, boolean own)
      throws SQLException {
    this.connection = connection;
    this.dialect = dialect;
    this.sql = sql;
    this.lookup = lookup;
    this.own = own;
    // Not every driver understands {call …} otherwise.
    this.statement =
        sql.sql().startsWith("{")
            ? connection.prepareCall(sql.sql())
            : connection.prepareStatement(sql.sql());
    this.running = statement;
  }

  /**
   * Connects, and looks at the table or makes it.
   *
   * @param own the statement to use instead of a table
   */
  static Database open(JdbcUrl url, Properties properties, Optional<BoundSql> own, String table)
      throws SQLException {
    Connection connection = Drivers.connect(url, properties);
    try {
      connection.setAutoCommit(true); // a statement is a transaction
      Dialect dialect = Dialect.of(connection);
      return own.isPresent()
          ? new Database(connection, dialect, own.get(), Optional.empty(), true)
          : withTable(connection, dialect, table);
    } catch (Throwable failure) {
      connection.close();
      throw failure;
    }
  }

  private static Database withTable(Connection connection, Dialect dialect, String table)
      throws SQLException {
    if (!dialect.session().isEmpty()) {
      try (Statement session = connection.createStatement()) {
        var unused = session.execute(dialect.session());
      }
    }
    EventTable.Statements made = EventTable.in(connection, dialect, table);
    Optional<BoundSql> lookup = Optional.of(made.lookup()).filter(sql -> !dialect.onConflict());
    return new Database(connection, dialect, made.insert(), lookup, false);
  }

  /**
   * Takes an event.
   *
   * @throws Undeliverable if the database can never store it
   */
  void take(Event event) throws SQLException {
    EventValues values = new EventValues(event);
    sql.bind(statement, values, dialect);
    try {
      execute();
    } catch (SQLException failure) {
      SqlFailure.Kind kind = SqlFailure.kind(failure, dialect);
      boolean refused = kind == SqlFailure.Kind.TAKEN || kind == SqlFailure.Kind.DATA;
      if (refused && (kind == SqlFailure.Kind.DATA || !isThere(values))) {
        throw new Undeliverable("the database refuses it: " + SqlFailure.line(failure));
      } else if (!refused) {
        throw failure;
      }
    }
  }

  /** Takes them all in one transaction, or none. */
  void take(List<Event> events) throws SQLException {
    connection.setAutoCommit(false);
    try {
      if (own) {
        for (Event event : events) {
          sql.bind(statement, new EventValues(event), dialect);
          execute();
        }
      } else {
        insert(events);
      }
      connection.commit();
    } catch (Throwable failure) {
      undo(failure);
      throw failure;
    }
    connection.setAutoCommit(true);
  }

  // Its own, since with some drivers one that has failed as a batch can do nothing else any more.
  private void insert(List<Event> events) throws SQLException {
    try (PreparedStatement several = connection.prepareStatement(sql.sql())) {
      running = several;
      for (Event event : events) {
        sql.bind(several, new EventValues(event), dialect);
        several.addBatch();
      }
      var unused = several.executeBatch();
    } finally {
      running = statement;
    }
  }

  private void undo(Throwable failure) {
    try {
      connection.rollback();
      connection.setAutoCommit(true);
    } catch (SQLException lost) {
      failure.addSuppressed(lost); // the next event finds it out
    }
  }

  // What a statement answers has to be taken, or some drivers do not carry it out to its end.
  private void execute() throws SQLException {
    boolean rows = statement.execute();
    while (rows || statement.getUpdateCount() >= 0) {
      if (rows) {
        try (ResultSet answer = statement.getResultSet()) {
          boolean more = true;
          while (more) {
            more = answer.next();
          }
        }
      }
      rows = statement.getMoreResults();
    }
  }

  private boolean isThere(EventValues values) throws SQLException {
    if (lookup.isEmpty()) {
      return false;
    }
    try (PreparedStatement looking = connection.prepareStatement(lookup.get().sql())) {
      lookup.get().bind(looking, values, dialect);
      try (ResultSet found = looking.executeQuery()) {
        return found.next();
      }
    }
  }

  Dialect dialect() {
    return dialect;
  }

  boolean isValid() throws SQLException {
    return connection.isValid(VALID);
  }

  void close() {
    try {
      connection.close();
    } catch (SQLException lost) {
      // it is closed all the same
    }
  }

  /** Asks the server to end what it does for this connection. */
  void cancel() {
    try {
      running.cancel();
    } catch (SQLException cannot) {
      // then abort has to do
    }
  }

  /** Cuts the connection. */
  void abort() {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException | AbstractMethodError cannot) {
      // the thread that waits for it is left to itself
    }
  }
}
