package loomagent.config;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
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

  /** A line of the file, not yet joined with those that continue it. */
  private record Line(String text, boolean utf8) {
    boolean saysNothing() {
      return text.matches("[ \t\f]*([#!](?s:.*))?");
    }

    /** An odd number of backslashes at the end: the last one is not itself escaped. */
    boolean goesOn() {
      int end = text.length();
      while (end > 0 && text.charAt(end - 1) == '\\') {
        end--;
      }
      return (text.length() - end) % 2 == 1;
    }
  }

  private final String name;
  private final Problems problems;
  private final List<Entry> entries = new ArrayList<>();
  private final Map<String, Integer> firstLine = new HashMap<>();

  private PropertiesFile(String name, Problems problems) {
    this.name = name;
    this.problems = problems;
  }

  static List<Entry> parse(String name, byte[] bytes, Problems problems) {
    PropertiesFile file = new PropertiesFile(name, problems);
    file.join(file.lines(bytes));
    return file.entries;
  }

  private void join(List<Line> lines) {
    for (int i = 0; i < lines.size(); i++) {
      Line line = lines.get(i);
      if (line.saysNothing()) {
        continue;
      }
      int number = i + 1;
      StringBuilder logical = new StringBuilder(line.text());
      boolean utf8 = line.utf8();
      while (line.goesOn() && i + 1 < lines.size()) {
        line = lines.get(++i);
        logical.append('\n').append(line.text());
        utf8 &= line.utf8();
      }
      if (entries.size() == MAX_KEYS) {
        problems.add(at(number), "more than %d keys. Is this the right file?", MAX_KEYS);
        return;
      }
      // A lone backslash means nothing, but to Properties it is a key if the text ends there.
      take(at(number), logical.append("\n\n").toString(), utf8);
    }
  }

  private void take(Entry.Origin origin, String logical, boolean utf8) {
    Properties pair;
    boolean whole = utf8;
    try {
      pair = load(logical);
    } catch (IllegalArgumentException e) {
      problems.add(
          origin,
          "\\u needs four hexadecimal digits behind it. For a backslash, as in a Windows path,"
              + " write \\\\ or /.");
      whole = false;
      // The key is still worth knowing, or it would be called missing as well.
      pair = load(logical.replaceAll("\\\\+u", "u"));
    }
    for (String key : pair.stringPropertyNames()) {
      Integer first = firstLine.putIfAbsent(key, origin.order());
      if (first != null) {
        problems.add(
            origin, "%s stands here and in line %d. Keep one of them.", Problems.plain(key), first);
      }
      entries.add(new Entry(key, pair.getProperty(key), origin, whole));
    }
  }

  private static Properties load(String logical) {
    try {
      Properties pair = new Properties();
      pair.load(new StringReader(logical));
      return pair;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends are LF, CR or CRLF; in UTF-8 these bytes are part of nothing else. */
  private List<Line> lines(byte[] bytes) {
    List<Line> lines = new ArrayList<>();
    // Windows' editors begin a UTF-8 file with a byte-order mark, which would be part of a key.
    int start = bytes.length > 2 && bytes[0] == -17 && bytes[1] == -69 && bytes[2] == -65 ? 3 : 0;
    for (int i = start; i <= bytes.length; i++) {
      if (i == bytes.length || bytes[i] == '\n' || bytes[i] == '\r') {
        lines.add(line(lines.size() + 1, ByteBuffer.wrap(bytes, start, i - start)));
        if (i + 1 < bytes.length && bytes[i] == '\r' && bytes[i + 1] == '\n') {
          i++;
        }
        start = i + 1;
      }
    }
    return lines;
  }

  private Line line(int number, ByteBuffer bytes) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(bytes.duplicate()).toString();
      return new Line(text, true);
    } catch (CharacterCodingException e) {
      problems.add(at(number), "this line is not UTF-8. Save the file as UTF-8.");
      return new Line(StandardCharsets.UTF_8.decode(bytes).toString(), false);
    }
  }

  private Entry.Origin at(int line) {
    return new Entry.Origin(line, name + ":" + line);
  }
}
