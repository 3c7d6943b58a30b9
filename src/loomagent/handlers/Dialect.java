package loomagent.handlers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Locale;

/** What one database says differently from another, as far as a table of events goes. */
enum Dialect {
  POSTGRESQL("text", "text", "text", "json", "timestamptz", " ON CONFLICT (%1$s) DO NOTHING"),
  SQLITE("text", "text", "text", "text", "text", " ON CONFLICT (%1$s) DO NOTHING"),
  // Without a padding collation, "a" and "a " were one id, and "A" and "a" with most of them.
  MARIADB(
      "varchar(255) COLLATE utf8mb4_nopad_bin",
      "varchar(255)",
      "text",
      "longtext",
      "datetime(6)",
      " ON DUPLICATE KEY UPDATE %1$s = %1$s"),
  MYSQL(
      "varchar(255) COLLATE utf8mb4_0900_bin",
      "varchar(255)",
      "text",
      "longtext",
      "datetime(6)",
      " ON DUPLICATE KEY UPDATE %1$s = %1$s"),
  SQL_SERVER(
      "nvarchar(255) COLLATE Latin1_General_100_BIN2",
      "nvarchar(255)",
      "nvarchar(2000)",
      "nvarchar(max)",
      "datetime2(6)",
      ""),
  STANDARD("varchar(255)", "varchar(255)", "varchar(2000)", "clob", "timestamp", "");

  final String id;
  final String text;
  final String link;
  final String json;
  final String time;

  /** What ends an insert that is to change nothing if the id (%1$s) is there; "" without such. */
  final String repeated;

  Dialect(String id, String text, String link, String json, String time, String repeated) {
    this.id = id;
    this.text = text;
    this.link = link;
    this.json = json;
    this.time = time;
    this.repeated = repeated;
  }

  /** As the database calls itself. */
  static Dialect of(Connection connection) throws SQLException {
    String product = connection.getMetaData().getDatabaseProductName().toLowerCase(Locale.ROOT);
    return switch (product) {
      case "postgresql" -> POSTGRESQL;
      case "sqlite" -> SQLITE;
      case "mariadb" -> MARIADB;
      case "mysql" -> MYSQL;
      case "microsoft sql server" -> SQL_SERVER;
      default -> STANDARD;
    };
  }

  /** Whether it is told which key it is about; else it is about any. */
  boolean onConflict() {
    return repeated.startsWith(" ON CONFLICT");
  }

  /** Whether values are best sent as text whose type the database finds out by itself. */
  boolean untyped() {
    return this == POSTGRESQL;
  }

  /** The type of a column of the table that the agent makes. */
  String type(String column) {
    return switch (column) {
      case "id" -> id;
      case "timestamp", "received_at" -> time;
      case "link" -> link;
      case "payload", "event" -> json;
      default -> text;
    };
  }

  /** What follows the columns of a new table. */
  String options() {
    return this == MARIADB || this == MYSQL ? " CHARACTER SET utf8mb4" : "";
  }

  /**
   * What a session needs so that nothing is cut silently, and times mean UTC whatever the type of
   * their column; empty if nothing.
   */
  String session() {
    return this == MARIADB || this == MYSQL
        ? "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'), time_zone = '+00:00'"
        : "";
  }
}
