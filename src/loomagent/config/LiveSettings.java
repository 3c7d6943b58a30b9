package loomagent.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.AbstractMap;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** A handler's own settings; only a value that is asked for is looked up, and each time anew. */
final class LiveSettings extends AbstractMap<String, String> {
  private record Live(String key, Value value) implements Map.Entry<String, String> {
    @Override
    public String getKey() {
      return key;
    }

    @Override
    public String getValue() {
      try {
        return value.resolve();
      } catch (IOException e) {
        throw new UncheckedIOException(e.getMessage(), e);
      }
    }

    @Override
    public String setValue(String other) {
      throw new UnsupportedOperationException("the configuration is read only");
    }
  }

  private final Set<Map.Entry<String, String>> entries = new LinkedHashSet<>();

  LiveSettings(Map<String, Value> values) {
    values.forEach((key, value) -> entries.add(new Live(key, value)));
  }

  @Override
  public Set<Map.Entry<String, String>> entrySet() {
    return Collections.unmodifiableSet(entries);
  }

  /** The names only: among the values are secrets. */
  @Override
  public String toString() {
    return keySet().toString();
  }
}
