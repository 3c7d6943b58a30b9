package loomagent.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class SecretTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream masking = Secret.masking(new PrintStream(bytes, false));

  @Test
  void aSecretShowsItselfOnlyWhenAsked() {
    Secret secret = new Secret("show-nobody-1");
    assertEquals("***", secret.toString());
    assertEquals("show-nobody-1", secret.reveal());
    assertEquals("a *** b ***.", Secret.mask("a show-nobody-1 b show-nobody-1."));
  }

  @Test
  void whatHoldsNoSecretIsTheSameObject() {
    Secret.register("another-secret-2");
    String line = "2026-01-01T00:00:00Z info connected, another-secret-";
    assertSame(line, Secret.mask(line));
    assertEquals("", Secret.mask(""));
  }

  @Test
  void secretsThatOverlapAreMaskedAsOne() {
    Secret.register("abcd-3333-efgh");
    Secret.register("efgh-3333-ijkl");
    Secret.register("abcd-3333");
    assertEquals("x***y", Secret.mask("xabcd-3333-efgh-3333-ijkly"));
    assertEquals("***-x", Secret.mask("abcd-3333-x"));
    assertEquals("***", Secret.mask("abcd-3333-efghabcd-3333-efgh"));
  }

  @Test
  void shortTextsAreNotMasked() {
    Secret.register("qzx");
    Secret.register("");
    assertEquals("qzx", Secret.mask("qzx"));
    Secret.register("qzxj");
    assertEquals("***", Secret.mask("qzxj"));
  }

  @Test
  void aSecretOfSeveralLinesIsMaskedLineByLine() {
    Secret.register("-----BEGIN KEY 4-----\nMIIEvQIBADANBgkqhkiG\n-----END KEY 4-----\n");
    masking.print("-----BEGIN KEY 4-----\nMIIEvQIBADANBgkqhkiG\nend\n");
    assertEquals("***\n***\nend\n", text());
  }

  @Test
  void whatFollowsBearerOrBasicIsMaskedUnlessItIsAWord() {
    assertEquals("Authorization: Bearer ***", Secret.mask("Authorization: Bearer aBc"));
    assertEquals(
        "{\"authorization\":\"basic ***\"}", Secret.mask("{\"authorization\":\"basic YTpi\"}"));
    assertEquals(
        "got Bearer  *** twice: BEARER ***",
        Secret.mask("got Bearer  eyJh.b-c_ twice: BEARER A/+="));
    assertEquals(
        "Proxy-Authorization=Basic ***, x",
        Secret.mask("Proxy-Authorization=Basic dXNlcjpwdw==, x"));
    for (String sentence :
        List.of(
            "the proxy wants Basic authentication.",
            "Leave out the word Bearer",
            "basic  words",
            "a bearer token: see above",
            "Basic ",
            "acrobat 1",
            "Bearer")) {
      assertSame(sentence, Secret.mask(sentence));
    }
  }

  @Test
  void theRegisterKeepsTheMostRecentOnes() {
    Secret.register("the-oldest-of-all-5");
    Secret.register("used-again-and-again-5");
    for (int i = 0; i < Secret.MAX_TEXTS - 1; i++) {
      Secret.register("filler-" + i + "-filler-5");
      Secret.register("used-again-and-again-5");
    }
    assertEquals("the-oldest-of-all-5", Secret.mask("the-oldest-of-all-5"));
    assertEquals("***", Secret.mask("used-again-and-again-5"));
    assertEquals("***", Secret.mask("filler-0-filler-5"));
    Secret.register("one-more-5");
    assertEquals("filler-0-filler-5", Secret.mask("filler-0-filler-5"));
    assertEquals("***", Secret.mask("filler-1-filler-5"));
  }

  @Test
  void theLongestThatIsMaskedIsTheLongestSetting() {
    String longest = "ü".repeat(Secret.MAX_LENGTH / 2);
    Secret.register(longest);
    assertEquals("<***>", Secret.mask("<" + longest + ">"));
    String longer = "x".repeat(Secret.MAX_LENGTH + 1);
    Secret.register(longer);
    assertSame(longer, Secret.mask(longer));
  }

  @Test
  void itAgreesWithTheSlowAndObviousWay() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<String> secrets = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      secrets.add(word(random, 4 + random.nextInt(6)));
      Secret.register(secrets.get(i));
    }
    for (int round = 0; round < 20_000; round++) {
      String text = word(random, random.nextInt(60));
      assertEquals(obviously(text, secrets), Secret.mask(text), () -> "seed " + seed + ": " + text);
    }
  }

  @Test
  void masksCostLittleHoweverManySecretsThereAre() {
    for (int i = 0; i < Secret.MAX_TEXTS; i++) {
      Secret.register("costly-" + i + "-secret-" + "\na line of it, the same for all".repeat(100));
    }
    String line = "2026-01-01T00:00:00Z info an ordinary line of the log, as long as they are. ";
    assertTimeout(
        Duration.ofSeconds(10),
        () -> {
          for (int i = 0; i < 1_000_000; i++) {
            Secret.mask(line);
          }
        });
  }

  @Test
  void aLineIsHeldBackUntilItEndsOrIsFlushed() {
    Secret.register("in-two-parts-6");
    masking.print("token in-two");
    assertEquals("", text());
    masking.print("-parts-6");
    assertEquals("", text());
    masking.println(" and ü");
    assertEquals("token *** and ü" + System.lineSeparator(), text());
    masking.print("in-two-parts-6");
    masking.flush();
    assertTrue(text().endsWith("***"));
  }

  @Test
  void linesWithoutSecretsPassByteByByte() {
    byte[] odd = {'a', (byte) 0xFC, 0, '\r', '\n', (byte) 0x80, '\n', '\n'};
    masking.write(odd, 0, odd.length);
    masking.write('x');
    masking.close();
    byte[] written = bytes.toByteArray();
    assertEquals(odd.length + 1, written.length);
    for (int i = 0; i < odd.length; i++) {
      assertEquals(odd[i], written[i]);
    }
  }

  @Test
  void aLineWithoutEndGoesOnInPartsAndNoSecretIsCut() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    String secret = "Long-" + "7".repeat(60_000) + "-ü-Secret";
    Secret.register(secret);
    StringBuilder written = new StringBuilder();
    StringBuilder expected = new StringBuilder();
    while (written.length() < 2_000_000) {
      // Secrets side by side would become one mask.
      String padding = "pädding 😀 ".repeat(1 + random.nextInt(9_000));
      written.append(padding).append(secret);
      expected.append(padding).append("***");
    }
    byte[] all = written.toString().getBytes(StandardCharsets.UTF_8);
    for (int at = 0; at < all.length; ) {
      int length = Math.min(all.length - at, 1 + random.nextInt(40_000));
      masking.write(all, at, length);
      at += length;
    }
    assertTrue(bytes.size() > 0, "it did not wait for the end");
    masking.flush();
    assertTrue(expected.toString().equals(text()), "seed " + seed);
  }

  @Test
  void linesOfSeveralThreadsStayWhole() throws Exception {
    Secret.register("of-all-threads-8");
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      String line = ("" + t).repeat(50) + " of-all-threads-8\n";
      threads.add(
          new Thread(
              () -> {
                for (int i = 0; i < 1_000; i++) {
                  masking.print(line);
                }
              }));
      threads.get(t).start();
    }
    for (Thread thread : threads) {
      thread.join(30_000);
    }
    assertEquals(4_000, text().lines().filter(l -> l.matches("(\\d)\\1{49} \\*\\*\\*")).count());
    assertEquals(4_000, text().lines().count());
  }

  @Test
  void severalThreadsMayRegisterAtOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<Callable<Boolean>> tasks = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      String name = "of-thread-" + t + "-9-";
      tasks.add(
          () -> {
            for (int i = 0; i < 1_000; i++) {
              Secret.register(name + i);
            }
            return true;
          });
    }
    for (Future<Boolean> task : threads.invokeAll(tasks, 60, TimeUnit.SECONDS)) {
      assertTrue(task.get());
    }
    threads.shutdown();
    Secret.register("after-all-threads-9");
    assertEquals("***", Secret.mask("after-all-threads-9"));
  }

  @Test
  void aClosedOutputShowsInCheckError() {
    OutputStream broken =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("broken pipe");
          }
        };
    PrintStream out = Secret.masking(new PrintStream(broken));
    assertFalse(out.checkError());
    out.println("x");
    assertTrue(out.checkError());
  }

  private static String obviously(String text, List<String> secrets) {
    boolean[] hidden = new boolean[text.length()];
    for (String secret : secrets) {
      for (int at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) {
        Arrays.fill(hidden, at, at + secret.length(), true);
      }
    }
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < hidden.length; i++) {
      if (!hidden[i]) {
        out.append(text.charAt(i));
      } else if (i == 0 || !hidden[i - 1]) {
        out.append("***");
      }
    }
    return out.toString();
  }

  private static String word(Random random, int length) {
    StringBuilder word = new StringBuilder();
    for (int i = 0; i < length; i++) {
      // Letters that no other test's secret is made of.
      word.append("ΑΒΓ".charAt(random.nextInt(3)));
    }
    return word.toString();
  }

  private String text() {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
