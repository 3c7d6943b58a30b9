package loomagent.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * Reads text in java.util.Properties' own syntax, and keeps what that class forgets: line numbers
 * and repeated keys. Lines are joined here; what they mean, Properties itself says.
 */
final class PropertiesFile {
  // A thousand times an ordinary one: a log or an image named by mistake is refused, not read.
  static final int MAX_BYTES = 1 << 20;
  // Hundreds of handlers with dozens of settings each; bounds the work on a senseless file.
  static final int MAX_KEYS = 10_000;

  private final Source source;
  private final Problems problems;
  private final List<Value> values = new ArrayList<>();
  private final Map<String, Integer> firstLine = new HashMap<>();

  private PropertiesFile(Source source, Problems problems) {
    this.source = source;
    this.problems = problems;
  }

  /** What is in the file; one that need not be there is empty. */
  static List<Value> read(Source source, Problems problems) {
    try (InputStream in = Files.newInputStream(source.chosen())) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new IOException("it is larger than 1 MB");
      }
      return parse(bytes, source, problems);
    } catch (IOException e) {
      if (source.file().isPresent() || !(e instanceof NoSuchFileException)) {
        String fact = "cannot be read: " + Problems.reason(e) + ". ";
        problems.add(0, source.chosen().toString(), fact + "Give --config the right file.");
      }
      return List.of();
    }
  }

  static List<Value> parse(byte[] bytes, Source source, Problems problems) throws IOException {
    PropertiesFile file = new PropertiesFile(source, problems);
    // Windows' editors begin a UTF-8 file with a byte-order mark, which would be part of a key.
    String text = new String(bytes, StandardCharsets.UTF_8).replaceFirst("^\uFEFF", "");
    file.join(text.split("\r\n|\r|\n", -1));
    return file.values;
  }

  private void join(String[] lines) throws IOException {
    for (int i = 0; i < lines.length; i++) {
      int number = i + 1;
      StringBuilder logical = new StringBuilder(lines[i]);
      boolean says = !lines[i].matches("[ \t\f]*([#!](?s:.*))?");
      while (says && goesOn(lines[i]) && i + 1 < lines.length) {
        logical.append('\n').append(lines[++i]);
      }
      if (logical.indexOf("\uFFFD") >= 0) {
        tell(number, "this line is not UTF-8. Save the file as UTF-8.");
      }
      if (says && values.size() == MAX_KEYS) {
        tell(number, "more than " + MAX_KEYS + " keys. Is this the right file?");
        return;
      }
      if (says) {
        // A lone backslash means nothing, but to Properties it is a key if the text ends there.
        take(number, logical.append("\n\n").toString());
      }
    }
  }

  /** An odd number of backslashes at the end: the last one is not itself escaped. */
  private static boolean goesOn(String line) {
    int end = line.length();
    while (end > 0 && line.charAt(end - 1) == '\\') {
      end--;
    }
    return (line.length() - end) % 2 == 1;
  }

  private void take(int number, String logical) throws IOException {
    Properties pair = new Properties();
    try {
      pair.load(new StringReader(logical));
    } catch (IllegalArgumentException e) {
      tell(number, "\\u needs four hexadecimal digits behind it. For a \\ write \\\\ or /.");
      // The key is still worth knowing, or it would be called missing as well.
      pair.load(new StringReader(logical.replaceAll("\\\\+u", "u")));
    }
    for (String key : pair.stringPropertyNames()) {
      Integer first = firstLine.putIfAbsent(key, number);
      if (first != null) {
        tell(number, Problems.plain(key) + " is in line " + first + " too. Keep one of them.");
      }
      values.add(new Value(key, pair.getProperty(key), number, origin(number), source));
    }
  }

  private void tell(int number, String words) {
    problems.add(number, origin(number), words);
  }

  private String origin(int number) {
    return source.chosen() + ":" + number;
  }
}
