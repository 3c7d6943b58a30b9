package loomagent.handlers;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Properties;
import java.util.ServiceLoader;

/**
 * The drivers at hand: those that the thread's context class loader sees, which are the jars in
 * {@code handlers.dir}, and those on the class path.
 */
final class Drivers {
  private static final int MOST = 100; // tries: a provider that fails may fail for ever

  private final List<Driver> found = new ArrayList<>();
  private final List<String> broken = new ArrayList<>();

  private Drivers() {}

  /**
   * Connects by the driver that takes the URL.
   *
   * @throws SQLException if there is none, or it cannot connect
   */
  static Connection connect(JdbcUrl url, Properties properties) throws SQLException {
    Drivers drivers = new Drivers();
    drivers.find();
    for (Driver driver : drivers.found) {
      if (drivers.takes(driver, url)) {
        Connection connection = driver.connect(url.text(), properties);
        if (connection != null) { // or it has thought better of it
          return connection;
        }
      }
    }
    throw new SQLException(drivers.words(url));
  }

  // One that is broken harms no other.
  private void find() {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    Iterator<Driver> providers = ServiceLoader.load(Driver.class, loader).iterator();
    boolean more = true;
    for (int tries = 0; more && tries < MOST; tries++) {
      try {
        more = providers.hasNext();
        if (more) {
          found.add(providers.next());
        }
      } catch (Throwable failure) {
        note("", failure);
      }
    }
    DriverManager.drivers().forEach(found::add);
  }

  private boolean takes(Driver driver, JdbcUrl url) {
    try {
      return driver.acceptsURL(url.text());
    } catch (Throwable failure) {
      note(driver.getClass().getName() + ": ", failure);
      return false;
    }
  }

  private void note(String driver, Throwable failure) {
    if (failure instanceof VirtualMachineError full) {
      throw full;
    }
    broken.add(driver + failure);
  }

  private String words(JdbcUrl url) {
    List<String> names =
        found.stream().map(driver -> driver.getClass().getName()).distinct().toList();
    return "no driver takes a URL that begins with jdbc:"
        + url.kind()
        + ": put the driver's jar ("
        + url.jar()
        + ") into handlers.dir. Drivers found: "
        + (names.isEmpty() ? "none" : String.join(", ", names))
        + (broken.isEmpty() ? "" : ". Broken: " + String.join("; ", broken));
  }
}
