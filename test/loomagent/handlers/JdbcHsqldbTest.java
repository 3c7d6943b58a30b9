package loomagent.handlers;

import java.util.List;

class JdbcHsqldbTest extends JdbcContract {
  @Override
  String url() {
    return "jdbc:hsqldb:mem:" + folder.getFileName();
  }

  /** It pads: a blank at the end does not count, and no id of Loom's has one. */
  @Override
  List<String> differing() {
    return List.of("a", "A", "ä", "Ä", "á");
  }
}
