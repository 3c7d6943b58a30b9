package loomagent.config;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Text that was made to be slow is read, or refused, as soon as any other of its size. */
final class HostileSizeTest {
  private static final int MOST = PropertiesFile.MAX_BYTES - 100;

  /**
   * What ordinary text of this size takes is some 0.1 s: this is far above, and far below hours.
   */
  private static final Duration LONG = Duration.ofSeconds(10);

  static Stream<Arguments> texts() {
    return Stream.of(
        Arguments.of("a value of lookups that do not end", "handler.a.x=" + filled("${env:")),
        Arguments.of("lookups that do not end, as long as a value may be", value("${env:")),
        Arguments.of("lookups of nothing", value("${")),
        Arguments.of("a value of braces", value("$${")),
        Arguments.of("lookups of files", value("${file:x}")),
        Arguments.of("a key of words for secrets", filled("key") + ".a=b"),
        Arguments.of("a handler's key of words", "handler.a." + "key".repeat(50) + ".b=c\n"),
        Arguments.of("keys that are like others", lines("handler.h%d.retry.atempts=1")),
        Arguments.of("keys that are like nothing", lines("x%d" + "reconnect".repeat(9) + "=1")),
        Arguments.of("a key of dots", filled("handler.") + "=1"),
        Arguments.of("events of commas", "events=" + filled(",")),
        Arguments.of("events of stars", "handler.a.events=" + filled("*a")),
        Arguments.of("an address of slashes", "loom.api=http://127.0.0.1/" + filled("/") + "x"),
        Arguments.of("a proxy of colons", "proxy.url=http://" + filled(":1")),
        Arguments.of("a bypass of dots", "proxy.bypass=" + filled("*.")),
        Arguments.of("a place to listen of colons", "http.listen=" + filled(":1")),
        Arguments.of("a line of blanks", filled(" ") + "x"),
        Arguments.of("lines that go on", filled("\\\n")),
        Arguments.of("escapes", filled("\\u00")),
        Arguments.of("a duration of digits", "stale-after=" + filled("9")),
        Arguments.of("scopes of slashes", "oauth.scopes=" + filled("Org/")),
        Arguments.of("one key over and over", filled("token=x\n")));
  }

  private static String filled(String part) {
    return part.repeat(MOST / part.length());
  }

  private static String value(String part) {
    return "handler.a.x=" + part.repeat(Value.MAX_LENGTH / part.length());
  }

  private static String lines(String line) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; lines.length() < MOST - 200; i++) {
      lines.append(String.format(line, i)).append('\n');
    }
    return lines.toString();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("texts")
  void isReadInNoTime(String what, String text, @TempDir Path folder) {
    Sources sources = new Sources(folder).file(Sources.ENOUGH + text);
    long begun = System.nanoTime();
    try {
      sources.load();
    } catch (ConfigurationException refused) {
      assertTrue(refused.getMessage().length() < 3 * MOST, "what is said is no longer");
    }
    Duration took = Duration.ofNanos(System.nanoTime() - begun);
    assertTrue(took.compareTo(LONG) < 0, () -> what + " took " + took);
  }
}
