package loomagent.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArgumentsTest {
  private static final Command SIMULATE = new SimulateCommand();
  private static final Command CHECK = new CheckCommand();

  @Test
  void aValueStandsBehindItsOptionOrBehindAnEqualsSign() throws UsageException {
    for (Arguments arguments :
        List.of(
            Arguments.parse(List.of("--port", "80", "--token", "a=b"), SIMULATE),
            Arguments.parse(List.of("--port=80", "--token=a=b"), SIMULATE))) {
      assertEquals(Optional.of("80"), arguments.value("--port"));
      assertEquals(Optional.of("a=b"), arguments.value("--token"));
      assertFalse(arguments.has("--rate"));
      assertEquals(Optional.empty(), arguments.value("--rate"));
    }
  }

  @Test
  void theLastOfARepeatedOptionCounts() throws UsageException {
    Arguments arguments = Arguments.parse(List.of("--port=1", "--port", "2"), SIMULATE);
    assertEquals(Optional.of("2"), arguments.value("--port"));
  }

  @Test
  void everySetIsKeptInOrderHoweverItIsWritten() throws UsageException {
    Arguments arguments =
        Arguments.parse(List.of("--set=token=a=b", "--offline", "--set", "events=c"), CHECK);
    assertEquals(List.of("token=a=b", "events=c"), arguments.sets());
    assertTrue(arguments.has("--offline"));
  }

  @Test
  void aValueMayBeginWithADash() throws UsageException {
    assertEquals(
        Optional.of("-1"), Arguments.parse(List.of("--rate", "-1"), SIMULATE).value("--rate"));
  }

  @Test
  void anUnknownOptionIsAnsweredWithTheNearestOrWithAll() {
    assertEquals("check has no option --ofline. Did you mean --offline?", wrong(CHECK, "--ofline"));
    assertEquals(
        "check has no option --frobnicate. It has --config, --offline, --set",
        wrong(CHECK, "--frobnicate=1"));
    assertEquals("check has no option -x. It has --config, --offline, --set", wrong(CHECK, "-x"));
  }

  @Test
  void anOptionThatNeedsAValueSaysSo() {
    assertEquals("--port needs a value behind it", wrong(SIMULATE, "--rate=1", "--port"));
  }

  @Test
  void anOptionThatTakesNoValueSaysSo() {
    assertEquals("--offline takes no value", wrong(CHECK, "--offline=yes"));
  }

  @Test
  void aWordTooManyIsNamed() throws UsageException {
    assertEquals("check does not know what to do with \"now\"", wrong(CHECK, "--offline", "now"));
    Command help = new HelpCommand();
    assertEquals(List.of("run"), Arguments.parse(List.of("run"), help).words());
    assertEquals("help does not know what to do with \"check\"", wrong(help, "run", "check"));
  }

  @Test
  void aNumberIsWholeAndWithinItsBounds() throws UsageException {
    assertEquals(Optional.of(1), port("1"));
    assertEquals(Optional.of(9), port("9"));
    assertEquals(Optional.empty(), Arguments.parse(List.of(), SIMULATE).number("--port", 1, 9));
    for (String text : List.of("0", "10", "1.5", "one", "", " 1", "99999999999")) {
      UsageException wrong = assertThrows(UsageException.class, () -> port(text));
      assertEquals(
          "--port is \"" + text + "\"; write a whole number from 1 to 9", wrong.getMessage());
    }
  }

  @Test
  void wrongUsageEndsWithItsStatusAndPointsToTheHelp(@TempDir Path folder) {
    Shell.Done done = new Shell(folder).run("check", "--ofline");
    assertEquals(Exit.USAGE, done.exit());
    assertEquals(64, done.exit().status());
    assertEquals("", done.out());
    assertEquals(
        "loom-agent: check has no option --ofline. Did you mean --offline?\n"
            + "See: java -jar loom-agent.jar help\n",
        done.err());
  }

  private static Optional<Integer> port(String text) throws UsageException {
    return Arguments.parse(List.of("--port", text), SIMULATE).number("--port", 1, 9);
  }

  private static String wrong(Command command, String... words) {
    return assertThrows(UsageException.class, () -> Arguments.parse(List.of(words), command))
        .getMessage();
  }
}
