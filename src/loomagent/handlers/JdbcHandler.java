package loomagent.handlers;

import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.function.LongSupplier;
import loomagent.BatchHandler;
import loomagent.Event;
import loomagent.HandlerContext;
import loomagent.Undeliverable;

/**
 * Inserts a row an event into a table of a database, which it makes when there is none, or carries
 * out a statement of one's own. The same id twice is one row.
 */
public final class JdbcHandler implements BatchHandler {
  private static final String TABLE = "loom_events";

  /** For connecting, looking at the table and making it: there is no other limit to opening. */
  private static final Duration CONNECTING = Duration.ofSeconds(20);

  /** Longer than any {@code timeout} of a handler, which ends it by an interrupt. */
  private static final Duration DELIVERING = Duration.ofDays(2);

  /** A connection that was not used for so long is asked whether it still is one. */
  private static final Duration IDLE = Duration.ofSeconds(30);

  /** After these a connection is as it was. */
  private static final Set<SqlFailure.Kind> SOUND =
      EnumSet.of(SqlFailure.Kind.TAKEN, SqlFailure.Kind.DATA, SqlFailure.Kind.CLASH);

  /** What is done with a connection. */
  private interface Work {
    void on(Database database) throws SQLException;
  }

  private final LongSupplier nanos;
  private HandlerContext context;
  private Aside aside;
  private String table;
  private Optional<BoundSql> own = Optional.empty();
  private int batch = 100;
  private Optional<Database> database = Optional.empty();
  private Dialect dialect = Dialect.STANDARD; // of the connection, or of the one before
  private long used; // when the database answered last

  /** Does nothing yet. */
  public JdbcHandler() {
    this(System::nanoTime);
  }

  /** With another clock, for a test. */
  JdbcHandler(LongSupplier nanos) {
    this.nanos = nanos;
  }

  @Override
  public void open(HandlerContext context) throws Exception {
    this.context = context;
    Settings settings = new Settings(context, "jdbc");
    String kind = kind(settings);
    settings.text("user");
    settings.text("password");
    Optional<String> sql = settings.text("sql");
    Optional<String> name = settings.text("table").map(String::strip);
    if (sql.isPresent() && name.isPresent()) {
      settings.problem("table and sql are both set; write one of them");
    }
    table = name.orElse(TABLE);
    if (!table.matches(EventTable.NAME)) {
      settings.problem(
          "table is \""
              + Text.line(table, 60)
              + "\"; write letters, digits and _, such as "
              + TABLE
              + ", with a schema before it if need be");
    }
    own = sql.flatMap(text -> parsed(text, kind, settings));
    batch = settings.number("batch", batch, 1, 256);
    settings.done();
    aside = new Aside(Thread.currentThread().getName() + "-jdbc");
    connect();
  }

  private static String kind(Settings settings) {
    JdbcUrl url = new JdbcUrl(settings.required("url", "jdbc:postgresql://db.example/print"));
    if (!url.text().isEmpty() && !url.right()) {
      settings.problem(
          "url does not begin with jdbc: and a kind of database, such as jdbc:mariadb:");
    }
    return url.kind();
  }

  private static Optional<BoundSql> parsed(String sql, String kind, Settings settings) {
    try {
      return Optional.of(NamedSql.parse(sql, kind));
    } catch (IllegalArgumentException wrong) {
      settings.problem("sql is not right: " + wrong.getMessage());
      return Optional.empty();
    }
  }

  @Override
  public int batch() {
    return batch;
  }

  @Override
  public void handle(Event event) throws Exception {
    carryOut(database -> database.take(event));
  }

  @Override
  public void handle(List<Event> events) throws Exception {
    carryOut(database -> database.take(events));
  }

  private void carryOut(Work work) throws Exception {
    boolean fresh = connectedAnew();
    try {
      tryOnce(work);
    } catch (SQLException failure) {
      // Others were at the same rows, or the connection had died since it was last used.
      SqlFailure.Kind kind = SqlFailure.kind(failure, dialect);
      if (kind != SqlFailure.Kind.CLASH && (kind != SqlFailure.Kind.GONE || fresh)) {
        throw told(failure);
      }
      onceMore(work);
    }
  }

  private void onceMore(Work work) throws Exception {
    connectedAnew();
    try {
      tryOnce(work);
    } catch (SQLException failure) {
      throw told(failure);
    }
  }

  private void tryOnce(Work work) throws Exception {
    Database at = database.orElseThrow();
    boolean sound = false;
    try {
      aside.call(() -> done(work, at), DELIVERING, List.of(at::cancel, at::abort), done -> {});
      used = nanos.getAsLong();
      sound = true;
    } catch (Undeliverable refused) {
      sound = true;
      throw refused;
    } catch (SQLException failure) {
      sound = SOUND.contains(SqlFailure.kind(failure, dialect));
      throw failure;
    } finally {
      if (!sound) {
        drop();
      }
    }
  }

  private static boolean done(Work work, Database database) throws SQLException {
    work.on(database);
    return true;
  }

  /** True if the connection was made just now. */
  private boolean connectedAnew() throws Exception {
    if (database.isPresent() && nanos.getAsLong() - used > IDLE.toNanos() && !alive()) {
      drop();
    }
    if (database.isPresent()) {
      return false;
    }
    connect();
    return true;
  }

  private boolean alive() throws Exception {
    Database at = database.orElseThrow();
    try {
      return aside.call(at::isValid, CONNECTING, List.of(at::abort), valid -> {});
    } catch (SQLException lost) {
      return false;
    }
  }

  // URL, user and password are asked for anew: they may have changed since.
  private void connect() throws Exception {
    JdbcUrl url = url();
    Properties properties = url.properties();
    for (String name : List.of("user", "password")) {
      if (!setting(name).isEmpty()) {
        properties.put(name, setting(name));
      }
    }
    try {
      Database made =
          aside.call(
              () -> Database.open(url, properties, own, table),
              CONNECTING,
              List.of(),
              Database::close);
      dialect = made.dialect();
      database = Optional.of(made);
      used = nanos.getAsLong();
    } catch (SQLException | RuntimeException failure) {
      throw told(failure);
    }
  }

  private JdbcUrl url() {
    return new JdbcUrl(setting("url").strip()).within(context::resolve);
  }

  private String setting(String name) {
    return context.settings().getOrDefault(name, "");
  }

  /** What happened, for a log: without a password, and without what lies behind it. */
  private SQLException told(Exception failure) {
    JdbcUrl url = url();
    SQLException sql = failure instanceof SQLException known ? known : new SQLException(failure);
    String words = url.masked(SqlFailure.line(sql), setting("password"));
    return new SQLException(url.shown() + ": " + words, sql.getSQLState());
  }

  /** The next event gets a new one, with the table looked at again. */
  private void drop() {
    database.ifPresent(at -> aside.later(at::close));
    database = Optional.empty();
  }

  @Override
  public void close() {
    if (aside != null) { // or the settings are wrong
      drop();
      aside.close();
    }
  }
}
