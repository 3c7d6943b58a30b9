package loomagent.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import loomagent.base.LossyDisk;
import loomagent.base.LossyDisk.Cut;
import loomagent.base.LossyDisk.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** At each step of a run the power goes: what a reader was given is still there, and no more. */
@Timeout(300)
class PowerLossTest {
  @TempDir Path temp;

  private int folders;

  /** A run on a disk that remembers. */
  private static final class Run {
    final Scene scene;
    final LossyDisk disk;

    /** By the number of steps done: one behind what readers may have been given by then. */
    final ConcurrentSkipListMap<Integer, Long> given = new ConcurrentSkipListMap<>();

    Run(Path folder) throws IOException {
      scene = new Scene(folder);
      scene.maxSize = 8 * 700;
      disk = new LossyDisk(folder);
    }

    void go(long from, int count) throws Exception {
      try (Journal journal = scene.open(disk)) {
        given.put(disk.steps(), journal.next());
        journal.listen(() -> given.put(disk.steps(), journal.next()));
        for (long i = from; i < from + count; i++) {
          scene.fill(journal, i, 1, "x".repeat((int) (i * 37 % 200)));
        }
      }
    }

    long given(int steps) {
      Map.Entry<Integer, Long> found = given.floorEntry(steps);
      return found == null ? 1 : found.getValue();
    }
  }

  private Path folder() throws IOException {
    folders++;
    return Files.createDirectory(temp.resolve(Integer.toString(folders)));
  }

  /** Opens what is left; what readers had been given must be there, and nothing wrong. */
  private void check(Run run, int steps, Path left, LossyDisk disk, String what) throws Exception {
    Scene after = new Scene(left);
    after.maxSize = run.scene.maxSize;
    long given = run.given(steps);
    try (Journal journal = after.open(disk)) {
      Map<Long, String> got = Scene.texts(Scene.read(journal, 0));
      for (long i = 1; i < given; i++) {
        assertEquals(run.scene.appended.get(i), got.get(i), what);
      }
      for (Map.Entry<Long, String> event : got.entrySet()) {
        assertEquals(run.scene.appended.get(event.getKey()), event.getValue(), what);
      }
      assertTrue(journal.next() >= given, what);
      if (given > 1) {
        assertEquals(Journal.Taken.DUPLICATE, Scene.put(journal, Scene.id(given - 1), "{}"), what);
      }
      String json = Scene.json("after", "");
      assertEquals(Journal.Taken.NEW, Scene.put(journal, "after", json), what);
      Scene.flush(journal);
      got.put(journal.next() - 1, json);
      assertEquals(got, Scene.texts(Scene.read(journal, 0)), what);
    }
  }

  private void cutEverywhere(Run run) throws Exception {
    for (int steps = 0; steps <= run.disk.steps(); steps++) {
      for (Cut cut : Cut.values()) {
        Path left = folder();
        run.disk.cutPower(steps, cut, new Random(steps), left);
        check(
            run,
            steps,
            left,
            new LossyDisk(left),
            cut + " after step " + steps + " of\n" + run.disk.story());
      }
    }
  }

  @Test
  void whatReadersWereGivenOutlivesACutAtEachStep() throws Exception {
    Run run = new Run(folder());
    run.go(1, 20);
    run.go(21, 5);
    assertTrue(run.scene.files().size() > 3);
    cutEverywhere(run);
  }

  @Test
  void alsoWhenWritesAndSyncsFailedBefore() throws Exception {
    for (Kind failing : new Kind[] {Kind.WRITE, Kind.SYNC, Kind.CREATE}) {
      Run run = new Run(folder());
      AtomicInteger calls = new AtomicInteger();
      run.disk.fail(
          (kind, file) -> {
            // Not the first two: they open the journal.
            if (kind == failing && calls.incrementAndGet() > 2 && calls.get() % 5 < 2) {
              throw new IOException("Input/output error");
            }
          });
      run.go(1, 12);
      cutEverywhere(run);
    }
  }

  @Test
  void alsoWhenTheFileCannotBeCutAfterAFailedWrite() throws Exception {
    Run run = new Run(folder());
    AtomicInteger calls = new AtomicInteger();
    run.disk.fail(
        (kind, file) -> {
          if (kind == Kind.TRUNCATE || (kind == Kind.WRITE && calls.incrementAndGet() % 4 == 3)) {
            throw new IOException("Input/output error");
          }
        });
    run.go(1, 12);
    cutEverywhere(run);
  }

  @Test
  void alsoWhenThePowerGoesAgainDuringTheRecovery() throws Exception {
    Run run = new Run(folder());
    run.go(1, 6);
    for (int steps = 2; steps <= run.disk.steps(); steps++) {
      for (Cut cut : new Cut[] {Cut.TEARS, Cut.SPOILS}) {
        Path left = folder();
        run.disk.cutPower(steps, cut, new Random(steps), left);
        LossyDisk recovering = new LossyDisk(left);
        check(run, steps, left, recovering, "first cut at " + steps);
        for (int again = 0; again <= recovering.steps(); again++) {
          Path leftAgain = folder();
          recovering.cutPower(again, cut, new Random(again), leftAgain);
          checkAgain(run, steps, leftAgain, cut + " at " + steps + ", then at " + again);
        }
      }
    }
  }

  /** As above, only that the event put in after the first cut may be there. */
  private void checkAgain(Run run, int steps, Path left, String what) throws Exception {
    Scene after = new Scene(left);
    after.maxSize = run.scene.maxSize;
    long given = run.given(steps);
    try (Journal journal = after.openQuickly()) {
      Map<Long, String> got = Scene.texts(Scene.read(journal, 0));
      got.values().remove(Scene.json("after", ""));
      Map<Long, String> wrong = new TreeMap<>(got);
      wrong.entrySet().removeAll(run.scene.appended.entrySet());
      assertEquals(Map.of(), wrong, what);
      for (long i = 1; i < given; i++) {
        assertEquals(run.scene.appended.get(i), got.get(i), what);
      }
    }
  }

  @Test
  void nothingIsGivenBeforeItsSync() throws Exception {
    Run run = new Run(folder());
    run.disk.fail(
        (kind, file) -> {
          if (kind == Kind.SYNC && !run.scene.appended.isEmpty()) {
            throw new IOException("Input/output error");
          }
        });
    try (Journal journal = run.scene.open(run.disk)) {
      run.scene.fill(journal, 1, 1, "");
      assertEquals(Journal.Taken.NEW, Scene.put(journal, Scene.id(2), Scene.json(Scene.id(2), "")));
      assertFalse(journal.flush(java.time.Duration.ofMillis(200)));
      assertEquals(2, journal.next());
      assertEquals(1, Scene.read(journal, 1).size());
      run.disk.fail((kind, file) -> {});
      Scene.flush(journal);
      assertEquals(2, Scene.read(journal, 1).size());
    }
  }
}
