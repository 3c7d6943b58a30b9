package loomagent.journal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The ids that came lately: the last {@value #GENERATION} at the least, twice as many at the most.
 * A UUID is kept as its 128 bits, any other id as the first 128 of its SHA-256. They lie in two
 * generations; when the younger is full, the older is forgotten. Not thread-safe.
 */
final class SeenIds {
  /** An hour at 70 events a second; 8 MB a generation. The newest events of a pull lie within. */
  static final int GENERATION = 1 << 18;

  private final int generation;
  private final MessageDigest sha256;
  private Table young = new Table();
  private Table old = new Table();
  private long high;
  private long low;

  SeenIds() {
    this(GENERATION);
  }

  /** With another bound, for tests. */
  SeenIds(int generation) {
    this.generation = generation;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException(missing); // every Java has it
    }
  }

  boolean contains(String id) {
    key(id);
    return young.contains(high, low) || old.contains(high, low);
  }

  /** Adds an id; false if it is known. */
  boolean add(String id) {
    if (contains(id)) {
      return false;
    }
    remember();
    return true;
  }

  /** Adds the id that was looked for last, and is not known. */
  void remember() {
    if (young.count == generation) {
      Table forgotten = old;
      old = young;
      young = forgotten;
      young.clear();
    }
    young.add(high, low);
  }

  private void key(String id) {
    if (!isUuid(id)) {
      ByteBuffer hash = ByteBuffer.wrap(sha256.digest(id.getBytes(StandardCharsets.UTF_8)));
      high = hash.getLong();
      low = hash.getLong();
    }
  }

  /** Reads a UUID in lower case, as Loom writes them; false for anything else. */
  boolean isUuid(String id) {
    if (id.length() != 36) {
      return false;
    }
    long a = 0;
    long b = 0;
    for (int i = 0; i < 36; i++) {
      char c = id.charAt(i);
      if (i == 8 || i == 13 || i == 18 || i == 23) {
        if (c != '-') {
          return false;
        }
        continue;
      }
      int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
      if (digit < 0) {
        return false;
      }
      if (i < 18) {
        a = a << 4 | digit;
      } else {
        b = b << 4 | digit;
      }
    }
    high = a;
    low = b;
    return a != 0 || b != 0; // a slot of zeros is free
  }

  /** A set of 128-bit keys, two longs each, probed in a line. */
  private static final class Table {
    // Odd, and another pair in each process: nobody can choose ids that want one slot.
    private static final long HIGH = new SplittableRandom().nextLong() | 1;
    private static final long LOW = new SplittableRandom().nextLong() | 1;

    private long[] slots = new long[2 << 10];
    private int count;

    boolean contains(long high, long low) {
      int slot = slot(high, low);
      return slots[slot] != 0 || slots[slot + 1] != 0;
    }

    void add(long high, long low) {
      if (count >= slots.length / 4) { // half of the room
        grow();
      }
      int slot = slot(high, low);
      slots[slot] = high;
      slots[slot + 1] = low;
      count++;
    }

    void clear() {
      Arrays.fill(slots, 0);
      count = 0;
    }

    /** Where a key lies, or would. */
    private int slot(long high, long low) {
      int mask = slots.length - 1;
      int slot = (int) (high * HIGH + low * LOW >>> 33) << 1 & mask;
      while ((slots[slot] != high || slots[slot + 1] != low)
          && (slots[slot] != 0 || slots[slot + 1] != 0)) {
        slot = slot + 2 & mask;
      }
      return slot;
    }

    private void grow() {
      long[] before = slots;
      slots = new long[2 * before.length];
      for (int i = 0; i < before.length; i += 2) {
        if (before[i] != 0 || before[i + 1] != 0) {
          int slot = slot(before[i], before[i + 1]);
          slots[slot] = before[i];
          slots[slot + 1] = before[i + 1];
        }
      }
    }
  }
}
