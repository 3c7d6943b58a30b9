package loomagent.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import loomagent.Event;
import loomagent.base.Disk;
import loomagent.base.LogLines;
import loomagent.base.LossyDisk;
import loomagent.base.LossyDisk.Kind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dead letters on a disk that fails, under a thread that is interrupted, and after a power cut. */
class DeadLettersDiskTest {
  @TempDir Path folder;
  @TempDir Path after;
  private final LogLines log = new LogLines();
  private LossyDisk disk;

  @BeforeEach
  void open() throws IOException {
    disk = new LossyDisk(folder);
  }

  private DeadLetters letters() throws IOException {
    return letters(folder, disk);
  }

  private DeadLetters letters(Path in, Disk on) throws IOException {
    return DeadLetters.open(in.resolve("mis.ndjson"), on, log);
  }

  private static DeadLetters.Letter letter(long number) {
    return letter(number, "{\"id\":\"" + number + "\"}");
  }

  private static DeadLetters.Letter letter(long number, String json) {
    Event event = Event.of("" + number, "", json, "main");
    return new DeadLetters.Letter(Instant.EPOCH, number, 3, "no", event);
  }

  private List<String> ids(DeadLetters letters) throws IOException {
    List<String> ids = new ArrayList<>();
    letters.list(letter -> ids.add(letter.event().id()));
    return ids;
  }

  @Test
  void anInterruptedThreadWritesItsLetterAllTheSame() throws IOException {
    DeadLetters letters = letters(folder, Disk.REAL);
    letters.add(letter(1));
    Thread.currentThread().interrupt();
    letters.add(letter(2));
    assertFalse(Thread.currentThread().isInterrupted());
    assertEquals(2, letters.count());
    assertEquals(List.of("1", "2"), ids(letters));
  }

  @Test
  void anInterruptThatComesOnceTheLetterIsWrittenMakesNoSecondOne() throws IOException {
    DeadLetters letters = letters();
    AtomicInteger syncs = new AtomicInteger();
    disk.fail(
        (kind, file) -> {
          if (kind == Kind.SYNC && syncs.incrementAndGet() == 1) {
            Thread.currentThread().interrupt();
            throw new ClosedByInterruptException();
          }
        });
    letters.add(letter(1));
    assertFalse(Thread.currentThread().isInterrupted());
    assertEquals(List.of("1"), ids(letters));
    assertEquals(1, letters.count());
  }

  @Test
  void whatCannotBeCutOffIsSaidWithTheFailureAndCutBeforeTheNextLetter() throws IOException {
    DeadLetters letters = letters();
    letters.add(letter(1));
    for (IOException first : List.of(new IOException("full"), new ClosedByInterruptException())) {
      disk.fail(
          (kind, file) -> {
            if (kind == Kind.WRITE) {
              throw first;
            } else if (kind == Kind.TRUNCATE) {
              throw new IOException("nor this");
            }
          });
      assertThrows(IOException.class, () -> letters.add(letter(2)));
      assertEquals("nor this", first.getSuppressed()[0].getMessage());
      disk.fail((kind, file) -> {});
      assertEquals(1, letters.count());
      letters.add(letter(3));
      assertEquals(List.of("1", "3"), ids(letters));
      assertEquals(1, letters.remove(Set.of("3")));
    }
    assertEquals(List.of(), log.all());
  }

  @Test
  void aLetterIsThereAfterAPowerCutAndSoIsWhatARevisionLeft() throws IOException {
    DeadLetters letters = letters();
    letters.add(letter(1));
    letters.add(letter(2));
    int added = disk.steps();
    letters.remove(Set.of("1"));
    SplittableRandom random = new SplittableRandom(7);
    disk.cutPower(added, LossyDisk.Cut.DROPS, random, after);
    assertEquals(List.of("1", "2"), ids(letters(after, Disk.REAL)));
    disk.cutPower(disk.steps(), LossyDisk.Cut.DROPS, random, after);
    assertEquals(List.of("2"), ids(letters(after, Disk.REAL)));
  }

  @Test
  void whatARevisionLeftThatWasCutOffIsNoPartOfTheNext() throws IOException {
    DeadLetters letters = letters(folder, Disk.REAL);
    letters.add(letter(1));
    letters.add(letter(2));
    Files.writeString(folder.resolve("mis.ndjson.new"), "half a li");
    letters.remove(Set.of("1"));
    assertEquals(List.of("2"), ids(letters));
    assertEquals(1, Files.readAllLines(folder.resolve("mis.ndjson")).size());
  }

  @Test
  void aRevisionOfMoreThanFitsInItsBufferLeavesEachLineAsItWas() throws IOException {
    DeadLetters letters = letters(folder, Disk.REAL);
    for (int i = 1; i <= 9; i++) {
      letters.add(letter(i, "{\"id\":\"" + i + "\",\"x\":\"" + "y".repeat(30_000) + "\"}"));
    }
    List<String> lines = new ArrayList<>(Files.readAllLines(folder.resolve("mis.ndjson")));
    assertEquals(1, letters.remove(Set.of("5")));
    lines.remove(4);
    assertEquals(lines, Files.readAllLines(folder.resolve("mis.ndjson")));
    assertEquals(8, letters.count());
  }

  @Test
  void whichOfTheLatestEventsHaveALetterIsKnown() throws IOException {
    DeadLetters letters = letters(folder, Disk.REAL);
    letters.add(letter(0)); // a replay
    for (int i = 1; i <= 3; i++) {
      letters.add(letter(i));
    }
    assertFalse(letters.has(0));
    assertTrue(letters.has(1));
    assertFalse(letters.has(4));
    letters.revise(letter -> Optional.of(letter).filter(one -> one.sequence() != 2));
    for (DeadLetters each : List.of(letters, letters(folder, Disk.REAL))) {
      assertTrue(each.has(1));
      assertFalse(each.has(2), "taken out");
      assertTrue(each.has(3));
    }
    for (int i = 4; i <= 1_001; i++) {
      letters.add(letter(i));
    }
    assertTrue(letters.has(1), "the thousandth");
    letters.add(letter(1_002));
    assertFalse(letters.has(1));
    assertTrue(letters.has(3));
  }
}
