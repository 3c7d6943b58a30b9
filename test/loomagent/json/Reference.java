package loomagent.json;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * RFC 8259 read in the plainest way, to hold the fast reader against: Java's own UTF-8 decoder, one
 * method a rule of the grammar, and Java's own numbers.
 */
final class Reference {
  private static final Pattern NUMBER =
      Pattern.compile("-?+(?:0|[1-9][0-9]*+)(\\.[0-9]++)?+(?:[eE]([-+]?+[0-9]++))?+");

  /** The text is no JSON, or beyond the limits of {@link Json}. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;
  }

  private final String text;
  private int at;

  private Reference(String text) {
    this.text = text;
  }

  static Object parse(byte[] utf8, int from, int to) throws Refused {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(utf8, from, to - from);
      Reference all = new Reference(StandardCharsets.UTF_8.newDecoder().decode(bytes).toString());
      Object value = all.spaced(0);
      all.require(all.at == all.text.length());
      return value;
    } catch (CharacterCodingException notUtf8) {
      throw new Refused();
    }
  }

  private void require(boolean right) throws Refused {
    if (!right) {
      throw new Refused();
    }
  }

  private boolean takes(String token) {
    boolean here = text.startsWith(token, at);
    at += here ? token.length() : 0;
    return here;
  }

  private void space() {
    while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private Object spaced(int depth) throws Refused {
    space();
    Object value = value(depth);
    space();
    return value;
  }

  private Object value(int depth) throws Refused {
    require(at < text.length());
    switch (text.charAt(at)) {
      case '{':
        return object(depth + 1);
      case '[':
        return array(depth + 1);
      case '"':
        return string();
      case 't':
        require(takes("true"));
        return true;
      case 'f':
        require(takes("false"));
        return false;
      case 'n':
        require(takes("null"));
        return null;
      default:
        return number();
    }
  }

  private Map<String, Object> object(int depth) throws Refused {
    require(depth <= Json.MAX_DEPTH && takes("{"));
    Map<String, Object> members = new LinkedHashMap<>();
    space();
    while (!takes("}")) {
      require(members.isEmpty() || takes(","));
      space();
      String name = string();
      space();
      require(takes(":"));
      members.put(name, spaced(depth));
    }
    return members;
  }

  private List<Object> array(int depth) throws Refused {
    require(depth <= Json.MAX_DEPTH && takes("["));
    List<Object> elements = new ArrayList<>();
    space();
    while (!takes("]")) {
      require(elements.isEmpty() || takes(","));
      elements.add(spaced(depth));
    }
    return elements;
  }

  private String string() throws Refused {
    require(takes("\""));
    StringBuilder value = new StringBuilder();
    while (!takes("\"")) {
      require(at < text.length() && text.charAt(at) >= ' ');
      char c = text.charAt(at++);
      value.append(c == '\\' ? escaped() : c);
    }
    return value.toString();
  }

  private char escaped() throws Refused {
    require(at < text.length());
    int simple = "\"\\/bfnrt".indexOf(text.charAt(at));
    if (simple >= 0) {
      at++;
      return "\"\\/\b\f\n\r\t".charAt(simple);
    }
    require(takes("u") && at + 4 <= text.length());
    String digits = text.substring(at, at + 4);
    require(digits.matches("[0-9a-fA-F]{4}"));
    at += 4;
    return (char) Integer.parseInt(digits, 16);
  }

  private Number number() throws Refused {
    Matcher number = NUMBER.matcher(text).region(at, text.length());
    require(number.lookingAt());
    at = number.end();
    String digits = number.group().replaceFirst("[eE].*", "");
    int fraction = number.group(1) == null ? 0 : number.group(1).length() - 1;
    BigInteger exponent = new BigInteger(number.group(2) == null ? "0" : number.group(2));
    BigInteger scale = BigInteger.valueOf(fraction).subtract(exponent);
    require(scale.abs().compareTo(BigInteger.valueOf(Json.MAX_SCALE)) <= 0);
    String significant = digits.replaceAll("[-.]", "").replaceFirst("^0+", "");
    require(significant.length() <= Json.MAX_DIGITS);
    BigInteger unscaled = new BigInteger(digits.replace(".", ""));
    if (fraction > 0 || number.group(2) != null) {
      return new BigDecimal(unscaled, scale.intValue());
    }
    return unscaled.bitLength() < 64 ? (Number) unscaled.longValue() : unscaled;
  }
}
