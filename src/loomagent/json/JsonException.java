package loomagent.json;

/**
 * Text that is not JSON, or is more of it than a bound allows. The message gives line and column
 * (both from 1, the column in characters), what was expected and what was found; it never quotes
 * more than one printable character, so that a secret in the text cannot reach a log.
 */
public final class JsonException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  private final int offset;

  JsonException(String message, int offset) {
    super(message);
    this.offset = offset;
  }

  /**
   * Where reading stopped, from 0: in bytes from the start of the range that was read, or in
   * characters where a String was.
   */
  public int offset() {
    return offset;
  }
}
