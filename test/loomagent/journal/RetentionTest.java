package loomagent.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import loomagent.base.LossyDisk;
import loomagent.base.LossyDisk.Kind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RetentionTest {
  @TempDir Path temp;

  private Scene scene;
  private final AtomicLong waiting = new AtomicLong(Long.MAX_VALUE);

  @BeforeEach
  void aKeepOfAnHour() {
    scene = new Scene(temp.resolve("journal"));
    scene.keep = Duration.ofHours(1);
  }

  private Journal open() throws IOException {
    Journal journal = scene.openQuickly();
    journal.retain(waiting::get);
    return journal;
  }

  /** Three files of three events each, a half hour apart, and an empty one. */
  private void threeFiles(Journal journal) throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      scene.fill(journal, 3L * i, 3, "");
      assertEquals(4 + 3L * i, journal.roll());
      scene.clock.forward(Duration.ofMinutes(30));
    }
  }

  @Test
  void whatIsOlderThanKeepIsDeletedByWholeFiles() throws Exception {
    try (Journal journal = open()) {
      threeFiles(journal); // the first is now 90 minutes old, the second 60
      scene.fill(journal, 10, 1, "");
      journal.roll();
      assertEquals(4, journal.oldest());
      assertEquals(4, Scene.read(journal, 0).get(0).sequence());
      scene.clock.forward(Duration.ofMillis(1));
      scene.fill(journal, 11, 1, "");
      journal.roll();
      assertEquals(7, journal.oldest());
    }
  }

  @Test
  void theAgeOfFilesIsKnownAfterARestart() throws Exception {
    try (Journal journal = open()) {
      threeFiles(journal);
    }
    try (Journal journal = open()) {
      scene.fill(journal, 10, 1, "");
      journal.roll();
      assertEquals(4, journal.oldest());
    }
  }

  @Test
  void aFileIsAsYoungAsItsNewestEventWhenItIsLookedAt() throws Exception {
    try (Journal journal = open()) {
      scene.fill(journal, 1, 1, "");
      assertEquals(Scene.START, journal.stats().oldest().orElseThrow());
      scene.clock.forward(Duration.ofMinutes(90));
      scene.fill(journal, 2, 1, "");
      assertEquals(3, journal.roll());
      assertEquals(1, journal.oldest());
      scene.clock.forward(Duration.ofMinutes(90));
      journal.roll();
      assertEquals(3, journal.oldest());
      Journal.Stats stats = journal.stats();
      assertEquals(0, stats.events());
      assertTrue(stats.oldest().isEmpty());
      assertEquals(Scene.START.plus(Duration.ofMinutes(90)), stats.newest().orElseThrow());
    }
  }

  @Test
  void whatAHandlerWaitsForIsKeptHoweverOld() throws Exception {
    waiting.set(6); // in the middle of the second file
    try (Journal journal = open()) {
      threeFiles(journal);
      scene.clock.forward(Duration.ofDays(100));
      scene.fill(journal, 10, 1, "");
      journal.roll();
      assertEquals(4, journal.oldest());
      waiting.set(7);
      scene.fill(journal, 11, 1, "");
      journal.roll();
      assertEquals(7, journal.oldest());
    }
  }

  @Test
  void beforeAnybodySaysWhatIsWaitedForNothingIsDeleted() throws Exception {
    try (Journal journal = scene.openQuickly()) {
      threeFiles(journal);
      scene.clock.forward(Duration.ofDays(100));
      scene.fill(journal, 10, 1, "");
      journal.roll();
      assertEquals(1, journal.oldest());
    }
  }

  @Test
  void theActiveFileIsNeverDeleted() throws Exception {
    try (Journal journal = open()) {
      scene.fill(journal, 1, 3, "");
      scene.clock.forward(Duration.ofDays(100));
      scene.fill(journal, 4, 3, "");
      assertEquals(1, journal.oldest());
      assertEquals(7, journal.roll());
      assertEquals(7, journal.roll(), "an empty one is not rolled");
      assertEquals(1, journal.oldest(), "its newest events are young");
    }
  }

  @Test
  void overMaxSizeTheOldestFilesGo() throws Exception {
    scene.maxSize = 8 * 1000;
    try (Journal journal = open()) {
      scene.fill(journal, 1, 200, "x".repeat(100));
      journal.roll();
      assertTrue(journal.stats().bytes() <= 9000, () -> journal.stats().toString());
      assertTrue(journal.stats().bytes() > 6000, () -> journal.stats().toString());
      assertEquals(9, scene.files().size(), 1);
      long oldest = journal.oldest();
      scene.appended.keySet().removeIf(sequence -> sequence < oldest);
      assertEquals(scene.appended, Scene.texts(Scene.read(journal, oldest)));
    }
  }

  @Test
  void overMaxSizeWhatAHandlerWaitsForStaysAndThatIsSaidOnce() throws Exception {
    scene.maxSize = 8 * 1000;
    waiting.set(1);
    try (Journal journal = open()) {
      scene.fill(journal, 1, 200, "x".repeat(100));
      journal.roll();
      assertEquals(1, journal.oldest());
      assertEquals(1, scene.log.all().size(), () -> scene.log.toString());
      assertTrue(scene.said("more than journal.max-size, since a handler still waits for event 1"));
      waiting.set(Long.MAX_VALUE);
      scene.fill(journal, 201, 20, "x".repeat(100));
      journal.roll();
      assertTrue(journal.stats().bytes() <= 9000);
    }
  }

  @Test
  void whatCannotBeDeletedIsSaidAndTriedAgain() throws Exception {
    java.nio.file.Files.createDirectories(scene.folder);
    LossyDisk disk = new LossyDisk(scene.folder);
    disk.fail(
        (kind, file) -> {
          if (kind == Kind.DELETE) {
            throw new IOException("no");
          }
        });
    try (Journal journal = scene.open(disk)) {
      journal.retain(waiting::get);
      threeFiles(journal);
      scene.clock.forward(Duration.ofDays(1));
      scene.fill(journal, 10, 1, "");
      journal.roll();
      assertEquals(1, journal.oldest());
      assertTrue(scene.said("old events could not be deleted from " + scene.folder));
      disk.fail((kind, file) -> {});
      scene.fill(journal, 11, 1, "");
      journal.roll();
      assertEquals(10, journal.oldest());
    }
  }

  @Test
  void aReaderOfDeletedEventsGoesOnAtTheOldestKept() throws Exception {
    try (Journal journal = open()) {
      threeFiles(journal);
    }
    try (Journal journal = open();
        JournalReader early = journal.reader(1);
        JournalReader late = journal.reader(1)) {
      assertEquals(1, early.read(1).get(0).sequence());
      scene.fill(journal, 10, 1, "");
      journal.roll();
      assertEquals(4, journal.oldest());
      assertEquals(List.of(4L, 5L), late.read(2).stream().map(Entry::sequence).toList());
      assertEquals(2, early.read(1).get(0).sequence(), "its file is still open");
    }
  }
}
