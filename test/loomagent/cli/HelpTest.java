package loomagent.cli;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HelpTest {
  private static final String CALL = "java -jar loom-agent.jar";
  private static final Set<String> SHARED = Set.of("--config", "--set");

  @TempDir Path folder;
  private Shell shell;

  @BeforeEach
  void shell() {
    shell = new Shell(folder);
  }

  @Test
  void helpListsEveryCommandWithWhatItDoes() {
    Shell.Done help = shell.run("help");
    assertEquals(Exit.OK, help.exit());
    for (Command command : Command.all()) {
      assertTrue(help.line("  " + command.name() + " ").contains(command.summary()));
    }
    assertEquals("", help.err());
  }

  @Test
  void everyWayToAskForHelpGivesTheSame() {
    String list = shell.run("help").out();
    assertEquals(list, shell.run("--help").out());
    assertEquals(list, shell.run("-h").out());
    for (Command command : Command.all()) {
      String page = shell.run("help", command.name()).out();
      assertEquals(command.page(), page);
      assertEquals(page, shell.run(command.name(), "--help").out());
      assertEquals(page, shell.run(command.name(), "-h").out());
    }
  }

  @Test
  void everyPageNamesTheOptionsOfItsCommandAndNoOthers() {
    for (Command command : Command.all()) {
      Set<String> named = new TreeSet<>(found("--[a-z]+(?:-[a-z]+)*", command.page()));
      Set<String> known = new TreeSet<>(command.options().keySet());
      assertTrue(named.containsAll(known), command.name() + " names " + named);
      known.addAll(SHARED);
      named.removeAll(known);
      assertEquals(Set.of(), named, command.name());
    }
  }

  @Test
  void everyExampleOnAPageCanBeTyped() {
    for (Command command : Command.all()) {
      String page = command.page();
      List<String> examples =
          page.substring(page.indexOf("Example"))
              .lines()
              .filter(line -> line.strip().startsWith(CALL))
              .map(line -> line.strip().substring(CALL.length()).strip())
              .toList();
      assertFalse(examples.isEmpty(), command.name());
      for (String example : examples) {
        List<String> words = new ArrayList<>(List.of(example.split(" +")));
        words.removeIf(String::isEmpty);
        if (!words.isEmpty() && words.get(0).equals(command.name())) {
          words.remove(0);
        }
        assertDoesNotThrow(() -> Arguments.parse(words, command), example);
      }
    }
  }

  @Test
  void everyPageFitsATerminal() {
    for (Command command : Command.all()) {
      List<String> wide = command.page().lines().filter(line -> line.length() > 100).toList();
      assertEquals(List.of(), wide, command.name());
      assertTrue(command.page().startsWith(CALL + " "), command.name());
    }
  }

  @Test
  void theVersionOfTheAgentAndOfJavaAreShown() {
    Shell.Done version = shell.run("version");
    assertEquals(Exit.OK, version.exit());
    assertTrue(version.line("loom-agent ").contains("(Java " + Runtime.version() + ")"));
    assertEquals(version, shell.run("--version"));
    assertEquals(version, shell.run("-V"));
  }

  @Test
  void anUnknownCommandIsAnsweredWithTheNearestOne() {
    for (String[] typed : List.of(new String[] {"chekc"}, new String[] {"help", "chekc"})) {
      Shell.Done wrong = shell.run(typed);
      assertEquals(Exit.USAGE, wrong.exit());
      assertTrue(
          wrong.err().contains("there is no command \"chekc\". Did you mean \"check\"?"),
          wrong.err());
      assertEquals("", wrong.out());
    }
  }

  @Test
  void aCommandLikeNoneIsAnsweredWithAllThereAre() {
    Shell.Done wrong = shell.run("frobnicate");
    assertEquals(Exit.USAGE, wrong.exit());
    String all = Command.all().stream().map(Command::name).collect(Collectors.joining(", "));
    assertTrue(wrong.err().contains("There are " + all), wrong.err());
    assertTrue(shell.run("help", "frobnicate").err().contains("\"help\" alone lists them"));
  }

  private static List<String> found(String regex, String text) {
    return Pattern.compile(regex).matcher(text).results().map(MatchResult::group).toList();
  }
}
