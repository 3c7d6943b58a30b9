package loomagent.handlers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.ServiceLoader;
import java.util.stream.Stream;

/** The drivers as the agent has them: in jars that only the context class loader sees. */
public final class DriverJars {
  private static final Path FOLDER = Path.of("build/lib/drivers");

  private static final ClassLoader LOADER = loader("");

  private DriverJars() {}

  /** The jars whose names begin so. */
  public static List<Path> of(String prefix) {
    try (Stream<Path> jars = Files.list(FOLDER)) {
      return jars.filter(jar -> jar.getFileName().toString().matches(prefix + ".*\\.jar")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sees the jars whose names begin so, and the JDK. */
  static ClassLoader loader(String prefix) {
    URL[] urls = of(prefix).stream().map(DriverJars::url).toArray(URL[]::new);
    return new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
  }

  private static URL url(Path jar) {
    try {
      return jar.toUri().toURL();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the handler's thread sees from now on: all of them. */
  static void install() {
    Thread.currentThread().setContextClassLoader(LOADER);
  }

  /** A connection for a test to look at what the handler did. */
  static Connection connect(String url, String user, String password) throws SQLException {
    Properties properties = new Properties();
    if (!user.isEmpty()) {
      properties.put("user", user);
      properties.put("password", password);
    }
    for (Driver driver : ServiceLoader.load(Driver.class, LOADER)) {
      if (driver.acceptsURL(url)) {
        return driver.connect(url, properties);
      }
    }
    throw new SQLException("no driver in " + FOLDER + " for " + url);
  }

  /**
   * The rows, each with its columns as text and a bar between them; none of a statement without.
   */
  public static List<String> rows(String url, String user, String password, String sql)
      throws SQLException {
    try (Connection connection = connect(url, user, password);
        Statement statement = connection.createStatement()) {
      List<String> rows = new ArrayList<>();
      if (statement.execute(sql)) {
        ResultSet found = statement.getResultSet();
        while (found.next()) {
          List<String> row = new ArrayList<>();
          for (int i = 1; i <= found.getMetaData().getColumnCount(); i++) {
            row.add(found.getString(i));
          }
          rows.add(String.join("|", row));
        }
      }
      return rows;
    }
  }
}
