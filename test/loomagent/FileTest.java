package loomagent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built jar with the {@code file} handler, as the README shows it. */
class FileTest {
  @TempDir Path folder;

  @Test
  void eventsAreLinesOfAFileADayAndFilesOfAHotFolder() throws Exception {
    try (Pasture pasture = new Pasture(folder)) {
      pasture.configure(
          "handler.archive.type = file",
          "handler.archive.path = archive/{name}/{date}.ndjson",
          "handler.archive.rotate.size = 64KB",
          "handler.archive.lanes = 2",
          "handler.archive.key = payload.number",
          "handler.switch.type = file",
          "handler.switch.path = hot-folder/{id}.json");
      AgentProcess agent = pasture.ready();
      pasture.publish(40, 3_000);
      for (String handler : List.of("archive", "switch")) {
        Pasture.await(
            () -> Long.valueOf(40).equals(pasture.handler(handler).get("delivered")), agent);
      }
      Pasture.stop(agent);
      List<String> ids = IntStream.range(0, 40).mapToObj(Pasture::id).toList();
      assertEquals(ids, ids(files("archive/app.a").stream().flatMap(FileTest::lines)));
      assertTrue(files("archive/app.a").size() > 1, "it was rotated");
      assertEquals(ids, ids(files("hot-folder").stream().map(FileTest::text)));
      assertEquals(
          ids.stream().map(id -> id + ".json").toList(),
          files("hot-folder").stream().map(file -> file.getFileName().toString()).toList());
      assertFalse(agent.err().contains("WARN  handler"), agent::err);
    }
  }

  private List<Path> files(String in) throws IOException {
    try (Stream<Path> all = Files.list(folder.resolve(in))) {
      return all.sorted().toList();
    }
  }

  private static List<String> ids(Stream<String> events) {
    return events.map(json -> Event.parse(json).id()).sorted().toList();
  }

  private static Stream<String> lines(Path file) {
    return text(file).lines();
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
