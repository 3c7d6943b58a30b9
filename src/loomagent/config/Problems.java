package loomagent.config;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import loomagent.base.Words;

/** Collects what there is to say, and says it in the order in which it was written. */
final class Problems {
  // More than anyone reads at once; a wrong file altogether would fill the screen.
  static final int MAX_TOLD = 100;
  // Long enough for real keys and values, short enough for one line of a terminal.
  private static final int MAX_QUOTED = 80;

  private record Problem(int order, String text) {}

  private final List<Problem> found = new ArrayList<>();

  void add(Entry.Origin origin, String words, Object... parts) {
    found.add(new Problem(origin.order(), origin.text() + ": " + words.formatted(parts)));
  }

  boolean tell(Entry.Origin origin) {
    return found.stream().anyMatch(problem -> problem.order() == origin.order());
  }

  List<String> inOrder() {
    List<String> told = new ArrayList<>();
    found.sort(Comparator.comparingInt(Problem::order));
    found.stream().limit(MAX_TOLD).forEach(problem -> told.add(problem.text()));
    if (found.size() > MAX_TOLD) {
      told.add("… and " + (found.size() - MAX_TOLD) + " more.");
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

  static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "there is no such file";
    }
    if (e instanceof AccessDeniedException) {
      return "this user may not read it";
    }
    String words = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
    return words == null ? e.getClass().getSimpleName() : words;
  }
}
