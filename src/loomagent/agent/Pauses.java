package loomagent.agent;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import loomagent.base.Disk;

/**
 * Which handlers are paused: a file each, with the time in it. They are so until somebody resumes
 * them, also over a restart: whoever pauses a handler while its target is mended does not want a
 * crash to go on with it. Any thread.
 */
record Pauses(Layout layout, Disk disk) {
  private static final int LONGEST = 64; // bytes of a time

  /** When a handler was paused; empty if it is not. */
  Optional<Instant> since(String handler) {
    try (InputStream in = Files.newInputStream(layout.paused(handler))) {
      String time = new String(in.readNBytes(LONGEST), StandardCharsets.UTF_8);
      return Optional.of(Instant.parse(time.strip()));
    } catch (NoSuchFileException running) {
      return Optional.empty();
    } catch (IOException | DateTimeException unreadable) { // that it is there says enough
      return Optional.of(Instant.EPOCH);
    }
  }

  void pause(String handler, Instant now) throws IOException {
    Path file = layout.paused(handler);
    DataFolder.makePrivate(file.getParent());
    if (!Files.exists(file)) {
      disk.replace(file, (now + "\n").getBytes(StandardCharsets.UTF_8));
    }
  }

  void resume(String handler) throws IOException {
    disk.delete(layout.paused(handler));
  }
}
