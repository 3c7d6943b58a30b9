package loomagent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PropertiesFileTest {
  private static final Source SOURCE =
      new Source(Optional.empty(), Path.of("agent.properties"), List.of(), Map.of());

  private final Problems problems = new Problems();

  @Test
  void itReadsWhatJavaReads() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    String[] pieces = {
      "a", "b", "key", "=", ":", " ", "\t", "\f", "\\", "\\\\", "\n", "\r", "\r\n", "#", "!", "é",
      "\\u0041", "\\n", "${x}", "\\=", "\u0085", "\u2028", "\n\n", "\\\n", "\\\r\n", "\\\n#"
    };
    for (int round = 0; round < 20_000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(25); i > 0; i--) {
        text.append(pieces[random.nextInt(pieces.length)]);
      }
      Properties expected = new Properties();
      boolean legal = true;
      try {
        expected.load(new StringReader(text.toString()));
      } catch (IllegalArgumentException e) {
        legal = false;
      }
      Problems found = new Problems();
      Map<String, String> read = new HashMap<>();
      PropertiesFile.parse(text.toString().getBytes(StandardCharsets.UTF_8), SOURCE, found)
          .forEach(value -> read.put(value.key(), value.raw()));
      String told = "seed " + seed + ": " + text.toString().chars().boxed().toList();
      if (legal) {
        if (text.toString().matches("(?s)(.*[\r\n])?[ \t\f]*\\\\(\r\n|\r|\n)?")) {
          // Java takes a lone backslash at the very end for a key without a name.
          expected.remove("");
          read.remove("");
        }
        assertEquals(expected, read, told);
      } else {
        assertTrue(found.inOrder().toString().contains("hexadecimal"), told);
      }
    }
  }

  @Test
  void aSettingHasTheLineItBeginsIn() throws Exception {
    List<Value> entries =
        parse("\uFEFFa=1\r\n\r\n# c \\\r\nb = x, \\\r\n   y\rc 3\n! d\n\n  e:\\\n\nf=\\\\\ng");
    assertEquals(
        List.of("a=1@1", "b=x, y@4", "c=3@6", "e=@9", "f=\\@11", "g=@12"),
        entries.stream().map(e -> e.key() + "=" + e.raw() + "@" + e.order()).toList());
    assertEquals(List.of(), problems.inOrder());
  }

  @Test
  void whatIsNotUtf8IsToldWithItsLineEvenInAComment() throws Exception {
    byte[] bytes =
        "# M\u00fcller\nshop = M\u00fcller\nok = 1\n".getBytes(StandardCharsets.ISO_8859_1);
    List<Value> entries = PropertiesFile.parse(bytes, SOURCE, problems);
    assertEquals(
        List.of(
            "agent.properties:1: this line is not UTF-8. Save the file as UTF-8.",
            "agent.properties:2: this line is not UTF-8. Save the file as UTF-8."),
        problems.inOrder());
    assertEquals(List.of(2, 3), entries.stream().map(Value::order).toList());
    assertTrue(problems.tell(2) && !problems.tell(3), "what cannot be read is not looked at");
  }

  @Test
  void aWindowsPathIsAMistakeAndItsKeyNotMissing(@TempDir Path folder) {
    assertEquals(
        List.of(
            "agent.properties:2: \\u needs four hexadecimal digits behind it. For a \\ write \\\\"
                + " or /."),
        new Sources(folder).file("events = a.b\ntoken = ${file:C:\\users\\me}\n").problems());
  }

  @Test
  void aKeyWrittenTwiceIsToldWithBothLines() throws Exception {
    parse("a=1\nb=2\na=3\na : 4\n");
    assertEquals(
        List.of(
            "agent.properties:3: a is in line 1 too. Keep one of them.",
            "agent.properties:4: a is in line 1 too. Keep one of them."),
        problems.inOrder());
  }

  @Test
  void theFileAndItsKeysAreBounded(@TempDir Path folder) throws Exception {
    String padding = "#".repeat(PropertiesFile.MAX_BYTES - Sources.ENOUGH.length());
    Sources sources = new Sources(folder).file(Sources.ENOUGH + padding);
    sources.load();
    assertEquals(
        List.of(
            "agent.properties: cannot be read: it is larger than 1 MB. Give --config the right"
                + " file."),
        sources.file(Sources.ENOUGH + padding + "#").problems());
    StringBuilder many = new StringBuilder();
    for (int i = 0; i <= PropertiesFile.MAX_KEYS; i++) {
      many.append("handler.h.k").append(i).append("=\n");
    }
    assertEquals(PropertiesFile.MAX_KEYS, parse(many.toString()).size());
    assertEquals(
        List.of("agent.properties:10001: more than 10000 keys. Is this the right file?"),
        problems.inOrder());
  }

  private List<Value> parse(String text) throws IOException {
    return PropertiesFile.parse(text.getBytes(StandardCharsets.UTF_8), SOURCE, problems);
  }
}
