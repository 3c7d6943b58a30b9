package loomagent.handlers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What needs no database. */
class JdbcHandlerTest {
  @TempDir Path folder;
  private final JdbcHandler handler = new JdbcHandler();
  private final ClassLoader loader = Thread.currentThread().getContextClassLoader();

  @AfterEach
  void close() {
    handler.close();
    Thread.currentThread().setContextClassLoader(loader);
  }

  private void open(String... pairs) throws Exception {
    Map<String, String> settings = new HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      settings.put(pairs[i], pairs[i + 1]);
    }
    handler.open(new Place(settings, folder));
  }

  private String wrong(String... pairs) {
    return assertThrows(IllegalArgumentException.class, () -> open(pairs)).getMessage();
  }

  private String failure(String... pairs) {
    return assertThrows(SQLException.class, () -> open(pairs)).getMessage();
  }

  @Test
  void everyWrongSettingIsToldAtOnce() {
    String all =
        wrong(
            "url",
            "postgres://mis:geheim@db/print",
            "table",
            "a; drop",
            "sql",
            "select :nothing",
            "batch",
            "257",
            "tabel",
            "x");
    for (String part :
        List.of(
            "unknown setting tabel; jdbc knows batch, password, sql, table, url, user",
            "url does not begin with jdbc: and a kind of database, such as jdbc:mariadb:",
            "table and sql are both set; write one of them",
            "table is \"a; drop\"; write letters, digits and _, such as loom_events",
            "sql is not right: :nothing is unknown",
            "batch is \"257\"; write a number, 1 to 256")) {
      assertTrue(all.contains(part), all);
    }
    assertFalse(all.contains("geheim"), all);
    assertTrue(wrong().contains("url is not set. Write one, such as jdbc:postgresql:"));
    for (String name : List.of("a.b.c", "a\"b", "1a", "a b", "a-b", "ä", "a.", ".a")) {
      assertTrue(wrong("url", "jdbc:x:", "table", name).startsWith("table is"), name);
    }
  }

  @Test
  void aDriverThatIsMissingIsNamedWithWhereToPutIt() throws Exception {
    Thread.currentThread().setContextClassLoader(DriverJars.loader("h2"));
    assertEquals(
        "jdbc:postgresql://db/print: no driver takes a URL that begins with jdbc:postgresql:"
            + " put the driver's jar (postgresql-….jar) into handlers.dir. Drivers found:"
            + " org.h2.Driver",
        failure("url", "jdbc:postgresql://db/print?password=geheim"));
    Thread.currentThread().setContextClassLoader(DriverJars.loader("none"));
    assertTrue(failure("url", "jdbc:other:x").endsWith("Drivers found: none"));
  }

  @Test
  void aDriverThatIsBrokenHarmsNoOther() throws Exception {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(services.resolve("java.sql.Driver"), "no.such.Driver\njava.lang.String\n");
    URL[] broken = {folder.toUri().toURL()};
    ClassLoader loader = new URLClassLoader(broken, DriverJars.loader("h2"));
    Thread.currentThread().setContextClassLoader(loader);
    open("url", "jdbc:h2:mem:broken");
    String words = failure("url", "jdbc:x:y");
    assertTrue(words.contains("org.h2.Driver. Broken: "), words);
    assertTrue(words.contains("no.such.Driver"), words);
  }

  @Test
  void aConnectionThatWasIdleForLongIsLookedAtFirst() throws Exception {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(services.resolve("java.sql.Driver"), WatchedDriver.class.getName());
    Thread.currentThread()
        .setContextClassLoader(
            new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader()));
    WatchedDriver.events.clear();
    long[] now = {0};
    try (JdbcHandler watched = new JdbcHandler(() -> now[0])) {
      watched.open(new Place(Map.of("url", "jdbc:watched:", "sql", "select 1"), folder));
      for (long seconds : List.of(0L, 29L, 31L, 31L)) {
        now[0] += seconds * 1_000_000_000L;
        WatchedDriver.valid = WatchedDriver.events.size() < 2; // the second time it is lost
        watched.handle(JdbcContract.event("1"));
      }
    }
    assertEquals(
        List.of("connect", "valid: true", "valid: false", "connect"), WatchedDriver.events);
  }

  @Test
  void aRelativeFileIsTheConfigurationsAndNothingElseIsTouched() {
    Map<String, String> files =
        Map.of(
            "jdbc:sqlite:jobs.db", "jdbc:sqlite:/etc/agent/jobs.db",
            "jdbc:sqlite:a/b.db?mode=x", "jdbc:sqlite:/etc/agent/a/b.db?mode=x",
            "jdbc:h2:./jobs;USER=a;PASSWORD=b", "jdbc:h2:/etc/agent/jobs;USER=a;PASSWORD=b",
            "jdbc:h2:file:jobs", "jdbc:h2:file:/etc/agent/jobs",
            "jdbc:hsqldb:file:../jobs;shutdown=true", "jdbc:hsqldb:file:/etc/jobs;shutdown=true");
    files.forEach((url, absolute) -> assertEquals(absolute, within(url)));
    for (String url :
        List.of(
            "jdbc:sqlite:/var/jobs.db",
            "jdbc:sqlite:C:/jobs.db",
            "jdbc:sqlite::memory:",
            "jdbc:sqlite:file:jobs.db?mode=memory",
            "jdbc:sqlite:",
            "jdbc:h2:mem:jobs",
            "jdbc:h2:~/jobs",
            "jdbc:h2:tcp://db/./jobs",
            "jdbc:h2:file:/var/jobs",
            "jdbc:hsqldb:hsql://db/jobs",
            "jdbc:hsqldb:.",
            "jdbc:postgresql:print",
            "jdbc:mariadb://db/print")) {
      assertEquals(url, within(url));
    }
  }

  private static String within(String url) {
    return new JdbcUrl(url).within(path -> Path.of("/etc/agent", path).normalize()).text();
  }

  @Test
  void noPasswordIsShownHoweverItIsWritten() {
    for (String url :
        List.of(
            "jdbc:postgresql://db/p?user=u&password=geheim",
            "jdbc:sqlserver://db;user=u;password=geheim;x=y",
            "jdbc:oracle:thin:u/geheim@//db/p",
            "jdbc:mariadb://u:geheim@db/p")) {
      JdbcUrl jdbc = new JdbcUrl(url);
      assertFalse(jdbc.shown().contains("geheim"), jdbc.shown());
      assertTrue(jdbc.shown().contains("db"), jdbc.shown());
      String message = "cannot reach " + url + " with anders, or with Password = geheim, now";
      String masked = jdbc.masked(message, "anders");
      assertFalse(masked.matches(".*(geheim|anders).*"), masked);
      assertTrue(masked.endsWith(", now"), masked);
    }
    assertEquals("a //u:[secret]@db", new JdbcUrl("jdbc:x:y").masked("a //u:geheim@db", ""));
  }

  @Test
  void aServerThatAcceptsAndSaysNothingHoldsNoLane() throws Exception {
    DriverJars.install();
    try (ServerSocket silent = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + silent.getLocalPort();
      String late = failure("url", "jdbc:postgresql://" + address + "/p?loginTimeout=1");
      assertTrue(late.startsWith("jdbc:postgresql://" + address + "/p: "), late);
      // MariaDB's driver waits for longer, and heeds no interrupt.
      Thread lane = Thread.currentThread();
      CountDownLatch accepted = new CountDownLatch(1);
      Thread agent = new Thread(() -> interruptOnceConnected(silent, lane, accepted));
      agent.start();
      long start = System.nanoTime();
      assertThrows(
          InterruptedException.class, () -> open("url", "jdbc:mariadb://" + address + "/p"));
      assertTrue(System.nanoTime() - start < 5_000_000_000L, "within the agent's patience");
      accepted.countDown();
      agent.join();
    }
  }

  private static void interruptOnceConnected(ServerSocket server, Thread lane, CountDownLatch end) {
    try {
      server.accept().close(); // PostgreSQL's
      Socket socket = server.accept();
      lane.interrupt();
      end.await();
      socket.close();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void callsThatHangForEverAreNotPiledUp() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    try (Aside aside = new Aside("aside")) {
      for (int i = 0; i < 3; i++) {
        assertThrows(
            SQLException.class,
            () -> aside.call(() -> hang(end), Duration.ofMillis(10), List.of(), l -> {}));
      }
      String words =
          assertThrows(
                  SQLException.class,
                  () -> aside.call(() -> 1, Duration.ofSeconds(10), List.of(), l -> {}))
              .getMessage();
      assertTrue(words.startsWith("3 calls of the database's driver hang"), words);
      end.countDown();
      boolean again = false;
      while (!again) {
        try {
          again = aside.call(() -> true, Duration.ofSeconds(10), List.of(), l -> {});
        } catch (SQLException stillHanging) {
          Thread.onSpinWait();
        }
      }
    }
  }

  private static boolean hang(CountDownLatch end) throws InterruptedException {
    end.await();
    return true;
  }

  @Test
  void whatComesTooLateIsClosedAndWhatHangsIsCut() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    CountDownLatch told = new CountDownLatch(1);
    try (Aside aside = new Aside("aside")) {
      assertThrows(
          SQLException.class,
          () ->
              aside.call(
                  () -> hang(end),
                  Duration.ofMillis(10),
                  List.of(end::countDown),
                  late -> told.countDown()));
      told.await();
      assertThrows(
          SQLException.class,
          () ->
              aside.call(
                  () -> {
                    throw new NoClassDefFoundError("org/slf4j/Logger");
                  },
                  Duration.ofSeconds(10),
                  List.of(),
                  late -> {}));
    }
  }

  @Test
  void itClosesHoweverFarItCame() {
    new JdbcHandler().close();
    assertEquals("jdbc", new JdbcHandler().type());
    assertEquals(100, new JdbcHandler().batch());
  }
}
