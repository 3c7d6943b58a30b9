package loomagent.handlers;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

class JdbcMariaDbTest extends JdbcContract {
  private DatabaseServer server;
  private String database = "";

  @BeforeAll
  void start() throws IOException {
    server = DatabaseServer.mariadb();
  }

  @AfterAll
  void stop() throws IOException {
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void beEmpty() throws Exception {
    database = "";
    sql("create or replace database print character set latin1");
    database = "print";
  }

  @Override
  String url() {
    return "jdbc:mariadb://127.0.0.1:" + server.port + "/" + database;
  }

  @Override
  String user() {
    return DatabaseServer.USER;
  }

  @Override
  String password() {
    return DatabaseServer.PASSWORD;
  }
}
