package loomagent.handlers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.sql.SQLRecoverableException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import loomagent.RetryLater;
import loomagent.Undeliverable;
import loomagent.base.Fuzz;
import loomagent.base.LogLines;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whatever programs, receivers and databases say: few lines, short, that forge nothing. */
@Tag("fuzz")
class HostileOutputFuzzTest {
  private static final Instant NOW = Instant.parse("2026-03-04T05:06:07Z");
  private static final String RETRY = "Fri, 04 Mar 2026 05:07:07 GMT";

  private static void assertIsOneLine(String text, int most) {
    assertTrue(text.codePointCount(0, text.length()) <= most, () -> text.length() + " characters");
    assertTrue(
        text.codePoints()
            .map(Character::getType)
            .noneMatch(
                type ->
                    List.of(
                            (int) Character.CONTROL,
                            (int) Character.FORMAT,
                            (int) Character.SURROGATE,
                            (int) Character.LINE_SEPARATOR,
                            (int) Character.PARAGRAPH_SEPARATOR)
                        .contains(type)),
        text);
  }

  @Test
  void whatAProgramPrintsIsAHundredShortLinesAtMost() {
    byte[] good = "one\ntwo \u00fc\r\n\n\u001b[31mred\u001b[0m three\n".repeat(3).getBytes(UTF_8);
    Fuzz.run(
        1_500,
        fuzz -> {
          LogLines log = new LogLines();
          Output output = new Output(log, fuzz.damaged("id-1"));
          for (int i = fuzz.random.nextInt(12); i >= 0; i--) {
            byte[] some = fuzz.damaged(good);
            output.take(some, fuzz.random.nextInt(some.length + 1));
          }
          output.close();
          assertTrue(log.all().size() <= Output.LINES + 1);
          log.all().forEach(line -> assertIsOneLine(line, Output.LINE + 100));
          assertIsOneLine(output.last(), 301);
        });
  }

  @Test
  void whateverAReceiverAnswersTheStatusDecidesAndTheWordsAreOneLine() {
    Fuzz.run(
        4_000,
        fuzz -> {
          int status =
              fuzz.once(3)
                  ? fuzz.one(200, 302, 407, 408, 425, 429, 500, 503)
                  : fuzz.random.nextInt(1_000);
          String location = fuzz.damaged("https://other.example:8443/x?y=z");
          String retry = fuzz.damaged(fuzz.once(2) ? RETRY : "120");
          HttpHeaders headers =
              HttpHeaders.of(
                  Map.of("Location", List.of(location), "Retry-After", List.of(retry)),
                  (name, value) -> true);
          String body = fuzz.damaged("{\"error\":\"no such\u202e job\"}\nmore");
          URI url = URI.create("http://127.0.0.1:1/hook");
          Answer answer = new Answer(url, fuzz.once(2), status, headers, body);
          try {
            answer.judge(NOW);
            assertEquals(2, status / 100);
          } catch (Undeliverable never) {
            assertTrue(status / 100 == 4 && !List.of(408, 425, 429).contains(status));
            assertIsOneLine(never.getMessage(), 400);
          } catch (RetryLater later) {
            assertTrue(later.after().compareTo(Duration.ZERO) > 0);
            assertTrue(later.after().compareTo(Duration.ofHours(1)) <= 0);
            assertIsOneLine(later.getMessage(), 400);
          } catch (IOException again) {
            assertTrue(status / 100 != 2);
            assertIsOneLine(again.getMessage(), 400);
          }
        });
  }

  @Test
  void whateverADatabaseComplainsOfIsOneLineAndOfSomeKind() {
    Fuzz.run(
        2_000,
        fuzz -> {
          SQLException failure = failure(fuzz);
          SQLException last = failure;
          for (int i = fuzz.random.nextInt(4); i > 0; i--) {
            SQLException next = failure(fuzz);
            last.setNextException(next);
            last = next;
          }
          if (fuzz.once(4) && last != failure) {
            last.initCause(failure); // a ring
          }
          for (Dialect dialect : Dialect.values()) {
            assertDoesNotThrow(() -> SqlFailure.kind(failure, dialect));
          }
          assertIsOneLine(SqlFailure.line(failure), 601);
        });
  }

  private static SQLException failure(Fuzz fuzz) {
    String words = fuzz.once(10) ? null : fuzz.damaged("ERROR: duplicate key\n  Detail: (id)=(1)");
    String state =
        fuzz.once(5)
            ? null
            : fuzz.once(3) ? fuzz.damaged("23505") : fuzz.one("", "2", "08006", "40001");
    return switch (fuzz.random.nextInt(3)) {
      case 0 -> new SQLRecoverableException(words, state, fuzz.random.nextInt(30));
      case 1 -> new BatchUpdateException(words, state, fuzz.random.nextInt(30), new int[0]);
      default -> new SQLException(words, state, fuzz.random.nextInt(30));
    };
  }

  /** Settings are an operator's, but a slip must be told in words. */
  @Test
  void commandsAndStatementsAreReadOrRefusedInWords() {
    Fuzz.run(
        4_000,
        fuzz -> {
          try {
            CommandLine.parse(fuzz.damaged("/usr/bin/p --name='a b' \"c\\\"d\" e\\ f"));
          } catch (IllegalArgumentException refused) {
            assertIsOneLine(refused.getMessage(), 300);
          }
          String sql =
              "INSERT INTO t -- c\n VALUES (:id, ':x', \"q\", $$d$$, :payload.a.b::text /* c */);";
          for (String kind : List.of("postgresql", "mariadb", "sqlite")) {
            try {
              NamedSql.parse(fuzz.damaged(sql), kind);
            } catch (IllegalArgumentException refused) {
              assertTrue(refused.getMessage().length() < 1_000, refused.getMessage());
            }
          }
        });
  }

  @Test
  void aNameFromOutsideIsAFileInItsFolder() {
    Fuzz.run(
        4_000,
        fuzz -> {
          String name = SafeName.of(fuzz.damaged(fuzz.one("Org/2b271d51", "CON", "a.b", "..")));
          assertTrue(name.matches("[\\p{L}\\p{N}\\p{M}_~][\\p{L}\\p{N}\\p{M}._~-]*"), name);
          assertTrue(name.getBytes(UTF_8).length <= SafeName.LONGEST, name);
        });
  }
}
