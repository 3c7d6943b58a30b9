package loomagent.handlers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class CommandLineTest {
  private static List<String> words(String text) {
    return CommandLine.parse(text).words();
  }

  private static String refusal(String text) {
    return assertThrows(IllegalArgumentException.class, () -> words(text)).getMessage();
  }

  @Test
  void wordsStandBetweenBlanks() {
    assertEquals(List.of("a", "b", "c"), words("a b c"));
    assertEquals(List.of("a", "b", "c"), words(" \ta\t b \r\n c\n"));
  }

  @Test
  void singleQuotesKeepEverything() {
    assertEquals(List.of("p", "a b", "\\", "\"", "$x*", ""), words("p 'a b' '\\' '\"' '$x*' ''"));
  }

  @Test
  void doubleQuotesKnowABackslashBeforeAQuoteAndABackslashOnly() {
    assertEquals(List.of("p", "a b", "'", ""), words("p \"a b\" \"'\" \"\""));
    assertEquals(List.of("p", "a\"b", "a\\b"), words("p \"a\\\"b\" \"a\\\\b\""));
    assertEquals(List.of("p", "a\\nb", "\\$x", "\\ "), words("p \"a\\nb\" \"\\$x\" \"\\ \""));
  }

  @Test
  void aBackslashOutsideQuotesTakesTheNextCharacterAsItIs() {
    assertEquals(List.of("a b", "'", "\"", "\\", "n"), words("a\\ b \\' \\\" \\\\ \\n"));
  }

  @Test
  void aWordMayHaveSeveralParts() {
    assertEquals(List.of("p", "--name=a b'c", "ab"), words("p --name='a b'\"'\"c a''b"));
  }

  @Test
  void nothingIsExpanded() {
    String text = "p $HOME ${HOME} `id` $(id) * ? ~ ~/x | > < & ; && # {a,b} !! % \uD83D\uDE00 ü";
    assertEquals(List.of(text.split(" ")), words(text));
  }

  @Test
  void whatIsNotClosedIsRefused() {
    assertEquals(
        "has a single quote (') at character 3 that is not closed. Close it", refusal("p 'a b"));
    assertEquals(
        "has a double quote (\") at character 3 that is not closed. Close it", refusal("p \"a'"));
    assertEquals(
        "has a double quote (\") at character 3 that is not closed. Close it",
        refusal("p \"a\\\""));
    assertEquals(
        "has a single quote (') at character 2 that is not closed. Close it", refusal("p'"));
    assertEquals(
        "ends in a backslash with nothing behind it. For a backslash itself write '\\'",
        refusal("p a\\"));
  }

  @Test
  void whatNamesNoProgramIsRefused() {
    for (String text : List.of("", " ", "''", "\"\" a")) {
      assertEquals("names no program; its first word is empty", refusal(text), text);
    }
    assertEquals("holds a NUL character, which no program can be given", refusal("p a\0b"));
  }
}
