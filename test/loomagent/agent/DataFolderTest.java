package loomagent.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import loomagent.json.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DataFolderTest {
  private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
  private static final String ADVICE =
      ". Check its disk, its owner and rights, or set another data.dir";

  @TempDir Path temp;

  /** Another agent: holds the folder until it is killed. */
  public static void main(String[] folder) throws IOException {
    try (DataFolder held = DataFolder.hold(Path.of(folder[0]))) {
      System.out.println("held " + (held != null));
      System.in.read();
    }
  }

  private static String refusal(Path folder) {
    return assertThrows(IOException.class, () -> DataFolder.hold(folder)).getMessage();
  }

  private static String rights(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void theFolderIsMadeForItsOwnerAlone() throws IOException {
    Path folder = temp.resolve("var/data");
    try (DataFolder held = DataFolder.hold(folder)) {
      assertEquals("rwx------", rights(folder));
      assertEquals("rwx------", rights(DataFolder.handler(folder, "mis")));
      assertEquals(folder.resolve("handlers/mis"), DataFolder.handler(folder, "mis"));
      assertTrue(held.aside("[]", "no object", NOW));
    }
  }

  @Test
  void aFolderThatIsThereIsUsedAsItIs() throws IOException {
    Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxr-x---"));
    try (DataFolder held = DataFolder.hold(temp)) {
      assertTrue(held.aside("[]", "no object", NOW));
      assertEquals("rwxr-x---", rights(temp));
    }
  }

  @Test
  void oneAgentAtATimeHoldsIt() throws IOException {
    Path folder = temp.resolve("data");
    try (DataFolder held = DataFolder.hold(folder)) {
      assertTrue(held.aside("[]", "no object", NOW));
      for (int i = 0; i < 3; i++) {
        assertEquals(
            "data.dir "
                + folder
                + " is held by another agent. Stop it, or give this one its own data.dir",
            refusal(folder));
      }
    }
    DataFolder.hold(folder).close();
    DataFolder.hold(folder).close();
  }

  @Test
  void anotherProcessHoldsItUntilItIsKilled() throws Exception {
    Path folder = temp.resolve("data");
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                where(DataFolder.class) + File.pathSeparator + where(DataFolderTest.class),
                DataFolderTest.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out = other.inputReader(UTF_8)) {
      assertEquals("held true", out.readLine());
      assertTrue(refusal(folder).contains(" is held by another agent. "));
    } finally {
      other.destroyForcibly();
    }
    assertTrue(other.waitFor(20, TimeUnit.SECONDS));
    DataFolder.hold(folder).close();
  }

  private static String where(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }

  @Test
  void aFileInItsPlaceIsSaid() throws IOException {
    Path file = Files.writeString(temp.resolve("data"), "");
    String words = "data.dir " + file + " is a file, not a folder" + ADVICE;
    assertEquals(words, refusal(file));
    assertEquals(Optional.of(words), DataFolder.fault(file));
  }

  @Test
  void aFileOnTheWayIsSaid() throws IOException {
    Path file = Files.writeString(temp.resolve("var"), "");
    Path folder = file.resolve("lib/data");
    assertEquals(
        Optional.of("data.dir " + folder + " cannot be made: " + file + " is a file" + ADVICE),
        DataFolder.fault(folder));
    String words = refusal(folder);
    assertTrue(words.startsWith("data.dir " + folder + " cannot be "), words);
    assertTrue(words.contains(file.toString()), words);
  }

  @Test
  void aLookChangesNothing() throws IOException {
    Path folder = temp.resolve("var/lib/data");
    assertEquals(Optional.empty(), DataFolder.fault(folder));
    assertEquals(Optional.empty(), DataFolder.fault(temp));
    assertEquals(0, temp.toFile().list().length);
    try (DataFolder held = DataFolder.hold(folder)) {
      assertEquals(Optional.empty(), DataFolder.fault(folder), "it may run beside the agent");
      assertTrue(held.aside("[]", "no object", NOW));
    }
    assertFalse(Files.exists(folder.resolve("handlers")));
  }

  @Test
  void whatIsSetAsideIsALineOfJson() throws IOException {
    String message = "{\"id\":7,\n\"text\":\"\\ud800 é\"}";
    try (DataFolder held = DataFolder.hold(temp)) {
      assertTrue(held.aside(message, "no id", NOW));
      assertTrue(held.aside("\ud800", "half a character", NOW));
    }
    List<String> lines = Files.readAllLines(temp.resolve("aside.ndjson"));
    assertEquals(2, lines.size());
    assertEquals(
        Map.of("time", "2026-03-01T10:00:00Z", "reason", "no id", "message", message),
        Json.parse(lines.get(0)));
    assertEquals("\ud800", ((Map<?, ?>) Json.parse(lines.get(1))).get("message"));
  }

  @Test
  void whatIsSetAsideIsBounded() throws IOException {
    String message = "x".repeat(1 << 20);
    Path file = temp.resolve("aside.ndjson");
    int kept = 0;
    try (DataFolder held = DataFolder.hold(temp)) {
      for (int i = 0; i < 10; i++) {
        kept += held.aside(message, "no object", NOW) ? 1 : 0;
      }
    }
    assertEquals(4, kept);
    assertTrue(Files.size(file) <= DataFolder.LARGEST_ASIDE + message.length() + 100);
    try (DataFolder held = DataFolder.hold(temp)) {
      assertFalse(held.aside(message, "no object", NOW), "a restart is no new beginning");
      Files.move(file, temp.resolve("looked-at.ndjson"));
      assertTrue(held.aside(message, "no object", NOW));
    }
  }
}
