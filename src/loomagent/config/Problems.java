package loomagent.config;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import loomagent.base.Words;

/** Collects what there is to say, and says it in the order in which it was written. */
final class Problems {
  // More than anyone reads at once; a wrong file altogether would fill the screen.
  static final int MAX_TOLD = 100;
  // Long enough for real keys and values, short enough for one line of a terminal.
  private static final int MAX_QUOTED = 80;

  private final TreeMap<Integer, List<String>> found = new TreeMap<>();

  void add(int order, String origin, String words) {
    found.computeIfAbsent(order, o -> new ArrayList<>()).add(origin + ": " + words);
  }

  void add(Value value, String words) {
    add(value.order(), value.origin(), words);
  }

  boolean tell(int order) {
    return found.containsKey(order);
  }

  List<String> inOrder() {
    List<String> all = found.values().stream().flatMap(List::stream).toList();
    List<String> told = new ArrayList<>(all.subList(0, Math.min(all.size(), MAX_TOLD)));
    if (all.size() > MAX_TOLD) {
      told.add("… and " + (all.size() - MAX_TOLD) + " more.");
    }
    return List.copyOf(told);
  }

  static String quote(String text) {
    return '"' + plain(text) + '"';
  }

  /** On one line, bounded, and with nothing that could steer a terminal. */
  static String plain(String text) {
    // A token broken over two lines reads as a key: no more than its beginning is shown.
    return text.length() <= MAX_QUOTED
        ? Words.line(text, MAX_QUOTED)
        : Words.line(text, 16) + " (" + text.length() + " characters)";
  }

  /** Of a failure to read a file. */
  static String reason(Exception e) {
    if (e instanceof NoSuchFileException) {
      return "there is no such file";
    }
    if (e instanceof AccessDeniedException) {
      return "this user may not read it";
    }
    String words = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
    return Words.line(String.valueOf(words), 200);
  }
}
