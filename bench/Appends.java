package bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.squareup.tape2.QueueFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loomagent.base.Disk;
import loomagent.journal.Journal;

/**
 * Records of 600 bytes that are safe on disk, a second, all in the same folder. Alone: one thread,
 * and each append is durable before the next begins. In flight: the producer goes on, and the time
 * ends when all are durable; SQLite gets transactions of as many events as one sync of the journal
 * covered, and tape, which syncs each, has no other way.
 *
 * <p>The journal does more than the others do: it checks each id against the last 262,144, writes
 * checksum and time, and has a thread of its own. The table of SQLite has no index beside its
 * number.
 */
final class Appends {
  private static final long SPAN = 2_000_000_000L; // nanoseconds of each run
  private static final int FLIGHT = 100_000;

  private final Path folder;
  private final byte[] record = ("{\"payload\":\"" + "x".repeat(586) + "\"}").getBytes(UTF_8);
  private final Map<String, List<Double>> rates = new LinkedHashMap<>();
  private int batch = 1;
  private int serial;

  private Appends(Path folder) {
    this.folder = folder;
  }

  private interface Append {
    void one() throws Exception;
  }

  private interface Way {
    double rate() throws Exception;
  }

  static void run(Bench bench) throws Exception {
    Appends appends = new Appends(bench.folder().resolve("appends"));
    for (int run = 0; run <= bench.runs(); run++) {
      appends.once("journal", appends::journal);
      appends.once("tape", appends::tape);
      appends.once("sqlite", () -> appends.sqlite(1));
      appends.once("file", appends::file);
      appends.once("journal, in flight", appends::journalInFlight);
      appends.once("sqlite, in flight", () -> appends.sqlite(appends.batch));
      if (run == 0) {
        appends.rates.clear(); // the compilers were at work
      }
    }
    appends.rates.forEach((name, rates) -> Bench.say("%-20s %s", name, rates));
    String alone = "durable appends a second, one at a time";
    String flight = "durable appends a second, many in flight";
    bench.table().more(alone, "", appends.rate("journal"), "tape", appends.rate("tape"), 1);
    bench
        .table()
        .more(
            alone,
            "",
            appends.rate("journal"),
            "SQLite, a transaction each",
            appends.rate("sqlite"),
            1);
    bench
        .table()
        .more(alone, "", appends.rate("journal"), "write and fsync alone", appends.rate("file"), 0);
    double journal = appends.rate("journal, in flight");
    bench.table().more(flight, "", journal, "tape, one at a time", appends.rate("tape"), 1);
    bench
        .table()
        .more(
            flight,
            "",
            journal,
            "SQLite, %,d a transaction".formatted(appends.batch),
            appends.rate("sqlite, in flight"),
            1);
  }

  private double rate(String name) {
    return Table.median(rates.get(name).stream().mapToDouble(Double::doubleValue).toArray());
  }

  private void once(String name, Way way) throws Exception {
    Contender.discard(folder);
    Files.createDirectories(folder);
    double rate = way.rate();
    rates.computeIfAbsent(name, first -> new ArrayList<>()).add((double) Math.round(rate));
    Contender.discard(folder);
  }

  /** For a while. */
  private static double timed(int events, Append append) throws Exception {
    long start = System.nanoTime();
    long done = 0;
    long end = start;
    while (end - start < SPAN) {
      append.one();
      done += events;
      end = System.nanoTime();
    }
    return done * 1e9 / (end - start);
  }

  private Journal open() throws Exception {
    return Journal.open(
        folder,
        new Journal.Settings(Duration.ofDays(1), 1L << 30),
        Disk.REAL,
        Clock.systemUTC(),
        System.getLogger("bench"));
  }

  private void append(Journal journal) {
    String id = "bd6b9b7f-5ea2-4015-a07a-%012x".formatted(serial++);
    journal.append("default", id, "mission_control.job_added", record, 0, record.length);
  }

  private double journal() throws Exception {
    try (Journal journal = open()) {
      return timed(
          1,
          () -> {
            append(journal);
            journal.flush(Duration.ofMinutes(1));
          });
    }
  }

  private double journalInFlight() throws Exception {
    try (Journal journal = open()) {
      long start = System.nanoTime();
      for (int event = 0; event < FLIGHT; event++) {
        append(journal);
      }
      journal.flush(Duration.ofMinutes(1));
      double rate = FLIGHT * 1e9 / (System.nanoTime() - start);
      batch = (int) (FLIGHT / journal.syncs().count());
      return rate;
    }
  }

  private double tape() throws Exception {
    try (QueueFile queue = new QueueFile.Builder(folder.resolve("tape").toFile()).build()) {
      return timed(1, () -> queue.add(record));
    }
  }

  private double sqlite(int each) throws Exception {
    try (Connection connection =
        DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("events.db"))) {
      prepare(connection);
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO events (json) VALUES (?)")) {
        connection.setAutoCommit(each == 1);
        return timed(each, () -> insert(connection, insert, each));
      }
    }
  }

  private static void prepare(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("PRAGMA synchronous = FULL");
      statement.execute("CREATE TABLE events (sequence INTEGER PRIMARY KEY, json BLOB)");
    }
  }

  private void insert(Connection connection, PreparedStatement insert, int events)
      throws SQLException {
    for (int event = 0; event < events; event++) {
      insert.setBytes(1, record);
      insert.executeUpdate();
    }
    if (events > 1) {
      connection.commit();
    }
  }

  /** The floor: what the disk takes. */
  private double file() throws Exception {
    try (FileChannel file =
        FileChannel.open(
            folder.resolve("file"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      return timed(1, () -> force(file));
    }
  }

  private void force(FileChannel file) throws Exception {
    file.write(ByteBuffer.wrap(record));
    file.force(false);
  }
}
