package loomagent.ops;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loomagent.base.Secret;
import loomagent.json.Json;

/**
 * What a request is answered with.
 *
 * @param status as HTTP has it
 * @param type of the body
 * @param body all of it; secrets are masked already
 * @param headers besides those that every answer has
 */
record Answer(int status, String type, String body, Map<String, String> headers) {
  static final String TEXT = "text/plain; charset=utf-8";
  private static final String JSON = "application/json";

  Answer(int status, String type, String body) {
    this(status, type, body, Map.of());
  }

  /** A line or several for a person. */
  static Answer text(int status, String text) {
    return new Answer(status, TEXT, Secret.mask(text) + "\n");
  }

  /** For a program. Masked before it is quoted: in JSON a secret with a quote is another text. */
  static Answer json(int status, Map<String, Object> members) {
    return new Answer(status, JSON, Json.write(masked(members)) + "\n");
  }

  Answer with(String header, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(header, value);
    return new Answer(status, type, body, more);
  }

  private static Object masked(Object value) {
    if (value instanceof CharSequence text) {
      return Secret.mask(text.toString());
    } else if (value instanceof Map<?, ?> members) {
      Map<Object, Object> masked = new LinkedHashMap<>();
      members.forEach((name, member) -> masked.put(masked(name), masked(member)));
      return masked;
    } else if (value instanceof Iterable<?> elements) {
      List<Object> masked = new ArrayList<>();
      elements.forEach(element -> masked.add(masked(element)));
      return masked;
    }
    return value;
  }
}
