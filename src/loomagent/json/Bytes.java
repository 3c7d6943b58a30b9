package loomagent.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Looks for one byte, eight at a time: each event is searched for newlines more than once. */
public final class Bytes {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long EACH = 0x0101010101010101L;
  private static final long TOPS = 0x8080808080808080L;

  private Bytes() {}

  /** Where the first such byte is, or {@code to}. It is below 128, as a character of its own. */
  public static int find(byte wanted, byte[] bytes, int from, int to) {
    long pattern = EACH * wanted;
    int at = from;
    for (; at + 8 <= to; at += 8) {
      long differs = (long) LONG.get(bytes, at) ^ pattern;
      long found = (differs - EACH) & ~differs & TOPS;
      if (found != 0) {
        return at + (Long.numberOfTrailingZeros(found) >> 3);
      }
    }
    while (at < to && bytes[at] != wanted) {
      at++;
    }
    return at;
  }

  /** Puts one byte in the place of another, which is below 128. */
  public static void replace(byte wanted, byte replacement, byte[] bytes, int from, int to) {
    for (int at = find(wanted, bytes, from, to); at < to; at = find(wanted, bytes, at, to)) {
      bytes[at] = replacement;
    }
  }
}
