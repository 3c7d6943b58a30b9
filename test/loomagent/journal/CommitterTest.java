package loomagent.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import loomagent.base.LossyDisk;
import loomagent.base.LossyDisk.Kind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the thread says and does when a step fails, and who is told. */
@Timeout(60)
class CommitterTest {
  private static final String FULL = "No space left on device";

  @TempDir Path temp;

  private Scene scene;
  private LossyDisk disk;
  private Journal journal;
  private final List<String> faults = new CopyOnWriteArrayList<>(); // at each step that fails

  @BeforeEach
  void anEmptyJournal() throws IOException {
    scene = new Scene(Files.createDirectory(temp.resolve("journal")));
    disk = new LossyDisk(scene.folder);
    journal = scene.open(disk);
  }

  @AfterEach
  void close() {
    disk.fail((kind, file) -> {});
    journal.close();
  }

  /** The next steps of some kinds fail, so many times. */
  private void fail(Set<Kind> kinds, int times, Failure failure) {
    AtomicInteger left = new AtomicInteger(times);
    disk.fail(
        (kind, file) -> {
          if (kinds.contains(kind) && left.getAndDecrement() > 0) {
            faults.add(journal.fault());
            throw failure.get();
          }
        });
  }

  private interface Failure {
    IOException get() throws IOException;
  }

  private void twoFiles() throws InterruptedException {
    scene.fill(journal, 1, 1, "");
    assertEquals(2, journal.roll());
    scene.fill(journal, 2, 1, "");
    assertEquals(2, scene.appended.size());
  }

  private void assertAllIsThere() throws IOException {
    assertEquals(scene.appended, Scene.texts(Scene.read(journal, 1)));
    assertEquals("", journal.fault());
    JournalFiles.Report report = JournalFiles.verify(scene.folder);
    assertEquals(List.of(), report.damages());
    assertEquals(scene.appended.size(), report.records());
    assertEquals(1, disk.open());
    long bytes = 0;
    for (Path file : scene.files()) {
      bytes += Files.size(file);
    }
    assertEquals(journal.stats().bytes(), bytes);
  }

  @Test
  void whoNoLongerListensIsNotToldAndWhoFailsKeepsNobodyFromBeingTold() throws Exception {
    AtomicInteger former = new AtomicInteger();
    AtomicInteger told = new AtomicInteger();
    Runnable end = journal.listen(former::incrementAndGet);
    journal.listen(
        () -> {
          throw new IllegalStateException("no");
        });
    journal.listen(told::incrementAndGet);
    scene.fill(journal, 1, 1, "");
    journal.roll(); // the listeners were told before
    assertEquals(1, former.get());
    end.run();
    scene.fill(journal, 2, 2, "");
    journal.roll();
    assertEquals(1, former.get());
    assertEquals(3, told.get());
    assertEquals(3, scene.log.count("a listener of the journal failed"));
  }

  @Test
  void aWriteThatIsJustUnderWayIsNoFault() throws Exception {
    Map<String, Kind> faults = new ConcurrentHashMap<>();
    disk.fail((kind, file) -> faults.put(journal.fault(), kind));
    scene.fill(journal, 1, 20, "");
    assertEquals(Set.of(""), faults.keySet());
    journal.roll(); // they are counted before
    assertEquals(20, journal.activity().events().get(Activity.SPANS - 1));
  }

  @Test
  void whateverIsThrownItGoesOnAfterAWhileAndSaysSoLessAndLess() throws Exception {
    fail(
        Set.of(Kind.SYNC),
        5,
        () -> {
          throw new IllegalStateException("no");
        });
    long before = System.nanoTime();
    scene.fill(journal, 1, 1, "");
    assertTrue(System.nanoTime() - before >= TimeUnit.MILLISECONDS.toNanos(4 * 50));
    assertAllIsThere();
    assertEquals(3, scene.log.count("a fault while writing the journal in " + scene.folder));
  }

  @Test
  void whatInterruptsCloseIsOpenedAnewAndSaidLessAndLess() throws Exception {
    fail(Set.of(Kind.WRITE), 3, ClosedByInterruptException::new);
    scene.fill(journal, 1, 2, "");
    assertAllIsThere();
    assertEquals(2, scene.log.count("a handler has interrupted the thread that writes "));
    assertEquals(2, scene.log.all().size(), scene.log::toString);
  }

  @Test
  void aFailedWriteOrSyncLeavesNothingBehindThatComesAgain() throws Exception {
    fail(Set.of(Kind.SYNC, Kind.TRUNCATE), 2, () -> new IOException("no"));
    scene.fill(journal, 1, 1, "");
    assertAllIsThere();
    assertEquals(1, scene.files().size(), "it was made anew");
    fail(Set.of(Kind.WRITE), 1, () -> new IOException("no"));
    scene.fill(journal, 2, 1, "");
    assertAllIsThere();
    assertEquals(1, scene.files().size());
    fail(Set.of(Kind.SYNC), 1, () -> new IOException("no"));
    scene.fill(journal, 3, 1, "");
    assertAllIsThere();
    assertEquals(2, scene.files().size(), "no file is trusted after a failed sync");
  }

  @Test
  void whoeverWaitsForTheDiskIsToldThatItHasNotAnsweredInTime() throws Exception {
    fail(Set.of(Kind.WRITE), Integer.MAX_VALUE, () -> new IOException("no"));
    assertEquals(Journal.Taken.NEW, Scene.put(journal, Scene.id(1), "{}"));
    assertFalse(journal.flush(Duration.ofMillis(1)));
    disk.fail((kind, file) -> {});
    assertTrue(journal.flush(Duration.ofMinutes(1)));
  }

  @Test
  void aCloseWaitsForTheLastWriteThoughItIsInterrupted() throws Exception {
    CountDownLatch answers = new CountDownLatch(1);
    disk.fail(
        (kind, file) -> {
          while (answers.getCount() > 0) {
            LockSupport.parkNanos(1_000_000);
          }
        });
    assertEquals(Journal.Taken.NEW, Scene.put(journal, Scene.id(1), "{}"));
    AtomicBoolean interrupted = new AtomicBoolean();
    Thread closer =
        new Thread(
            () -> {
              Thread.currentThread().interrupt();
              journal.close();
              interrupted.set(Thread.interrupted());
            });
    closer.start();
    Scene.waitUntil(() -> closer.getState() == Thread.State.TIMED_WAITING);
    answers.countDown();
    closer.join();
    assertTrue(interrupted.get());
    assertEquals(2, journal.next());
    assertEquals(List.of(), scene.log.all());
  }

  @Test
  void whatAnInterruptedWriteLeftIsCutHoweverManyInterruptsThereAre() throws Exception {
    scene.fill(journal, 1, 1, "");
    fail(Set.of(Kind.WRITE, Kind.TRUNCATE), 5, ClosedByInterruptException::new);
    scene.fill(journal, 2, 1, "");
    assertAllIsThere();
    assertEquals(1, scene.files().size());
    fail(Set.of(Kind.WRITE, Kind.TRUNCATE), 1_001, ClosedByInterruptException::new);
    scene.fill(journal, 3, 1, "");
    assertEquals(2, scene.files().size(), "at last in another file");
    assertEquals(scene.appended, Scene.texts(Scene.read(journal, 1)));
  }

  @Test
  void aFailureIsTriedAgainAfterLongerAndLongerWaitsAndSaidLessAndLess() throws Exception {
    fail(Set.of(Kind.WRITE), 1, () -> new IOException("no"));
    scene.fill(journal, 1, 1, "");
    assertEquals(2, scene.log.all().size(), scene.log::toString);
    assertTrue(scene.log.all().get(0).endsWith("it goes on by itself once it works"));
    assertTrue(
        scene.log.all().get(1).endsWith(" is written again, after 0ms and 1 try"),
        scene.log::toString);
    scene.log.clear();
    faults.clear();
    fail(Set.of(Kind.WRITE), 4, () -> new IOException("no"));
    long before = System.nanoTime();
    scene.fill(journal, 2, 1, "");
    assertTrue(System.nanoTime() - before >= TimeUnit.MILLISECONDS.toNanos(50 + 100 + 200 + 400));
    assertAllIsThere();
    assertEquals("", faults.get(0));
    assertEquals(
        "writing fails since 2026-03-01T10:00:00Z: java.io.IOException: no", faults.get(3));
    List<String> said = scene.log.all();
    assertEquals(4, said.size(), scene.log::toString);
    assertTrue(said.get(1).endsWith(" once it works. That was try 2"), said.get(1));
    assertTrue(said.get(2).endsWith(" once it works. That was try 4"), said.get(2));
    assertTrue(said.get(3).endsWith(" is written again, after 0ms and 4 tries"), said.get(3));
  }

  @Test
  void aFullDiskFromWhichNothingCanBeDeletedEitherIsSaid() throws Exception {
    twoFiles();
    journal.retain(() -> Long.MAX_VALUE);
    fail(Set.of(Kind.WRITE, Kind.DELETE), 2, () -> new IOException(FULL));
    scene.fill(journal, 3, 1, "");
    assertAllIsThere();
    assertTrue(
        scene
            .log
            .all()
            .get(0)
            .endsWith(
                " cannot be written, the disk is full since 2026-03-01T10:00:00Z. Nothing is lost"
                    + " or delivered meanwhile; it goes on by itself once there is room"));
    assertEquals(2, scene.log.all().size(), scene.log::toString);
  }

  @Test
  void aFullDiskIsGivenRoomByTheOldestFileAlone() throws Exception {
    twoFiles();
    assertEquals(3, journal.roll());
    fail(Set.of(Kind.WRITE), 1, () -> new IOException(FULL));
    journal.retain(() -> Long.MAX_VALUE);
    scene.fill(journal, 3, 1, "");
    assertEquals(2, journal.oldest());
    assertEquals(2, scene.files().size());
    assertEquals(2, Scene.read(journal, 2).size());
    assertEquals(
        List.of(
            "the disk is full: deleted the delivered events below 2, which journal.keep would have"
                + " kept for replay"),
        scene.log.all());
  }

  @Test
  void whatIsWaitedForIsNotDeletedEvenFromAFullDisk() throws Exception {
    twoFiles();
    fail(Set.of(Kind.WRITE), 1, () -> new IOException(FULL));
    journal.retain(() -> 1);
    scene.fill(journal, 3, 1, "");
    assertAllIsThere();
    fail(Set.of(Kind.WRITE), 1, () -> new IOException(FULL));
    journal.retain(() -> 2);
    scene.fill(journal, 4, 1, "");
    assertEquals(2, journal.oldest());
    fail(Set.of(Kind.WRITE), 1, () -> new IOException(FULL));
    journal.retain(() -> Long.MAX_VALUE);
    scene.fill(journal, 5, 1, "");
    assertEquals(2, journal.oldest(), "the active file stays");
    assertEquals(2, scene.log.count("cannot be written"));
  }

  @Test
  void aQuotaIsAFullDiskAndAFolderThatIsGoneIsNot() throws Exception {
    fail(Set.of(Kind.WRITE), 1, () -> new IOException("Disk quota exceeded"));
    scene.fill(journal, 1, 1, "");
    assertTrue(scene.said(" cannot be written, the disk is full since "));
    scene.log.clear();
    Path elsewhere = temp.resolve("elsewhere");
    Files.move(scene.folder, elsewhere);
    fail(Set.of(Kind.WRITE), 1, () -> new IOException("no"));
    scene.fill(journal, 2, 1, "");
    Files.move(elsewhere, scene.folder);
    assertTrue(scene.said(" cannot be written, writing fails since "), scene.log::toString);
  }

  @Test
  void whatIsKeptIsLookedAtOnceForEachFile() throws Exception {
    journal.close();
    scene.maxSize = 8 * 1000;
    journal = scene.open(disk);
    AtomicInteger asked = new AtomicInteger();
    journal.retain(
        () -> {
          asked.incrementAndGet();
          return 0;
        });
    scene.fill(journal, 1, 30, "x".repeat(50));
    int files = scene.files().size();
    assertTrue(files > 5);
    journal.roll();
    assertEquals(files, asked.get());
  }

  @Test
  void aFileThatCannotBeBegunIsSaidAndTheRollEnds() throws Exception {
    scene.fill(journal, 1, 1, "");
    fail(Set.of(Kind.CREATE), 1, () -> new IOException("no"));
    assertEquals(1, journal.roll());
    assertTrue(scene.said("no new file could be begun in " + scene.folder + ": "));
    scene.fill(journal, 2, 1, "");
    assertEquals(3, journal.roll());
    assertAllIsThere();
  }

  @Test
  void whatCannotBeDeletedIsSaidLessAndLess() throws Exception {
    journal.retain(() -> Long.MAX_VALUE);
    twoFiles();
    assertFalse(scene.said("could not be deleted"));
    scene.clock.forward(Duration.ofDays(8));
    fail(Set.of(Kind.DELETE), 3, () -> new IOException("no"));
    for (int i = 0; i < 4; i++) {
      journal.roll();
    }
    assertEquals(2, scene.log.count("old events could not be deleted from " + scene.folder));
    assertEquals(3, journal.oldest());
  }
}
