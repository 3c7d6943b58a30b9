package loomagent.handlers;

class JdbcSqliteTest extends JdbcContract {
  @Override
  String url() {
    return "jdbc:sqlite:" + folder.resolve("events");
  }
}
