package loomagent;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the programs of all tests printed, and the secrets that they had: {@code test/run} searches
 * the one for the other.
 */
public final class Printed {
  private static final Path FOLDER = Path.of("build", "printed");

  /** Shorter ones are words. */
  private static final int SHORTEST = 8;

  private static final Pattern SETTING =
      Pattern.compile(
          "(?m)^\\s*[a-z0-9._-]*(?:token|secret|password)\\s*=\\s*([^\\s$][^\\r\\n]*?)\\s*$");
  private static final Pattern TOKEN = Pattern.compile("\"(?:refresh|access)_token\":\"([^\"]+)\"");
  private static final Pattern VARIABLE = Pattern.compile(".*(?:TOKEN|SECRET|PASSWORD).*");

  private Printed() {}

  /**
   * Keeps what a program printed, and looks up its secrets.
   *
   * @param command which program; what a simulator prints is left out, as it prints its secrets
   * @param text all that it printed
   * @param folder where its configuration and its data are
   * @param environment of the program
   */
  public static synchronized void keep(
      List<String> command, String text, Path folder, Map<String, String> environment) {
    if (command.contains("simulate")) {
      return;
    }
    StringBuilder secrets = new StringBuilder();
    environment.forEach(
        (name, value) -> {
          if (VARIABLE.matcher(name).matches()) {
            add(secrets, value);
          }
        });
    try {
      for (Path file : files(folder)) {
        String content = Files.readString(file);
        for (Pattern pattern : List.of(SETTING, TOKEN)) {
          for (Matcher found = pattern.matcher(content); found.find(); ) {
            add(secrets, found.group(1));
          }
        }
      }
      Files.createDirectories(FOLDER);
      append("secrets", secrets.toString());
      append("output", text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void add(StringBuilder secrets, String value) {
    if (value.length() >= SHORTEST && value.lines().count() == 1) {
      secrets.append(value).append('\n');
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder, 3)) {
      return all.filter(file -> file.toString().matches(".*(?:properties|/tokens/[^/]+json)"))
          .filter(Files::isReadable)
          .toList();
    } catch (NoSuchFileException | UncheckedIOException gone) {
      return List.of(); // a test takes its folder away while it looks
    }
  }

  private static void append(String name, String text) throws IOException {
    Files.writeString(
        FOLDER.resolve(name), text, UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
