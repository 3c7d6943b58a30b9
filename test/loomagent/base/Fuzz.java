package loomagent.base;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * One round of a fuzzer: chance from a seed, and good inputs damaged by it. A failure tells the
 * seed and the input made last; {@code -Dloomagent.seed=} makes the same round again, and no other.
 * As many rounds as fit {@code make test} are run, each time the same, so that what fails there has
 * been changed; {@code -Dloomagent.fuzz=} times as many in {@code make torture}, and always others.
 */
public final class Fuzz {

  /** What is done in a round, with all its chance from the one given. */
  public interface Round {
    void run(Fuzz fuzz) throws Exception;
  }

  private static final double TIMES = Double.parseDouble(System.getProperty("loomagent.fuzz", "1"));
  private static final boolean REPLAY = Long.getLong("loomagent.seed") != null;
  private static final long FIRST_SEED =
      Long.getLong("loomagent.seed", TIMES > 1 ? System.nanoTime() : 1);
  private static final int SHOWN = 4_000;
  private static final String LIKELY = "\"\\{}[]()<>:;,=%$#/'*|&@!? \t\r\n0123456789eE+-.ZTtfnul";

  /** What has broken a parser before, somewhere. Each character is a byte. */
  private static final String[] SPECIAL = {
    "null",
    "-1",
    "0",
    "00",
    "1e1000000000",
    "-1e-1000000000",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "9".repeat(1_100),
    "NaN",
    "\0",
    "\\u0000",
    "\\ud800",
    "\\",
    "\r\n",
    "\n\n",
    "\u000b",
    "\u00ff",
    "\u00ef\u00bb\u00bf", // a byte-order mark
    "\u00c0\u0080", // a NUL in two bytes
    "\u00ed\u00a0\u0080", // half a surrogate pair
    "\u00f4\u0090\u0080\u0080", // beyond Unicode
    "\u00e2\u0080\u00ae", // turns the direction of text
    "[".repeat(300),
    "{\"a\":".repeat(300),
    "../../",
    "%00%0a",
    "${env:X}",
    "{0}",
    "+999999999-12-31T23:59:59.999999999Z",
    "-1000000000-01-01T00:00:00Z",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    " ".repeat(5_000)
  };

  /** Where a round's chance is from, for what is made in a way of its own. */
  public final Random random;

  private byte[] input = {};

  private Fuzz(long seed) {
    // Random alone begins nearly the same with seeds that are near to each other.
    random = new Random(new SplittableRandom(seed).nextLong());
  }

  /**
   * Runs rounds until one fails.
   *
   * @param rounds how many take a second or so
   * @return whether there were so many that each kind of input was among them
   */
  public static boolean run(int rounds, Round round) {
    try {
      runAll(REPLAY ? 1 : Math.round(rounds * TIMES), round);
    } finally {
      forgetSecrets();
    }
    return !REPLAY && TIMES >= 1;
  }

  private static void runAll(long most, Round round) {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + most; seed++) {
      Fuzz fuzz = new Fuzz(seed);
      try {
        round.run(fuzz);
      } catch (Exception | Error failure) {
        String told = "failed with -Dloomagent.seed=" + seed + " at the input " + shown(fuzz.input);
        throw new AssertionError(told, failure);
      }
    }
  }

  /** Some word of an input may have been taken for a secret, and would be masked in later tests. */
  private static void forgetSecrets() {
    for (int i = 0; i < Secret.MAX_TEXTS; i++) {
      Secret.register("in the place of a fuzzer's " + i);
    }
  }

  /** One of several. */
  @SafeVarargs
  public final <T> T one(T... of) {
    return of[random.nextInt(of.length)];
  }

  /** True once in so many times. */
  public boolean once(int in) {
    return random.nextInt(in) == 0;
  }

  /** An input made in a way of its own, to be told if the round fails. */
  public byte[] input(byte[] bytes) {
    input = bytes.clone();
    return bytes;
  }

  /** An input made in a way of its own, to be told if the round fails. */
  public String input(String text) {
    input(text.getBytes(UTF_8));
    return text;
  }

  /** Bytes that nobody meant, or characters that mean much. */
  public byte[] noise(int most) {
    byte[] noise = new byte[random.nextInt(most + 1)];
    random.nextBytes(noise);
    if (random.nextBoolean()) {
      for (int i = 0; i < noise.length; i++) {
        noise[i] = (byte) LIKELY.charAt((noise[i] & 0xff) % LIKELY.length());
      }
    }
    return input(noise);
  }

  /** A good input with one to four faults in it; once in a while noise, or as it is. */
  public byte[] damaged(byte[]... good) {
    byte[] bytes = one(good);
    if (once(50)) {
      return once(2) ? noise(2 * bytes.length + 8) : input(bytes.clone());
    }
    for (int i = random.nextInt(4); i >= 0; i--) {
      bytes = fault(bytes, one(good));
    }
    return input(bytes);
  }

  /** As {@link #damaged(byte[]...)}, for what is text; bytes that are not UTF-8 are replaced. */
  public String damaged(String good) {
    return new String(damaged(good.getBytes(UTF_8)), UTF_8);
  }

  private byte[] fault(byte[] bytes, byte[] other) {
    int at = random.nextInt(bytes.length + 1);
    int to = at + random.nextInt(Math.min(bytes.length - at, once(4) ? bytes.length : 16) + 1);
    byte[] part = part(bytes, at, to);
    switch (random.nextInt(10)) {
      case 0: // flip
        return changed(bytes, at, 1 << random.nextInt(8));
      case 1: // any byte
        return changed(bytes, at, 1 + random.nextInt(255));
      case 2: // likely
        return replaced(bytes, at, Math.min(bytes.length, at + 1), likely());
      case 3: // insert
        return replaced(bytes, at, at, likely());
      case 4: // cut off
        return part(bytes, 0, at);
      case 5: // take out
        return replaced(bytes, at, to, new byte[0]);
      case 6: // repeat
        return replaced(bytes, at, at, part);
      case 7: // move
        int there = random.nextInt(bytes.length - (to - at) + 1);
        return replaced(replaced(bytes, at, to, new byte[0]), there, there, part);
      case 8: // splice
        int from = random.nextInt(other.length + 1);
        int end = Math.min(other.length, from + random.nextInt(once(4) ? other.length + 1 : 32));
        return replaced(bytes, at, to, part(other, from, end));
      default:
        return replaced(bytes, at, once(2) ? at : to, one(SPECIAL).getBytes(ISO_8859_1));
    }
  }

  private byte[] likely() {
    return new byte[] {(byte) LIKELY.charAt(random.nextInt(LIKELY.length()))};
  }

  private static byte[] changed(byte[] bytes, int at, int by) {
    byte[] changed = bytes.clone();
    if (at < changed.length) {
      changed[at] ^= (byte) by;
    }
    return changed;
  }

  private static byte[] part(byte[] bytes, int from, int to) {
    return Arrays.copyOfRange(bytes, from, to);
  }

  private static byte[] replaced(byte[] bytes, int from, int to, byte[] by) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length + by.length);
    out.write(bytes, 0, from);
    out.writeBytes(by);
    out.write(bytes, to, bytes.length - to);
    return out.toByteArray();
  }

  /** So that it can be pasted into a test. */
  private static String shown(byte[] bytes) {
    StringBuilder shown = new StringBuilder("\"");
    for (int i = 0; i < bytes.length && shown.length() < SHOWN; i++) {
      char c = (char) (bytes[i] & 0xff);
      if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
        shown.append(c);
      } else {
        shown.append(String.format("\\u%04x", (int) c));
      }
    }
    return shown.append('"') + " (" + bytes.length + " bytes)";
  }
}
