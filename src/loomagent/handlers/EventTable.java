package loomagent.handlers;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * The table that events go to, in one database: looked at, and made when it is not there. Somebody
 * else may have made it, with fewer columns or more.
 */
final class EventTable {

  /** A table's name, or a schema's and a table's, that needs no quotes. */
  static final String NAME = "(?:[A-Za-z_][A-Za-z0-9_]*\\.)?[A-Za-z_][A-Za-z0-9_]*";

  /** A column of ours as it is there. */
  private record Column(String ours, String written, String quoted, int type) {}

  /** How an event is put into the table, and what finds it there by its id. */
  record Statements(BoundSql insert, BoundSql lookup) {}

  private final Connection connection;
  private final Dialect dialect;
  private final DatabaseMetaData about;
  private final String mark; // around a name
  private final String shown; // as it is in the configuration
  private final String quoted;
  private final String table;
  private final String catalog; // this and the next are null where any will do
  private final String schema;

  private EventTable(Connection connection, Dialect dialect, String name) throws SQLException {
    this.connection = connection;
    this.dialect = dialect;
    this.about = connection.getMetaData();
    String mark = about.getIdentifierQuoteString();
    this.mark = mark == null ? "" : mark.strip(); // a blank says that there is none
    this.shown = name;
    int dot = name.indexOf('.');
    String space = dot < 0 ? null : folded(name.substring(0, dot));
    this.table = folded(name.substring(dot + 1));
    this.quoted = (dot < 0 ? "" : quote(space) + ".") + quote(table);
    boolean schemas = about.supportsSchemasInDataManipulation();
    this.catalog = dot < 0 || schemas ? connection.getCatalog() : space;
    this.schema = dot < 0 ? connection.getSchema() : schemas ? space : null;
  }

  /**
   * Looks at the table, and makes it when there is none.
   *
   * @param name as {@link #NAME} has it
   * @throws SQLException with the next step, if it cannot take events
   */
  static Statements in(Connection connection, Dialect dialect, String name) throws SQLException {
    EventTable table = new EventTable(connection, dialect, name);
    List<Column> columns = table.columnsThereOrMade();
    Column id = columns.stream().filter(c -> c.ours().equals("id")).findFirst().orElse(null);
    if (id == null) {
      throw table.without("no column id", "ALTER TABLE %s ADD COLUMN id " + dialect.id);
    }
    Optional<String> ending = table.ending(id);
    if (ending.isEmpty()) {
      throw table.without("no unique key for id", "CREATE UNIQUE INDEX loom_events_id ON %s (id)");
    }
    return new Statements(table.insert(columns, ending.get()), table.lookup(id));
  }

  private List<Column> columnsThereOrMade() throws SQLException {
    try {
      return columns();
    } catch (SQLException missing) {
      if (isThere()) {
        return columns(); // another has made it meanwhile, or it may not be read
      }
    }
    try {
      execute(definition(quoted, this::quote));
    } catch (SQLException refused) {
      return columnsMadeByAnother(refused);
    }
    return columns();
  }

  /** Two agents may find no table at the same time, and both make it. */
  private List<Column> columnsMadeByAnother(SQLException refused) throws SQLException {
    try {
      return columns();
    } catch (SQLException stillMissing) {
      String why = SqlFailure.line(refused);
      String fix = "Allow it, or make it: " + definition(shown, UnaryOperator.identity());
      throw new SQLException(
          "there is no table " + shown + ", and it cannot be made: " + why + ". " + fix,
          refused.getSQLState(),
          refused);
    }
  }

  // As a statement sees it: a search path, a synonym or a view counts as it does for the insert.
  private List<Column> columns() throws SQLException {
    List<Column> columns = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet none = statement.executeQuery("SELECT * FROM " + quoted + " WHERE 1 = 0")) {
      ResultSetMetaData found = none.getMetaData();
      for (int i = 1; i <= found.getColumnCount(); i++) {
        String written = found.getColumnName(i);
        String ours = written.toLowerCase(Locale.ROOT);
        if (EventValues.COLUMNS.contains(ours)) {
          columns.add(new Column(ours, written, quote(written), found.getColumnType(i)));
        }
      }
    }
    return columns;
  }

  private boolean isThere() throws SQLException {
    // A name would be a pattern there, with _ for any character.
    try (ResultSet tables = about.getTables(catalog, schema, "%", null)) {
      while (tables.next()) {
        if (table.equals(tables.getString("TABLE_NAME"))) {
          return true;
        }
      }
      return false;
    }
  }

  private String definition(String name, UnaryOperator<String> quotes) throws SQLException {
    List<String> columns = new ArrayList<>();
    for (String column : EventValues.COLUMNS) {
      String key = column.equals("id") ? " NOT NULL PRIMARY KEY" : "";
      columns.add(quotes.apply(folded(column)) + " " + dialect.type(column) + key);
    }
    return "CREATE TABLE " + name + " (" + String.join(", ", columns) + ")" + dialect.options();
  }

  /**
   * What ends the insert so that the same id twice is one row; "" where the database's error tells.
   * Empty if nothing would notice.
   */
  private Optional<String> ending(Column id) throws SQLException {
    String ending = dialect.repeated.formatted(id.quoted());
    if (dialect.onConflict()) {
      return accepted(id, ending) ? Optional.of(ending) : Optional.empty();
    }
    Set<String> byId = Set.of(id.written());
    Collection<Set<String>> keys = keys();
    // It would be silent about other keys, too, and the event lost.
    boolean others = keys.stream().anyMatch(key -> !key.equals(byId));
    return keys.contains(byId) ? Optional.of(others ? "" : ending) : Optional.empty();
  }

  /** Asks the database itself, whose rules for it are many. */
  private boolean accepted(Column id, String ending) throws SQLException {
    String none = " (%1$s) SELECT %1$s FROM %2$s WHERE 1 = 0".formatted(id.quoted(), quoted);
    try {
      execute("EXPLAIN INSERT INTO " + quoted + none + ending); // is not carried out
      return true;
    } catch (SQLException refused) {
      if (SqlFailure.line(refused).contains("ON CONFLICT")) {
        return false;
      }
      throw refused;
    }
  }

  /** The columns of each unique key. */
  private Collection<Set<String>> keys() throws SQLException {
    Map<String, Set<String>> keys = new HashMap<>();
    try (ResultSet primary = about.getPrimaryKeys(catalog, schema, table)) {
      while (primary.next()) {
        keys.computeIfAbsent("", key -> new TreeSet<>()).add(primary.getString("COLUMN_NAME"));
      }
    }
    try (ResultSet unique = about.getIndexInfo(catalog, schema, table, true, true)) {
      while (unique.next()) {
        String column = unique.getString("COLUMN_NAME");
        if (column != null) { // or it is a statistic of the table
          String key = "index " + unique.getString("INDEX_NAME");
          keys.computeIfAbsent(key, name -> new TreeSet<>()).add(column);
        }
      }
    }
    return keys.values();
  }

  private BoundSql insert(List<Column> columns, String ending) {
    String names = String.join(", ", columns.stream().map(Column::quoted).toList());
    String marks = String.join(", ", Collections.nCopies(columns.size(), "?"));
    return new BoundSql(
        "INSERT INTO " + quoted + " (" + names + ") VALUES (" + marks + ")" + ending,
        columns.stream().map(c -> new BoundSql.Slot(c.ours(), c.type())).toList());
  }

  private BoundSql lookup(Column id) {
    return new BoundSql(
        "SELECT 1 FROM " + quoted + " WHERE " + id.quoted() + " = ?",
        List.of(new BoundSql.Slot("id", id.type())));
  }

  /** As the database stores a name that is written without quotes. */
  private String folded(String name) throws SQLException {
    if (about.storesUpperCaseIdentifiers()) {
      return name.toUpperCase(Locale.ROOT);
    }
    return about.storesLowerCaseIdentifiers() ? name.toLowerCase(Locale.ROOT) : name;
  }

  private String quote(String name) {
    return mark.isEmpty() ? name : mark + name.replace(mark, mark + mark) + mark;
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      var unused = statement.execute(sql);
    }
  }

  private SQLException without(String what, String fix) {
    return new SQLException(
        "the table " + shown + " has " + what + ". Add one, such as: " + fix.formatted(shown));
  }
}
