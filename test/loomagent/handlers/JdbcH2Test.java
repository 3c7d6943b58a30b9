package loomagent.handlers;

class JdbcH2Test extends JdbcContract {
  @Override
  String url() {
    return "jdbc:h2:mem:" + folder.getFileName() + ";DB_CLOSE_DELAY=-1";
  }
}
