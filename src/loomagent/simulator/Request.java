package loomagent.simulator;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * One HTTP request.
 *
 * @param headers names in any case; of a repeated one the values, joined by a comma
 * @param body empty when it has no Content-Length
 */
public record Request(String method, String target, Map<String, String> headers, String body) {
  /** Puma's bound is 80 KB; a token and a few headers fit in far less. */
  static final int MAX_HEAD = 32 * 1024;

  /** One event; Loom's own are of some hundred bytes. */
  private static final int MAX_BODY = 1 << 20;

  /** The target up to its query. */
  public String path() {
    return target.split("\\?", 2)[0];
  }

  /** The value of a header, whatever the case of its name. */
  public Optional<String> header(String name) {
    return Optional.ofNullable(headers.get(name));
  }

  /** Whether a comma-separated header holds a word, whatever its case. */
  boolean lists(String name, String word) {
    return Stream.of(header(name).orElse("").split(","))
        .anyMatch(item -> item.strip().equalsIgnoreCase(word));
  }

  /** Reads one request and not a byte more. */
  static Request read(DataInputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int newlines = 0;
    while (newlines < 2) {
      int next = in.readUnsignedByte();
      head.write(next);
      if (head.size() > MAX_HEAD) {
        throw new Refused(431, "The request head is longer than " + MAX_HEAD + " bytes");
      }
      newlines = next == '\n' ? newlines + 1 : next == '\r' ? newlines : 0;
    }
    return parse(head.toString(ISO_8859_1).strip().split("\r\n"), in);
  }

  private static Request parse(String[] lines, DataInputStream in) throws IOException {
    if (!lines[0].matches("[A-Z]+ /[!-~]* HTTP/1\\.1")) {
      throw new Refused(400, "The request line is not METHOD /PATH HTTP/1.1");
    }
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (int i = 1; i < lines.length; i++) {
      if (!lines[i].matches("[!-9;-~]+:[\\t -~\\x80-\\xff]*")) {
        throw new Refused(400, "Line " + (i + 1) + " of the request head is not a header");
      }
      String[] header = lines[i].split(":", 2);
      headers.merge(header[0], header[1].strip(), (first, more) -> first + ", " + more);
    }
    String[] words = lines[0].split(" ", 3);
    String body = body(headers.getOrDefault("Content-Length", "0"), in);
    return new Request(words[0], words[1], Collections.unmodifiableMap(headers), body);
  }

  private static String body(String length, DataInputStream in) throws IOException {
    if (!length.matches("\\d{1,9}") || Integer.parseInt(length) > MAX_BODY) {
      throw new Refused(413, "Content-Length is " + length + "; at most it is " + MAX_BODY);
    }
    byte[] body = new byte[Integer.parseInt(length)];
    in.readFully(body);
    return Frames.decode(ByteBuffer.wrap(body), 400);
  }
}
