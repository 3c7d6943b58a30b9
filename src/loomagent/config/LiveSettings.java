package loomagent.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.AbstractMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** A handler's own settings; only a value that is asked for is looked up, and each time anew. */
final class LiveSettings extends AbstractMap<String, String> {
  private record Live(String getKey, Value value) implements Map.Entry<String, String> {
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

  private final Set<Map.Entry<String, String>> entries;

  LiveSettings(Map<String, Value> values) {
    entries =
        values.entrySet().stream()
            .map(entry -> new Live(entry.getKey(), entry.getValue()))
            .collect(Collectors.toUnmodifiableSet());
  }

  @Override
  public Set<Map.Entry<String, String>> entrySet() {
    return entries;
  }

  /** The names only: among the values are secrets. */
  @Override
  public String toString() {
    return keySet().toString();
  }
}
