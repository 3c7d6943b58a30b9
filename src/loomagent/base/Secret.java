package loomagent.base;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A text that must not be seen, and the register of all such texts in this process, by which they
 * are masked wherever text leaves it. Safe to use from any thread.
 */
public final class Secret {
  // A hundred connections' access and refresh tokens, secrets and passwords, and those they
  // replaced: older ones open nothing any more.
  static final int MAX_TEXTS = 1_024;
  // Of all texts together, in characters: a thousand PEM files would take too much memory.
  static final int MAX_TOTAL = 4 << 20;
  // As long as a setting may be. It bounds the register, and what a stream holds back.
  static final int MAX_LENGTH = 64 << 10;
  // Masking shorter ones would make a log unreadable and tell what they are.
  private static final int MIN_LENGTH = 4;
  // A line of a longer secret (a PEM file's) is masked by itself: it may be printed by itself.
  private static final int MIN_LINE = 16;
  private static final String MASK = "***";
  // "Basic authentication" is a word in a sentence: no credential is small letters only.
  private static final Pattern CREDENTIAL =
      Pattern.compile(
          "(?i:bearer|[\\s\\S]?basic) +(?![a-z.:]+(?:[\\s\"'\\\\,;]|$))([^\\s\"'\\\\,;]+)");

  /** The least recently used first. Guarded by itself. */
  private static final Set<String> RECENT = new LinkedHashSet<>();

  /** What is looked for, and how many of the texts ask for it. Guarded by {@code RECENT}. */
  private static final Map<String, Integer> PARTS = new HashMap<>();

  /** The characters of {@code RECENT}. Guarded by it. */
  private static int total;

  /** What to look for, by the hash of its first four characters. Its arrays never change. */
  private static final AtomicReferenceArray<String[]> BY_START =
      new AtomicReferenceArray<>(1 << 16);

  static {
    // The ends of "Bearer " and "Basic ", behind which a credential stands.
    BY_START.set(hash("rer "), new String[0]);
    BY_START.set(hash("sic "), new String[0]);
  }

  private final String text;

  /** Also registers the text. */
  public Secret(String text) {
    this.text = text;
    register(text);
  }

  /** The text itself: for the header or request that needs it, and nothing else. */
  public String reveal() {
    return text;
  }

  @Override
  public String toString() {
    return MASK;
  }

  /**
   * From now on {@link #mask} replaces this text, and each of its lines of at least 16 characters,
   * while it is among the 1,024 most recently registered, and they have at most four million
   * characters. A text of fewer than 4 characters, or of more than 64 KB, is not registered.
   */
  public static void register(String text) {
    if (text.length() >= MIN_LENGTH && text.getBytes(UTF_8).length <= MAX_LENGTH) {
      synchronized (RECENT) {
        if (!RECENT.remove(text)) {
          parts(text).forEach(Secret::add);
          total += text.length();
        }
        RECENT.add(text);
        while (RECENT.size() > MAX_TEXTS || total > MAX_TOTAL) {
          String oldest = RECENT.iterator().next();
          RECENT.remove(oldest);
          total -= oldest.length();
          parts(oldest).forEach(Secret::remove);
        }
      }
    }
  }

  private static Stream<String> parts(String text) {
    return Stream.concat(
            Stream.of(text),
            text.lines().map(String::strip).filter(line -> line.length() >= MIN_LINE))
        // In a stream each byte is a character.
        .flatMap(part -> Stream.of(part, new String(part.getBytes(UTF_8), ISO_8859_1)))
        .distinct();
  }

  private static void add(String part) {
    if (PARTS.merge(part, 1, Integer::sum) == 1) {
      BY_START.updateAndGet(
          hash(part),
          before -> {
            int length = before == null ? 0 : before.length;
            String[] after = length == 0 ? new String[1] : Arrays.copyOf(before, length + 1);
            after[length] = part;
            return after;
          });
    }
  }

  private static void remove(String part) {
    if (PARTS.merge(part, -1, Integer::sum) == 0) {
      PARTS.remove(part);
      BY_START.updateAndGet(
          hash(part),
          before -> Stream.of(before).filter(kept -> !kept.equals(part)).toArray(String[]::new));
    }
  }

  private static int hash(String start) {
    return start.chars().limit(MIN_LENGTH).reduce(0, Secret::next);
  }

  /** Of the last four characters, in capitals or not: each shifts the one before them out. */
  private static int next(int hash, int c) {
    return (hash << 4 ^ (c | 0x20)) & 0xFFFF;
  }

  /**
   * The text with {@code ***} in place of every registered secret, and of what follows {@code
   * Bearer} or {@code Basic} and is no ordinary word; the same object when there is none. It takes
   * one pass over the text, however many secrets there are.
   */
  public static String mask(String text) {
    BitSet hidden = hidden(text);
    return hidden.isEmpty() ? text : shown(text, text.length(), hidden);
  }

  private static BitSet hidden(String text) {
    BitSet hidden = new BitSet(0);
    for (int i = 0, hash = 0; i < text.length(); i++) {
      hash = next(hash, text.charAt(i));
      String[] candidates = BY_START.get(hash);
      if (candidates != null) {
        for (String secret : candidates) {
          int from = i + 1 - MIN_LENGTH;
          if (text.startsWith(secret, from)) {
            hidden.set(from, from + secret.length());
          }
        }
        int scheme = Math.max(0, i - "bearer".length());
        Matcher credential = CREDENTIAL.matcher(text).region(scheme, text.length());
        if (credential.lookingAt()) {
          hidden.set(credential.start(1), credential.end(1));
        }
      }
    }
    return hidden;
  }

  private static String shown(String text, int end, BitSet hidden) {
    StringBuilder shown = new StringBuilder(end);
    int at = 0;
    for (int to = hidden.nextSetBit(0); to >= 0 && to < end; to = hidden.nextSetBit(at)) {
      shown.append(text, at, to).append(MASK);
      at = hidden.nextClearBit(to);
    }
    return shown.append(text, at, end).toString();
  }

  /**
   * A stream that masks UTF-8 on its way to {@code out}, and leaves every other byte as it is. A
   * line is held back until it ends, the stream is flushed, or it grows to 128 KB; then all but its
   * last 64 KB go on, so that no secret is cut in two. A failure of {@code out} shows in {@code
   * checkError()}.
   */
  public static PrintStream masking(PrintStream out) {
    return new PrintStream(new MaskingStream(out), false, UTF_8);
  }

  private static final class MaskingStream extends OutputStream {
    private final PrintStream out;
    // Guarded by this.
    private final ByteArrayOutputStream held = new ByteArrayOutputStream();

    MaskingStream(PrintStream out) {
      this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
      for (int at = offset; at < offset + length; at += MAX_LENGTH) {
        int size = Math.min(MAX_LENGTH, offset + length - at);
        held.write(bytes, at, size);
        int lines = size;
        while (lines > 0 && bytes[at + lines - 1] != '\n') {
          lines--;
        }
        if (lines > 0 || held.size() >= 2 * MAX_LENGTH) {
          pass(held.size() - (lines > 0 ? size - lines : MAX_LENGTH));
        }
      }
    }

    /** Also flushes {@code out}. */
    private void pass(int atLeast) throws IOException {
      String text = held.toString(ISO_8859_1);
      BitSet hidden = hidden(text);
      int end = hidden.nextClearBit(atLeast);
      byte[] shown = shown(text, end, hidden).getBytes(ISO_8859_1);
      out.write(shown, 0, shown.length);
      held.reset();
      held.writeBytes(text.substring(end).getBytes(ISO_8859_1));
      if (out.checkError()) {
        throw new IOException("the output cannot be written to");
      }
    }

    @Override
    public synchronized void flush() throws IOException {
      pass(held.size());
    }

    @Override
    public synchronized void close() throws IOException {
      flush();
      out.close();
    }
  }
}
