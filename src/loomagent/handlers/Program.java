package loomagent.handlers;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import loomagent.HandlerContext;

/**
 * Where a command's program lies. A word with a slash is a path, relative to the configuration's
 * folder; any other is looked for in the folders of PATH, now and at each run, so that a program
 * that was replaced or moved is found.
 */
final class Program {
  /** Where a system has its programs, if there is no PATH. */
  private static final String USUAL = "/usr/local/bin:/usr/bin:/bin";

  private Program() {}

  /**
   * Finds it.
   *
   * @param path the value of PATH; "" if there is none
   * @throws IOException if it is not there or cannot be run; the message says what to do
   */
  static Path find(String word, String path, HandlerContext context) throws IOException {
    if (word.indexOf('/') >= 0 || word.indexOf(File.separatorChar) >= 0) {
      Path file = context.resolve(word);
      if (!Files.exists(file)) {
        throw new IOException("there is no program " + file + ". Install it, or mend command");
      }
      if (Files.isDirectory(file)) {
        throw new IOException(file + " is a folder, no program. Mend command");
      }
      if (!Files.isExecutable(file)) {
        throw new IOException(
            file + " may not be run by this user. Make it executable: chmod +x " + file);
      }
      return file;
    }
    String folders = path.isEmpty() ? USUAL : path;
    for (String folder : folders.split(File.pathSeparator)) {
      for (String ending : File.separatorChar == '\\' ? List.of("", ".exe") : List.of("")) {
        Optional<Path> file = executable(folder, word + ending);
        if (file.isPresent()) {
          return file.get();
        }
      }
    }
    throw new IOException(
        "there is no program " + word + " in the folders of PATH. Install it, or write its path");
  }

  private static Optional<Path> executable(String folder, String name) {
    try {
      // Not a relative folder: what lies about there by chance is not meant.
      return Optional.of(Path.of(folder, name))
          .filter(
              file -> file.isAbsolute() && Files.isExecutable(file) && !Files.isDirectory(file));
    } catch (InvalidPathException noSuchFolder) {
      return Optional.empty();
    }
  }
}
