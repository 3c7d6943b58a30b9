package loomagent.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ConcurrencyTest {
  private static final int APPENDERS = 4;
  private static final int READERS = 3;
  private static final int EACH = 3000;

  @TempDir Path temp;

  /** Reads all there will be; every event once, in order, and those of an appender in its order. */
  private static List<Long> follow(Journal journal, int most) throws Exception {
    Semaphore more = new Semaphore(1);
    journal.listen(more::release);
    List<Long> sequences = new ArrayList<>();
    Map<String, Integer> last = new HashMap<>();
    try (JournalReader reader = journal.reader(1)) {
      while (sequences.size() < APPENDERS * EACH) {
        List<Entry> entries = reader.read(most);
        if (entries.isEmpty()) {
          more.acquire();
          more.drainPermits();
        }
        for (Entry entry : entries) {
          assertTrue(entry.sequence() < journal.next());
          sequences.add(entry.sequence());
          String[] id = entry.event().id().split(" ");
          int number = Integer.parseInt(id[1]);
          assertTrue(number > last.getOrDefault(id[0], -1), entry.event().id());
          last.put(id[0], number);
          assertEquals(Scene.json(entry.event().id(), "x".repeat(number % 97)), text(entry));
        }
      }
    }
    return sequences;
  }

  private static String text(Entry entry) {
    return entry.event().json();
  }

  @Test
  void manyAppendAndManyReadWhileFilesAreRolled() throws Exception {
    Scene scene = new Scene(temp.resolve("journal"));
    scene.maxSize = 8 * 20_000; // small files, and a small window with them
    ExecutorService threads = Executors.newCachedThreadPool();
    AtomicInteger duplicates = new AtomicInteger();
    AtomicLong rolls = new AtomicLong();
    try (Journal journal = scene.openQuickly()) {
      List<Future<List<Long>>> readers = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        int most = 1 + 50 * i;
        readers.add(threads.submit(() -> follow(journal, most)));
      }
      List<Future<?>> appenders = new ArrayList<>();
      for (int i = 0; i < 2 * APPENDERS; i++) {
        String name = "a" + i / 2; // two append the same events
        appenders.add(threads.submit(() -> appendAll(journal, name, duplicates)));
      }
      Callable<Long> rolling =
          () -> {
            while (journal.next() <= APPENDERS * EACH) {
              rolls.set(journal.roll());
            }
            return rolls.get();
          };
      appenders.add(threads.submit(rolling));
      for (Future<?> appender : appenders) {
        appender.get();
      }
      Scene.flush(journal);
      List<Long> all = new ArrayList<>();
      for (long i = 1; i <= APPENDERS * EACH; i++) {
        all.add(i);
      }
      for (Future<List<Long>> reader : readers) {
        assertEquals(all, reader.get());
      }
      assertEquals(APPENDERS * EACH, duplicates.get());
    } finally {
      threads.shutdownNow();
    }
    assertEquals(APPENDERS * EACH, JournalFiles.verify(scene.folder).records());
    assertTrue(scene.files().size() > 50);
  }

  private static void appendAll(Journal journal, String name, AtomicInteger duplicates) {
    for (int i = 0; i < EACH; i++) {
      String id = name + " " + i;
      if (Scene.put(journal, id, Scene.json(id, "x".repeat(i % 97))) != Journal.Taken.NEW) {
        duplicates.incrementAndGet();
      }
    }
  }

  @Test
  void aReaderThatFallsOutOfTheWindowFindsItsPlaceInTheFiles() throws Exception {
    Scene scene = new Scene(temp.resolve("journal"));
    int count = Window.MOST_EVENTS + 5000;
    try (Journal journal = scene.openQuickly();
        JournalReader reader = journal.reader(1)) {
      long wanted = 1;
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < count; i++) {
          String id = Scene.id((long) round * count + i);
          assertEquals(Journal.Taken.NEW, Scene.put(journal, id, Scene.json(id, "")));
        }
        Scene.flush(journal);
        for (int i = 0; i < count - 100; i++) { // stops inside the window
          assertEquals(wanted, reader.read(1).get(0).sequence());
          wanted++;
        }
      }
      assertEquals(300, reader.read(1000).size());
    }
  }

  @Test
  void closingFreesWhoeverIsHeldBack() throws Exception {
    Scene scene = new Scene(temp.resolve("journal"));
    scene.maxSize = 8 * 500;
    java.nio.file.Files.createDirectories(scene.folder);
    loomagent.base.LossyDisk disk = new loomagent.base.LossyDisk(scene.folder);
    Journal journal = scene.open(disk);
    disk.fail(
        (kind, file) -> {
          throw new java.io.IOException("broken");
        });
    AtomicInteger refused = new AtomicInteger();
    List<Thread> held = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      String name = "a" + i;
      Thread thread = new Thread(() -> appendAll(journal, name, refused));
      thread.start();
      held.add(thread);
    }
    for (Thread thread : held) {
      Scene.waitUntil(() -> thread.getState() == Thread.State.WAITING);
    }
    journal.close();
    for (Thread thread : held) {
      thread.join();
    }
    assertTrue(refused.get() > 3 * EACH - 10);
    assertTrue(scene.said(" could not be written before the stop (writing fails since "));
  }
}
