package loomagent.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MainTest {
  private static final String KEY = "JOURNAL_STREAM";

  @TempDir Path folder;

  @Test
  void theJournalIsWrittenToWhenItIsWhatStandardErrorGoesTo() throws Exception {
    Path file = Files.createFile(folder.resolve("err"));
    Path link = Files.createSymbolicLink(folder.resolve("2"), file); // as /proc/self/fd/2 is
    String stream =
        Files.getAttribute(file, "unix:dev") + ":" + Files.getAttribute(file, "unix:ino");
    Map<String, String> service = Map.of(KEY, stream, "LANG", "C");
    assertEquals(service, Main.environment(service, link));
    Map<String, String> inherited = Map.of(KEY, "8:1", "LANG", "C");
    assertEquals(Map.of("LANG", "C"), Main.environment(inherited, link));
    assertEquals(Map.of("LANG", "C"), Main.environment(service, folder.resolve("closed")));
    assertEquals(Map.of("LANG", "C"), Main.environment(Map.of("LANG", "C"), link));
  }
}
