package loomagent.json;

import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;

/** A JSON array. Unmodifiable. */
final class Elements extends AbstractList<Object> implements RandomAccess {
  static final List<Object> NONE = new Elements(new Object[0]);

  private final Object[] values;

  /** Takes the array over. */
  Elements(Object[] values) {
    this.values = values;
  }

  @Override
  public int size() {
    return values.length;
  }

  @Override
  public Object get(int index) {
    return values[index];
  }
}
