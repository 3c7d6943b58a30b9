package loomagent.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import loomagent.base.Disk;
import loomagent.base.HandClock;
import loomagent.base.LogLines;
import loomagent.base.LossyDisk;

/** A journal's folder, a clock, a log, and events to put in. */
final class Scene {
  static final Instant START = Instant.parse("2026-03-01T10:00:00Z");
  private static final Duration LONG = Duration.ofSeconds(30);

  final Path folder;
  final LogLines log = new LogLines();
  final HandClock clock = new HandClock(START);

  /** What was appended, by sequence. */
  final Map<Long, String> appended = new TreeMap<>();

  Duration keep = Duration.ofDays(7);
  long maxSize = 1L << 30;

  Scene(Path folder) {
    this.folder = folder;
  }

  Journal open() throws IOException {
    return open(Disk.REAL);
  }

  /** On a disk that syncs nothing and is quick. */
  Journal openQuickly() throws IOException {
    Files.createDirectories(folder);
    return open(new LossyDisk(folder));
  }

  Journal open(Disk disk) throws IOException {
    return Journal.open(folder, new Journal.Settings(keep, maxSize), disk, clock, log);
  }

  static String id(long number) {
    return String.format("00000000-0000-4000-8000-%012x", number);
  }

  /** An event with some more text. */
  static String json(String id, String text) {
    return "{\"id\":\""
        + id
        + "\",\"name\":\"test.happened\",\"payload\":{\"text\":\""
        + text
        + "\"}}";
  }

  static Journal.Taken put(Journal journal, String id, String json) {
    byte[] utf8 = ("xx" + json + "xx").getBytes(UTF_8);
    return journal.append("default", id, "test.happened", utf8, 2, utf8.length - 2);
  }

  /** Puts new events on disk, numbered from a number on, and remembers them. */
  void fill(Journal journal, long from, int count, String text) throws InterruptedException {
    flush(journal);
    for (long i = from; i < from + count; i++) {
      String json = json(id(i), text + i);
      assertEquals(Journal.Taken.NEW, put(journal, id(i), json));
      flush(journal);
      appended.put(journal.next() - 1, json);
    }
  }

  static void flush(Journal journal) throws InterruptedException {
    assertTrue(journal.flush(LONG));
  }

  /** Waits for what another thread does; a test's time limit ends it. */
  static void waitUntil(BooleanSupplier done) {
    while (!done.getAsBoolean()) {
      assertFalse(Thread.currentThread().isInterrupted(), "it never came to pass");
      Thread.onSpinWait();
    }
  }

  /** All events from a sequence on. */
  static List<Entry> read(Journal journal, long from) throws IOException {
    try (JournalReader reader = journal.reader(from)) {
      List<Entry> all = new ArrayList<>();
      List<Entry> some = reader.read(7);
      while (!some.isEmpty()) {
        all.addAll(some);
        some = reader.read(7);
      }
      assertEquals(journal.next(), reader.position());
      return all;
    }
  }

  static Map<Long, String> texts(List<Entry> entries) {
    Map<Long, String> texts = new TreeMap<>();
    long before = 0;
    for (Entry entry : entries) {
      assertTrue(entry.sequence() > before, () -> "out of order: " + entries);
      before = entry.sequence();
      texts.put(entry.sequence(), entry.event().json());
    }
    return texts;
  }

  /** The journal's files, oldest first. */
  static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
    }
  }

  List<Path> files() throws IOException {
    return files(folder);
  }

  boolean said(String part) {
    return log.says(part);
  }
}
