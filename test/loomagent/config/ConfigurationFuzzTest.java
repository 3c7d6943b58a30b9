package loomagent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import loomagent.base.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("fuzz")
final class ConfigurationFuzzTest {
  private static final String[] PIECES = {
    "=",
    ":",
    " ",
    "\n",
    "\n",
    "\n",
    "\\",
    "\\u",
    "\\u00e",
    "#",
    "!",
    ",",
    ".",
    "*",
    "${",
    "}",
    "$${",
    "${env:T}",
    "${env:NONE}",
    "${file:",
    "${file:.}",
    "${credential:x}",
    "${file:\\u0000}",
    "%s",
    "%",
    "events",
    "token",
    "handler.",
    "handler.mis.",
    "handler.mis.own",
    "connection.a.",
    "connection.a.token=",
    "connection.h1.oauth.",
    "connections=h0,h1",
    "connections = a,",
    "client-id=x",
    "oauth.scopes=Org/",
    "http://proxy:3128",
    "socks://",
    "*.example",
    "tls.ca=",
    "10ms",
    "1h",
    "0",
    "99999999999999999999d",
    "wss://",
    "https://",
    "http://127.0.0.1",
    "1GB",
    "9999999TB",
    "999999999d",
    "2026-10-01T06:00:00Z",
    "+999999999-12-31T23:59:59-18:00",
    "payload.",
    "handler.mis.retry.",
    "newest",
    "ws://127.0.0.1",
    "[::1]",
    "@",
    "a.b",
    "\t",
    "\f",
    "\r",
    "\u0000",
    "\u00fc",
    "\u2028",
    "\ud83d\ude00",
    "C:\\temp",
    "C:/x",
    "true",
    "secret",
    "<name>",
    "\u202e",
    "handler.mis.api-key=",
    "environment=production",
    "info"
  };

  @Test
  void textOfAnyKindLoadsOrIsRefusedInSentences(@TempDir Path folder) {
    Fuzz.run(
        2_000,
        fuzz -> {
          Random random = fuzz.random;
          byte[] bytes = text(random).getBytes(StandardCharsets.UTF_8);
          Sources sources = new Sources(folder).file(fuzz.once(4) ? fuzz.damaged(bytes) : bytes);
          for (int i = random.nextInt(3); i > 0; i--) {
            sources.set(line(random));
            sources.variable("LOOM_AGENT_" + line(random).toUpperCase(Locale.ROOT), line(random));
          }
          fuzz.input(bytes);
          loadsOrIsRefused(sources);
        });
  }

  @Test
  void theSampleWithAnyValueDamagedLoadsOrIsRefusedInSentences(@TempDir Path folder)
      throws IOException {
    List<String> sample =
        Files.readAllLines(Path.of("agent.properties")).stream()
            .filter(line -> line.matches("#?[a-z].* = .*"))
            .map(line -> line.replaceFirst("^#", ""))
            .toList();
    int[] outcomes = new int[2];
    boolean all =
        Fuzz.run(
            700,
            fuzz -> {
              List<String> lines = new ArrayList<>(List.of("events = a.b", "token = ${env:T}"));
              for (int i = fuzz.random.nextInt(3); i >= 0; i--) {
                String[] pair = fuzz.one(sample.toArray(String[]::new)).split(" = ", 2);
                lines.removeIf(line -> line.startsWith(pair[0] + " "));
                lines.add(pair[0] + " = " + (fuzz.once(2) ? pair[1] : fuzz.damaged(pair[1])));
              }
              String text = fuzz.input(String.join("\n", lines));
              outcomes[loadsOrIsRefused(new Sources(folder).file(text)) ? 0 : 1]++;
            });
    assertTrue(!all || outcomes[0] > 99 && outcomes[1] > 99);
  }

  private static boolean loadsOrIsRefused(Sources sources) throws IOException {
    try {
      use(sources.load());
      return true;
    } catch (ConfigurationException expected) {
      assertFalse(expected.problems().isEmpty());
      for (String problem : expected.problems()) {
        assertTrue(
            problem.chars().noneMatch(Character::isISOControl) && problem.matches("(?s).*[.?]"),
            problem);
      }
      return false;
    }
  }

  private static final Set<String> KEYS =
      Key.all().stream()
          .map(Key::name)
          .filter(name -> name.contains(Key.NAME))
          .map(name -> name.replace("handler.<name>.", ""))
          .collect(Collectors.toSet());

  private static void use(Configuration read) throws IOException {
    for (ConnectionSettings connection : read.connections()) {
      use(connection);
    }
    assertEquals(read.proxyUser().isPresent(), read.proxyPassword().isPresent());
    assertTrue(read.proxyUrl().isPresent() || read.proxyUser().isEmpty());
    for (HandlerSettings handler : read.handlers()) {
      handler.events().why("a.b");
      assertTrue(handler.retry().longest().compareTo(handler.retry().first()) >= 0);
      assertTrue(handler.lanes().count() == 1 || !handler.lanes().key().isEmpty());
      assertTrue(handler.settings().keySet().stream().noneMatch(KEYS::contains));
      try {
        List.copyOf(handler.settings().values());
      } catch (UncheckedIOException e) {
        throw new AssertionError("it was right at the start", e);
      }
    }
  }

  private static void use(ConnectionSettings read) throws IOException {
    assertTrue(read.token().isPresent() != read.oauth().isPresent());
    if (read.token().isPresent()) {
      read.token().get().resolve();
    }
    assertFalse(read.events().isEmpty());
    assertEquals(read.backfillApp().isPresent(), read.backfillPassword().isPresent());
    if (read.backfillPassword().isPresent()) {
      read.backfillPassword().get().resolve();
    }
    assertFalse(read.backfillSince().filter(Sources.NOW::isBefore).isPresent());
    assertFalse(read.loomApi().toString().endsWith("/"));
  }

  private static String text(Random random) {
    List<String> lines = new ArrayList<>();
    if (random.nextBoolean()) {
      lines.add("events = a.b");
      lines.add("token = ${env:T}");
    }
    List<Key<?>> keys = Key.all();
    for (int i = random.nextInt(6); i > 0; i--) {
      String key = keys.get(random.nextInt(keys.size())).of("h" + random.nextInt(3));
      key = random.nextInt(4) == 0 ? "connection.h" + random.nextInt(3) + "." + key : key;
      lines.add((random.nextBoolean() ? key + "=" : "") + line(random));
    }
    return String.join("\n", lines);
  }

  private static String line(Random random) {
    StringBuilder line = new StringBuilder();
    for (int i = random.nextInt(7); i > 0; i--) {
      line.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return line.toString();
  }
}
