package loomagent.handlers;


import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

class JdbcPostgresqlTest extends JdbcContract {
  private DatabaseServer server;
  private String schema = "public";

  @BeforeAll
  void start() throws IOException {
    server = DatabaseServer.postgresql();
  }

  @AfterAll
  void stop() throws IOException {
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void beEmpty() throws Exception {
    sql("drop schema public cascade", "create schema public");
  }

  @Override
  String url() {
    return "jdbc:postgresql://127.0.0.1:" + server.port + "/postgres?currentSchema=" + schema;
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
