package loomagent.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import loomagent.base.Disk;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens to the files: no failure, no wrong event, and each whole record delivered. */
@Timeout(300)
class DamageTest {
  private static final int[] FLIPS = {0x01, 0xff};

  @TempDir Path temp;

  private Scene scene;
  private final List<byte[]> contents = new ArrayList<>();
  private final List<Path> files = new ArrayList<>();

  /** Two files, the first with an event that has newlines in it. */
  @BeforeEach
  void twoFiles() throws Exception {
    scene = new Scene(temp.resolve("journal"));
    try (Journal journal = scene.openQuickly()) {
      scene.fill(journal, 1, 2, "");
      scene.fill(journal, 3, 1, "\",\n\"u\":\"\u00e9");
      journal.roll();
      scene.fill(journal, 4, 3, "");
    }
    for (Path file : scene.files()) {
      files.add(file);
      contents.add(Files.readAllBytes(file));
    }
    assertEquals(2, files.size());
  }

  /** Makes the folder again, with one file's content changed. */
  private void put(int changed, byte[] content) throws IOException {
    try (Stream<Path> all = Files.walk(scene.folder)) {
      for (Path path : all.filter(Files::isRegularFile).toList()) {
        Files.delete(path);
      }
    }
    for (int i = 0; i < files.size(); i++) {
      Files.write(files.get(i), i == changed ? content : contents.get(i));
    }
    scene.log.clear();
  }

  /** Where the records of a file begin, and the end of the last one. */
  private static List<Integer> begins(byte[] content) {
    List<Integer> begins = new ArrayList<>(List.of(0));
    for (int i = 0; i < content.length; i++) {
      if (content[i] == '\n') {
        begins.add(i + 1);
      }
    }
    return begins;
  }

  /** What must be delivered if a range of a file is changed. */
  private Map<Long, String> untouched(int changed, int from, int to) {
    Map<Long, String> rest = new TreeMap<>(scene.appended);
    long sequence = changed == 0 ? 1 : 4;
    List<Integer> begins = begins(contents.get(changed));
    for (int i = 0; i + 1 < begins.size(); i++) {
      // a record whose predecessor's newline is gone is part of that line
      int begin = Math.max(0, begins.get(i) - 1);
      if (begin < to && from < begins.get(i + 1)) {
        rest.remove(sequence);
      }
      sequence++;
    }
    return rest;
  }

  private void check(Map<Long, String> expected, String what) throws Exception {
    Map<Long, String> listed = new TreeMap<>();
    JournalFiles.read(scene.folder, 0, entry -> listed.put(entry.sequence(), text(entry)) == null);
    String json = Scene.json("after", "");
    Map<Long, String> got;
    try (Journal journal = scene.openQuickly()) {
      got = Scene.texts(Scene.read(journal, 0));
      for (Map.Entry<Long, String> event : got.entrySet()) {
        assertEquals(scene.appended.get(event.getKey()), event.getValue(), what);
      }
      assertTrue(got.entrySet().containsAll(expected.entrySet()), () -> what + ": " + got);
      assertEquals(got, listed, what);
      assertEquals(Journal.Taken.NEW, Scene.put(journal, "after", json), what);
      Scene.flush(journal);
      assertTrue(journal.next() > 1 + got.keySet().stream().max(Long::compare).orElse(0L), what);
      got.put(journal.next() - 1, json);
      assertEquals(got, Scene.texts(Scene.read(journal, 0)), what);
    }
    long last = got.keySet().stream().max(Long::compare).orElse(0L);
    try (Journal again = scene.openQuickly()) {
      assertEquals(got, Scene.texts(Scene.read(again, 0)), what);
      assertEquals(last + 1, again.next(), what);
    }
  }

  private static String text(Entry entry) {
    return entry.event().json();
  }

  @Test
  void anyByteMayFlip() throws Exception {
    for (int i = 0; i < files.size(); i++) {
      for (int at = 0; at < contents.get(i).length; at++) {
        for (int flip : FLIPS) {
          byte[] content = contents.get(i).clone();
          content[at] ^= (byte) flip;
          put(i, content);
          check(untouched(i, at, at + 1), "file " + i + ", byte " + at + " ^ " + flip);
          // A new number must not be that of the damaged record, which a cursor may have passed.
          assertFalse(scene.log.all().isEmpty(), "byte " + at + " is not said");
        }
      }
    }
  }

  @Test
  void theFileMayBeCutAtAnyLength() throws Exception {
    for (int i = 0; i < files.size(); i++) {
      int length = contents.get(i).length;
      for (int cut = 0; cut < length; cut++) {
        put(i, Arrays.copyOf(contents.get(i), cut));
        check(untouched(i, cut, length), "file " + i + " cut at " + cut);
        boolean whole = begins(contents.get(i)).contains(cut);
        assertEquals(whole, scene.log.all().isEmpty(), () -> "cut, said: " + scene.log.all());
      }
    }
  }

  @Test
  void anythingMayStandInARange() throws Exception {
    for (long seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      int i = random.nextInt(files.size());
      byte[] before = contents.get(i);
      int from = random.nextInt(before.length);
      int to = from + random.nextInt(before.length - from) + 1;
      byte[] content = before.clone();
      byte[] other = new byte[to - from];
      if (random.nextBoolean()) {
        random.nextBytes(other);
      }
      System.arraycopy(other, 0, content, from, other.length);
      put(i, content);
      check(untouched(i, from, to), "seed " + seed);
    }
  }

  @Test
  void aNumberThatWasDamagedIsNotGivenAgain() throws Exception {
    byte[] content = contents.get(1).clone();
    int last = begins(content).get(2);
    content[last + 50] ^= 1;
    put(1, content);
    long next;
    try (Journal journal = scene.openQuickly()) {
      next = journal.next();
      assertTrue(next > 6, "6 was in the damaged line");
    }
    try (Journal again = scene.openQuickly()) {
      assertEquals(next, again.next(), "and a restart without an event forgets it not");
      assertEquals(2, Scene.read(again, 4).size());
    }
    Path aside = scene.folder.resolve("damaged/" + files.get(1).getFileName());
    assertEquals(content.length - last, Files.size(aside));
    assertTrue(scene.said("are no whole record, as after a power cut: cut off, and kept as "));
  }

  @Test
  void damageIsSaidOnceHoweverManyReadersSeeIt() throws Exception {
    byte[] content = contents.get(0).clone();
    content[5] ^= 1;
    put(0, content);
    try (Journal journal = scene.openQuickly()) {
      for (int i = 0; i < 5; i++) {
        assertEquals(5, Scene.read(journal, 1).size());
      }
    }
    int bytes = begins(content).get(1);
    assertEquals(
        List.of(
            files.get(0)
                + ": "
                + bytes
                + " bytes at 0 are no whole record (its checksum does not match): stepped over."
                + " \"journal repair\" sets them aside"),
        scene.log.all());
  }

  @Test
  void aLineWithoutEndIsNotReadIntoMemory() throws Exception {
    byte[] zeros = Arrays.copyOf(contents.get(0), 24 << 20);
    put(0, zeros);
    Files.setLastModifiedTime(files.get(0), FileTime.fromMillis(0));
    check(scene.appended, "zeros");
    assertTrue(scene.said("are no whole record (the file ends in it)"));
  }

  @Test
  void aFileBeyondMeasureIsNotReadIntoMemoryToMendIt() throws Exception {
    try (RandomAccessFile file = new RandomAccessFile(files.get(1).toFile(), "rw")) {
      file.setLength(JournalFiles.LARGEST + 1L); // zeros, which take no room
    }
    check(scene.appended, "zeros");
    assertTrue(scene.said("MB, which no agent wrote: move it away"));
    assertEquals(6, JournalFiles.verify(scene.folder).records() - 1);
    IOException refused =
        assertThrows(
            IOException.class, () -> JournalFiles.repair(scene.folder, Disk.REAL, Long.MAX_VALUE));
    assertTrue(refused.getMessage().startsWith(files.get(1) + " has more than 64 MB"));
    assertEquals(JournalFiles.LARGEST + 1L, Files.size(files.get(1)));
  }

  @Test
  void aFileThatSomebodyDeletedIsSaidAndTheRestIsDelivered() throws Exception {
    try (Journal journal = scene.openQuickly()) {
      Files.delete(files.get(0));
      assertEquals(3, Scene.read(journal, 1).size());
    }
    assertTrue(scene.said(files.get(0) + " is gone: somebody deleted it, and its events"));
  }
}
