package loomagent.journal;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import loomagent.base.Disk;
import loomagent.base.Fuzz;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever the folder holds: exactly the lines that are whole, each once and in order. */
@Tag("fuzz")
class JournalFuzzTest {
  private static final String[] STRAYS = {
    "00000000000000000002.log",
    "00000000000000000007.log",
    "00099999999999999999.log",
    "00100000000000000000.log",
    "09223372036854775807.log",
    "09999999999999999999.log",
    "99999999999999999999.log",
    "00000000000000000000.log",
    "0000000000000000000x.log",
    "00000000000000000001.log.new",
    "notes.log",
    ".log"
  };

  @TempDir Path temp;

  private Scene scene;
  private final Map<Path, byte[]> files = new TreeMap<>();
  private final Map<String, Long> whole = new HashMap<>(); // sequences by line

  @BeforeEach
  void threeFiles() throws Exception {
    scene = new Scene(temp.resolve("journal"));
    try (Journal journal = scene.openQuickly()) {
      for (int i = 0; i < 3; i++) {
        scene.fill(journal, 2L * i + 1, 2, i == 0 ? "\",\n\"u\":\"\u00e9" : "");
        journal.roll();
      }
    }
    for (Path file : scene.files()) {
      byte[] bytes = Files.readAllBytes(file);
      if (bytes.length > 0) {
        files.put(file, bytes);
        for (String line : lines(bytes)) {
          whole.put(line, whole.size() + 1L);
        }
      }
    }
    assertEquals(3, files.size());
    assertEquals(6, whole.size());
  }

  private static List<String> lines(byte[] bytes) {
    String text = new String(bytes, ISO_8859_1);
    return List.of(text.substring(0, text.lastIndexOf('\n') + 1).split("(?<=\n)"));
  }

  private void clear() throws IOException {
    try (Stream<Path> all = Files.walk(scene.folder)) {
      for (Path path : all.filter(Files::isRegularFile).toList()) {
        Files.delete(path);
      }
    }
    scene.log.clear();
  }

  /**
   * What has to be read: the whole lines, without those that go back, and of each file only what
   * lies below the next one.
   */
  private Map<Long, String> expected(Map<Path, byte[]> content) {
    Map<Long, String> expected = new TreeMap<>();
    List<Path> ours =
        content.keySet().stream()
            .filter(file -> file.getFileName().toString().matches("00\\d{18}\\.log"))
            .toList();
    long wanted = 0;
    for (int i = 0; i < ours.size(); i++) {
      boolean last = i + 1 == ours.size();
      long below = last ? Long.MAX_VALUE : Segment.first(ours.get(i + 1)).orElseThrow();
      if (below > wanted) {
        for (String line : lines(content.get(ours.get(i)))) {
          long sequence = whole.getOrDefault(line, -1L);
          if (sequence >= below) {
            break;
          }
          if (sequence >= wanted) {
            expected.put(sequence, scene.appended.get(sequence));
            wanted = sequence + 1;
          }
        }
      }
    }
    return expected;
  }

  private void check(Map<Path, byte[]> content) throws Exception {
    clear();
    for (Map.Entry<Path, byte[]> file : content.entrySet()) {
      Files.write(file.getKey(), file.getValue());
    }
    Map<Long, String> expected = expected(content);
    Map<Long, String> listed = new TreeMap<>();
    JournalFiles.read(scene.folder, 0, e -> listed.put(e.sequence(), e.event().json()) == null);
    assertEquals(expected, listed);
    JournalFiles.verify(scene.folder);
    String json = Scene.json("after", "");
    try (Journal journal = scene.openQuickly()) {
      assertEquals(expected, Scene.texts(Scene.read(journal, 0)));
      assertEquals(Journal.Taken.NEW, Scene.put(journal, "after", json));
      Scene.flush(journal);
      expected.put(journal.next() - 1, json);
      assertEquals(listed.size() + 1, expected.size(), "a number is not given twice");
    }
    try (Journal again = scene.openQuickly()) {
      assertEquals(expected, Scene.texts(Scene.read(again, 0)));
    }
    JournalFiles.repair(scene.folder, Disk.REAL, Long.MAX_VALUE);
    assertEquals(List.of(), JournalFiles.verify(scene.folder).damages());
    Map<Long, String> repaired = new TreeMap<>();
    JournalFiles.read(scene.folder, 0, e -> repaired.put(e.sequence(), e.event().json()) == null);
    assertEquals(expected, repaired);
  }

  @Test
  void whateverIsDoneToTheFilesEachWholeLineIsReadAndNothingElse() {
    Path[] names = files.keySet().toArray(Path[]::new);
    byte[][] good = files.values().toArray(byte[][]::new);
    Fuzz.run(
        150,
        fuzz -> {
          Map<Path, byte[]> content = new TreeMap<>(files);
          if (fuzz.once(8)) {
            content.remove(fuzz.one(names));
          }
          if (fuzz.once(6)) {
            byte[] stray = fuzz.once(2) ? new byte[0] : fuzz.noise(500);
            content.put(scene.folder.resolve(fuzz.one(STRAYS)), stray);
          }
          content.put(fuzz.one(names), fuzz.damaged(good));
          check(content);
        });
  }
}
