package loomagent.ops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import loomagent.base.Secret;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ControlTest extends ControlScene {
  @Test
  void anAnswerArrivesLineByLineAndEndsWithTheExitStatus() throws Exception {
    listen(
        (words, out, err) -> {
          out.accept("one");
          err.accept("careful");
          out.accept("two\nthree");
          return 3;
        });

    Answer answer = ask("status");

    assertEquals(List.of("out one", "err careful", "out two\nthree"), answer.lines());
    assertEquals(OptionalInt.of(3), answer.exit());
  }

  @Test
  void wordsAndLinesArriveAsTheyWere() throws Exception {
    listen(ControlScene::echo);
    List<String> words = List.of("a b", "", "\"\\\n\u0000\u2028", "häßlich \uD83D\uDE00", "\uD800");

    assertEquals(words.stream().map(w -> "out " + w).toList(), ask(words).lines());
  }

  @Test
  void manyClientsEachGetTheirOwnAnswer() throws Exception {
    listen(ControlScene::echo);
    ExecutorService threads = Executors.newFixedThreadPool(6);
    List<Future<Integer>> wrong = new ArrayList<>();
    for (int client = 0; client < 6; client++) {
      List<String> words = IntStream.range(client, client + 50).mapToObj(i -> "line " + i).toList();
      wrong.add(threads.submit(() -> wrongOf(200, words)));
    }
    for (Future<Integer> one : wrong) {
      assertEquals(0, one.get());
    }
    threads.shutdown();
  }

  private int wrongOf(int rounds, List<String> words) throws IOException {
    List<String> expected = words.stream().map(word -> "out " + word).toList();
    int wrong = 0;
    for (int i = 0; i < rounds; i++) {
      Answer answer = ask(words);
      wrong += answer.exit().orElse(-1) == 0 && answer.lines().equals(expected) ? 0 : 1;
    }
    return wrong;
  }

  @Test
  void aRequestMayComeInPieces() throws Exception {
    listen(ControlScene::echo);
    try (SocketChannel client = connect()) {
      for (byte piece : "{\"words\":[\"ä\"]}\n".getBytes(UTF_8)) {
        write(client, new byte[] {piece});
      }
      assertEquals("{\"out\":\"ä\"}\n{\"exit\":0}\n", all(client));
    }
  }

  @Test
  void aSocketLeftBehindIsReplaced() throws Exception {
    leaveBehind();
    assertEquals(OptionalInt.empty(), ask("status").exit(), "nobody listens at a stale socket");
    listen(ControlScene::echo);
    assertEquals(OptionalInt.of(0), ask("status").exit());
  }

  @Test
  void nobodyListensBeforeTheStartAndAfterTheEnd() throws Exception {
    assertEquals(OptionalInt.empty(), ask("status").exit());
    Control control = listen(ControlScene::echo);
    control.close();
    assertEquals(OptionalInt.empty(), ask("status").exit());
    assertFalse(Files.exists(socket));
  }

  @Test
  void closingTwiceLeavesTheNextAgentItsSocket() throws Exception {
    Control first = listen(ControlScene::echo);
    first.close();
    listen(ControlScene::echo);
    first.close();
    assertEquals(OptionalInt.of(0), ask("status").exit());
  }

  @Test
  void onlyItsOwnerMayAsk() throws Exception {
    assumeTrue(folder.getFileSystem().supportedFileAttributeViews().contains("posix"));
    listen(ControlScene::echo);
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
  }

  @Test
  void whereNoSocketCanBeTheReasonIsSaid() {
    IOException e =
        assertThrows(
            IOException.class,
            () -> Control.listen(folder.resolve("none/a.sock"), ControlScene::echo, log));
    assertTrue(e.getMessage().startsWith("commands cannot be taken at "), e::getMessage);
  }

  @Test
  void aLongPathIsTakenFromTheWorkingDirectory() throws Exception {
    Path parent = Path.of("build/test-control/" + "d".repeat(72));
    Path longest = parent.resolve("a.sock" + "k".repeat(Control.MAX_PATH - 19 - 72 - 7));
    assertEquals(Control.MAX_PATH, longest.toString().length());
    Files.createDirectories(parent);
    socket = longest.toAbsolutePath();
    listen(ControlScene::echo);

    assertEquals(OptionalInt.of(0), ask("status").exit());
    assertTrue(Files.exists(socket));
  }

  @Test
  void aPathTooLongForASocketIsSaidWithTheLimitAndTheFix() throws Exception {
    Path deep = Files.createDirectories(folder.resolve("d".repeat(100)));
    socket = deep.resolve("agent.sock");

    assertEquals(OptionalInt.empty(), ask("status").exit(), "no file, so nobody");
    IOException e = assertThrows(IOException.class, () -> listen(ControlScene::echo));
    assertTrue(e.getMessage().contains("102 bytes"), e::getMessage);
    assertTrue(e.getMessage().endsWith("Set a shorter data.dir"), e::getMessage);
  }

  @Test
  void secretsAreMaskedInEveryAnswer() throws Exception {
    String secret = "quo\"ted-" + System.nanoTime();
    Secret.register(secret);
    listen(
        (words, out, err) -> {
          out.accept("is " + secret);
          err.accept("is " + secret);
          throw new IOException("is " + secret);
        });
    List<String> lines = ask("status").lines();
    assertEquals(List.of("out is ***", "err is ***"), lines.subList(0, 2));
    assertTrue(lines.get(2).endsWith("is ***"), lines.get(2));
  }
}
