package loomagent.handlers;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Logger;

/** H2, whose connections are as valid as a test says. */
public final class WatchedDriver implements Driver {
  static final List<String> events = new CopyOnWriteArrayList<>();
  static volatile boolean valid = true;

  @Override
  public boolean acceptsURL(String url) {
    return url.startsWith("jdbc:watched:");
  }

  @Override
  public Connection connect(String url, Properties properties) throws SQLException {
    events.add("connect");
    Connection connection = DriverJars.connect("jdbc:h2:mem:", "", "");
    return (Connection)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> call(connection, method, arguments));
  }

  private static Object call(Connection connection, Method method, Object[] arguments)
      throws Throwable {
    if (method.getName().equals("isValid")) {
      events.add("valid: " + valid);
      return valid;
    }
    try {
      return method.invoke(connection, arguments);
    } catch (InvocationTargetException failure) {
      throw failure.getCause();
    }
  }

  @Override
  public DriverPropertyInfo[] getPropertyInfo(String url, Properties properties) {
    return new DriverPropertyInfo[0];
  }

  @Override
  public int getMajorVersion() {
    return 1;
  }

  @Override
  public int getMinorVersion() {
    return 0;
  }

  @Override
  public boolean jdbcCompliant() {
    return false;
  }

  @Override
  public Logger getParentLogger() {
    return Logger.getLogger("");
  }
}
