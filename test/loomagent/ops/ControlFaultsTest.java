package loomagent.ops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that hang, lie, vanish or are too many, commands that fail, and agents that end. */
@Timeout(30)
class ControlFaultsTest extends ControlScene {
  @Test
  void oneClientTooManyIsToldToTryAgainAndGetsInOnceAnotherLeft() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch busy = new CountDownLatch(Control.MAX_CLIENTS);
    listen(
        (words, out, err) -> {
          if (words.get(0).equals("wait")) {
            busy.countDown();
            release.await();
          }
          return 0;
        });
    List<CompletableFuture<Answer>> waiting = new ArrayList<>();
    for (int i = 0; i < Control.MAX_CLIENTS; i++) {
      waiting.add(later(() -> ask("wait")));
    }
    assertTrue(busy.await(10, SECONDS));

    Answer refused = ask("status");

    assertEquals(OptionalInt.of(69), refused.exit());
    assertTrue(refused.lines().toString().contains("Try again"), refused.lines()::toString);
    release.countDown();
    for (CompletableFuture<Answer> one : waiting) {
      assertEquals(OptionalInt.of(0), one.get(10, SECONDS).exit());
    }
    await(() -> ask("status").exit().equals(OptionalInt.of(0)));
  }

  @Test
  void whatIsNoCommandIsRefusedInWords() throws Exception {
    listen(ControlScene::echo);
    for (String request :
        List.of(
            "",
            "null",
            "[]",
            "{}",
            "hello",
            "{\"words\":[]}",
            "{\"words\":\"a\"}",
            "\u0000",
            "{\"words\":[1]}",
            "{\"words\":[\"a\"]",
            "{\"words\":[null]}",
            "[".repeat(60_000))) {
      String answer = exchange((request + "\n").getBytes(UTF_8));
      assertTrue(answer.startsWith("{\"err\":\"the agent was asked"), request + ": " + answer);
      assertTrue(answer.endsWith("{\"exit\":64}\n"), request + ": " + answer);
    }
    assertEquals(List.of("out hello"), ask("hello").lines());
  }

  @Test
  void garbageHarmsNothing() throws Exception {
    listen(ControlScene::echo, SHORT);
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      byte[] garbage = new byte[random.nextInt(2_000)];
      random.nextBytes(garbage);
      try (SocketChannel client = connect()) {
        write(client, garbage);
        if (random.nextBoolean()) {
          client.shutdownOutput();
        }
      } catch (IOException answeredAlready) {
        // its first line was enough
      }
    }
    await(() -> ask("hello").lines().equals(List.of("out hello")));
    assertEquals(List.of(), log.all(), "seed " + seed);
  }

  @Test
  void aRequestBeyondTheBoundIsRefusedAndOneJustBelowIsServed() throws Exception {
    listen((words, out, err) -> words.get(0).length());
    int room = Control.MAX_REQUEST - "{\"words\":[\"\"]}".length();

    assertEquals(OptionalInt.of(room), ask("x".repeat(room)).exit());
    for (int length : List.of(room + 1, 10 << 20)) {
      Answer refused = ask("x".repeat(length));
      assertEquals(OptionalInt.of(64), refused.exit());
      assertEquals(List.of("err a line has more than 65536 bytes"), refused.lines());
    }
  }

  @Test
  void whoAsksNothingOrHalfALineIsLetGo() throws Exception {
    listen(ControlScene::echo, SHORT);
    for (String half : List.of("", "{\"words\":[\"a\"")) {
      assertEquals(
          "{\"err\":\"the agent was asked nothing in time\"}\n{\"exit\":64}\n",
          exchange(half.getBytes(UTF_8)));
    }
  }

  @Test
  void halfALineIsNoRequest() throws Exception {
    listen(ControlScene::echo);
    try (SocketChannel client = connect()) {
      write(client, "{\"words\":[\"a\"]}".getBytes(UTF_8));
      client.shutdownOutput();
      assertEquals("", all(client));
    }
  }

  @Test
  void aCommandMayTakeLongerThanAskingMay() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    listen((words, out, err) -> never.await(300, MILLISECONDS) ? 1 : 0, SHORT);

    // Again where a busy machine kept the question itself waiting for too long.
    await(() -> ask("replay").exit().equals(OptionalInt.of(0)));
  }

  @Test
  void aCommandThatFailsIsSaidToTheClientAndLogged() throws Exception {
    listen(
        (words, out, err) -> {
          if (words.get(0).equals("overflow")) {
            throw new StackOverflowError("deep");
          }
          throw new IOException("no disk");
        });
    for (String word : List.of("overflow", "fail")) {
      Answer answer = ask(word);
      assertEquals(OptionalInt.of(70), answer.exit());
      String line = answer.lines().get(0);
      assertTrue(line.startsWith("err " + word + " failed in the agent"), line);
      assertTrue(log.says("the command \"" + word + "\" failed"));
    }
  }

  @Test
  void aCommandWhoseClientWentAwayEnds() throws Exception {
    CompletableFuture<Throwable> end = new CompletableFuture<>();
    listen(
        (words, out, err) -> {
          try {
            while (true) {
              out.accept("event");
            }
          } catch (Throwable e) {
            end.complete(e);
            throw e;
          }
        });
    try (SocketChannel client = connect()) {
      write(client, "{\"words\":[\"events\"]}\n".getBytes(UTF_8));
      assertTrue(client.read(ByteBuffer.allocate(100)) > 0);
    }
    assertEquals(Control.Gone.class, end.get(10, SECONDS).getClass());
    await(() -> ownThreads() == 1);
    assertEquals(List.of(), log.all(), "leaving is no fault");
  }

  @Test
  void closingWaitsForNoClient() throws Exception {
    CountDownLatch writing = new CountDownLatch(2);
    Control control =
        listen(
            (words, out, err) -> {
              writing.countDown();
              while (true) {
                out.accept("x".repeat(1_000));
              }
            });
    try (SocketChannel silent = connect();
        SocketChannel reader = connect()) {
      write(reader, "{\"words\":[\"events\"]}\n".getBytes(UTF_8));
      CompletableFuture<Answer> asking = later(() -> ask("events"));
      assertTrue(writing.await(10, SECONDS));

      control.close();

      await(() -> ownThreads() == 0);
      assertEquals("", all(silent));
      IOException e = assertThrows(IOException.class, () -> result(asking));
      assertEquals("the agent ended before it answered", e.getMessage());
    }
  }

  @Test
  void closingLeavesACommandBehindThatNeverEnds() throws Exception {
    CountDownLatch working = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    Control control =
        listen(
            (words, out, err) -> {
              working.countDown();
              try {
                release.await();
                interrupted.complete(false);
              } catch (InterruptedException e) {
                interrupted.complete(true);
              }
              return 0;
            });
    CompletableFuture<Answer> asking = later(() -> ask("replay"));
    assertTrue(working.await(10, SECONDS));

    control.close();

    assertThrows(IOException.class, () -> result(asking));
    release.countDown();
    assertFalse(interrupted.get(10, SECONDS), "an interrupt would close the files it writes to");
    await(() -> ownThreads() == 0);
  }

  @Test
  void aCommandMayCloseTheControlItself() throws Exception {
    CompletableFuture<Control> control = new CompletableFuture<>();
    CompletableFuture<Boolean> closed = new CompletableFuture<>();
    control.complete(
        listen(
            (words, out, err) -> {
              control.get().close();
              closed.complete(true);
              return 0;
            }));
    assertThrows(IOException.class, () -> ask("stop"));
    assertTrue(closed.get(10, SECONDS));
  }

  @Test
  void anAgentThatEndsInTheMiddleOrTalksNonsenseIsSaid() throws Exception {
    assertEquals("the agent ended before it answered", asked(""));
    assertEquals("the agent ended before it answered", asked("{\"out\":\"a\"}\n{\"exit\":0}"));
    assertEquals("the agent's answer cannot be read: hello\\u001b", asked("hello\u001b\n"));
    assertEquals(
        "the agent's answer cannot be read: {\"exit\":\"0\"}", asked("{\"exit\":\"0\"}\n"));
    assertTrue(asked("x".repeat((16 << 20) + 1)).endsWith("a line has more than 16777216 bytes"));
  }

  /** What {@code ask} throws when a made-up agent says this and ends. */
  private String asked(String answer) throws Exception {
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      CompletableFuture<Answer> asking = later(() -> ask("status"));
      try (SocketChannel client = server.accept()) {
        write(client, answer.getBytes(UTF_8));
      } catch (IOException e) {
        // it has seen enough
      }
      return assertThrows(IOException.class, () -> result(asking)).getMessage();
    } finally {
      Files.delete(socket);
    }
  }

  @Test
  void roundsLeaveNoThreadAndNoDescriptorBehind() throws Exception {
    Path descriptors = Path.of("/proc/self/fd");
    assumeTrue(Files.exists(descriptors));
    long before = 0;
    for (int round = 0; round < 200; round++) {
      try (Control control = Control.listen(socket, ControlScene::echo, log);
          SocketChannel silent = connect()) {
        assertEquals(OptionalInt.of(0), ask("status").exit());
        assertTrue(silent.isConnected(), control::toString);
      }
      before = round == 20 ? count(descriptors) : before;
    }
    assertTrue(count(descriptors) <= before + 5, before + " to " + count(descriptors));
    await(() -> ownThreads() == 0);
  }
}
