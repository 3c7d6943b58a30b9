package loomagent.json;

import java.util.Objects;

/**
 * Reads one JSON array after another and gives where each element's exact text lies, so that the
 * elements of a large answer can be taken one by one without a tree of all of them. One thread.
 *
 * <p>{@link #read} checks the whole text, as strictly as {@link Json#parse(byte[], int, int)}:
 * whoever steps over the elements has no half of a broken text in hand.
 */
public final class Items {
  private final Skipper scan = new Skipper();
  private int start;
  private int end;
  private int ahead; // start of the next element; 0 without one, which lies behind a bracket

  /**
   * Reads the array that lies in the bytes {@code from} to {@code to} (exclusive), at most {@link
   * Json#MAX_BYTES} of them, which must not change meanwhile. {@link #next} then gives the first
   * element.
   *
   * @throws JsonException on anything else than one JSON array in UTF-8 with white space around it
   */
  public void read(byte[] utf8, int from, int to) {
    start = 0;
    end = 0;
    ahead = 0;
    Objects.checkFromToIndex(from, to, utf8.length);
    Json.checkSize(to - from, Json.MAX_BYTES);
    scan.reset(utf8, from, to);
    int first = scan.first();
    if (scan.peek(first) != '[') {
      throw scan.expected(first, "an array");
    }
    scan.last(scan.value(first, 0));
    int inner = scan.space(first + 1);
    ahead = scan.peek(inner) == ']' ? 0 : inner;
  }

  /**
   * Steps to the next element.
   *
   * @return false if there is none; {@link #start} and {@link #end} are 0 then
   */
  public boolean next() {
    start = ahead;
    end = 0;
    if (start == 0) {
      return false;
    }
    end = scan.value(start, 1);
    int after = scan.next(end, ']');
    ahead = scan.peek(after) == ',' ? scan.space(after + 1) : 0;
    return true;
  }

  /** Offset in the array read of the element's first byte. */
  public int start() {
    return start;
  }

  /** Offset in the array read behind the element's last byte. */
  public int end() {
    return end;
  }
}
