package loomagent.config;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A setting that may hold ${…}: looked up at each use, so that a rotated file takes effect. */
public final class Value {
  // It is sent in a header, and common servers refuse larger ones.
  static final int MAX_TOKEN = 16 << 10;

  private final Entry entry;
  private final Placeholders placeholders;

  Value(Entry entry, Placeholders placeholders) {
    this.entry = entry;
    this.placeholders = placeholders;
  }

  /**
   * The value as it is now. May be called from any thread; reads files. A secret's text is
   * registered with {@link loomagent.base.Secret} before it is returned.
   *
   * @throws IOException when a ${…} cannot be looked up or what it gave cannot be used; the message
   *     says which, where it was written and what to do, and never shows the value
   */
  public String resolve() throws IOException {
    List<String> faults = new ArrayList<>();
    String text = text(faults);
    if (!faults.isEmpty()) {
      throw new IOException(origin() + ": " + String.join(" ", faults));
    }
    return text;
  }

  /** Whether it is written out, without any ${…}. */
  public boolean literal() {
    return entry.literal();
  }

  /** Where it was written, like {@code agent.properties:6}. */
  public String origin() {
    return entry.origin().text();
  }

  String text(List<String> faults) {
    String text = placeholders.fill(entry, faults);
    if (faults.isEmpty() && entry.key().equals(Key.TOKEN.key())) {
      checkToken(text, faults);
    }
    return text;
  }

  private static void checkToken(String token, List<String> faults) {
    String subject = "token (" + token.length() + " characters) ";
    if (token.isEmpty()) {
      faults.add("token is empty. " + Key.TOKEN.advice());
    } else if (token.length() > MAX_TOKEN) {
      faults.add(subject + "is longer than 16 KB. Is it the right text?");
    } else if (token.regionMatches(true, 0, "bearer ", 0, 7)) {
      faults.add(subject + "begins with \"Bearer\". Leave that word out.");
    } else if (token.chars().anyMatch(c -> c <= ' ' || c >= 0x7f)) {
      faults.add(
          subject + "holds a space, a line end or another character no token has. Remove it.");
    }
  }

  /** Never the value: it may be a secret. */
  @Override
  public String toString() {
    return entry.toString();
  }
}
