package loomagent.plugin;

import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Collections;

/**
 * Takes the drivers of a class loader out of DriverManager, where they have put themselves: it
 * would hold them, and all classes of that loader, for ever. It lets nobody do so but a class of
 * that very loader, so {@link HandlerLoader} makes this one such.
 */
public final class Departure implements Runnable {

  /** For the loader alone. */
  public Departure() {}

  @Override
  public void run() {
    for (Driver driver : Collections.list(DriverManager.getDrivers())) {
      if (driver.getClass().getClassLoader() == Departure.class.getClassLoader()) {
        try {
          DriverManager.deregisterDriver(driver);
        } catch (SQLException | RuntimeException stays) {
          // a driver may refuse; then its classes stay
        }
      }
    }
  }
}
