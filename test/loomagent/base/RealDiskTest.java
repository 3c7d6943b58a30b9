package loomagent.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RealDiskTest {
  @TempDir Path folder;

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void writesGoToTheEndAlsoOfAFileThatWasThere() throws IOException {
    Path file = Files.writeString(folder.resolve("a"), "one,");
    try (Disk.Appender appender = Disk.REAL.append(file)) {
      assertEquals(4, appender.size());
      appender.write(bytes("two,three"));
      appender.truncate(8);
      appender.write(bytes("four"));
      appender.sync();
      assertEquals(12, appender.size());
    }
    assertEquals("one,two,four", Files.readString(file));
  }

  @Test
  void aReplacedFileIsItsOwnersAloneAndLeavesNothingBeside() throws IOException {
    Path file = Files.writeString(folder.resolve("a"), "old and longer");
    Disk.REAL.replace(file, "new".getBytes(StandardCharsets.UTF_8));
    assertEquals("new", Files.readString(file));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    try (var files = Files.list(folder)) {
      assertEquals(1, files.count());
    }
    Disk.REAL.delete(file);
    Disk.REAL.delete(file);
    assertFalse(Files.exists(file));
  }

  @Test
  void whatCannotBeReplacedIsStillThere() throws IOException {
    Path file = Files.writeString(folder.resolve("a"), "old");
    Files.createDirectory(folder.resolve("a.new"));
    assertThrows(IOException.class, () -> Disk.REAL.replace(file, new byte[3]));
    assertEquals("old", Files.readString(file));
  }
}
