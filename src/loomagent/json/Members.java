package loomagent.json;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;

/**
 * A small JSON object: names and values by turns in one array, found by walking it, which up to a
 * dozen names beats hashing them, and takes a quarter of the memory. Unmodifiable.
 */
final class Members extends AbstractMap<String, Object> {
  static final Map<String, Object> NONE = new Members(new Object[0]);

  private static final int MOST = 12;

  private final Object[] pairs;

  private Members(Object[] pairs) {
    this.pairs = pairs;
  }

  /** The object of the pairs that lie on the stack. Of a repeated name the last value counts. */
  static Map<String, Object> of(Object[] stack, int from, int to) {
    if (to - from <= 2 * MOST && !hasRepetition(stack, from, to)) {
      return new Members(Arrays.copyOfRange(stack, from, to));
    }
    // A HashMap turns its bins into trees, so names chosen to collide do not slow it down for long.
    Map<String, Object> members = new LinkedHashMap<>((to - from) / 2 * 4 / 3 + 1);
    for (int i = from; i < to; i += 2) {
      members.put((String) stack[i], stack[i + 1]);
    }
    return Collections.unmodifiableMap(members);
  }

  private static boolean hasRepetition(Object[] stack, int from, int to) {
    long seen = 0; // a bit for each hash: names are only compared when theirs meet
    for (int i = from; i < to; i += 2) {
      int hash = stack[i].hashCode();
      for (int j = from; (seen >> hash & 1) != 0 && j < i; j += 2) {
        if (stack[j].hashCode() == hash && stack[j].equals(stack[i])) {
          return true;
        }
      }
      seen |= 1L << hash;
    }
    return false;
  }

  @Override
  public int size() {
    return pairs.length / 2;
  }

  @Override
  public Object get(Object name) {
    int i = indexOf(name);
    return i < 0 ? null : pairs[i + 1];
  }

  @Override
  public boolean containsKey(Object name) {
    return indexOf(name) >= 0;
  }

  private int indexOf(Object name) {
    for (int i = 0; i < pairs.length; i += 2) {
      if (pairs[i].equals(name)) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public Set<Entry<String, Object>> entrySet() {
    return new AbstractSet<>() {
      @Override
      public int size() {
        return pairs.length / 2;
      }

      @Override
      public Iterator<Entry<String, Object>> iterator() {
        return new Entries();
      }
    };
  }

  private final class Entries implements Iterator<Entry<String, Object>> {
    private int next;

    @Override
    public boolean hasNext() {
      return next < pairs.length;
    }

    @Override
    public Entry<String, Object> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      next += 2;
      return new SimpleImmutableEntry<>((String) pairs[next - 2], pairs[next - 1]);
    }
  }
}
