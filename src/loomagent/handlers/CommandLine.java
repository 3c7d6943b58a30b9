package loomagent.handlers;

import java.util.ArrayList;
import java.util.List;

/**
 * The words of a command as a person writes them for a shell, which is not there: quotes and
 * backslashes mean what they mean to {@code sh}, and nothing is expanded. {@code $}, {@code *},
 * {@code |}, {@code >} and {@code #} stand for themselves.
 *
 * @param words the program and its arguments; at least one
 */
record CommandLine(List<String> words) {

  CommandLine {
    words = List.copyOf(words);
  }

  /**
   * Takes a line apart.
   *
   * @throws IllegalArgumentException if a quote is not closed, nothing follows a backslash, there
   *     is no word, or a NUL is in it; the message is the rest of a sentence that begins with the
   *     setting's name
   */
  static CommandLine parse(String text) {
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("holds a NUL character, which no program can be given");
    }
    Reader reader = new Reader(text);
    reader.read();
    if (reader.words.isEmpty() || reader.words.get(0).isEmpty()) {
      throw new IllegalArgumentException("names no program; its first word is empty");
    }
    return new CommandLine(reader.words);
  }

  private static final class Reader {
    private final String text;
    private final List<String> words = new ArrayList<>();
    private final StringBuilder word = new StringBuilder();
    private int at;

    Reader(String text) {
      this.text = text;
    }

    void read() {
      while (at < text.length()) {
        if (blank(text.charAt(at))) {
          at++;
        } else {
          word();
        }
      }
    }

    /** One word, of any number of quoted and plain parts: {@code --name='a b'"c"}. */
    private void word() {
      while (at < text.length() && !blank(text.charAt(at))) {
        char c = text.charAt(at++);
        switch (c) {
          case '\'' -> singleQuoted();
          case '"' -> doubleQuoted();
          case '\\' -> word.append(escaped());
          default -> word.append(c);
        }
      }
      words.add(word.toString());
      word.setLength(0);
    }

    private void singleQuoted() {
      int end = text.indexOf('\'', at);
      if (end < 0) {
        throw unclosed("single quote (')", at);
      }
      word.append(text, at, end);
      at = end + 1;
    }

    // As in a shell: within double quotes a backslash is itself, except before " and another one.
    private void doubleQuoted() {
      int open = at;
      while (at < text.length()) {
        char c = text.charAt(at++);
        if (c == '"') {
          return;
        }
        boolean escape = c == '\\' && at < text.length() && "\"\\".indexOf(text.charAt(at)) >= 0;
        word.append(escape ? text.charAt(at++) : c);
      }
      throw unclosed("double quote (\")", open);
    }

    private char escaped() {
      if (at == text.length()) {
        throw new IllegalArgumentException(
            "ends in a backslash with nothing behind it. For a backslash itself write '\\'");
      }
      return text.charAt(at++);
    }

    private static IllegalArgumentException unclosed(String quote, int open) {
      return new IllegalArgumentException(
          "has a " + quote + " at character " + open + " that is not closed. Close it");
    }

    private static boolean blank(char c) {
      return c == ' ' || c == '\t' || c == '\n' || c == '\r';
    }
  }
}
