package loomagent.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import loomagent.HandlerContext;

/**
 * What a handler is given.
 *
 * @param name the handler's name
 * @param settings its own settings
 * @param logger the agent's log
 * @param dataDir where its directory is made
 * @param folder what relative paths among its settings are relative to
 */
record Context(
    String name, Map<String, String> settings, System.Logger logger, Path dataDir, Path folder)
    implements HandlerContext {

  @Override
  public Path directory() throws IOException {
    return DataFolder.handler(dataDir, name);
  }

  @Override
  public Path resolve(String path) {
    return folder.resolve(path).normalize();
  }
}
