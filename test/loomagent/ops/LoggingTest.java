package loomagent.ops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.logging.LogManager;
import loomagent.base.Secret;
import loomagent.json.Json;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoggingTest {
  private static final String SECRET = "s3cr\"et\\of-the-test";

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  private void install(String level, String format) {
    Logging.install(new PrintStream(bytes, true, UTF_8), level, format);
  }

  private List<String> lines() {
    return bytes.toString(UTF_8).lines().toList();
  }

  /** The log as it was before: the JDK's own configuration. */
  @AfterEach
  void restore() throws IOException {
    LogManager.getLogManager().readConfiguration();
  }

  @Test
  void textHasTimeLevelSourceAndMessage() {
    install("info", "text");
    Logging.logger("handler.mis").log(Level.WARNING, "took {0} of {1}", "it", 2);
    String line = lines().get(0);
    assertEquals(1, lines().size());
    assertTrue(line.matches("\\S+Z WARN  handler mis: took it of 2"), line);
    Instant.parse(line.substring(0, line.indexOf(' ')));
  }

  @Test
  void aMessageWithoutParametersIsNoPattern() {
    install("info", "text");
    Logging.logger("agent").log(Level.INFO, "it's {0} and {");
    assertTrue(lines().get(0).endsWith(" INFO  agent: it's {0} and {"), lines().get(0));
  }

  @Test
  void jsonIsAnObjectALine() {
    install("debug", "json");
    Logging.logger("handler.mis").log(Level.DEBUG, "two\nlines \"quoted\"");
    Logging.logger("agent").log(Level.ERROR, "failed", new IllegalStateException("why"));
    Map<?, ?> first = (Map<?, ?>) Json.parse(lines().get(0));
    assertEquals("debug", first.get("level"));
    assertEquals("handler mis", first.get("source"));
    assertEquals("two\nlines \"quoted\"", first.get("message"));
    assertFalse(first.containsKey("trace"));
    Instant.parse((String) first.get("time"));
    Map<?, ?> second = (Map<?, ?>) Json.parse(lines().get(1));
    String trace = (String) second.get("trace");
    assertTrue(trace.startsWith("java.lang.IllegalStateException: why"), trace);
    assertTrue(trace.contains("LoggingTest"), trace);
    assertEquals(2, lines().size());
  }

  @Test
  void theJournalGetsThePriorityOfEachLine() {
    install("trace", "journal");
    System.Logger log = Logging.logger("agent");
    log.log(Level.ERROR, "e");
    log.log(Level.WARNING, "w");
    log.log(Level.INFO, "i");
    log.log(Level.DEBUG, "d");
    log.log(Level.TRACE, "t");
    assertEquals(
        List.of("<3>agent: e", "<4>agent: w", "<6>agent: i", "<7>agent: d", "<7>agent: t"),
        lines());
    bytes.reset();
    log.log(Level.ERROR, "e\n<0>forged", new IllegalStateException("why"));
    assertTrue(lines().size() > 3, lines().toString());
    assertEquals("<3>    <0>forged", lines().get(1));
    assertTrue(lines().stream().allMatch(line -> line.startsWith("<3>")), lines().toString());
  }

  @Test
  void theLevelHoldsForTheAgent() {
    for (int i = 0; i < 5; i++) {
      bytes.reset();
      install(List.of("error", "warn", "info", "debug", "trace").get(i), "text");
      System.Logger log = Logging.logger("agent");
      log.log(Level.ERROR, "1");
      log.log(Level.WARNING, "2");
      log.log(Level.INFO, "3");
      log.log(Level.DEBUG, "4");
      log.log(Level.TRACE, "5");
      assertEquals(i + 1, lines().size());
    }
    assertTrue(lines().get(3).contains(" DEBUG "), lines().toString());
    assertTrue(lines().get(4).contains(" TRACE "), lines().toString());
    assertThrows(IllegalArgumentException.class, () -> install("loud", "text"));
  }

  @Test
  void everybodyElseIsHeldToInfo() {
    install("trace", "text");
    System.Logger library = System.getLogger("com.example.library");
    library.log(Level.DEBUG, "chatter");
    library.log(Level.INFO, "news");
    java.util.logging.Logger.getLogger("org.example").fine("chatter");
    java.util.logging.Logger.getLogger("loomagents").fine("chatter");
    java.util.logging.Logger.getAnonymousLogger().warning("nameless");
    assertEquals(2, lines().size());
    assertTrue(lines().get(0).endsWith(" INFO  com.example.library: news"), lines().get(0));
    assertTrue(lines().get(1).endsWith(" WARN  ?: nameless"), lines().get(1));
  }

  @Test
  void aSecretIsMaskedInEveryFormatAndInTheTrace() {
    Secret.register(SECRET);
    Secret.register("level-of-the-test");
    for (String format : List.of("text", "json", "journal")) {
      bytes.reset();
      install("debug", format);
      System.Logger log = Logging.logger("agent");
      log.log(Level.INFO, "it is " + SECRET + ".");
      log.log(Level.INFO, "it is {0}, and {1}", SECRET, "level-of-the-test");
      Exception cause = new IOException("inside: " + SECRET);
      log.log(Level.DEBUG, "failed", new IllegalStateException("outside: " + SECRET, cause));
      String all = bytes.toString(UTF_8);
      assertFalse(all.contains("s3cr"), all);
      assertFalse(all.contains("of-the-test"), all);
      assertTrue(all.contains("it is ***."), all);
      assertTrue(all.contains("it is ***, and ***"), all);
      assertTrue(all.contains("outside: ***"), all);
      assertTrue(all.contains("inside: ***"), all);
    }
  }

  @Test
  void aSecretThatIsAMembersNameLeavesTheJsonWhole() {
    Secret.register("\"message\"");
    Secret.register("source");
    install("info", "json");
    Logging.logger("agent").log(Level.INFO, "the source");
    Map<?, ?> line = (Map<?, ?>) Json.parse(lines().get(0));
    assertEquals("agent", line.get("source"));
    assertEquals("the ***", line.get("message"));
  }

  @Test
  void nothingLoggedPassesForALineOfItsOwnOrMovesTheCursor() {
    install("info", "text");
    String forged = "2026-01-01T00:00:00Z INFO  agent: all is well";
    Logging.logger("handler.mis")
        .log(Level.INFO, "a\n" + forged + "\r" + forged + "\u001b[2J\u202e");
    assertEquals(3, lines().size());
    assertTrue(lines().get(0).endsWith(" INFO  handler mis: a"));
    assertEquals("    " + forged, lines().get(1));
    assertEquals("    " + forged + "\\u001b[2J\\u202e", lines().get(2));
  }

  @Test
  void aTraceFollowsItsLineIndented() {
    install("info", "text");
    Logging.logger("agent").log(Level.ERROR, "failed", new IllegalStateException("why"));
    assertTrue(lines().get(0).endsWith(" ERROR agent: failed"));
    assertEquals("    java.lang.IllegalStateException: why", lines().get(1));
    assertTrue(lines().get(2).startsWith("        at loomagent.ops.LoggingTest"), lines().get(2));
  }

  @Test
  void anExceptionThatThrowsWhenShownIsLoggedByItsName() {
    final class Mean extends RuntimeException {
      private static final long serialVersionUID = 1;

      @Override
      public String getMessage() {
        throw new IllegalStateException();
      }
    }
    install("info", "text");
    Logging.logger("agent").log(Level.ERROR, "failed", new Mean());
    assertEquals(2, lines().size());
    assertTrue(lines().get(1).contains("Mean, which cannot say"), lines().get(1));
  }
}
