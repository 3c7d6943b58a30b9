package loomagent.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import loomagent.base.Disk;
import loomagent.base.LossyDisk;
import loomagent.base.LossyDisk.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The disk is full, or fails, and then works again: nothing is lost, and nothing comes twice. */
@Timeout(120)
class DiskFaultTest {
  private static final String FULL = "No space left on device";

  @TempDir Path temp;

  private Scene scene;
  private LossyDisk disk;

  private Journal openIn(String name) throws IOException {
    scene = new Scene(Files.createDirectories(temp.resolve(name)));
    scene.maxSize = 8 * 1000;
    disk = new LossyDisk(scene.folder);
    return scene.open(disk);
  }

  /** Fails one step of a kind, the n-th from now on, and as many after it. */
  private void failAt(Kind failing, int n, int times, String words) {
    AtomicInteger count = new AtomicInteger();
    disk.fail(
        (kind, file) -> {
          if (kind == failing) {
            int now = count.incrementAndGet();
            if (now >= n && now < n + times) {
              throw new IOException(words);
            }
          }
        });
  }

  @Test
  void whicheverStepFailsNothingIsLostOrDoubled() throws Exception {
    for (Kind failing : List.of(Kind.WRITE, Kind.SYNC, Kind.CREATE, Kind.TRUNCATE)) {
      for (int n = 1; n <= 10; n++) {
        try (Journal journal = openIn(failing + " " + n)) {
          failAt(failing, n, 2, FULL);
          scene.fill(journal, 1, 30, "x".repeat(50));
          assertEquals(scene.appended, Scene.texts(Scene.read(journal, 1)));
          assertEquals(31, journal.next());
          assertEquals("", journal.stats().fault());
          boolean said = scene.said(scene.folder + " cannot be written, the disk is full since ");
          boolean reached = failing != Kind.TRUNCATE && (failing != Kind.CREATE || n < 4);
          assertTrue(said || !reached, failing + " " + n + scene.log.all());
          assertEquals(said, scene.said(" is written again, after "));
        }
        try (Journal journal = scene.openQuickly()) {
          assertEquals(scene.appended, Scene.texts(Scene.read(journal, 1)));
          JournalFiles.Report report = JournalFiles.verify(scene.folder);
          assertEquals(List.of(), report.damages());
          assertEquals(30, report.records());
        }
      }
    }
  }

  @Test
  void aFullDiskIsSaidWithItsTimeUntilThereIsRoom() throws Exception {
    try (Journal journal = openIn("full")) {
      scene.fill(journal, 1, 1, "");
      AtomicBoolean full = new AtomicBoolean(true);
      disk.fail(
          (kind, file) -> {
            if (full.get() && kind == Kind.WRITE) {
              throw new IOException(FULL);
            }
          });
      scene.clock.forward(Duration.ofSeconds(60));
      assertEquals(Journal.Taken.NEW, Scene.put(journal, Scene.id(2), Scene.json(Scene.id(2), "")));
      Scene.waitUntil(() -> !journal.stats().fault().isEmpty());
      assertEquals("the disk is full since 2026-03-01T10:01:00Z", journal.stats().fault());
      assertEquals(2, journal.next());
      assertEquals(
          Journal.Taken.DUPLICATE, Scene.put(journal, Scene.id(2), Scene.json(Scene.id(2), "")));
      scene.clock.forward(Duration.ofSeconds(75));
      full.set(false);
      Scene.flush(journal);
      assertEquals("", journal.stats().fault());
      assertEquals(3, journal.next());
      assertEquals(
          scene.folder
              + " cannot be written, the disk is full since 2026-03-01T10:01:00Z. Nothing is lost"
              + " or delivered meanwhile; it goes on by itself once there is room",
          scene.log.all().get(0));
      assertTrue(scene.said(scene.folder + " is written again, after 1m 15s and "));
    }
  }

  @Test
  void theWindowFillsAndHoldsAppendersBackUntilThereIsRoom() throws Exception {
    try (Journal journal = openIn("window")) {
      AtomicBoolean full = new AtomicBoolean(true);
      disk.fail(
          (kind, file) -> {
            if (full.get() && kind == Kind.SYNC) {
              throw new IOException("Input/output error");
            }
          });
      AtomicInteger appended = new AtomicInteger();
      Thread appender =
          new Thread(
              () -> {
                for (int i = 1; i <= 100; i++) {
                  String json = Scene.json(Scene.id(i), "x".repeat(50));
                  assertEquals(Journal.Taken.NEW, Scene.put(journal, Scene.id(i), json));
                  appended.incrementAndGet();
                }
              });
      appender.start();
      Scene.waitUntil(() -> appender.getState() == Thread.State.WAITING);
      Scene.waitUntil(() -> !journal.stats().fault().isEmpty());
      int held = appended.get();
      assertTrue(held > 1 && held < 10, held + " events in 1,000 bytes"); // maxSize / 8
      assertEquals(1, journal.next());
      assertTrue(journal.stats().fault().startsWith("writing fails since 2026-03-01T10:00:00Z: "));
      full.set(false);
      appender.join();
      Scene.flush(journal);
      assertEquals(100, Scene.read(journal, 1).size());
    }
  }

  @Test
  void onAFullDiskWhatIsDeliveredGoesFirstAndWhatIsNotStays() throws Exception {
    try (Journal journal = openIn("room")) {
      scene.fill(journal, 1, 40, "x".repeat(50));
      journal.retain(() -> 20);
      Path fourth = scene.files().get(3);
      failAt(Kind.WRITE, 1, 3, FULL);
      scene.fill(journal, 41, 1, "");
      assertEquals(fourth, scene.files().get(0), "a file for each time that there was no room");
      assertTrue(journal.oldest() <= 20);
      assertTrue(scene.said("the disk is full: deleted the delivered events below "));
      assertFalse(scene.said("cannot be written"), "there was room at once");
      failAt(Kind.WRITE, 1, 3, FULL);
      scene.fill(journal, 42, 1, "");
      assertTrue(journal.oldest() <= 20);
      assertTrue(scene.said("cannot be written, the disk is full"), "no room, so it waited");
      scene.appended.keySet().removeIf(sequence -> sequence < journal.oldest());
      assertEquals(scene.appended, Scene.texts(Scene.read(journal, journal.oldest())));
    }
  }

  @Test
  void aStopOnAFullDiskEndsAndSaysWhatWasNotWritten() throws Exception {
    long start;
    try (Journal journal = openIn("stop")) {
      scene.fill(journal, 1, 2, "");
      failAt(Kind.WRITE, 1, 1 << 20, FULL);
      for (int i = 3; i < 6; i++) {
        assertEquals(Journal.Taken.NEW, Scene.put(journal, Scene.id(i), "{}"));
      }
      start = System.nanoTime();
    }
    assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(20));
    assertTrue(
        scene.said(
            "3 events could not be written before the stop (the disk is full since"
                + " 2026-03-01T10:00:00Z). No handler was given them"),
        () -> scene.log.toString());
    try (Journal journal = scene.openQuickly()) {
      assertEquals(scene.appended, Scene.texts(Scene.read(journal, 1)));
    }
  }

  @Test
  void aTornEndOnAFullDiskDoesNotKeepTheJournalFromOpening() throws Exception {
    try (Journal journal = openIn("torn")) {
      scene.fill(journal, 1, 3, "");
    }
    Path file = scene.files().get(0);
    Files.writeString(file, Files.readString(file) + "00000000 4 torn");
    LossyDisk full = new LossyDisk(scene.folder);
    full.fail(
        (kind, path) -> {
          if (kind == Kind.REPLACE) {
            throw new IOException(FULL);
          }
        });
    try (Journal journal = scene.open(full)) {
      assertTrue(scene.said("They could not be cut off: java.io.IOException: " + FULL));
      scene.fill(journal, 4, 3, "");
      assertEquals(scene.appended, Scene.texts(Scene.read(journal, 1)));
    }
    try (Journal journal = scene.openQuickly()) {
      assertEquals(scene.appended, Scene.texts(Scene.read(journal, 1)));
    }
  }

  @Test
  void whatAFailedWriteLeftAtTheEndOfAFileIsNoEventOnceAnotherFileHasItsNumber() throws Exception {
    try (Journal journal = openIn("left")) {
      scene.fill(journal, 1, 4, "left");
    }
    Path first = scene.files().get(0);
    String left = Files.readString(first);
    scene.appended.clear();
    try (Journal journal = openIn("right")) {
      scene.fill(journal, 1, 3, "left");
      scene.fill(journal, 5, 1, "right"); // the number 4 of another event
    }
    List<String> right = Files.readAllLines(scene.files().get(0));
    Files.writeString(scene.files().get(0), left);
    Files.writeString(
        scene.folder.resolve("00000000000000000004.log"), right.get(3) + System.lineSeparator());
    try (Journal journal = scene.openQuickly()) {
      assertEquals(scene.appended, Scene.texts(Scene.read(journal, 1)));
      assertEquals(1, Scene.read(journal, 4).size());
      assertEquals(Journal.Taken.DUPLICATE, Scene.put(journal, Scene.id(5), "{}"));
      assertEquals(
          Journal.Taken.NEW,
          Scene.put(journal, Scene.id(4), "{}"),
          "nobody was given it, so the pull has to bring it");
    }
  }

  @Test
  void aRealFullDiskIsWaitedOut() throws Exception {
    Path mount = Files.createDirectory(temp.resolve("small"));
    assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mount.toString()));
    try {
      scene = new Scene(mount.resolve("journal"));
      scene.maxSize = 2 << 20;
      Path ballast = Files.write(mount.resolve("ballast"), new byte[512 << 10]);
      try (Journal journal = scene.open(Disk.REAL)) {
        List<String> texts = new ArrayList<>();
        Thread appender =
            new Thread(
                () -> {
                  for (int i = 0; i < 800; i++) {
                    String json = Scene.json(Scene.id(i), "x".repeat(900));
                    texts.add(json);
                    assertEquals(Journal.Taken.NEW, Scene.put(journal, Scene.id(i), json));
                  }
                });
        appender.start();
        Scene.waitUntil(() -> journal.stats().fault().startsWith("the disk is full since "));
        List<Entry> durable = Scene.read(journal, 1);
        Files.delete(ballast);
        appender.join();
        Scene.flush(journal);
        List<Entry> all = Scene.read(journal, 1);
        assertEquals(texts, all.stream().map(entry -> entry.event().json()).toList());
        assertEquals(durable.size(), all.subList(0, durable.size()).size());
        Map<Long, String> known = Scene.texts(durable);
        assertTrue(Scene.texts(all).entrySet().containsAll(known.entrySet()));
      }
      assertEquals(800, JournalFiles.verify(scene.folder).records());
    } finally {
      assertTrue(run("umount", mount.toString()));
    }
  }

  private static boolean run(String... command) throws Exception {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getInputStream().readAllBytes();
      return process.waitFor() == 0;
    } catch (IOException missing) {
      return false;
    }
  }
}
