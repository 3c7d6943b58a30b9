package loomagent.handlers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import loomagent.HandlerContext;
import loomagent.base.LogLines;

/** What a handler under test is given: a folder of its own, and a log that can be looked at. */
record Place(Map<String, String> settings, Path folder, LogLines logger) implements HandlerContext {

  Place(Map<String, String> settings, Path folder) {
    this(settings, folder, new LogLines());
  }

  @Override
  public String name() {
    return "mis";
  }

  @Override
  public Path directory() throws IOException {
    return Files.createDirectories(folder.resolve("own"));
  }

  @Override
  public Path resolve(String path) {
    return folder.resolve(path).normalize();
  }
}
