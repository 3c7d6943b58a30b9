package loomagent.delivery;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import loomagent.Event;
import loomagent.EventHandler;
import loomagent.HandlerContext;
import loomagent.base.Disk;
import loomagent.base.LogLines;
import loomagent.journal.Journal;

/** A folder, its journal, a clock that stands until it is put forward, and a handler's delivery. */
final class Scene implements AutoCloseable {
  static final Duration LONG = Duration.ofSeconds(30);

  /** So long that no clock that is put forward reaches it by chance. */
  static final Duration TIMEOUT = Duration.ofDays(3_000);

  static final Policy STRICT = policy(0, 1, "");

  final LogLines log = new LogLines();
  final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000); // overflows soon, as it may
  final Watch watch = new Watch(nanos::get);
  final FullDisk disk = new FullDisk();
  final Clock clock = Clock.fixed(Instant.parse("2026-03-04T05:06:07Z"), ZoneOffset.UTC);
  RandomGenerator random = () -> 0; // no wait
  Predicate<Event> wanted = event -> true;

  private final Path folder;
  private final List<Delivery> deliveries = new ArrayList<>();
  Journal journal;
  DeadLetters dead;
  Path cursorFile;

  Scene(Path folder) throws IOException {
    this.folder = folder;
    Files.createDirectories(folder.resolve("journal"));
    cursorFile = folder.resolve("cursor");
    openJournal();
    openDead();
  }

  void openJournal() throws IOException {
    Journal.Settings settings = new Journal.Settings(Duration.ofDays(7), 1 << 30);
    journal = Journal.open(folder.resolve("journal"), settings, Disk.REAL, Clock.systemUTC(), log);
  }

  void openDead() throws IOException {
    dead = DeadLetters.open(folder.resolve("dead.ndjson"), disk, log);
  }

  static Policy policy(int attempts, int lanes, String key) {
    return new Policy(Duration.ofSeconds(1), Duration.ofMinutes(5), attempts, TIMEOUT, lanes, key);
  }

  record Context(String name, System.Logger logger) implements HandlerContext {
    @Override
    public Map<String, String> settings() {
      return Map.of();
    }

    @Override
    public Path directory() throws IOException {
      throw new IOException("there is none");
    }
  }

  Delivery start(Policy policy, EventHandler handler) throws Exception {
    return start(policy, () -> handler);
  }

  Delivery start(Policy policy, Delivery.Maker maker) throws Exception {
    Delivery delivery = make(policy, maker);
    delivery.start();
    return delivery;
  }

  Delivery make(Policy policy, Delivery.Maker maker) throws IOException {
    Delivery.Target target = target(policy, maker);
    return add(
        new Delivery(target, Optional.of(journal), feed(target), dead, clock, random, watch));
  }

  Optional<Feed> feed(Delivery.Target target) throws IOException {
    Cursor cursor =
        Cursor.open(
            cursorFile, Cursor.Start.OLDEST, journal.oldest(), journal.next(), Disk.REAL, log);
    return Delivery.feed(target, journal, cursor);
  }

  /** One that follows no journal. */
  Delivery startAlone(Policy policy, EventHandler handler) {
    Delivery.Target target = target(policy, () -> handler);
    Delivery delivery =
        add(new Delivery(target, Optional.empty(), Optional.empty(), dead, clock, random, watch));
    delivery.start();
    return delivery;
  }

  Delivery.Target target(Policy policy, Delivery.Maker maker) {
    return new Delivery.Target(
        maker, new Context("mis", log), getClass().getClassLoader(), policy, e -> wanted.test(e));
  }

  private Delivery add(Delivery delivery) {
    deliveries.add(delivery);
    return delivery;
  }

  static String json(int number) {
    return "{\"id\":\""
        + number
        + "\",\"name\":\"n"
        + number % 2
        + "\",\"payload\":{\"order\":\"k"
        + number % 7
        + "\"}}";
  }

  static Event event(int number) {
    return Event.of("" + number, "n" + number % 2, json(number), "main");
  }

  /** Appends events whose numbers are their ids; the first has the sequence 1. */
  void append(int from, int to) throws InterruptedException {
    for (int i = from; i < to; i++) {
      byte[] utf8 = json(i).getBytes(StandardCharsets.UTF_8);
      journal.append("main", "" + i, "n" + i % 2, utf8, 0, utf8.length);
    }
    assertTrue(journal.flush(LONG));
  }

  static List<String> ids(int from, int to) {
    return IntStream.range(from, to).mapToObj(Integer::toString).toList();
  }

  static <T> List<T> list() {
    return Collections.synchronizedList(new ArrayList<>());
  }

  void advance(Duration by) {
    nanos.addAndGet(by.toNanos());
    deliveries.forEach(Delivery::look);
  }

  /** Puts the clock forward, a little at a time, as a thread may not have begun to wait. */
  void advanceUntil(BooleanSupplier condition, String what) {
    advanceUntil(condition, what, Duration.ofMillis(100));
  }

  void advanceUntil(BooleanSupplier condition, String what, Duration step) {
    await(
        () -> {
          advance(step);
          return condition.getAsBoolean();
        },
        what);
  }

  static void await(BooleanSupplier condition, String what) {
    long end = System.nanoTime() + LONG.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - end < 0, () -> "waited in vain: " + what);
      LockSupport.parkNanos(20_000);
    }
  }

  Cursor.Position cursor() throws IOException {
    return Cursor.read(cursorFile).orElseThrow();
  }

  static void end(Delivery delivery) throws InterruptedException {
    delivery.drain();
    assertTrue(delivery.awaitEnd(LONG), "it did not end");
  }

  @Override
  public void close() {
    deliveries.forEach(Delivery::drain);
    journal.close();
  }
}
